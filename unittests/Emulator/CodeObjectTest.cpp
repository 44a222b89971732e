//===- CodeObjectTest.cpp - What a loader and a launch provide --*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Code objects of both versions run; kernels see their hidden arguments, preloaded arguments,
// relocated pointers, dispatch packet and work-item ids.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <cstring>

namespace moec::gfx950::test {
namespace {

/// Clang's implicit arguments, at their documented offsets: block counts, group sizes, remainders,
/// grid dimensions.
const char kHidden[] = R"(#include "device.h"
typedef unsigned U32;
KERNEL void hidden(GLOBAL U32 *out, int tag) {
  __attribute__((address_space(4))) char *p = __builtin_amdgcn_implicitarg_ptr();
  if (GROUP_X == 2 && GROUP_Y == 1 && LOCAL_ID == 3 && __builtin_amdgcn_workitem_id_y() == 1) {
    for (int i = 0; i < 3; ++i) {
      out[i] = *(__attribute__((address_space(4))) U32 *)(p + 4 * i);
      out[3 + i] = *(__attribute__((address_space(4))) unsigned short *)(p + 12 + 2 * i);
      out[6 + i] = *(__attribute__((address_space(4))) unsigned short *)(p + 18 + 2 * i);
    }
    out[9] = *(__attribute__((address_space(4))) unsigned short *)(p + 64);
    out[10] = tag;
    out[11] = __builtin_amdgcn_grid_size_x();
    out[12] = __builtin_amdgcn_grid_size_y();
  }
}
)";

class Versions : public testing::TestWithParam<int> {};

TEST_P(Versions, HiddenArgumentsReachTheKernel) {
  for (int level : {0, 2}) {
    Device device;
    ASSERT_TRUE(
        device.compileText(kHidden, level, "-mcode-object-version=" + std::to_string(GetParam())));
    EXPECT_EQ(device.module->object().version(), unsigned(GetParam()));
    EXPECT_EQ(device.module->object().processor(), "gfx950");
    uint32_t *out = device.buffer(std::vector<uint32_t>(16, 99));
    ASSERT_EQ(device.launch("hidden", {3, 2, 1}, {8, 4, 1}, pack(out, 1234)), "");
    const uint32_t want[13] = {3, 2, 1, 8, 4, 1, 0, 0, 0, 2, 1234, 24, 8};
    for (unsigned i = 0; i < 13; ++i)
      EXPECT_EQ(out[i], want[i]) << i;
  }
}

/// lld leaves R_AMDGPU_RELATIVE64 for pointers in data, and resolves references from code itself.
const char kPointers[] = R"(#include "device.h"
__attribute__((visibility("protected"))) GLOBAL int table[4] = {10, 20, 30, 40};
__attribute__((visibility("protected"))) GLOBAL int *GLOBAL middle = &table[2];
__attribute__((visibility("default"))) GLOBAL int late = 7;
KERNEL void follow(GLOBAL int *out) {
  out[0] = *middle; out[1] = middle[-1]; out[2] = late; middle[1] += 2; out[3] = table[3];
}
)";

TEST_P(Versions, RelocationsAreApplied) {
  Device device;
  ASSERT_TRUE(
      device.compileText(kPointers, 1, "-mcode-object-version=" + std::to_string(GetParam())));
  int *out = device.buffer(std::vector<int>(4));
  ASSERT_EQ(device.launch("follow", {1, 1, 1}, {1, 1, 1}, pack(out)), "");
  EXPECT_EQ(out[0], 30);
  EXPECT_EQ(out[1], 20);
  EXPECT_EQ(out[2], 7);
  EXPECT_EQ(out[3], 42);
  const auto &variables = device.module->object().variables();
  ASSERT_TRUE(variables.count("table"));
  EXPECT_EQ(variables.at("table").size, 16u);
  EXPECT_EQ(reinterpret_cast<int *>(variables.at("table").address)[3], 42);
}

INSTANTIATE_TEST_SUITE_P(CodeObject, Versions, testing::Values(5, 6));

TEST(Preload, CompiledKernelsReadTheirRegisters) {
  Device device;
  ASSERT_TRUE(device.compileText(
      "#include \"device.h\"\nKERNEL void k(GLOBAL int *x, int a, int b, long c) { x[LOCAL_ID] = a "
      "* 3 + b + (int)c; }\n",
      2, "-mllvm -amdgpu-kernarg-preload-count=4"));
  EXPECT_EQ(device.module->kernel("k")->preloadLength, 6u);
  int *x = device.buffer(std::vector<int>(64));
  ASSERT_EQ(device.launch("k", {1, 1, 1}, {64, 1, 1}, pack(x, 5, 7, int64_t(100))), "");
  EXPECT_EQ(x[63], 122);
  // The loads for old firmware are skipped, as the machine does.
  EXPECT_EQ(device.counters.scalarBytes, 0u);
}

/// The kernel with more directives in its descriptor.
static std::string describe(std::string text, const std::string &directives) {
  const std::string pointer = "  .amdhsa_user_sgpr_kernarg_segment_ptr 1\n";
  return text.insert(text.find(pointer) + pointer.size(), directives);
}

/// Length and offset of the descriptor count dwords of the segment; SGPRs follow the pointer.
TEST(Preload, LengthAndOffsetOfTheDescriptor) {
  std::string text = asmKernel("k", "  s_trap 2\n.fill 63, 4, 0xbf800000\n"
                                    "  v_lshlrev_b32 v1, 2, v0\n  v_mov_b32 v2, s4\n"
                                    "  v_add_u32 v2, s5, v2\n  global_store_dword v1, v2, s[2:3]\n"
                                    "  v_mov_b32 v3, s6\n  global_store_dword v1, v3, s[2:3] "
                                    "offset:256\n");
  text = describe(text, "  .amdhsa_user_sgpr_kernarg_preload_length 4\n"
                        "  .amdhsa_user_sgpr_kernarg_preload_offset 2\n");
  Device device;
  ASSERT_TRUE(device.assemble(text));
  uint32_t *out = device.buffer(std::vector<uint32_t>(128));
  ASSERT_EQ(device.launch("k", {2, 1, 1}, {64, 1, 1},
                          pack(uint32_t(111), uint32_t(222), out, uint32_t(30), uint32_t(12))),
            "");
  EXPECT_EQ(out[0], 42u); // Dwords 2 to 5: the pointer, 30 and 12.
  EXPECT_LE(out[64], 1u); // Behind them the workgroup's number.
}

/// The registers that a descriptor enables lie behind each other in the ABI's order: dispatch
/// packet, queue, arguments, dispatch number, bytes of scratch, then the workgroup's numbers.
TEST(UserSgprs, LieInTheOrderOfTheAbi) {
  std::string text = asmKernel(
      "k", "  s_load_dwordx2 s[16:17], s[4:5], 0x0\n  s_load_dword s18, s[0:1], 0x4\n"
           "  v_mov_b32 v1, 0\n  v_mov_b32 v2, s8\n  v_mov_b32 v3, s9\n  v_mov_b32 v4, s10\n"
           "  s_waitcnt lgkmcnt(0)\n  v_mov_b32 v5, s18\n"
           "  global_store_dwordx4 v1, v[2:5], s[16:17]\n");
  text = describe(text, "  .amdhsa_user_sgpr_dispatch_ptr 1\n  .amdhsa_user_sgpr_queue_ptr 1\n"
                        "  .amdhsa_user_sgpr_dispatch_id 1\n"
                        "  .amdhsa_user_sgpr_private_segment_size 1\n"
                        "  .amdhsa_private_segment_fixed_size 48\n"
                        "  .amdhsa_system_sgpr_workgroup_id_y 1\n");
  Device device;
  ASSERT_TRUE(device.assemble(text));
  uint32_t *out = device.buffer(std::vector<uint32_t>(4, 99));
  ASSERT_EQ(device.launch("k", {1, 1, 1}, {32, 2, 1}, pack(out)), "");
  EXPECT_EQ(out[0], 48u);             // Bytes of scratch a lane.
  EXPECT_EQ(out[1], 0u);              // The workgroup's number in x,
  EXPECT_EQ(out[2], 0u);              // and in y.
  EXPECT_EQ(out[3], 32u | 2u << 16u); // The packet's workgroup size, 16 bits a dimension.
}

/// Hand-written objects often have no size of arguments in the descriptor, where the assembler's
/// default is 0, but in the metadata.
TEST(CodeObjects, SizeOfArgumentsFromTheMetadata) {
  std::string text = asmKernel("k", "  s_load_dwordx2 s[4:5], s[0:1], 0x8\n"
                                    "  v_lshlrev_b32 v1, 2, v0\n  s_waitcnt lgkmcnt(0)\n"
                                    "  global_store_dword v1, v0, s[4:5]\n");
  const std::string directive = "  .amdhsa_kernarg_size 64\n";
  text.erase(text.find(directive), directive.size());
  Device device;
  ASSERT_TRUE(device.assemble(text));
  EXPECT_EQ(device.module->kernel("k")->kernargBytes, 64u);
  uint32_t *out = device.buffer(std::vector<uint32_t>(64));
  ASSERT_EQ(device.launch("k", {1, 1, 1}, {64, 1, 1}, pack(uint64_t(0), out)), "");
  EXPECT_EQ(out[63], 63u);
  // An argument that the metadata's size forgets makes the segment longer.
  text.replace(text.find("    .kernarg_segment_size: 64"), 0,
               "    .args:\n      - {.offset: 64, .size: 8, .value_kind: global_buffer}\n");
  ASSERT_TRUE(device.assemble(text));
  EXPECT_EQ(device.module->kernel("k")->kernargBytes, 72u);
  // Of two sizes the descriptor's counts.
  text.replace(text.find("{.offset: 64"), 12, "{.offset: 0");
  text.replace(text.find(".end_amdhsa_kernel"), 0, ".amdhsa_kernarg_size 8\n");
  ASSERT_TRUE(device.assemble(text));
  EXPECT_NE(device.launch("k", {1, 1, 1}, {64, 1, 1}, pack(uint64_t(0), out)), "");
}

TEST(CodeObjects, BadOnesAreRefusedWithASentence) {
  AllocationTable memory;
  auto none = Module::load({}, memory);
  ASSERT_FALSE(none);
  EXPECT_NE(none.takeError().message(), "");
  TempDir dir;
  writeText(dir.path("k.c"), "__attribute__((amdgpu_kernel)) void k(void) {}\n");
  ASSERT_TRUE(run(MOEC_LLVM_BIN "/clang --target=amdgcn-amd-amdhsa -mcpu=gfx942 -nogpulib -O1 -o " +
                  dir.path("k.hsaco") + " " + dir.path("k.c")));
  auto other = Module::load(readBytes(dir.path("k.hsaco")), memory);
  ASSERT_FALSE(other);
  EXPECT_NE(other.takeError().message().find("gfx950"), std::string::npos);
}

} // namespace
} // namespace moec::gfx950::test
