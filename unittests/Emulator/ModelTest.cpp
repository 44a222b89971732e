//===- ModelTest.cpp - Workgroups counted for the formula -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One kernel, counted by the model of the machine and by way of the JSON of the emulator's program.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include "moec/emulator/MachineModel.h"
#include "moec/emulator/gfx950/Profile.h"

#include <gtest/gtest.h>

namespace moec::emulator {
namespace {

/// Each workgroup of two waves reads 2 KiB of a table and 2 KiB of its own in each of four trips,
/// and writes 2 KiB of its own at the end. Arguments: source, destination, table.
const std::string kBody =
    "  s_load_dwordx4 s[4:7], s[0:1], 0x0\n  s_load_dwordx2 s[10:11], s[0:1], 0x10\n"
    "  v_lshlrev_b32 v1, 4, v0\n  s_lshl_b32 s8, s2, 13\n  v_add_u32 v2, s8, v1\n"
    "  s_mov_b32 s9, 4\n  s_waitcnt lgkmcnt(0)\nagain:\n"
    "  global_load_dwordx4 v[4:7], v2, s[4:5]\n  global_load_dwordx4 v[8:11], v1, s[10:11]\n"
    "  v_add_u32 v2, 0x800, v2\n  s_waitcnt vmcnt(0)\n  s_sub_u32 s9, s9, 1\n"
    "  s_cmp_lg_u32 s9, 0\n  s_cbranch_scc1 again\n  v_add_u32 v2, s8, v1\n"
    "  global_store_dwordx4 v2, v[4:7], s[6:7]\n";

class Model : public ::testing::Test {
protected:
  void SetUp() override {
    std::string object = dir.path("k.hsaco");
    gfx950::test::writeText(dir.path("k.s"), gfx950::test::asmKernel("k", kBody));
    ASSERT_TRUE(gfx950::test::run(std::string(MOEC_LLVM_BIN) +
                                  "/clang --target=amdgcn-amd-amdhsa -mcpu=gfx950 -o " + object +
                                  " " + dir.path("k.s")));
    model = createMachineModel("gfx950");
    ASSERT_NE(model, nullptr);
    Error error = model->load(gfx950::test::readBytes(object), "k.hsaco");
    ASSERT_FALSE(bool(error)) << error.message();
  }
  gfx950::test::TempDir dir;
  std::unique_ptr<MachineModel> model;
};

TEST_F(Model, RunsOneWorkgroupOnMemoryThatIsNotThere) {
  // A source as no host has it: only what is written takes memory.
  constexpr uint64_t huge = uint64_t(1) << 40;
  Expected<uint64_t> source = model->reserve(huge), out = model->reserve(8192 * 3),
                     table = model->reserve(2048);
  ASSERT_TRUE(source && out && table);
  std::vector<uint64_t> words = {*source, *out, *table};
  LaunchRequest launch{"k", 128, 0, words, {3, 1, 1}};
  std::vector<AddressRange> ranges = {
      {*source, *source + huge}, {*out, *out + 8192 * 3}, {*table, *table + 2048}, {7, 7}};
  Expected<GroupCounts> counts = model->run(launch, 2, ranges);
  ASSERT_TRUE(bool(counts)) << counts.takeError().message();
  EXPECT_EQ(counts->readBytes, (std::vector<double>{8192, 0, 2048, 0}));
  EXPECT_EQ(counts->writtenBytes, (std::vector<double>{0, 2048, 0, 0}));
  EXPECT_DOUBLE_EQ(counts->groupsPerUnit, 2); // Two waves of 512 registers.
  const cost::GroupWork &work = counts->work;
  EXPECT_DOUBLE_EQ(work.waves, 2);
  ASSERT_EQ(work.loops.size(), 1u);
  const cost::WorkPart &loop = work.loops[0];
  EXPECT_DOUBLE_EQ(loop.trips, 4);
  EXPECT_DOUBLE_EQ(loop.issueSlots, 2 * (4 + 4 + 4 + 3));
  EXPECT_DOUBLE_EQ(loop.loadBytes, 4096);
  // The table comes from the first level after the first trip.
  EXPECT_DOUBLE_EQ(loop.lineBytes, 2048 + 2048.0 / 4);
  EXPECT_DOUBLE_EQ(loop.waits, 1);
  // A wave: nothing, one load, two loads, in four slots each; then three slots without.
  EXPECT_DOUBLE_EQ(loop.underWay, 2 * 1024.0 * 4 * (0 + 1 + 2) / 15);
  EXPECT_DOUBLE_EQ(work.outside.lineBytes, 128); // Of arguments; nobody waits for the store.
}

TEST_F(Model, RefusesWhatTheEmulatorDoes) {
  Expected<uint64_t> small = model->reserve(1024), out = model->reserve(8192 * 3);
  ASSERT_TRUE(small && out);
  std::vector<uint64_t> words = {*small, *out, *small};
  Expected<GroupCounts> counts = model->run({"k", 128, 0, words, {3, 1, 1}}, 0, {});
  ASSERT_FALSE(bool(counts));
  EXPECT_NE(counts.takeError().message().find("global_load_dwordx4"), std::string::npos);
  Expected<GroupCounts> none = model->run({"j", 128, 0, words, {3, 1, 1}}, 0, {});
  ASSERT_FALSE(bool(none));
  EXPECT_EQ(none.takeError().message(), "the code has no kernel 'j'");
  EXPECT_EQ(createMachineModel("cpu"), nullptr);
}

TEST_F(Model, CountersComeBackFromJson) {
  gfx950::test::Device device;
  ASSERT_TRUE(device.assemble(gfx950::test::asmKernel("k", kBody)));
  std::vector<uint32_t> numbers(8192 * 3 / 4, 1);
  device.profiled = true;
  ASSERT_EQ(device.launch("k", {3, 1, 1}, {128, 1, 1},
                          gfx950::test::pack(device.buffer(numbers), device.buffer(numbers),
                                             device.buffer(numbers))),
            "");
  auto json = [&](const std::string &more) {
    return gfx950::countersJson("k", device.counters, gfx950::occupancyOf(512, 65536, 2),
                                more + gfx950::profileJson(device.profile));
  };
  Expected<cost::LaunchWork> work = readCounters(json("\"grid\": [3, 1, 1], "), "k.json");
  ASSERT_TRUE(bool(work)) << work.takeError().message();
  EXPECT_DOUBLE_EQ(work->groups, 3);
  EXPECT_DOUBLE_EQ(work->groupsPerUnit, 2);
  EXPECT_DOUBLE_EQ(work->readBytes, 3 * 8192 + 2048 + 128);
  EXPECT_DOUBLE_EQ(work->writtenBytes, 3 * 2048);
  ASSERT_EQ(work->samples.size(), 1u);
  EXPECT_DOUBLE_EQ(work->samples[0].waves, 2);
  ASSERT_EQ(work->samples[0].loops.size(), 1u);
  EXPECT_DOUBLE_EQ(work->samples[0].loops[0].trips, 4);
  EXPECT_DOUBLE_EQ(work->samples[0].loops[0].issueSlots, 2 * 15);
  EXPECT_DOUBLE_EQ(work->samples[0].loops[0].loadBytes, 4096);

  auto messageOf = [](const std::string &text) {
    Expected<cost::LaunchWork> read = readCounters(text, "k.json");
    return read ? std::string() : read.takeError().message();
  };
  EXPECT_EQ(messageOf(json("\"grid\": [9, 1, 1], ")),
            "'k.json' has counts of 3 of 9 workgroups, so how many bytes all of them read and "
            "write must be given");
  EXPECT_EQ(messageOf("{}"), "'k.json' has no number 'profiled_workgroups': it must be what the "
                             "emulator's program writes with --json");
  EXPECT_EQ(messageOf("nothing"), "'k.json' is no JSON object");
}

} // namespace
} // namespace moec::emulator
