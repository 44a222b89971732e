//===- Workload.h - Requests to measure with --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What a benchmark has an engine do: prompts of any tokens, then a number of steps of decoding.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_WORKLOAD_H
#define MOEC_RUNTIME_COMMANDS_WORKLOAD_H

#include "moec/Support/Error.h"
#include "moec/runtime/commands/Commands.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace moec::runtime {

/// `batch` requests at once, the same each time.
struct Workload {
  uint32_t promptTokens = 512, generateTokens = 128, batch = 1;
};

/// Tokens a second.
struct Rates {
  double prefill = 0, decode = 0;
};

/// Opens an engine that can run the workload and prefills before it decodes.
Expected<std::unique_ptr<Engine>> openEngineFor(const Workload &work,
                                                const EvalArguments &arguments);

/// Told each token of a workload, with the prompt that it belongs to.
using TokenObserver = std::function<void(const std::vector<int32_t> &prompt, int32_t token)>;

/// Runs the workload once on such an engine.
Expected<Rates> runOnce(Engine &engine, const Workload &work, const TokenObserver &observer = {});

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_WORKLOAD_H
