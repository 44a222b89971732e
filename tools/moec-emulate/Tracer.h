//===- Tracer.h - Instruction by instruction --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prints what one wave, or one lane of it, executes and the registers that it changes.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATE_TRACER_H
#define MOEC_EMULATE_TRACER_H

#include "moec/emulator/Launch.h"
#include "moec/emulator/Wave.h"

#include <string>
#include <vector>

namespace moec::emulate {

/// What to trace.
struct TraceOptions {
  uint32_t group[3] = {0, 0, 0};
  int wave = 0;
  int lane = -1; ///< −1: scalar results and EXEC only.
};

/// Prints each instruction of one wave to stdout, with the results of the one before.
class Tracer {
public:
  Tracer(const emulator::Program &program, TraceOptions options)
      : program(program), options(options) {}
  void operator()(const emulator::Wave &wave, const emulator::Instruction &inst);

private:
  void printResult(const emulator::Wave &wave, const emulator::Operand &result) const;
  const emulator::Program &program;
  TraceOptions options;
  const emulator::Instruction *last = nullptr;
};

/// Reads "wave" or "wave:lane".
TraceOptions parseTrace(const std::string &text, const std::vector<uint32_t> &group);

} // namespace moec::emulate

#endif // MOEC_EMULATE_TRACER_H
