//===- GroupWork.cpp - From a profile to the formula's numbers --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A profile has sums over waves and trips; the formula wants one trip of one workgroup. Counters
// come as a profile or as the JSON that was written of one.
//
//===----------------------------------------------------------------------===//

#include "GroupWork.h"

#include "moec/emulator/MachineModel.h"

#include <nlohmann/json.hpp>

namespace moec::gfx950 {

/// A part of the code that waves ran `trips` times in all.
static cost::WorkPart toPart(const PartCounts &counts, double groups, double waves, double trips) {
  cost::WorkPart part;
  if (trips == 0 || groups == 0)
    return part;
  double perGroup = waves / groups;
  part.trips = trips / waves;
  // Sums over waves and trips become those of a trip of all waves of a workgroup.
  auto once = [&](uint64_t sum) { return double(sum) / trips * perGroup; };
  part.matrixCycles = once(counts.mfmaCycles);
  part.issueSlots = once(counts.slots);
  part.loadBytes = once(counts.loadBytes);
  part.underWay = counts.meanBytes() * perGroup;
  part.waits = double(counts.waits) / trips;
  // Nobody waits for stores; memory has to take them.
  part.lineBytes = once(counts.readLines) * double(kLineBytes);
  return part;
}

cost::GroupWork groupWorkOf(const Profile &profile) {
  cost::GroupWork work;
  auto groups = double(profile.groups), waves = double(profile.waves);
  work.waves = groups == 0 ? 1 : waves / groups;
  work.outside = toPart(profile.outside, groups, waves, waves);
  for (const LoopProfile &loop : profile.loops)
    if (loop.trips)
      work.loops.push_back(toPart(loop.own, groups, waves, double(loop.trips)));
  return work;
}

namespace {
/// Reads numbers of an object and keeps the first error.
class Reader {
public:
  Reader(const std::string &name) : name(name) {}
  uint64_t number(const nlohmann::json &object, const char *field) {
    auto it = object.find(field);
    if (it != object.end() && it->is_number_unsigned())
      return it->get<uint64_t>();
    if (!error)
      error = Error::make("'", name, "' has no number '", field,
                          "': it must be what the emulator's program writes with --json");
    return 0;
  }
  PartCounts part(const nlohmann::json &object) {
    PartCounts p;
    p.slots = number(object, "issue_slots");
    p.mfmaCycles = number(object, "mfma_cycles");
    p.loadBytes = number(object, "load_bytes");
    p.readLines = number(object, "read_lines");
    p.waits = number(object, "waits");
    p.weight = number(object, "weight");
    p.underBytes = number(object, "bytes_under_way");
    return p;
  }
  Error error = Error::success();

private:
  const std::string &name;
};
} // namespace

/// The loops of a kernel, from JSON.
static void readLoops(const nlohmann::json &root, Reader &read, Profile &profile) {
  static const nlohmann::json none = nlohmann::json::object(), empty = nlohmann::json::array();
  profile.groups = read.number(root, "profiled_workgroups");
  profile.waves = read.number(root, "profiled_waves");
  profile.outside = read.part(root.contains("outside_loops") ? root["outside_loops"] : none);
  for (const nlohmann::json &loop : root.contains("loops") ? root["loops"] : empty) {
    LoopProfile &added = profile.loops.emplace_back();
    added.trips = read.number(loop, "trips");
    added.own = read.part(loop);
  }
}

} // namespace moec::gfx950

namespace moec::emulator {

Expected<cost::LaunchWork> readCounters(std::string_view json, const std::string &name,
                                        double readBytes, double writtenBytes) {
  auto root = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object())
    return Error::make("'", name, "' is no JSON object");
  gfx950::Reader read(name);
  gfx950::Profile profile;
  gfx950::readLoops(root, read, profile);
  cost::LaunchWork work;
  work.groups = 1;
  if (auto grid = root.find("grid"); grid != root.end() && grid->is_array())
    for (const nlohmann::json &extent : *grid)
      work.groups *= extent.is_number_unsigned() ? extent.get<double>() : 0;
  else
    work.groups = 0;
  static const nlohmann::json none = nlohmann::json::object();
  work.groupsPerUnit = double(
      read.number(root.contains("occupancy") ? root["occupancy"] : none, "workgroups_per_cu"));
  auto lines = double(gfx950::kLineBytes);
  work.readBytes = readBytes >= 0 ? readBytes : lines * double(read.number(root, "read_lines"));
  work.writtenBytes =
      writtenBytes >= 0 ? writtenBytes : lines * double(read.number(root, "written_lines"));
  if (read.error)
    return std::move(read.error);
  if (work.groups <= 0)
    return Error::make("'", name, "' has no grid");
  if (double(profile.groups) != work.groups && (readBytes < 0 || writtenBytes < 0))
    return Error::make("'", name, "' has counts of ", profile.groups, " of ", work.groups,
                       " workgroups, so how many bytes all of them read and write must be given");
  work.samples = {gfx950::groupWorkOf(profile)};
  return work;
}

} // namespace moec::emulator
