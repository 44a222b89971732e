//===- DecodeTest.cpp - Encodings, as the assembler makes them ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/emulator/amx/Instruction.h"

#include <gtest/gtest.h>

using namespace moec::amx;

// One instruction behind a label; its end is the next label.
#define ASSEMBLE(LABEL, TEXT)                                                                      \
  asm(".pushsection .text\n" #LABEL ": " TEXT "\n" #LABEL "_end:\n.popsection");                   \
  extern "C" const uint8_t LABEL[], LABEL##_end[];

ASSEMBLE(amx_config, "ldtilecfg (%rax)")
ASSEMBLE(amx_config_next, "ldtilecfg 0x1234(%rip)")
ASSEMBLE(amx_config_far, "ldtilecfg -64(%r12,%r9,8)")
ASSEMBLE(amx_store_config, "sttilecfg -0x1000(%rsp)")
ASSEMBLE(amx_release, "tilerelease")
ASSEMBLE(amx_zero, "tilezero %tmm7")
ASSEMBLE(amx_load, "tileloadd (%rdi,%rsi,1), %tmm3")
ASSEMBLE(amx_load_near, "tileloadd 64(%r13,%r15,2), %tmm6")
ASSEMBLE(amx_load_no_base, "tileloadd 0x40(,%rcx,4), %tmm1")
ASSEMBLE(amx_load_no_stride, "tileloadd (%rbx), %tmm2")
ASSEMBLE(amx_load_once, "tileloaddt1 0x12345(%rbp,%r8), %tmm0")
ASSEMBLE(amx_store, "tilestored %tmm5, (%r8,%r12)")
ASSEMBLE(amx_bf16, "tdpbf16ps %tmm7, %tmm4, %tmm2")
ASSEMBLE(amx_ss, "tdpbssd %tmm1, %tmm2, %tmm3")
ASSEMBLE(amx_su, "tdpbsud %tmm1, %tmm2, %tmm3")
ASSEMBLE(amx_us, "tdpbusd %tmm1, %tmm2, %tmm3")
ASSEMBLE(amx_uu, "tdpbuud %tmm1, %tmm2, %tmm3")
// Others of the same map, and of the same opcodes.
ASSEMBLE(amx_fp16, "tdpfp16ps %tmm7, %tmm4, %tmm2")
ASSEMBLE(amx_shift, "vpsllvd %xmm1, %xmm2, %xmm3")
ASSEMBLE(amx_ud2, "ud2")

namespace {
constexpr uint8_t none = Address::none;
enum Register : uint8_t { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r12 = 12, r13, r15 = 15 };

Instruction check(const uint8_t *code, const uint8_t *end, Operation operation, const char *name) {
  Instruction found = {};
  EXPECT_TRUE(decode(code, found)) << name;
  EXPECT_EQ(found.operation, operation) << name;
  EXPECT_EQ(found.length, end - code) << name;
  EXPECT_STREQ(getName(found.operation), name);
  return found;
}

void expectAddress(const Address &address, uint8_t base, uint8_t index, unsigned scale,
                   int32_t displacement) {
  EXPECT_EQ(address.base, base);
  EXPECT_EQ(address.index, index);
  if (index != none)
    EXPECT_EQ(address.scale, scale);
  EXPECT_EQ(address.displacement, displacement);
}
} // namespace

#define CHECK(LABEL, OPERATION, NAME) check(LABEL, LABEL##_end, Operation::OPERATION, NAME)

TEST(AmxDecode, Configurations) {
  expectAddress(CHECK(amx_config, LoadConfig, "ldtilecfg").address, rax, none, 1, 0);
  expectAddress(CHECK(amx_config_next, LoadConfig, "ldtilecfg").address, Address::nextInstruction,
                none, 1, 0x1234);
  expectAddress(CHECK(amx_config_far, LoadConfig, "ldtilecfg").address, r12, r9, 8, -64);
  expectAddress(CHECK(amx_store_config, StoreConfig, "sttilecfg").address, rsp, none, 1, -0x1000);
  CHECK(amx_release, Release, "tilerelease");
}

TEST(AmxDecode, Rows) {
  EXPECT_EQ(CHECK(amx_zero, Zero, "tilezero").tile, 7);
  Instruction load = CHECK(amx_load, Load, "tileloadd");
  EXPECT_EQ(load.tile, 3);
  expectAddress(load.address, rdi, rsi, 1, 0);
  Instruction near = CHECK(amx_load_near, Load, "tileloadd");
  EXPECT_EQ(near.tile, 6);
  expectAddress(near.address, r13, r15, 2, 64);
  expectAddress(CHECK(amx_load_no_base, Load, "tileloadd").address, none, rcx, 4, 0x40);
  expectAddress(CHECK(amx_load_no_stride, Load, "tileloadd").address, rbx, none, 1, 0);
  expectAddress(CHECK(amx_load_once, LoadOnce, "tileloaddt1").address, rbp, r8, 1, 0x12345);
  Instruction store = CHECK(amx_store, Store, "tilestored");
  EXPECT_EQ(store.tile, 5);
  expectAddress(store.address, r8, r12, 1, 0);
}

TEST(AmxDecode, Products) {
  Instruction product = CHECK(amx_bf16, MultiplyBf16, "tdpbf16ps");
  EXPECT_EQ(product.tile, 2);
  EXPECT_EQ(product.left, 4);
  EXPECT_EQ(product.right, 7);
  CHECK(amx_ss, MultiplySignedSigned, "tdpbssd");
  CHECK(amx_su, MultiplySignedUnsigned, "tdpbsud");
  CHECK(amx_us, MultiplyUnsignedSigned, "tdpbusd");
  CHECK(amx_uu, MultiplyUnsignedUnsigned, "tdpbuud");
}

TEST(AmxDecode, OthersAreNone) {
  Instruction found;
  for (const uint8_t *code : {amx_fp16, amx_shift, amx_ud2})
    EXPECT_FALSE(decode(code, found));
  // Tiles beyond the eighth, a W or an L, and another map.
  const uint8_t *code = amx_bf16;
  auto change = [&](unsigned byte, uint8_t bits) {
    uint8_t bytes[16] = {};
    std::copy(code, amx_bf16_end, bytes);
    bytes[byte] ^= bits;
    return decode(bytes, found);
  };
  EXPECT_TRUE(change(0, 0));
  EXPECT_FALSE(change(0, 1));
  EXPECT_FALSE(change(1, 0x80));
  EXPECT_FALSE(change(1, 0x20));
  EXPECT_FALSE(change(1, 1));
  EXPECT_FALSE(change(2, 0x80));
  EXPECT_FALSE(change(2, 0x40));
  EXPECT_FALSE(change(2, 0x04));
  EXPECT_FALSE(change(4, 0xc0));
}
