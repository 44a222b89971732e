//===- Tracer.cpp - Instruction by instruction ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One line an instruction: address, EXEC, assembly text; below it the registers it wrote.
//
//===----------------------------------------------------------------------===//

#include "Tracer.h"

#include <bit>
#include <cstdio>
#include <cstdlib>

namespace moec::emulate {

using namespace gfx950;

TraceOptions parseTrace(const std::string &text, const std::vector<uint32_t> &group) {
  TraceOptions options;
  size_t colon = text.find(':');
  options.wave = std::atoi(text.c_str());
  if (colon != std::string::npos)
    options.lane = std::atoi(text.c_str() + colon + 1) & 63;
  for (size_t i = 0; i < 3 && i < group.size(); ++i)
    options.group[i] = group[i];
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
