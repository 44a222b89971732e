//===- Machine.h - A device and kernels for it ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Opens a device by its manifest and compiles the conformance kernels for it, by the compiler half
// of the target that the manifest says it runs. No header of the compiler is needed here: devices
// can be tested without it.
//
//===----------------------------------------------------------------------===//
#ifndef UNITTESTS_DEVICE_MACHINE_H
#define UNITTESTS_DEVICE_MACHINE_H

#include "moec/runtime/DeviceManifest.h"

#include <map>
#include <ostream>

namespace moec::test {

/// Which device to test.
struct DeviceChoice {
  std::string manifest, kind, target; ///< The manifest beside the program where it is "".
  /// Whether it opens on every machine.
  bool anywhere = false;
};

/// The choice as a part of a test's name.
std::string nameOf(const DeviceChoice &choice);

/// For messages of the tests.
void PrintTo(const DeviceChoice &choice, std::ostream *os);

/// Every device of this build's manifest and of the skeleton's, for each target that it runs and
/// that this build compiles for.
std::vector<DeviceChoice> listDevices();

/// The code objects of the conformance kernels for a target, compiled once a process:
/// step(x: f32 [t, 64], t)            x = 2 x + 1, one block for four rows
/// copy(x, y: f32 [p, 5, 64], p)      y = x, one block a row: grid (1, 5, p)
/// sum(x, y: f32 [t, 64], z, t)       z = x + y, one block a row
struct ConformanceCode {
  struct Object {
    std::string bytes;
    /// By the kernel's name.
    std::map<std::string, runtime::KernelInfo> kernels;
  };
  std::vector<Object> objects;
  std::vector<std::string> features;
};
Expected<const ConformanceCode *> compileConformance(const std::string &target);

} // namespace moec::test

#endif // UNITTESTS_DEVICE_MACHINE_H
