//===- LoadGenerator.h - Requests on time, and how long they take -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sends a workload to a server or to an engine in this process, and adds up what users would feel.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_LOADGEN_LOADGENERATOR_H
#define MOEC_RUNTIME_LOADGEN_LOADGENERATOR_H

#include "moec/runtime/loadgen/Workload.h"
#include "moec/runtime/service/Generator.h"

#include <functional>
#include <memory>

namespace moec::runtime {

/// What an answer says of itself.
struct LoadAnswer {
  uint32_t tokens = 0;
  uint32_t cachedTokens = 0; ///< of the prompt; 0 where a server does not say
  std::vector<int32_t> ids;  ///< where the target gives them
};

/// Something that answers requests. answer() is called from many threads.
class LoadTarget {
public:
  virtual ~LoadTarget() = default;
  /// Sends a request and returns when its answer is complete; `onTokens` is called as tokens come.
  virtual Expected<LoadAnswer> answer(const ServeWorkload::Item &item,
                                      const std::function<void()> &onTokens) = 0;
  virtual std::string description() const = 0;
  /// Whether answers have their ids, of which the prompts of a trace are made.
  virtual bool givesIds() const { return false; }
};

/// A server's /v1/completions. `url` is http://HOST:PORT; `model` may be empty for the first that
/// the server has. Fails unless a server is there.
Expected<std::unique_ptr<LoadTarget>> openHttpTarget(const std::string &url, std::string model,
                                                     const std::string &apiKey);
/// A generator in this process, which must outlive the target.
std::unique_ptr<LoadTarget> makeLocalTarget(Generator &generator);

/// How one request went; times in seconds.
struct Measurement {
  bool success = false;
  std::string problem;
  uint32_t inputTokens = 0, cachedTokens = 0, outputTokens = 0;
  double latency = 0, firstToken = 0;
  std::vector<double> gaps; ///< between tokens
};

/// One run of a workload.
struct LoadRun {
  double rate = 0;      ///< requests a second, or 0
  uint32_t clients = 0; ///< or 0
  double seconds = 0;
  /// What this process has computed in that time, on all its threads.
  double ownCpuSeconds = 0;
  std::vector<Measurement> requests;
};

/// Sends the requests of a workload, at `rate` or from `clients`, the other being 0. Of a trace
/// client i of n plays the sessions whose number is i modulo n, in the order of their calls.
LoadRun runLoad(LoadTarget &target, const ServeWorkload &work, double rate, uint32_t clients);
/// Sends the beginnings that prompts share, once each.
Error warmUp(LoadTarget &target, const ServeWorkload &work);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_LOADGEN_LOADGENERATOR_H
