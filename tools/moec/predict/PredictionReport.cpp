//===- PredictionReport.cpp - Predictions for people and programs ---------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "PredictionReport.h"

#include "moec/runtime/commands/Table.h"

#include <cstdio>

using namespace moec;
using cost::LaunchTime;
using cost::LaunchWork;
using cost::TimeConstants;
using nlohmann::ordered_json;
using runtime::formatBytes;
using runtime::formatFixed;

/// Steps in which products are long, so that a card's power may limit them.
static bool isPrefill(const StepPrediction &step) { return !step.inGraph; }

void moec::printConstants(const TimeConstants &constants) {
  std::printf("%s, by a formula over counts of its emulator; no number is measured\n"
              "constants  %s\naccuracy   %s\n",
              constants.machine.c_str(), constants.source.c_str(), constants.fit.c_str());
}

static std::string number(double value) { return formatFixed(value, 0); }

void moec::printLaunch(const LaunchTime &time, const LaunchWork &work) {
  std::printf("%.2f us, limited by %s, at least %.2f us\n", time.total, limitName(time.limit),
              time.floor);
  std::printf("%.0f workgroups of %.2f us, %.0f on a unit, %.0f rounds: %.2f us; memory %s: %.2f "
              "us\n",
              work.groups, time.group, work.groupsPerUnit, time.rounds, time.compute,
              formatBytes(uint64_t(work.readBytes + work.writtenBytes)).c_str(), time.memory);
}

static void printRows(const StepPrediction &step) {
  runtime::Table table({"op", ">times", "kernel", ">groups", ">on a unit", ">rounds", ">group us",
                        ">read", ">written", "limited by", ">at least us", ">us", ">skewed us",
                        ">all us"});
  for (const LaunchPrediction &row : step.rows)
    table.add(
        {row.op, std::to_string(row.count), row.kernel, number(row.work.groups),
         number(row.work.groupsPerUnit), number(row.time.rounds), formatFixed(row.time.group, 2),
         formatBytes(uint64_t(row.work.readBytes)), formatBytes(uint64_t(row.work.writtenBytes)),
         limitName(row.time.limit), formatFixed(row.floor, 2), formatFixed(row.drawn.mean, 2),
         formatFixed(row.drawn.skewed, 2), formatFixed(row.drawn.mean * double(row.count), 1)});
  table.print();
}

void moec::printStep(const StepPrediction &step, const TimeConstants &constants) {
  const StepSize &size = step.size;
  std::printf("\nT = %lld: %lld sequence%s, context %lld, %zu launches, %zu copies%s\n",
              static_cast<long long>(size.tokens), static_cast<long long>(size.sequences),
              size.sequences == 1 ? "" : "s", static_cast<long long>(size.context), step.launches,
              step.copies, step.inGraph ? ", in a graph" : "");
  printRows(step);
  if (!step.layers.empty()) {
    runtime::Table table({"layer", ">times", ">launches", ">at least us", ">us", ">skewed us"});
    for (const LayerPrediction &layer : step.layers)
      table.add({layer.name, std::to_string(layer.count), std::to_string(layer.launches),
                 formatFixed(layer.floor, 1), formatFixed(layer.drawn.mean, 1),
                 formatFixed(layer.drawn.skewed, 1)});
    table.print();
  }
  std::printf("step of T = %lld: %.1f us (%.1f to %.1f over %llu draws of experts, %.1f with a "
              "skewed one), at least %.1f us\n",
              static_cast<long long>(size.tokens), step.drawn.mean, step.drawn.least,
              step.drawn.most, static_cast<unsigned long long>(routingSeeds), step.drawn.skewed,
              step.floor);
  if (isPrefill(step))
    std::printf("power      %s\n", constants.powerCaveat.c_str());
}

ordered_json moec::toJson(const TimeConstants &c) {
  return {{"machine", c.machine},
          {"source", c.source},
          {"fit", c.fit},
          {"launch_us", c.launchMicroseconds},
          {"graph_gap_us", c.graphGapMicroseconds},
          {"latency_us", c.latencyMicroseconds},
          {"l2_bytes_per_s", c.cacheBytesPerSecond},
          {"memory_bytes_per_s", c.memoryBytesPerSecond},
          {"matrix_hz", c.matrixHertz},
          {"issue_hz", c.issueHertz},
          {"overlap", c.overlap},
          {"units", c.units},
          {"simds_per_unit", c.simds}};
}

static ordered_json toJson(const cost::WorkPart &part) {
  return {{"trips", part.trips},
          {"matrix_cycles", part.matrixCycles},
          {"issue_slots", part.issueSlots},
          {"load_bytes", part.loadBytes},
          {"bytes_under_way", part.underWay},
          {"waits", part.waits},
          {"line_bytes", part.lineBytes}};
}

/// `share` is that of the workgroups for which it stands.
static ordered_json toJson(const cost::GroupWork &group, double share) {
  ordered_json loops = ordered_json::array();
  for (const cost::WorkPart &loop : group.loops)
    loops.push_back(toJson(loop));
  return {{"share", share},
          {"waves", group.waves},
          {"outside_loops", toJson(group.outside)},
          {"loops", loops}};
}

ordered_json moec::toJson(const LaunchTime &time, const LaunchWork &work) {
  ordered_json samples = ordered_json::array();
  std::vector<double> shares = work.shares();
  for (size_t sample = 0; sample < work.samples.size(); ++sample)
    samples.push_back(::toJson(work.samples[sample], shares[sample]));
  return {{"us", time.total},
          {"limit", limitName(time.limit)},
          {"at_least_us", time.floor},
          {"workgroups", work.groups},
          {"workgroups_on_a_unit", work.groupsPerUnit},
          {"rounds", time.rounds},
          {"taken_in_order", work.areTakenInOrder()},
          {"workgroup_us", time.group},
          {"compute_us", time.compute},
          {"memory_us", time.memory},
          {"bytes_read", work.readBytes},
          {"bytes_written", work.writtenBytes},
          {"workgroups_counted", samples}};
}

static ordered_json toJson(const DrawnTime &time) {
  return {{"us", time.mean},
          {"least_us", time.least},
          {"most_us", time.most},
          {"skewed_us", time.skewed}};
}

ordered_json moec::toJson(const StepPrediction &step, const TimeConstants &constants) {
  ordered_json json = {{"tokens", step.size.tokens},   {"sequences", step.size.sequences},
                       {"context", step.size.context}, {"launches", step.launches},
                       {"copies", step.copies},        {"in_graph", step.inGraph},
                       {"time", ::toJson(step.drawn)}, {"at_least_us", step.floor}};
  if (isPrefill(step))
    json["power"] = constants.powerCaveat;
  for (const LayerPrediction &layer : step.layers)
    json["layers"].push_back({{"name", layer.name},
                              {"count", layer.count},
                              {"launches", layer.launches},
                              {"time", ::toJson(layer.drawn)},
                              {"at_least_us", layer.floor}});
  for (const LaunchPrediction &row : step.rows)
    json["kernels"].push_back({{"op", row.op},
                               {"count", row.count},
                               {"family", row.family},
                               {"kernel", row.kernel},
                               {"grid", row.grid},
                               {"schedule", row.schedule},
                               {"time", ::toJson(row.drawn)},
                               {"at_least_us", row.floor},
                               {"l2_fill_bytes", row.work.fillBytes},
                               {"first_draw", toJson(row.time, row.work)}});
  return json;
}
