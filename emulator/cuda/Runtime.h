//===- Runtime.h - The cards behind CUDA's handles --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Contexts, modules and functions; memory, streams, events and graphs are the emulators' own
// (emulator/core).
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_CUDA_RUNTIME_H
#define MOEC_EMULATOR_CUDA_RUNTIME_H

#include "Cards.h"
#include "CudaApi.h"
#include "moec/emulator/core/Driver.h"
#include "moec/emulator/ptx/Launch.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

namespace moec::cuda {

/// What the driver API has beyond what all driver APIs have.
inline constexpr CUresult kNotInitialized = 3, kInvalidContext = 201, kNoBinaryForGpu = 209,
                          kInvalidPtx = 218, kMisalignedAddress = 716, kUnknown = 999;

struct Device;

} // namespace moec::cuda

struct CUctx_st {
  moec::cuda::Device *device = nullptr;
  int holders = 0; ///< Of a primary context: how often it is retained.
};
struct CUfunc_st {
  CUmodule module = nullptr;
  const moec::ptx::KernelInfo *kernel = nullptr;
  int maxDynamicShared = 0; ///< Bytes, at first what is left of 48 KiB.
};
struct CUmod_st {
  moec::cuda::Device *device = nullptr;
  std::unique_ptr<moec::ptx::Module> module;
  std::map<std::string, CUfunc_st> functions;
};

namespace moec::cuda {

/// One emulated card.
struct Device : emulator::Card {
  CUctx_st primary;
  std::set<CUmodule> modules;
  std::map<std::string, ptx::Counters> counters;
};

/// The library's state.
struct Runtime : emulator::Driver {
  std::deque<Device> devices;
  std::set<CUcontext> contexts;    ///< Those that live.
  bool started = false;            ///< By cuInit.
  std::optional<uint64_t> perturb; ///< ptx::LaunchOptions.
  std::string refusal;             ///< What is wrong with the environment; cuInit says it.
  std::string countersText;

  static Runtime &get();
  /// The device of the calling thread's context; there must be one.
  Device &current() override;
  /// kNotInitialized before cuInit, kInvalidContext while the thread has no context that lives.
  CUresult checkContext();

private:
  Runtime();
  /// The number that an environment variable is, if there is one.
  std::optional<uint64_t> readSetting(const char *name, uint64_t least, uint64_t most);
};

/// The calling thread's contexts, the current one last.
std::vector<CUcontext> &threadContexts();

/// What a call gives that needs a context: `call` gets the library's state.
template <typename Call> CUresult inContext(Call call) {
  Runtime &r = Runtime::get();
  std::lock_guard lock(r.mutex);
  CUresult status = r.checkContext();
  return status ? status : call(r);
}

} // namespace moec::cuda

#endif // MOEC_EMULATOR_CUDA_RUNTIME_H
