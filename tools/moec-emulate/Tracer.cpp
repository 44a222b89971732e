//===- Tracer.cpp - Instruction by instruction ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One line an instruction: address, EXEC, assembly text; below it the registers it wrote.
//
//===----------------------------------------------------------------------===//

#include "Tracer.h"

#include <bit>
#include <charconv>
#include <cstdio>
#include <optional>

namespace moec::emulate {

using namespace gfx950;

/// A whole number below `count`.
static std::optional<int> readBelow(const std::string &text, uint64_t count) {
  int value = 0;
  const char *end = text.data() + text.size();
  auto [rest, ec] = std::from_chars(text.data(), end, value);
  if (ec != std::errc() || rest != end || value < 0 || uint64_t(value) >= count)
    return std::nullopt;
  return value;
}

Expected<TraceOptions> parseTrace(const std::string &text, const std::vector<uint32_t> &group,
                                  const LaunchShape &shape) {
  TraceOptions options;
  size_t colon = text.find(':');
  uint64_t items = uint64_t(shape.block[0]) * shape.block[1] * shape.block[2];
  uint64_t waves = (items + kLanes - 1) / kLanes;
  std::optional<int> wave = readBelow(text.substr(0, colon), waves);
  if (!wave)
    return Error::make("--trace ", text, ": a workgroup of ", items, " work items has ", waves,
                       " waves, the first is 0");
  options.wave = *wave;
  if (colon != std::string::npos) {
    std::optional<int> lane = readBelow(text.substr(colon + 1), kLanes);
    if (!lane)
      return Error::make("--trace ", text, ": a wave has ", kLanes, " lanes, the first is 0");
    options.lane = *lane;
  }
  for (size_t i = 0; i < 3 && i < group.size(); ++i) {
    if (group[i] >= shape.grid[i])
      return Error::make("--trace-group: ", group[i], " is beyond the grid's ", shape.grid[i],
                         " workgroups in ", "XYZ"[i]);
    options.group[i] = group[i];
  }
  return options;
}

void Tracer::printResult(const Wave &wave, const Operand &o) const {
  for (unsigned i = 0; i < o.dwords; ++i) {
    unsigned reg = o.reg + i;
    if (o.isScalar()) {
      std::printf("%24ss%u = %08x%s\n", "", reg, wave.scalar[reg],
                  wave.scalarPoison[reg] ? " (poison)" : "");
    } else if (o.isVector() && options.lane >= 0) {
      unsigned lane = unsigned(options.lane);
      uint32_t bits = wave.vector[reg][lane];
      bool poison = wave.vectorPoison[reg].any() >> lane & 1, agpr = reg >= wave.vgprCount;
      std::printf("%24s%c%u[%u] = %08x %g%s%s\n", "", agpr ? 'a' : 'v',
                  agpr ? reg - wave.vgprCount : reg, lane, bits, double(std::bit_cast<float>(bits)),
                  poison ? " (poison)" : "", wave.pendingVector[reg] ? " (under way)" : "");
    }
  }
}

void Tracer::operator()(const Wave &wave, const Instruction &inst) {
  bool here = int(wave.index) == options.wave;
  for (unsigned i = 0; i < 3; ++i)
    here = here && wave.groupId[i] == options.group[i];
  if (!here)
    return;
  if (last) {
    printResult(wave, last->dst);
    printResult(wave, last->dst2);
  }
  last = &inst;
  std::printf("%06llx exec=%016llx  %s\n", static_cast<unsigned long long>(inst.address),
              static_cast<unsigned long long>(wave.exec()), program.print(inst).c_str());
}

} // namespace moec::emulate
