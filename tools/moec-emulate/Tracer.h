//===- Tracer.h - Instruction by instruction --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prints what one wave, or one lane of it, executes and the registers that it changes.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATE_TRACER_H
#define MOEC_EMULATE_TRACER_H

#include "moec/Support/Error.h"
#include "moec/emulator/gfx950/Launch.h"
#include "moec/emulator/gfx950/Wave.h"

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
  Tracer(const gfx950::Program &program, TraceOptions options)
      : program(program), options(options) {}
  void operator()(const gfx950::Wave &wave, const gfx950::Instruction &inst);

private:
  void printResult(const gfx950::Wave &wave, const gfx950::Operand &result) const;
  const gfx950::Program &program;
  TraceOptions options;
  const gfx950::Instruction *last = nullptr;
};

/// Reads "wave" or "wave:lane" of a workgroup's place in the grid; errors name what a launch of
/// `shape` does not have.
Expected<TraceOptions> parseTrace(const std::string &text, const std::vector<uint32_t> &group,
                                  const gfx950::LaunchShape &shape);

} // namespace moec::emulate

#endif // MOEC_EMULATE_TRACER_H
