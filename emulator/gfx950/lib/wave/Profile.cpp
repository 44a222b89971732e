//===- Profile.cpp - What a launch did, loop by loop ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sums, and the two forms of the report.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/gfx950/Profile.h"

#include "moec/Support/Error.h"

#include <algorithm>
#include <cstdio>

namespace moec::gfx950 {

namespace {
struct Field {
  const char *name;
  uint64_t PartCounts::*value;
};
constexpr Field kSums[] = {{"instructions", &PartCounts::instructions},
                           {"issue_slots", &PartCounts::slots},
                           {"mfma_cycles", &PartCounts::mfmaCycles},
                           {"loads", &PartCounts::loads},
                           {"load_bytes", &PartCounts::loadBytes},
                           {"store_bytes", &PartCounts::storeBytes},
                           {"scalar_load_bytes", &PartCounts::scalarBytes},
                           {"read_lines", &PartCounts::readLines},
                           {"written_lines", &PartCounts::writtenLines},
                           {"waits", &PartCounts::waits},
                           {"weight", &PartCounts::weight},
                           {"loads_under_way", &PartCounts::underLoads},
                           {"bytes_under_way", &PartCounts::underBytes},
                           {"barriers", &PartCounts::barriers},
                           {"lds_cycles", &PartCounts::ldsCycles},
                           {"lds_conflict_cycles", &PartCounts::ldsConflictCycles}};
constexpr Field kMost[] = {{"most_loads_under_way", &PartCounts::mostLoads},
                           {"most_bytes_under_way", &PartCounts::mostBytes}};

std::string partJson(const PartCounts &part) {
  std::string out;
  for (const Field &f : kSums)
    out += strCat(out.empty() ? "" : ", ", "\"", f.name, "\": ", part.*f.value);
  for (const Field &f : kMost)
    out += strCat(", \"", f.name, "\": ", part.*f.value);
  return out;
}

std::string row(const std::string &name, uint64_t trips, const PartCounts &part) {
  char text[240];
  auto n = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  std::snprintf(text, sizeof text,
                "  %-22s %9llu %11llu %11llu %12llu %9llu %9llu %6.1f %4llu %9.0f %9llu\n",
                name.c_str(), n(trips), n(part.slots), n(part.mfmaCycles),
                n(part.loadBytes + part.storeBytes), n(part.readLines), n(part.writtenLines),
                part.meanLoads(), n(part.mostLoads), part.meanBytes(), n(part.ldsConflictCycles));
  return text;
}
} // namespace

void PartCounts::add(const PartCounts &other) {
  for (const Field &f : kSums)
    this->*f.value += other.*f.value;
  for (const Field &f : kMost)
    this->*f.value = std::max(this->*f.value, other.*f.value);
}

PartCounts Profile::total() const {
  PartCounts sum = outside;
  for (const LoopProfile &loop : loops)
    sum.add(loop.own);
  return sum;
}

std::string profileJson(const Profile &p) {
  std::string out = strCat("\"profiled_workgroups\": ", p.groups, ", \"profiled_waves\": ", p.waves,
                           ", \"workgroup_read_lines\": ", p.groupReadLines,
                           ", \"workgroup_written_lines\": ", p.groupWrittenLines,
                           ", \"read_lines\": ", p.readLines.size(),
                           ", \"written_lines\": ", p.writtenLines.size(), ", \"outside_loops\": {",
                           partJson(p.outside), "}, \"loops\": [");
  for (size_t i = 0; i < p.loops.size(); ++i) {
    const LoopProfile &loop = p.loops[i];
    out += strCat(i ? ", " : "", "{\"begin\": ", loop.begin, ", \"end\": ", loop.end,
                  ", \"parent\": ", loop.parent, ", \"entries\": ", loop.entries,
                  ", \"trips\": ", loop.trips, ", ", partJson(loop.own), "}");
  }
  return out + "]";
}

std::string profileTable(const Profile &p) {
  std::string out =
      strCat("  lines of 128 bytes: ", p.groupReadLines, " read and ", p.groupWrittenLines,
             " written, workgroup by workgroup; ", p.readLines.size(), " and ",
             p.writtenLines.size(), " by all of ", p.groups, "\n");
  out += "  code                       trips       slots mfma cycles        bytes  L1 miss   "
         "written  loads most     bytes conflicts\n";
  out += row("outside of loops", 0, p.outside);
  for (const LoopProfile &loop : p.loops) {
    char name[64];
    std::snprintf(name, sizeof name, "%s%llx-%llx", loop.parent < 0 ? "" : "  ",
                  static_cast<unsigned long long>(loop.begin),
                  static_cast<unsigned long long>(loop.end));
    out += row(name, loop.trips, loop.own);
  }
  return out;
}

} // namespace moec::gfx950
