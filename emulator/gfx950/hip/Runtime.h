//===- Runtime.h - Devices, streams and graphs ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The objects behind HIP's handles. Work put into a stream runs when somebody waits for it, not
// before: a program that forgets to wait sees stale data, as it may on a card. One lock serialises
// the whole library.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_HIP_RUNTIME_H
#define MOEC_EMULATOR_GFX950_HIP_RUNTIME_H

#include "HipApi.h"
#include "moec/emulator/gfx950/Launch.h"

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace moec::gfx950::hip {

enum : hipError_t {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kInvalidDevice = 101,
  kInvalidImage = 200,
  kFileNotFound = 301,
  kInvalidHandle = 400,
  kNotFound = 500,
  kNotReady = 600,
  kIllegalAddress = 700,
  kLaunchFailure = 719,
  kCaptureUnsupported = 900,
  kCaptureUnmatched = 903
};

using Work = std::function<hipError_t()>;
struct Device;

} // namespace moec::gfx950::hip

struct ihipGraph {
  std::vector<moec::gfx950::hip::Work> nodes;
};
struct ihipGraphExec {
  std::vector<moec::gfx950::hip::Work> nodes;
};
struct ihipStream {
  moec::gfx950::hip::Device *device = nullptr;
  bool blocking = true; ///< Orders with the null stream.
  std::deque<moec::gfx950::hip::Work> queue;
  std::shared_ptr<ihipGraph> capture; ///< While capturing.
  bool origin = false;                ///< Began the capture.
};
struct ihipEvent {
  ihipStream *stream = nullptr; ///< Where it was recorded last.
  bool done = true, recorded = false;
  std::shared_ptr<ihipGraph> capture; ///< Recorded inside a capture.
  std::chrono::steady_clock::time_point time;
};
struct ihipFunction {
  ihipModule *module = nullptr;
  const moec::gfx950::KernelInfo *kernel = nullptr;
};
struct ihipModule {
  moec::gfx950::hip::Device *device = nullptr;
  std::unique_ptr<moec::gfx950::Module> module;
  std::map<std::string, ihipFunction> functions;
};

namespace moec::gfx950::hip {

/// One emulated card.
struct Device {
  int ordinal = 0;
  AllocationTable memory;
  ihipStream nullStream;
  std::set<ihipStream *> streams;
  std::set<ihipModule *> modules;
  std::map<std::string, std::pair<Counters, Occupancy>> counters;
  hipError_t sticky = kSuccess; ///< A fault stays until the process ends.
};

/// The library's state.
struct Runtime {
  std::recursive_mutex mutex;
  std::deque<Device> devices;
  std::set<void *> hostMemory; ///< Pinned.
  std::set<ihipEvent *> events;
  std::string lastFault, countersText;

  static Runtime &get();
  Device &current();
  /// The stream behind a handle; the null handle is the current device's null stream. Null if there
  /// is none.
  ihipStream *stream(hipStream_t handle);
  /// Puts work into a stream, or into its graph while it captures.
  hipError_t submit(ihipStream &stream, Work work);
  /// Runs everything in a stream.
  hipError_t drain(ihipStream &stream);
  hipError_t drain(Device &device);

private:
  Runtime();
};

/// Remembers an error for hipGetLastError and returns it.
hipError_t report(hipError_t error);
/// The device number that the calling thread has set.
int &currentDevice();

} // namespace moec::gfx950::hip

#endif // MOEC_EMULATOR_GFX950_HIP_RUNTIME_H
