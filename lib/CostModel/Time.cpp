//===- Time.cpp - Time from counts ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The terms of the formula, each added to what it is the largest of.
//
//===----------------------------------------------------------------------===//

#include "moec/CostModel/Time.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>

namespace moec::cost {

namespace {
constexpr size_t kLimits = 6;

/// Microseconds, by what limits them.
struct Shares {
  std::array<double, kLimits> of{};
  void add(TimeLimit limit, double time) { of[size_t(limit)] += time; }
  double sum() const {
    double all = 0;
    for (double share : of)
      all += share;
    return all;
  }
};

/// The times of a launch's workgroups when `onUnit` of them share a unit.
class GroupTimer {
public:
  GroupTimer(const TimeConstants &machine, double active, double onUnit)
      : machine(machine), active(active), onUnit(onUnit) {}

  Shares timeOf(const GroupWork &group) const {
    Shares shares;
    shares.add(TimeLimit::Latency, machine.latencyMicroseconds);
    addPart(group, group.outside, false, shares);
    for (const WorkPart &loop : group.loops)
      addPart(group, loop, true, shares);
    return shares;
  }

private:
  /// Waves of the groups on a unit that its fullest SIMD has, over those of a group: what one group
  /// does in all is done there so many times.
  double crowding(const GroupWork &group) const {
    return std::ceil(onUnit * group.waves / machine.simds) / group.waves;
  }
  void addPart(const GroupWork &group, const WorkPart &part, bool loops, Shares &shares) const {
    double crowd = crowding(group);
    std::array<double, kLimits> terms{};
    terms[size_t(TimeLimit::Matrix)] = 1e6 * part.matrixCycles * crowd / machine.matrixHertz;
    terms[size_t(TimeLimit::Issue)] = 1e6 * part.issueSlots * crowd / machine.issueHertz;
    terms[size_t(TimeLimit::Cache)] = 1e6 * part.lineBytes * active / machine.cacheBytesPerSecond;
    // The latency of what is outside of loops is counted once for the group. In a loop no wait
    // takes longer than a load does.
    if (loops && part.underWay > 0)
      terms[size_t(TimeLimit::Latency)] =
          machine.latencyMicroseconds * std::min(part.loadBytes / part.underWay, part.waits);
    size_t largest = size_t(std::max_element(terms.begin(), terms.end()) - terms.begin());
    shares.add(TimeLimit(largest), part.trips * terms[largest]);
  }

  const TimeConstants &machine;
  double active, onUnit;
};
} // namespace

const char *limitName(TimeLimit limit) {
  constexpr const char *names[kLimits] = {"launch", "matrix", "issue", "latency", "L2", "memory"};
  return names[size_t(limit)];
}

std::vector<double> LaunchWork::shares() const {
  std::vector<double> shares(samples.size(), likes.empty() ? 1 / double(samples.size()) : 0);
  for (uint16_t sample : likes)
    shares[sample] += 1 / double(likes.size());
  return shares;
}

/// The mean over the workgroups.
static Shares meanTime(const GroupTimer &timer, const LaunchWork &work) {
  Shares mean;
  std::vector<double> shares = work.shares();
  for (size_t sample = 0; sample < work.samples.size(); ++sample) {
    Shares one = timer.timeOf(work.samples[sample]);
    for (size_t i = 0; i < kLimits; ++i)
      mean.of[i] += one.of[i] * shares[sample];
  }
  return mean;
}

/// When the last workgroup ends if each unit takes the next one as it comes free.
static double lastEnd(const GroupTimer &timer, const LaunchWork &work, unsigned units) {
  std::vector<double> times;
  for (const GroupWork &sample : work.samples)
    times.push_back(timer.timeOf(sample).sum());
  std::vector<double> ends(units, 0); // A heap: the first to come free is in front.
  double last = 0;
  for (uint16_t sample : work.likes) {
    std::pop_heap(ends.begin(), ends.end(), std::greater<>());
    ends.back() += times[sample];
    last = std::max(last, ends.back());
    std::push_heap(ends.begin(), ends.end(), std::greater<>());
  }
  return last;
}

static double matrixCyclesOf(const GroupWork &group) {
  double cycles = group.outside.matrixCycles;
  for (const WorkPart &loop : group.loops)
    cycles += loop.trips * loop.matrixCycles;
  return cycles;
}

LaunchTime predictTime(const TimeConstants &machine, const LaunchWork &work) {
  LaunchTime time;
  time.memory = 1e6 * (work.readBytes + work.writtenBytes) / machine.memoryBytesPerSecond;
  Shares all;
  double cycles = 0;
  if (work.groups > 0 && !work.samples.empty()) {
    // Units take groups until they are full; the last round may leave room on each.
    double most = std::max(1.0, work.groupsPerUnit);
    double eachUnit = std::ceil(work.groups / machine.units);
    time.rounds = std::ceil(eachUnit / most);
    auto round = [&](double onUnit) {
      double active = std::min(work.groups, machine.units * onUnit);
      return meanTime(GroupTimer(machine, active, onUnit), work);
    };
    double inFull = std::min(most, eachUnit), inLast = eachUnit - (time.rounds - 1) * most;
    Shares full = round(inFull), last = inLast == inFull ? full : round(inLast);
    time.group = full.sum();
    double before = time.rounds - 1;
    if (work.areTakenInOrder()) {
      GroupTimer timer(machine, std::min<double>(work.groups, machine.units), 1);
      before = lastEnd(timer, work, machine.units) / time.group - 1;
    }
    for (size_t i = 0; i < kLimits; ++i)
      all.of[i] = before * full.of[i] + last.of[i];
    std::vector<double> shares = work.shares();
    for (size_t sample = 0; sample < work.samples.size(); ++sample)
      cycles += work.groups * matrixCyclesOf(work.samples[sample]) * shares[sample];
  }
  time.compute = all.sum();
  auto largest = std::max_element(all.of.begin(), all.of.end()) - all.of.begin();
  time.limit = TimeLimit(largest);
  if (time.memory > time.compute)
    time.limit = TimeLimit::Memory;
  if (machine.launchMicroseconds > std::max(time.memory, time.compute))
    time.limit = TimeLimit::Launch;
  time.total = machine.launchMicroseconds + std::max(time.compute, time.memory) +
               machine.overlap * std::min(time.compute, time.memory);
  double matrix = 1e6 * cycles / machine.units / machine.simds / machine.matrixHertz;
  time.floor = machine.launchMicroseconds + std::max(time.memory, matrix);
  return time;
}

} // namespace moec::cost
