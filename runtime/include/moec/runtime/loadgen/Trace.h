//===- Trace.h - Conversations, call by call --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What programs that call a model again and again send it: prompts that begin with earlier ones and
// with what the model has answered. A call is written as what differs from the one before, since
// the answers are only known when the trace is played.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_LOADGEN_TRACE_H
#define MOEC_RUNTIME_LOADGEN_TRACE_H

#include "moec/Support/Error.h"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <vector>

namespace moec::runtime {

/// One call: its prompt is the first `keep` tokens of the session's prompt before, where `answer`
/// is set what was answered to that, then `append`.
struct TraceCall {
  uint32_t session = 0, keep = 0;
  bool answer = false;
  std::vector<int32_t> append;
  uint32_t outputTokens = 1;
  /// See Request::turnEnd.
  uint32_t turnEnd = 0;
};

/// Reads the array of calls, in the order in which they are sent. Fails, naming call and field,
/// where one is wrong or keeps what there is not.
Expected<std::vector<TraceCall>> readTrace(const nlohmann::json &array);

/// A conversation while it is played.
struct TraceSession {
  std::vector<int32_t> prompt, answer;

  /// Makes the prompt of the next call.
  void begin(const TraceCall &call);
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_LOADGEN_TRACE_H
