//===- Runtime.h - The cards behind HIP's handles ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The modules and the memory of each card; streams, events and graphs are the emulators' own
// (emulator/core).
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_HIP_RUNTIME_H
#define MOEC_EMULATOR_GFX950_HIP_RUNTIME_H

#include "HipApi.h"
#include "moec/emulator/core/Driver.h"
#include "moec/emulator/gfx950/Launch.h"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>

struct ihipFunction {
  ihipModule *module = nullptr;
  const moec::gfx950::KernelInfo *kernel = nullptr;
};

namespace moec::gfx950::hip {

constexpr size_t kTotalMemory = size_t(288) << 30;

/// One emulated card.
struct Device : emulator::Card {
  std::set<ihipModule *> modules;
  std::map<std::string, std::pair<Counters, Occupancy>> counters;
};

/// The library's state.
struct Runtime : emulator::Driver {
  std::deque<Device> devices;
  std::string countersText;

  static Runtime &get();
  Device &current() override;

private:
  Runtime();
};

/// Remembers an error for hipGetLastError and returns it.
hipError_t report(hipError_t error);
/// The device number that the calling thread has set.
int &currentDevice();

} // namespace moec::gfx950::hip

struct ihipModule {
  moec::gfx950::hip::Device *device = nullptr;
  std::unique_ptr<moec::gfx950::Module> module;
  std::map<std::string, ihipFunction> functions;
};

#endif // MOEC_EMULATOR_GFX950_HIP_RUNTIME_H
