//===- Counters.cpp - What a launch did -------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sums, occupancy, and the two forms of the report.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/gfx950/Counters.h"

#include <algorithm>
#include <cstdio>

namespace moec::gfx950 {

namespace {

struct Field {
  const char *name;
  uint64_t Counters::*value;
};
constexpr Field kFields[] = {
    {"waves", &Counters::waves},
    {"workgroups", &Counters::workgroups},
    {"barriers", &Counters::barriers},
    {"mfma_cycles", &Counters::mfmaCycles},
    {"mfma_flops", &Counters::mfmaFlops},
    {"global_load_bytes", &Counters::globalLoadBytes},
    {"global_store_bytes", &Counters::globalStoreBytes},
    {"global_atomic_bytes", &Counters::globalAtomicBytes},
    {"global_lines", &Counters::globalLines},
    {"load_to_lds_bytes", &Counters::dmaBytes},
    {"scalar_load_bytes", &Counters::scalarBytes},
    {"scratch_bytes", &Counters::scratchBytes},
    {"lds_read_bytes", &Counters::ldsReadBytes},
    {"lds_write_bytes", &Counters::ldsWriteBytes},
    {"lds_atomic_bytes", &Counters::ldsAtomicBytes},
    {"lds_cycles", &Counters::ldsCycles},
    {"lds_conflict_cycles", &Counters::ldsConflictCycles},
    {"vector_instructions", &Counters::vectorInstructions},
    {"active_lanes", &Counters::activeLanes},
};

constexpr uint32_t kRegistersPerLane = 512, kWavesPerSimd = 8, kSimds = 4, kLdsBytes = 160 * 1024,
                   kLdsGranule = 1280;

std::string format(const char *pattern, const char *name, unsigned long long a,
                   unsigned long long b) {
  char text[160];
  std::snprintf(text, sizeof text, pattern, name, a, b);
  return text;
}

} // namespace

void Counters::add(const Counters &other) {
  for (unsigned i = 0; i < kInstructionClasses; ++i) {
    instructions[i] += other.instructions[i];
    issueCycles[i] += other.issueCycles[i];
  }
  for (const Field &f : kFields)
    this->*f.value += other.*f.value;
}

Occupancy occupancyOf(uint32_t vgprs, uint32_t ldsBytes, uint32_t wavesPerGroup) {
  Occupancy o;
  o.vgprs = std::max((vgprs + 7) / 8 * 8, 8u);
  o.ldsBytes = (ldsBytes + kLdsGranule - 1) / kLdsGranule * kLdsGranule;
  o.wavesPerGroup = std::max(wavesPerGroup, 1u);
  o.wavesPerSimdByRegisters = std::min(kRegistersPerLane / o.vgprs, kWavesPerSimd);
  uint32_t groups = o.wavesPerSimdByRegisters * kSimds / o.wavesPerGroup;
  o.groupsPerCuByLds = o.ldsBytes ? kLdsBytes / o.ldsBytes : groups;
  groups = std::min(groups, o.groupsPerCuByLds);
  o.groupsPerCu = groups;
  o.wavesPerSimd =
      std::min((groups * o.wavesPerGroup + kSimds - 1) / kSimds, o.wavesPerSimdByRegisters);
  return o;
}

std::string countersJson(const std::string &kernel, const Counters &c, const Occupancy &o,
                         const std::string &more) {
  std::string out = "{\"kernel\": \"" + kernel + "\"";
  for (const Field &f : kFields)
    out += format(", \"%s\": %llu", f.name, c.*f.value, 0);
  for (bool cycles : {false, true}) {
    out += cycles ? ", \"issue_cycles\": {" : ", \"instructions\": {";
    for (unsigned i = 0; i < kInstructionClasses; ++i)
      out += format(i ? ", \"%s\": %llu" : "\"%s\": %llu", className(InstructionClass(i)),
                    cycles ? c.issueCycles[i] : c.instructions[i], 0);
    out += "}";
  }
  out += format(", \"occupancy\": {\"%s\": %llu", "vgprs", o.vgprs, 0);
  out += format(", \"%s\": %llu", "lds_bytes", o.ldsBytes, 0);
  out += format(", \"%s\": %llu", "waves_per_simd_by_registers", o.wavesPerSimdByRegisters, 0);
  out += format(", \"%s\": %llu", "workgroups_per_cu_by_lds", o.groupsPerCuByLds, 0);
  out += format(", \"%s\": %llu", "workgroups_per_cu", o.groupsPerCu, 0);
  out += format(", \"%s\": %llu}", "waves_per_simd", o.wavesPerSimd, 0);
  return out + (more.empty() ? "" : ", ") + more + "}";
}

std::string countersTable(const std::string &kernel, const Counters &c, const Occupancy &o) {
  std::string out = "kernel " + kernel + "\n";
  out += "  class                 instructions     issue cycles\n";
  for (unsigned i = 0; i < kInstructionClasses; ++i)
    if (c.instructions[i])
      out += format("  %-18s %15llu  %15llu\n", className(InstructionClass(i)), c.instructions[i],
                    c.issueCycles[i]);
  for (const Field &f : kFields)
    if (c.*f.value)
      out += format("  %-24s %9llu\n", f.name, c.*f.value, 0);
  out += format("  %-24s %9llu\n", "vgprs", o.vgprs, 0) +
         format("  %-24s %9llu\n", "lds_bytes", o.ldsBytes, 0);
  out += format("  %-24s %9llu  (by registers %llu", "waves_per_simd", o.wavesPerSimd,
                o.wavesPerSimdByRegisters);
  out += format("%s%llu workgroups a CU by LDS)\n", ", ", o.groupsPerCuByLds, 0);
  return out;
}

} // namespace moec::gfx950
