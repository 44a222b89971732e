//===- Machine.cpp - The conformance kernels by hand ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// For the conformance suite of unittests/Device: every kind of device of this backend, and kernels
// that no compiler made.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace moec;
using namespace moec::test;

std::vector<DeviceChoice> moec::test::listDevices() {
  std::vector<DeviceChoice> choices;
  auto manifest = runtime::DeviceManifest::load(MOEC_TEST_MANIFEST);
  if (manifest)
    for (const auto &entry : manifest->entries())
      if (std::count(entry.targets.begin(), entry.targets.end(), "sm_80"))
        choices.push_back({MOEC_TEST_MANIFEST, entry.kind, "sm_80", entry.kind != "nvidia"});
  return choices;
}

std::string moec::test::nameOf(const DeviceChoice &choice) {
  std::string name = choice.kind;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

void moec::test::PrintTo(const DeviceChoice &choice, std::ostream *os) { *os << choice.kind; }

Expected<const ConformanceCode *> moec::test::compileConformance(const std::string &) {
  static const ConformanceCode code = [] {
    std::ifstream file(MOEC_TEST_KERNELS, std::ios::binary);
    moec::CodeObject object;
    object.file = "kernels.ptx";
    object.bytes = std::string(std::istreambuf_iterator<char>(file), {});
    object.kernels = {
        {"step", "step", 0, 256, {}}, {"copy", "copy", 0, 64, {}}, {"sum", "sum", 0, 64, {}}};
    return ConformanceCode{{std::move(object)}, {"sm_80"}};
  }();
  if (code.objects[0].bytes.empty())
    return Error::make("cannot read '", MOEC_TEST_KERNELS, "'");
  return &code;
}
