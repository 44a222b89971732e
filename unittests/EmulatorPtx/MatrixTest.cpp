//===- MatrixTest.cpp - Products against the ISA's fragment formulas ------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Where an element lies is stated here a second time, shape by shape, as the PTX ISA's formulas for
// fragments do: by the number i of a lane's element, not by registers.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"
#include "moec/emulator/core/Numbers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

using namespace moec::ptx;
using namespace moec::ptx::test;
using namespace moec::emulator;

namespace {
struct Spot {
  unsigned row, column;
};
struct Shape {
  std::string name; ///< m16n8kK.row.col and the types.
  std::string target;
  unsigned k, perA, perB; ///< Elements of a lane.
  unsigned bits;          ///< Of an element.
  std::function<Spot(unsigned group, unsigned thread, unsigned i)> a, b;
  std::function<double(uint32_t)> number;
};

/// The formulas of m16n8k16 with 16 bits, m16n8k8 with tf32, m16n8k32 with 8 bits, m16n8k64 with 4.
std::vector<Shape> shapes() {
  auto bf16 = [](uint32_t c) { return double(bf16ToFloat(c)); };
  auto f16 = [](uint32_t c) { return double(f16ToFloat(uint16_t(c))); };
  auto tf32 = [](uint32_t c) { return double(std::bit_cast<float>(c & 0xffffe000u)); };
  auto a16 = [](unsigned g, unsigned t, unsigned i) {
    return Spot{i < 2 || (i >= 4 && i < 6) ? g : g + 8,
                i < 4 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8};
  };
  auto b16 = [](unsigned g, unsigned t, unsigned i) {
    return Spot{i < 2 ? t * 2 + (i & 1) : t * 2 + (i & 1) + 8, g};
  };
  auto a8 = [](unsigned g, unsigned t, unsigned i) {
    return Spot{i < 4 || (i >= 8 && i < 12) ? g : g + 8,
                i < 8 ? t * 4 + (i & 3) : t * 4 + (i & 3) + 16};
  };
  auto b8 = [](unsigned g, unsigned t, unsigned i) {
    return Spot{i < 4 ? t * 4 + (i & 3) : t * 4 + (i & 3) + 16, g};
  };
  return {{"m16n8k16.row.col.f32.bf16.bf16.f32", "sm_90a", 16, 8, 4, 16, a16, b16, bf16},
          {"m16n8k16.row.col.f32.f16.f16.f32", "sm_90a", 16, 8, 4, 16, a16, b16, f16},
          {"m16n8k8.row.col.f32.tf32.tf32.f32", "sm_90a", 8, 4, 2, 32,
           [](unsigned g, unsigned t, unsigned i) {
             return Spot{i == 0 || i == 2 ? g : g + 8, i < 2 ? t : t + 4};
           },
           [](unsigned g, unsigned t, unsigned i) { return Spot{i == 0 ? t : t + 4, g}; }, tf32},
          {"m16n8k32.row.col.s32.s8.s8.s32", "sm_90a", 32, 16, 8, 8, a8, b8,
           [](uint32_t c) { return double(int8_t(c)); }},
          {"m16n8k32.row.col.s32.u8.s8.s32", "sm_90a", 32, 16, 8, 8, a8, b8, nullptr},
          {"m16n8k32.row.col.f32.e4m3.e4m3.f32", "sm_90a", 32, 16, 8, 8, a8, b8,
           [](uint32_t c) { return double(decodeMini(kFp8, c)); }}};
}

std::string joined(const std::string &prefix, unsigned first, unsigned count) {
  std::string text = "{";
  for (unsigned i = 0; i < count; ++i)
    text += (i ? ", " : "") + prefix + std::to_string(first + i);
  return text + "}";
}

struct Product {
  std::string name, target;
  unsigned wordsA, wordsB;
  std::string tail; ///< Behind C: scales.
  bool integer = false;
  std::string before = ""; ///< Statements before the product.
};

/// Runs one product on the words of lanes: A, B, C and, where `tail` names %r30 and %r31, two more.
/// Word w of lane l is words[l][w]; the answer has four words a lane.
std::vector<std::vector<uint32_t>> multiply(const Product &p,
                                            const std::vector<std::vector<uint32_t>> &words,
                                            const LaunchOptions &options, std::string &error) {
  std::string body = "mul.wide.u32 %rd5, %r1, 56;\nadd.s64 %rd6, %rd1, %rd5;\n"; // 64 bytes a lane.
  unsigned all = p.wordsA + p.wordsB + 4 + (p.tail.empty() ? 0 : 2);
  for (unsigned i = 0; i < all; ++i) {
    unsigned to = i < p.wordsA + p.wordsB + 4 ? 10 + i : 30 + i - p.wordsA - p.wordsB - 4;
    body += "ld.global.b32 %r" + std::to_string(to) + ", [%rd6+" + std::to_string(4 * i) + "];\n";
  }
  body += p.before + "mma.sync.aligned." + p.name + " " + joined("%r", 40, 4) + ", " +
          joined("%r", 10, p.wordsA) + ", " + joined("%r", 10 + p.wordsA, p.wordsB) + ", " +
          joined("%r", 10 + p.wordsA + p.wordsB, 4) + p.tail + ";\n";
  // Two launches: an answer has eight bytes a lane.
  std::vector<uint64_t> in(32 * 8);
  for (unsigned lane = 0; lane < 32; ++lane)
    std::memcpy(&in[8 * lane], words[lane].data(), 4 * words[lane].size());
  std::vector<std::vector<uint32_t>> out(32, std::vector<uint32_t>(4));
  for (unsigned half = 0; half < 2; ++half) {
    std::string store = half ? "st.global.v2.b32 [%rd2], {%r42, %r43};\n"
                             : "st.global.v2.b32 [%rd2], {%r40, %r41};\n";
    Outcome outcome = run(kernelAround(body + store, p.target), in, 32, options);
    error += outcome.error;
    for (unsigned lane = 0; lane < 32; ++lane)
      std::memcpy(&out[lane][2 * half], &outcome.out[lane], 8);
  }
  return out;
}

/// Codes of numbers near one, so that sums stay finite.
uint32_t code(std::mt19937 &random, const std::string &name) {
  if (name.find("bf16") != std::string::npos)
    return floatToBf16(float(int(random() % 65) - 32) / 16);
  if (name.find("f16") != std::string::npos)
    return floatToF16(float(int(random() % 65) - 32) / 16);
  if (name.find("tf32") != std::string::npos)
    return std::bit_cast<uint32_t>(float(int(random() % 65) - 32) / 16) | (random() & 0x1fff);
  if (name.find("e4m3") != std::string::npos)
    return encodeMini(kFp8, float(int(random() % 65) - 32) / 16, true);
  return random() & 255;
}
} // namespace

TEST(PtxMatrix, FragmentsLieAsTheIsaSays) {
  std::mt19937 random(1);
  for (const Shape &shape : shapes()) {
    double a[16][64], b[64][8], c[16][8];
    const bool integer = shape.name.find("s32") != std::string::npos;
    const unsigned wordsA = shape.perA * shape.bits / 32, wordsB = shape.perB * shape.bits / 32;
    std::vector<std::vector<uint32_t>> words(32, std::vector<uint32_t>(wordsA + wordsB + 4));
    for (unsigned lane = 0; lane < 32; ++lane) {
      auto put = [&](unsigned word, unsigned i, bool isA) {
        uint32_t bits = code(random, shape.name);
        words[lane][word + i * shape.bits / 32] |= bits << (i * shape.bits % 32);
        Spot spot = (isA ? shape.a : shape.b)(lane / 4, lane % 4, i);
        bool isUnsigned = isA && shape.name.find(".u8") != std::string::npos;
        double number = isUnsigned ? double(bits & 255)
                        : integer  ? double(int8_t(bits))
                                   : shape.number(bits);
        (isA ? a[spot.row][spot.column] : b[spot.row][spot.column]) = number;
      };
      for (unsigned i = 0; i < shape.perA; ++i)
        put(0, i, true);
      for (unsigned i = 0; i < shape.perB; ++i)
        put(wordsA, i, false);
      for (unsigned i = 0; i < 4; ++i) {
        float number = float(int(random() % 33) - 16);
        words[lane][wordsA + wordsB + i] =
            integer ? uint32_t(int32_t(number)) : std::bit_cast<uint32_t>(number);
        c[i < 2 ? lane / 4 : lane / 4 + 8][lane % 4 * 2 + (i & 1)] = number;
      }
    }
    for (bool perturbs : {false, true}) {
      LaunchOptions options;
      if (perturbs)
        options.perturb = 4;
      std::string error;
      auto out =
          multiply({shape.name, shape.target, wordsA, wordsB, "", integer}, words, options, error);
      ASSERT_EQ(error, "") << shape.name;
      for (unsigned lane = 0; lane < 32; ++lane)
        for (unsigned i = 0; i < 4; ++i) {
          unsigned m = i < 2 ? lane / 4 : lane / 4 + 8, n = lane % 4 * 2 + (i & 1);
          double sum = c[m][n];
          for (unsigned k = 0; k < shape.k; ++k)
            sum += a[m][k] * b[k][n];
          double got =
              integer ? double(int32_t(out[lane][i])) : double(std::bit_cast<float>(out[lane][i]));
          // These sums are exact in f32.
          ASSERT_EQ(got, sum) << shape.name << " " << m << ", " << n;
        }
    }
  }
}

namespace {
/// An element type of block-scaled products: how a code lies in its byte.
struct Element {
  const char *name;
  const MiniFormat &format;
  unsigned padding = 0; ///< Bits below the code.

  /// Any code of a narrow type, of others those of small numbers, so that sums are exact.
  uint32_t draw(std::mt19937 &random) const {
    return format.bits() < 8 ? random() & ((1u << format.bits()) - 1)
                             : encodeMini(format, float(int(random() % 17) - 8) / 4, true);
  }
};
const Element e2m1{"e2m1", kFp4, 2}, e2m3{"e2m3", kFp6}, e3m2{"e3m2", kBf6}, e4m3{"e4m3", kFp8},
    e5m2{"e5m2", kBf8};

/// A product of 16 by 8 and its operands as numbers, of which each lane has some words.
struct ScaledProduct {
  double a[16][64], b[64][8], scaleA[16][2], scaleB[8][2];
  std::vector<std::vector<uint32_t>> words{32, std::vector<uint32_t>(12)};
  const bool packed;
  const unsigned k = packed ? 64 : 32;

  explicit ScaledProduct(bool packed) : packed(packed) {}

  void drawNumbers(const Element &first, const Element &second, std::mt19937 &random) {
    const unsigned perWord = packed ? 8 : 4, bits = 32 / perWord;
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned w = 0; w < 6; ++w)
        for (unsigned i = 0; i < perWord; ++i) {
          const unsigned g = lane / 4, at = lane % 4 * perWord + i;
          const Element &element = w < 4 ? first : second;
          uint32_t code = element.draw(random);
          words[lane][w] |= code << (bits * i + (packed ? 0 : element.padding));
          double number = decodeMini(element.format, code);
          if (w < 4)
            a[w % 2 ? g + 8 : g][w < 2 ? at : at + k / 2] = number;
          else
            b[w == 4 ? at : at + k / 2][g] = number;
        }
  }

  /// In the lanes of thread pair 1 for A, of thread 1 for B; others are nonsense.
  void drawScales(std::mt19937 &random) {
    for (unsigned lane = 0; lane < 32; ++lane) {
      const unsigned g = lane / 4, t = lane % 4;
      for (unsigned w = 10; w < 12; ++w)
        words[lane][w] = random() | 0xff000000;
      for (unsigned v = 0; v < k / 32; ++v) {
        uint32_t sa = 125 + random() % 5, sb = 125 + random() % 5;
        if (t >= 2) {
          words[lane][10] = (words[lane][10] & ~(255u << (16 + 8 * v))) | sa << (16 + 8 * v);
          scaleA[t == 2 ? g : g + 8][v] = std::ldexp(1.0, int(sa) - 127);
        }
        if (t == 1) {
          words[lane][11] = (words[lane][11] & ~(255u << 8 * v)) | sb << 8 * v;
          scaleB[g][v] = std::ldexp(1.0, int(sb) - 127);
        }
      }
    }
  }
};
} // namespace

// mxf4: element i of A is row g or g + 8, column t · 8 + i % 8, and 32 behind that from i = 16 on;
// a lane's scales are two bytes, one for each 32 of K. mxf8f6f4 has any two types in bytes: it pads
// an FP4 by two bits on both sides, and an FP6 by two above it.
TEST(PtxMatrix, BlockScaledProducts) {
  std::mt19937 random(2);
  const Element *const none = nullptr;
  for (auto [first, second] : {std::pair(none, none),
                               {&e2m1, &e2m1},
                               {&e2m3, &e4m3},
                               {&e3m2, &e5m2},
                               {&e2m3, &e2m1},
                               {&e4m3, &e3m2},
                               {&e3m2, &e2m3}}) {
    ScaledProduct product(!first);
    product.drawNumbers(first ? *first : e2m1, second ? *second : e2m1, random);
    product.drawScales(random);
    std::string name = "m16n8k64.row.col.kind::mxf4.block_scale.scale_vec::2X.f32.e2m1.e2m1";
    if (first)
      name = std::string("m16n8k32.row.col.kind::mxf8f6f4.block_scale.scale_vec::1X.f32.") +
             first->name + "." + second->name;
    Product p{name + ".f32.ue8m0", "sm_120a", 4, 2, ", {%r30}, {2, 1}, {%r31}, {0, 1}"};
    std::string error;
    auto out = multiply(p, product.words, {}, error);
    ASSERT_EQ(error, "") << name;
    for (unsigned lane = 0; lane < 32; ++lane)
      for (unsigned i = 0; i < 4; ++i) {
        unsigned m = i < 2 ? lane / 4 : lane / 4 + 8, n = lane % 4 * 2 + (i & 1);
        double sum = 0;
        for (unsigned j = 0; j < product.k; ++j)
          sum += product.a[m][j] * product.b[j][n] * product.scaleA[m][j / 32] *
                 product.scaleB[n][j / 32];
        ASSERT_EQ(double(std::bit_cast<float>(out[lane][i])), sum) << name << " " << m << ", " << n;
      }
  }
}

// LLVM has selectors in registers, which are the same in all lanes and in range.
TEST(PtxMatrix, SelectorsInRegisters) {
  std::vector<std::vector<uint32_t>> words(32, std::vector<uint32_t>(12));
  for (unsigned lane = 0; lane < 32; ++lane) {
    for (unsigned w = 0; w < 6; ++w)
      words[lane][w] = 0x22222222; // Ones.
    // Of the first 32 of K 2 and 4, of the others 1 and 1; elsewhere 2^-127.
    words[lane][10] = lane % 4 >= 2 ? 0x7f800000 : 0;
    words[lane][11] = lane % 4 == 3 ? 0x00007f81 : 0;
  }
  std::vector<std::vector<uint32_t>> out;
  auto multiplyBy = [&](const std::string &byteOfA, const std::string &threadOfB) {
    std::string error;
    Product p{"m16n8k64.row.col.kind::mxf4.block_scale.scale_vec::2X.f32.e2m1.e2m1.f32.ue8m0",
              "sm_120a", 4, 2, ", {%r30}, {%rs1, %rs2}, {%r31}, {%rs3, %rs4}"};
    p.before = "cvt.u16.u32 %rs5, %r1;\nmov.b16 %rs1, " + byteOfA + ";\nmov.b16 %rs2, 1;\n" +
               "mov.b16 %rs3, 0;\nmov.b16 %rs4, " + threadOfB + ";\n";
    out = multiply(p, words, {}, error);
    return error;
  };
  EXPECT_EQ(multiplyBy("2", "3"), "");
  for (const std::vector<uint32_t> &lane : out)
    for (uint32_t word : lane)
      EXPECT_EQ(std::bit_cast<float>(word), 32 * 2 * 4 + 32);
  EXPECT_NE(multiplyBy("1", "3").find("there is no scale with byte 1 and thread 1: bytes are "
                                      "multiples of 2 below 4, threads below 2"),
            std::string::npos);
  EXPECT_NE(multiplyBy("2", "4").find("there is no scale with byte 0 and thread 4: "),
            std::string::npos);
  EXPECT_NE(multiplyBy("%rs5", "3").find("the selector of a scale is 1, that of lane 0 is 0"),
            std::string::npos);
}

TEST(PtxMatrix, PerturbedSumsDifferInTheLastBits) {
  std::vector<std::vector<uint32_t>> words(32, std::vector<uint32_t>(10));
  std::mt19937 random(5);
  for (auto &lane : words)
    for (unsigned w = 0; w < 6; ++w)
      lane[w] = floatToBf16(float(random() % 1000) / 997) | floatToBf16(float(random() % 1000) / 13)
                                                                << 16;
  Product p{"m16n8k16.row.col.f32.bf16.bf16.f32", "sm_90a", 4, 2, ""};
  LaunchOptions options;
  options.perturb = 2;
  std::string error;
  auto plain = multiply(p, words, {}, error), other = multiply(p, words, options, error);
  ASSERT_EQ(error, "");
  EXPECT_NE(plain, other);
  for (unsigned lane = 0; lane < 32; ++lane)
    for (unsigned i = 0; i < 4; ++i) {
      float x = std::bit_cast<float>(plain[lane][i]), y = std::bit_cast<float>(other[lane][i]);
      EXPECT_LE(std::fabs(x - y), 20 * 0x1p-23f * std::fabs(x));
    }
}

TEST(PtxMatrix, LoadsMatricesFromSharedMemory) {
  // 8 × 8 numbers of 16 bits, element (r, c) = 8 r + c; lane l has (l / 4, 2 · (l % 4)) and the
  // next.
  for (bool transposed : {false, true}) {
    std::string body =
        "shl.b32 %r2, %r1, 1;\nadd.s32 %r3, %r2, 1;\nshl.b32 %r4, %r3, 16;\nor.b32 %r5, %r2, %r4;\n"
        "mov.b64 %rd5, tile;\nmul.wide.u32 %rd6, %r1, 4;\nadd.s64 %rd7, %rd5, %rd6;\n"
        "st.shared.b32 [%rd7], %r5;\nbar.warp.sync -1;\nand.b32 %r6, %r1, 7;\n"
        "mul.wide.u32 %rd8, %r6, 16;\nadd.s64 %rd9, %rd5, %rd8;\n"
        "ldmatrix.sync.aligned.m8n8.x1" +
        std::string(transposed ? ".trans" : "") +
        ".shared.b16 {%r7}, [%rd9];\ncvt.u64.u32 %rd4, %r7;\nst.global.b64 [%rd2], %rd4;\n";
    Outcome outcome = run(kernelAround(body, "sm_90a", ".shared .align 16 .b8 tile[128];"),
                          std::vector<uint64_t>(32));
    ASSERT_EQ(outcome.error, "");
    for (unsigned lane = 0; lane < 32; ++lane) {
      unsigned row = lane / 4, column = 2 * (lane % 4);
      unsigned low = transposed ? 8 * column + row : 8 * row + column;
      unsigned high = transposed ? 8 * (column + 1) + row : 8 * row + column + 1;
      EXPECT_EQ(outcome.out[lane], low | high << 16);
    }
  }
}
