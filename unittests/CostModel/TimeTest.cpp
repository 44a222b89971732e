//===- TimeTest.cpp - The formula against numbers by hand -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A machine of round numbers, on which every term can be added up by hand.
//
//===----------------------------------------------------------------------===//

#include "moec/CostModel/Time.h"

#include <gtest/gtest.h>

namespace moec::cost {
namespace {

/// Four units of four SIMDs at 1 GHz, 10 TB/s and 5 TB/s, a launch of 2 and a load of 0.5 µs.
TimeConstants machine() {
  TimeConstants c;
  c.launchMicroseconds = 2, c.graphGapMicroseconds = 1, c.latencyMicroseconds = 0.5;
  c.cacheBytesPerSecond = 10e12, c.memoryBytesPerSecond = 5e12;
  c.matrixHertz = c.issueHertz = 1e9;
  c.overlap = 0.5;
  c.units = 4, c.simds = 4, c.caches = 2;
  return c;
}

/// A product of matrices: in each of ten trips a wave has 1000 matrix cycles and 500 slots, and
/// outside of them 200 slots.
GroupWork product() {
  GroupWork group;
  group.waves = 4;
  group.outside = {1, 0, 800, 0, 0, 0, 0};
  group.loops = {{10, 4000, 2000, 65536, 131072, 4, 65536}};
  return group;
}

LaunchWork launchOf(double groups, const GroupWork &group, double bytes = 0) {
  LaunchWork work;
  work.groups = groups;
  work.samples = {group};
  work.readBytes = bytes;
  return work;
}

TEST(Time, AddsUpStepsOutsideAndLaunch) {
  LaunchWork work = launchOf(4, product(), 20e6);
  work.writtenBytes = 5e6;
  LaunchTime time = predictTime(machine(), work);
  EXPECT_DOUBLE_EQ(time.group, 0.5 + 0.2 + 10 * 1.0);
  EXPECT_DOUBLE_EQ(time.rounds, 1);
  EXPECT_DOUBLE_EQ(time.memory, 5);
  EXPECT_DOUBLE_EQ(time.total, 2 + 10.7 + 0.5 * 5);
  EXPECT_EQ(time.limit, TimeLimit::Matrix);
  EXPECT_DOUBLE_EQ(time.floor, 2 + 10); // 4 · 40,000 cycles over 16 SIMDs.
}

TEST(Time, IsThatOfMemoryWhereItTakesLonger) {
  LaunchTime time = predictTime(machine(), launchOf(4, product(), 100e6));
  EXPECT_DOUBLE_EQ(time.total, 2 + 20 + 0.5 * 10.7);
  EXPECT_EQ(time.limit, TimeLimit::Memory);
  EXPECT_DOUBLE_EQ(time.floor, 2 + 20);
}

TEST(Time, RoundsCountUnits) {
  EXPECT_DOUBLE_EQ(predictTime(machine(), launchOf(5, product())).total, 2 + 2 * 10.7);
  EXPECT_DOUBLE_EQ(predictTime(machine(), launchOf(9, product())).rounds, 3);
}

TEST(Time, GroupsThatShareAUnitAddUpOnItsSimds) {
  // Three groups for each unit, two at a time: the second round has one.
  LaunchWork work = launchOf(9, product());
  work.groupsPerUnit = 2;
  LaunchTime time = predictTime(machine(), work);
  EXPECT_DOUBLE_EQ(time.rounds, 2);
  EXPECT_DOUBLE_EQ(time.group, 0.5 + 0.4 + 10 * 2.0);
  EXPECT_DOUBLE_EQ(time.compute, 20.9 + 10.7);
}

TEST(Time, WavesOfSmallGroupsSpreadOverSimds) {
  // 8 groups of a wave on a unit are two waves a SIMD; 3 are one.
  GroupWork group;
  group.outside = {1, 0, 1000, 0, 0, 0, 0};
  LaunchWork work = launchOf(32, group);
  work.groupsPerUnit = 8;
  EXPECT_DOUBLE_EQ(predictTime(machine(), work).group, 0.5 + 2);
  work.groups = 12;
  EXPECT_DOUBLE_EQ(predictTime(machine(), work).group, 0.5 + 1);
}

TEST(Time, FewBytesUnderWayCostLatency) {
  GroupWork group = product();
  group.loops[0].underWay = 16384; // A quarter of a trip's: four latencies a trip.
  LaunchTime time = predictTime(machine(), launchOf(4, group));
  EXPECT_DOUBLE_EQ(time.group, 0.7 + 10 * 2.0);
  EXPECT_EQ(time.limit, TimeLimit::Latency);
  group.loops[0].waits = 3; // Each wait takes one at most.
  EXPECT_DOUBLE_EQ(predictTime(machine(), launchOf(4, group)).group, 0.7 + 10 * 1.5);
  group.loops[0].underWay = 0; // Nothing is loaded.
  EXPECT_DOUBLE_EQ(predictTime(machine(), launchOf(4, group)).group, 10.7);
}

TEST(Time, LinesOfAllActiveGroupsShareTheCache) {
  GroupWork group = product();
  group.loops[0].lineBytes = 10e6; // 1 µs for one, 4 µs where four do so.
  LaunchTime time = predictTime(machine(), launchOf(4, group));
  EXPECT_DOUBLE_EQ(time.group, 0.7 + 10 * 4.0);
  EXPECT_EQ(time.limit, TimeLimit::Cache);
  EXPECT_DOUBLE_EQ(predictTime(machine(), launchOf(2, group)).group, 0.7 + 10 * 2.0);
  EXPECT_DOUBLE_EQ(predictTime(machine(), launchOf(8, group)).group, 0.7 + 10 * 4.0);
}

TEST(Time, IssueLimitsLoopsOfManyInstructions) {
  GroupWork group = product();
  group.loops[0].issueSlots = 8000;
  LaunchTime time = predictTime(machine(), launchOf(4, group));
  EXPECT_DOUBLE_EQ(time.group, 0.7 + 10 * 2.0);
  EXPECT_EQ(time.limit, TimeLimit::Issue);
}

TEST(Time, SamplesCountTheSame) {
  LaunchWork work = launchOf(4, product());
  GroupWork half = product();
  half.loops[0].trips = 5;
  work.samples.push_back(half);
  LaunchTime time = predictTime(machine(), work);
  EXPECT_DOUBLE_EQ(time.group, 0.7 + 7.5);
  EXPECT_DOUBLE_EQ(time.floor, 2 + 7.5);
}

TEST(Time, UnitsTakeWorkgroupsAsTheyComeFree) {
  // Four units; a short workgroup takes 5.7 us, a long one 10.7.
  GroupWork longer = product(), shorter = product();
  shorter.loops[0].trips = 5;
  LaunchWork work = launchOf(6, longer);
  work.samples.push_back(shorter);
  // The two behind the first four begin where the short ones have ended.
  work.likes = {0, 1, 1, 0, 0, 1};
  LaunchTime time = predictTime(machine(), work);
  EXPECT_DOUBLE_EQ(time.total, 2 + 5.7 + 10.7);
  EXPECT_DOUBLE_EQ(time.group, (10.7 + 5.7) / 2);
  EXPECT_DOUBLE_EQ(time.floor, 2 + (3 * 10 + 3 * 5) / 4.0);
  // What ends last depends on the order.
  work.groups = 5;
  work.likes = {0, 1, 1, 1, 1};
  EXPECT_DOUBLE_EQ(predictTime(machine(), work).total, 2 + 5.7 + 5.7);
  work.likes = {1, 1, 1, 1, 0};
  EXPECT_DOUBLE_EQ(predictTime(machine(), work).total, 2 + 5.7 + 10.7);
  // Alike, they fill rounds.
  work.likes.assign(5, 0);
  EXPECT_DOUBLE_EQ(predictTime(machine(), work).total,
                   predictTime(machine(), launchOf(5, longer)).total);
}

TEST(Time, OfALaunchWithoutWorkIsTheLaunch) {
  LaunchTime time = predictTime(machine(), launchOf(0, product()));
  EXPECT_DOUBLE_EQ(time.total, 2);
  EXPECT_EQ(time.limit, TimeLimit::Launch);
}

TEST(TimeConstants, OfTheMachineAreComplete) {
  Expected<TimeConstants> c = TimeConstants::parse(machineConstants(MOEC_TEST_MACHINE), "table");
  ASSERT_TRUE(bool(c)) << c.takeError().message();
  EXPECT_EQ(c->units, 256u);
  EXPECT_DOUBLE_EQ(c->memoryBytesPerSecond, 7.1e12);
  // 4096 operations a cycle of a matrix core: the rate that power allows.
  EXPECT_NEAR(c->matrixHertz * 4096 * c->units * c->simds, 6.2e15, 0.05e15);
  EXPECT_NE(c->fit.find("7.9 %"), std::string::npos);
  EXPECT_EQ(machineConstants("nobody's"), "");
}

TEST(TimeConstants, NameTheFieldThatIsWrong) {
  auto messageOf = [](std::string text) {
    Expected<TimeConstants> c = TimeConstants::parse(text, "t.json");
    return c ? std::string() : c.takeError().message();
  };
  std::string table(machineConstants(MOEC_TEST_MACHINE));
  EXPECT_EQ(messageOf(table), "");
  EXPECT_EQ(messageOf("[1"), "'t.json' is no JSON object");
  auto with = [&](const std::string &from, const std::string &to) {
    std::string changed = table;
    changed.replace(changed.find(from), from.size(), to);
    return messageOf(changed);
  };
  EXPECT_EQ(with("\"latency_us\": 0.70", "\"latency_us\": 0"),
            "'t.json': 'latency_us' must be a number above 0");
  EXPECT_EQ(with("\"latency_us\"", "\"latency\""),
            "'t.json': 'latency_us' must be a number above 0");
  EXPECT_EQ(with("\"units\": 256", "\"units\": -256"),
            "'t.json': 'units' must be a whole number from 1 to 65536");
  EXPECT_EQ(with("\"machine\": \"MI355X\"", "\"machine\": 355"),
            "'t.json': 'machine' must be a text");
}

} // namespace
} // namespace moec::cost
