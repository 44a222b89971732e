//===- Machine.cpp - The conformance kernels by hand ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// For the conformance suite of unittests/Device: every kind of device of this backend, and kernels
// that no compiler made. Neither needs the source or MLIR, so that the program runs wherever a card
// is.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"

#include <algorithm>

using namespace moec;
using namespace moec::test;

/// kernels.ptx.
static constexpr const char *kernels =
#include "kernels.ptx.inc"
    ;

std::vector<DeviceChoice> moec::test::listDevices() {
  std::vector<DeviceChoice> choices;
  auto manifest = runtime::DeviceManifest::loadDefault();
  if (manifest)
    for (const auto &entry : manifest->entries())
      if (std::count(entry.targets.begin(), entry.targets.end(), "sm_80"))
        choices.push_back({"", entry.kind, "sm_80", entry.kind != "nvidia"});
  return choices;
}

std::string moec::test::nameOf(const DeviceChoice &choice) {
  std::string name = choice.kind;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void moec::test::PrintTo(const DeviceChoice &choice, std::ostream *os) { *os << choice.kind; }

Expected<const ConformanceCode *> moec::test::compileConformance(const std::string &) {
  static const ConformanceCode code = {
      {{kernels, {{"step", {"step", 0, 256}}, {"copy", {"copy", 0, 64}}, {"sum", {"sum", 0, 64}}}}},
      {"sm_80"}};
  return &code;
}
