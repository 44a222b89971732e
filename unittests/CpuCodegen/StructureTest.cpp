//===- StructureTest.cpp - What the assembly of products looks like -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Promises about code that running it cannot show: accumulators stay in registers, no library is
// called, and the dot-product instructions are used where the chip has them.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "Weights.h"

#include <gtest/gtest.h>
#include <regex>
#include <sstream>

using namespace moec::cpu::test;

namespace {

std::string makeText(const Weight &weight, const std::string &left, const std::string &op) {
  std::string a = "tensor<32x128x" + left + ">", b = "tensor<64x128x" + weight.elementType() + ">",
              x = "!tile.ref<32x128x" + left + ">";
  return "tile.kernel @k(%x: " + x + ", %w: " + weight.refType() + ", %y: !tile.ref<32x64xf32>) " +
         oneBlock +
         " {\n  %c0 = arith.constant 0 : index\n"
         "  %zero = arith.constant dense<0.0> : tensor<32x64xf32>\n"
         "  %a = tile.load %x[%c0, %c0] : " +
         x + " -> " + a +
         "\n"
         "  %b = tile.load %w[%c0, %c0] : " +
         weight.refType() + " -> " + b +
         "\n"
         "  %d = " +
         op + " : " + a + ", " + b +
         ", tensor<32x64xf32>\n"
         "  %e = math.exp %d : tensor<32x64xf32>\n  %s = math.sin %e : tensor<32x64xf32>\n"
         "  tile.store %s, %y[%c0, %c0] : tensor<32x64xf32>, !tile.ref<32x64xf32>\n"
         "  tile.return\n}";
}

/// The lines of a function, by its label.
std::string getFunction(const std::string &assembly, const std::string &name) {
  size_t from = assembly.find("\n" + name + ":");
  EXPECT_NE(from, std::string::npos) << name << " is missing";
  return from == std::string::npos
             ? ""
             : assembly.substr(from, assembly.find(".Lfunc_end", from) - from);
}

/// The lines between the last label and the last backward jump before `last` uses of `mnemonic`
/// end: the innermost loop, which is the longest run of lines with no label that has the mnemonic.
std::string getLoop(const std::string &function, const std::string &mnemonic) {
  std::istringstream lines(function);
  std::string line, block, best;
  while (std::getline(lines, line)) {
    if (!line.empty() && line[0] == '.' && line.find(':') != std::string::npos) {
      block.clear();
      continue;
    }
    block += line + "\n";
    bool jumps = line.find("\tj") != std::string::npos;
    if (jumps && block.find(mnemonic) != std::string::npos && block.size() > best.size())
      best = block;
  }
  return best;
}

unsigned count(const std::string &text, const std::string &pattern) {
  std::regex regex(pattern);
  return static_cast<unsigned>(
      std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}));
}

TEST(StructureTest, F32AccumulatorsStayInRegisters) {
  Weight weight(Weight::F32, 64, 128, true);
  std::string text = makeText(weight, "f32", "tile.mma %a, %b, %zero b = nk");
  std::string wide = getAssembly(text, "x86-64-v4");
  std::string loop = getLoop(getFunction(wide, "moec_product_f32_12_144"), "vfmadd231ps");
  EXPECT_EQ(count(loop, "vfmadd231ps\\t.*%zmm"), 4u * 12 * 2) << loop;
  EXPECT_EQ(count(loop, "vmov[au]ps\\t%zmm[0-9]+, .*\\("), 0u) << loop;
  EXPECT_EQ(count(loop, "%rsp"), 0u) << loop;

  std::string narrow = getAssembly(text, "x86-64-v3");
  loop = getLoop(getFunction(narrow, "moec_product_f32_2_144"), "vfmadd231ps");
  EXPECT_EQ(count(loop, "vfmadd231ps\\t.*%ymm"), 4u * 2 * 4) << loop;
  EXPECT_EQ(count(loop, "%rsp"), 0u) << loop;
}

TEST(StructureTest, Bf16AccumulatorsStayInRegisters) {
  Weight weight(Weight::BF16, 64, 128, true, /*seed=*/3, /*matrices=*/1, "x86-64-v4");
  std::string assembly =
      getAssembly(makeText(weight, "f32", "tile.mma %a, %b, %zero b = nk"), "x86-64-v4");
  std::string loop = getLoop(getFunction(assembly, "moec_product_bf16_8_144"), "vfmadd231ps");
  EXPECT_EQ(count(loop, "vfmadd231ps"), 4u * 8 * 2) << loop;
  EXPECT_EQ(count(loop, "%rsp"), 0u) << loop;
}

TEST(StructureTest, DotProductInstructions) {
  Weight weight(Weight::Int8, 64, 128, true), types(Weight::Int8, 1, 32, false);
  std::string text = makeText(weight, types.elementType(), "tile.mma_scaled %a, %b, %zero");
  std::string assembly = getAssembly(text, "x86-64-v4,+avx512vnni");
  // A block of 32 is eight words for each row.
  std::string loop = getLoop(getFunction(assembly, "moec_scaled_int8_8_8_192"), "vpdpbusd");
  EXPECT_EQ(count(loop, "vpdpbusd"), 8u * 8) << loop;
  EXPECT_EQ(count(loop, "%rsp"), 0u) << loop;
  loop = getLoop(getFunction(assembly, "moec_scaled_int8_8_12_192"), "vpdpbusd");
  EXPECT_EQ(count(loop, "vpdpbusd"), 12u * 8) << loop;
  EXPECT_EQ(count(loop, "%zmm[0-9]+, .*%rsp"), 0u) << loop;
  EXPECT_EQ(count(getAssembly(text, "x86-64-v4"), "vpdpbusd"), 0u);
}

// Kernels may call memcpy, memmove and memset, and each other's register blocks; nothing else.
TEST(StructureTest, CallsNoLibrary) {
  for (const std::string chip : {"x86-64-v3", "x86-64-v4"}) {
    Weight weight(Weight::BF16, 64, 128, true);
    std::string assembly =
        getAssembly(makeText(weight, "bf16", "tile.mma %a, %b, %zero b = nk"), chip);
    std::istringstream lines(assembly);
    for (std::string line; std::getline(lines, line);) {
      std::smatch match;
      if (std::regex_search(line, match, std::regex("callq\\s+(\\S+)"))) {
        std::string callee = match[1];
        EXPECT_TRUE(callee.rfind("moec_", 0) == 0 || callee.rfind("memcpy", 0) == 0 ||
                    callee.rfind("memset", 0) == 0 || callee.rfind("memmove", 0) == 0)
            << callee;
      }
    }
  }
}

// The code for a row of 6144 is the code for a row of 64.
TEST(StructureTest, SizeDoesNotGrowWithTiles) {
  auto make = [](int64_t n) {
    std::string tile = "tensor<1x" + std::to_string(n) + "xf32>",
                ref = "!tile.ref<?x" + std::to_string(n) + "xf32>", one = "tensor<1x1xf32>";
    std::string text = "tile.kernel @k(%x: " + ref + ", %y: " + ref + ") " + oneBlock +
                       " {\n  %c0 = arith.constant 0 : index\n"
                       "  %v = tile.load %x[%c0, %c0] : " +
                       ref + " -> " + tile +
                       "\n"
                       "  %sq = arith.mulf %v, %v : " +
                       tile +
                       "\n"
                       "  %s = tile.reduce add %sq dim = 1 : " +
                       tile + " -> " + one +
                       "\n"
                       "  %r = math.rsqrt %s : " +
                       one +
                       "\n"
                       "  %b = tile.broadcast %r : " +
                       one + " -> " + tile +
                       "\n"
                       "  %o = arith.mulf %v, %b : " +
                       tile +
                       "\n"
                       "  tile.store %o, %y[%c0, %c0] : " +
                       tile + ", " + ref + "\n  tile.return\n}";
    return getAssembly(text, "x86-64-v4").size();
  };
  EXPECT_LT(make(6144), make(512) * 11 / 10);
}

} // namespace
