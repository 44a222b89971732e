//===- FuzzTest.cpp - Random straight-line code -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Random C functions, one operation a statement, are compiled by clang for gfx950 and for the host.
// Both have to compute the same bits from the same inputs; the host's processor is the independent
// statement.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <dlfcn.h>
#include <map>
#include <random>

namespace moec::gfx950::test {
namespace {

constexpr unsigned kFunctions = 24, kStatements = 60, kInputs = 8, kOutputs = 16, kThreads = 256;

/// Writes functions over pools of variables: u uint32, q uint64, f float, d double, h half, s two
/// int16.
class Generator {
public:
  explicit Generator(unsigned seed) : rng(seed) {}

  std::string function(unsigned index) {
    std::string body;
    count = {{'u', kInputs}, {'q', 2}, {'f', 4}, {'d', 2}, {'h', 2}, {'s', 2}};
    for (unsigned i = 0; i < kInputs; ++i)
      body += "  U32 u" + std::to_string(i) + " = in[" + std::to_string(i) + "];\n";
    body +=
        "  U64 q0 = (U64)u0 << 32 | u1, q1 = (U64)u2 << 32 | u3;\n"
        "  float f0 = tofloat(u0), f1 = tofloat(u1), f2 = tofloat(u2), f3 = tofloat(u3);\n"
        "  double d0 = (double)f0 * 1.00000001, d1 = (double)f1 / 3.0;\n"
        "  half h0 = (half)(int)(u4 % 2001u) - (half)1000, h1 = (half)(int)(u5 % 513u) / (half)8;\n"
        "  pair s0 = tos2(u4), s1 = tos2(u5);\n";
    for (unsigned i = 0; i < kStatements; ++i)
      body += "  " + statement() + "\n";
    for (unsigned i = 0; i < kOutputs; ++i)
      body += "  out[" + std::to_string(i) + "] = " + result(i) + ";\n";
    return "static void f" + std::to_string(index) + "(GLOBAL const U32 *in, GLOBAL U32 *out) {\n" +
           body + "}\n";
  }

private:
  unsigned pick(unsigned n) { return unsigned(rng() % n); }
  /// A variable of the pool, preferring new ones.
  std::string any(char pool) {
    unsigned n = count[pool], back = std::min(n, 6u);
    return pool + std::to_string(pick(3) ? n - 1 - pick(back) : pick(n));
  }
  std::string define(char pool, const std::string &type, const std::string &value) {
    return type + " " + pool + std::to_string(count[pool]++) + " = " + value + ";";
  }
  std::string result(unsigned i) {
    switch (i % 6) {
    case 0:
      return "bits(" + any('f') + ")";
    case 1:
      return "(U32)(" + any('q') + " >> " + std::to_string(pick(33)) + ")";
    case 2:
      return "bits(todigest(" + any('d') + "))";
    case 3:
      return "hbits(" + any('h') + ")";
    case 4:
      return "froms2(" + any('s') + ")";
    default:
      return any('u');
    }
  }

  std::string statement() {
    switch (pick(10)) {
    case 0:
    case 1:
    case 2:
      return integer();
    case 3:
      return wide();
    case 4:
    case 5:
      return single();
    case 6:
      return floating64();
    case 7:
      return halves();
    case 8:
      return packed();
    default:
      return conversion();
    }
  }
  std::string integer() {
    std::string a = any('u'), b = any('u'), c = any('u');
    const std::string forms[] = {a + " + " + b,
                                 a + " - " + b,
                                 a + " * " + b,
                                 a + " & " + b,
                                 a + " | " + b,
                                 a + " ^ " + b,
                                 "~" + a,
                                 a + " << (" + b + " & 31)",
                                 a + " >> (" + b + " & 31)",
                                 "(U32)((I32)" + a + " >> (" + b + " & 31))",
                                 "(U32)(((U64)" + a + " * " + b + ") >> 32)",
                                 "(U32)(((I64)(I32)" + a + " * (I32)" + b + ") >> 32)",
                                 "(I32)" + a + " < (I32)" + b + " ? " + a + " : " + b,
                                 a + " < " + b + " ? " + b + " : " + c,
                                 "(I32)" + a + " > (I32)" + b + " ? " + a + " : " + c,
                                 "(U32)__builtin_popcount(" + a + ")",
                                 "(U32)__builtin_clz(" + a + " | 1)",
                                 "(U32)__builtin_ctz(" + a + " | 0x80000000u)",
                                 "__builtin_bitreverse32(" + a + ")",
                                 "__builtin_bswap32(" + a + ")",
                                 "__builtin_rotateleft32(" + a + ", " + b + ")",
                                 a + " + " + b + " + " + c,
                                 "(" + a + " << 3) + " + b,
                                 "(" + a + " & " + b + ") | " + c,
                                 "(" + a + " ^ " + b + ") + " + c,
                                 "(" + a + " & " + b + ") | (~" + a + " & " + c + ")",
                                 "(" + a + " >> 5) & 0x7f",
                                 "(U32)((I32)(" + a + " << 9) >> 20)",
                                 "(" + a + " & 0xffffff) * (" + b + " & 0xffffff) + " + c,
                                 a + " / (" + b + " | 1)",
                                 a + " % (" + b + " | 1)",
                                 "(U32)((I32)(" + a + " >> 1) / (I32)((" + b + " >> 3) | 1))",
                                 "__builtin_elementwise_add_sat(" + a + ", " + b + ")",
                                 "__builtin_elementwise_sub_sat(" + a + ", " + b + ")",
                                 "(U32)__builtin_elementwise_add_sat((I32)" + a + ", (I32)" + b +
                                     ")",
                                 "(U32)__builtin_elementwise_abs((I32)(" + a + " >> 1))",
                                 "(" + a + " == " + b + ") ? " + c + " : " + a,
                                 "(U32)((int)(signed char)" + a + ")",
                                 "(U32)((int)(short)" + a + ")",
                                 "(" + a + " >> 8 & 0xff) | (" + b + " << 24)"};
    return define('u', "U32", forms[pick(std::size(forms))]);
  }
  std::string wide() {
    std::string a = any('q'), b = any('q'), u = any('u'), v = any('u');
    const std::string forms[] = {a + " + " + b,
                                 a + " - " + b,
                                 a + " * " + b,
                                 a + " & " + b,
                                 a + " ^ " + b,
                                 a + " << (" + u + " & 63)",
                                 a + " >> (" + u + " & 63)",
                                 "(U64)((I64)" + a + " >> (" + u + " & 63))",
                                 "(U64)" + u + " * " + v + " + " + a,
                                 "(U64)((I64)(I32)" + u + " * (I32)" + v + " + (I64)" + a + ")",
                                 "(I64)" + a + " < (I64)" + b + " ? " + a + " : " + b,
                                 a + " > " + b + " ? " + a + " : " + b,
                                 "(U64)__builtin_popcountll(" + a + ")",
                                 a + " / (" + b + " | 1)",
                                 "(" + a + " << 2) + " + b,
                                 "(U64)__builtin_clzll(" + a + " | 1)"};
    return define('q', "U64", forms[pick(std::size(forms))]);
  }
  std::string single() {
    std::string a = any('f'), b = any('f'), c = any('f');
    const std::string forms[] = {
        a + " + " + b,
        a + " - " + b,
        a + " * " + b,
        a + " / " + b,
        "__builtin_fmaf(" + a + ", " + b + ", " + c + ")",
        "__builtin_fminf(" + a + ", " + b + ")",
        "__builtin_fmaxf(" + a + ", " + b + ")",
        "__builtin_fabsf(" + a + ")",
        "__builtin_floorf(" + a + ")",
        "__builtin_ceilf(" + a + ")",
        "__builtin_truncf(" + a + ")",
        "__builtin_roundevenf(" + a + ")",
        "__builtin_copysignf(" + a + ", " + b + ")",
        "-" + a,
        "__builtin_sqrtf(__builtin_fabsf(" + a + "))",
        a + " < " + b + " ? " + a + " : " + c,
        a + " != " + b + " ? " + c + " : " + a,
        "__builtin_fmaf(-" + a + ", " + b + ", __builtin_fabsf(" + c + "))",
        "__builtin_ldexpf(" + a + ", (int)(" + any('u') + " % 64u) - 32)",
        "__builtin_fmaxf(__builtin_fmaxf(" + a + ", " + b + "), " + c + ")",
        "__builtin_fminf(__builtin_fmaxf(" + a + ", 0.0f), 1.0f)",
        "(" + a + " + " + b + ") * 2.0f"};
    return define('f', "float", "clean(" + forms[pick(std::size(forms))] + ")");
  }
  std::string floating64() {
    std::string a = any('d'), b = any('d'), c = any('d');
    const std::string forms[] = {a + " + " + b,
                                 a + " - " + b,
                                 a + " * " + b,
                                 a + " / " + b,
                                 "__builtin_fma(" + a + ", " + b + ", " + c + ")",
                                 "__builtin_fmin(" + a + ", " + b + ")",
                                 "__builtin_fmax(" + a + ", " + b + ")",
                                 "__builtin_floor(" + a + ")",
                                 "__builtin_trunc(" + a + ")",
                                 "__builtin_rint(" + a + ")",
                                 a + " < " + b + " ? " + a + " : " + c,
                                 "__builtin_sqrt(__builtin_fabs(" + a + "))"};
    return define('d', "double", "dclean(" + forms[pick(std::size(forms))] + ")");
  }
  std::string halves() {
    std::string a = any('h'), b = any('h');
    const std::string forms[] = {
        a + " + " + b,
        a + " - " + b,
        a + " * " + b,
        a + " < " + b + " ? " + a + " : " + b,
        "(half)(float)" + a,
        "(half)__builtin_fmaf((float)" + a + ", (float)" + b + ", " + any('f') + ")"};
    return define('h', "half", "hclean(" + forms[pick(std::size(forms))] + ")");
  }
  std::string packed() {
    std::string a = any('s'), b = any('s'), c = any('s');
    const std::string forms[] = {a + " + " + b,
                                 a + " - " + b,
                                 a + " * " + b,
                                 "__builtin_elementwise_min(" + a + ", " + b + ")",
                                 "__builtin_elementwise_max(" + a + ", " + b + ")",
                                 a + " << (" + b + " & (pair)(short)15)",
                                 a + " >> (" + b + " & (pair)(short)15)",
                                 a + ".yx + " + b,
                                 a + " * " + b + " + " + c,
                                 "__builtin_elementwise_add_sat(" + a + ", " + b + ")",
                                 "tos2(" + any('u') + ")"};
    return define('s', "pair", forms[pick(std::size(forms))]);
  }
  std::string conversion() {
    std::string u = any('u'), f = any('f'), d = any('d'), h = any('h');
    switch (pick(10)) {
    case 0:
      return define('f', "float", "(float)(I32)" + u);
    case 1:
      return define('f', "float", "(float)" + u);
    case 2:
      return define('f', "float", "clean((float)" + d + ")");
    case 3:
      return define('d', "double", "(double)" + f);
    case 4:
      return define('d', "double", "(double)(I32)" + u);
    case 5:
      return define('u', "U32", "(U32)(I32)bounded(" + f + ")");
    case 6:
      return define('h', "half", "hclean((half)" + f + ")");
    case 7:
      return define('f', "float", "(float)" + h);
    case 8:
      return define('u', "U32", "(U32)__builtin_fabsf(bounded(" + f + "))");
    default:
      return define('f', "float", "(float)(" + u + " & 0xff)");
    }
  }

  std::mt19937 rng;
  std::map<char, unsigned> count;
};

/// NaNs and zeros have one spelling: C leaves the sign of fmin(+0, -0) open, and LLVM folds
/// products with a zero addend. Bounded magnitudes keep both machines away from overflow in
/// conversions.
const char kPrelude[] = R"(
typedef unsigned U32; typedef int I32; typedef unsigned long U64; typedef long I64; typedef _Float16 half;
typedef short pair __attribute__((ext_vector_type(2)));
#define INLINE static inline __attribute__((always_inline))
INLINE float clean(float x) { return x != x ? 0.25f : x + 0.0f; }
INLINE double dclean(double x) { return x != x ? 0.75 : x + 0.0; }
INLINE half hclean(half x) { return x != x ? (half)2 : x + (half)0; }
INLINE U32 bits(float x) { return __builtin_bit_cast(U32, x); }
INLINE U32 hbits(half x) { return __builtin_bit_cast(unsigned short, x); }
INLINE float todigest(double x) { U64 b = __builtin_bit_cast(U64, x); return (float)(U32)(b ^ b >> 32); }
INLINE pair tos2(U32 x) { return __builtin_bit_cast(pair, x); }
INLINE U32 froms2(pair x) { return __builtin_bit_cast(U32, x); }
INLINE float tofloat(U32 x) { return clean(__builtin_bit_cast(float, (x & 0x8fffffff) | 0x30000000)); }
INLINE float bounded(float x) { return x < -1.0e6f ? -1.0e6f : x > 1.0e6f ? 1.0e6f : x; }
)";

std::string program(unsigned seed) {
  Generator generator(seed);
  std::string text =
      std::string("#ifdef HOST\n#define GLOBAL\n#else\n#include \"device.h\"\n#endif\n") + kPrelude;
  for (unsigned i = 0; i < kFunctions; ++i)
    text += generator.function(i);
  std::string in = std::to_string(kInputs), out = std::to_string(kOutputs);
  for (unsigned i = 0; i < kFunctions; ++i) {
    std::string n = std::to_string(i);
    text += "#ifdef HOST\nvoid fuzz" + n + "(const U32 *in, U32 *out) { for (int t = 0; t < " +
            std::to_string(kThreads) + "; ++t) f" + n + "(in + t * " + in + ", out + t * " + out +
            "); }\n#else\nKERNEL void fuzz" + n +
            "(GLOBAL const U32 *in, GLOBAL U32 *out) { int t = LOCAL_ID; f" + n + "(in + t * " +
            in + ", out + t * " + out + "); }\n#endif\n";
  }
  return text;
}

class Fuzz : public testing::TestWithParam<std::tuple<unsigned, int>> {};

TEST_P(Fuzz, AgreesWithTheHost) {
  auto [seed, level] = GetParam();
  TempDir dir;
  std::string source = program(seed);
  writeText(dir.path("fuzz.c"), source);
  ASSERT_TRUE(
      run(std::string(MOEC_LLVM_BIN
                      "/clang -DHOST -w -O1 -march=x86-64-v3 -ffp-contract=off -fPIC -shared -o ") +
          dir.path("host.so") + " " + dir.path("fuzz.c") + " -lm"));
  void *library = dlopen(dir.path("host.so").c_str(), RTLD_NOW);
  ASSERT_TRUE(library) << dlerror();
  Device device;
  ASSERT_TRUE(device.compileText(source, level, "-ffp-contract=off"));
  std::mt19937 rng(seed + 100);
  std::vector<uint32_t> in(kThreads * kInputs);
  for (uint32_t &v : in)
    v = rng() % 4 ? uint32_t(rng()) : uint32_t(rng() % 64) - 32;
  uint32_t *deviceIn = device.buffer(in);
  for (unsigned i = 0; i < kFunctions; ++i) {
    std::string name = "fuzz" + std::to_string(i);
    auto *host =
        reinterpret_cast<void (*)(const uint32_t *, uint32_t *)>(dlsym(library, name.c_str()));
    ASSERT_TRUE(host);
    std::vector<uint32_t> want(kThreads * kOutputs);
    host(in.data(), want.data());
    uint32_t *got = device.buffer(std::vector<uint32_t>(want.size()));
    ASSERT_EQ(device.launch(name, {1, 1, 1}, {kThreads, 1, 1}, pack(deviceIn, got)), "");
    for (size_t k = 0; k < want.size(); ++k)
      ASSERT_EQ(got[k], want[k]) << name << " of seed " << seed << ", thread " << k / kOutputs
                                 << ", output " << k % kOutputs;
  }
  dlclose(library);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Fuzz,
                         testing::Combine(testing::Values(1u, 2u, 8u), testing::Values(0, 2, 3)));

} // namespace
} // namespace moec::gfx950::test
