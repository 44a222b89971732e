//===- Kernels.cpp - Loops over a row of logits -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each loop is written once, on vectors of 16 lanes, which compilers hold in as many registers as
// an instruction set needs. CMakeLists.txt turns the contraction to multiply-adds off.
//
// The functions are inlined into each variant and take vectors by reference: how vectors are passed
// by value differs between instruction sets.
//
//===----------------------------------------------------------------------===//

#include "runtime/sampling/Kernels.h"

#include <bit>
#include <cstring>
#include <limits>

using namespace moec::runtime::sampling;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr size_t lanes = 16;
constexpr size_t vectorsPerBlock = blockSize / lanes;

using Floats = float __attribute__((vector_size(64)));
using Ints = int32_t __attribute__((vector_size(64)));
using Shorts = int16_t __attribute__((vector_size(32)));
using Words = uint32_t __attribute__((vector_size(64)));

#define MOEC_INLINE [[gnu::always_inline]] inline

/// Operations that bring two halves together.
struct Max {
  template <typename T> MOEC_INLINE static void into(T &a, const T &b) { a = a > b ? a : b; }
};
struct Min {
  template <typename T> MOEC_INLINE static void into(T &a, const T &b) { a = a < b ? a : b; }
};
struct Add {
  template <typename T> MOEC_INLINE static void into(T &a, const T &b) { a += b; }
};
struct Or {
  template <typename T> MOEC_INLINE static void into(T &a, const T &b) { a |= b; }
};

/// Reduces a vector by halves: an order that is fast everywhere, and the same.
template <typename Operation, typename Vector> MOEC_INLINE auto reduce(const Vector &v) {
  auto eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
  Operation::into(eight, __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15));
  auto four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3);
  Operation::into(four, __builtin_shufflevector(eight, eight, 4, 5, 6, 7));
  auto two = __builtin_shufflevector(four, four, 0, 1);
  Operation::into(two, __builtin_shufflevector(four, four, 2, 3));
  auto one = two[0];
  Operation::into(one, two[1]);
  return one;
}

/// Bit i says whether lane i, which is 0 or -1, is true.
template <typename Truth> MOEC_INLINE uint16_t bitsOf(const Truth &truth) {
#ifdef __clang__
  using Bits = bool __attribute__((ext_vector_type(lanes)));
  return std::bit_cast<uint16_t>(__builtin_convertvector(truth, Bits));
#else
  uint16_t bits = 0;
  for (size_t lane = 0; lane < lanes; ++lane)
    bits |= (truth[lane] & 1) << lane;
  return bits;
#endif
}

MOEC_INLINE void load(Floats &vector, const float *from) {
  std::memcpy(&vector, from, sizeof vector);
}

MOEC_INLINE void loadExponents(Floats &exponents, const float *logits, const WeightScale &scale) {
  load(exponents, logits);
  exponents = (exponents - scale.max) * scale.perLogit;
}

MOEC_INLINE void weighVector(const float *logits, const WeightScale &scale, Floats &weights) {
  Floats exponents;
  loadExponents(exponents, logits, scale);
  // Adding 1.5 * 2^23 rounds to an integer, which is then in the last bits.
  constexpr float shift = 0x1.8p23f;
  Floats rounded = exponents + shift;
  Floats f = exponents - (rounded - shift);
  // 2^f in -0.5 to 0.5, off by 5e-9 before rounding: (2^f - 1) / f at Chebyshev's points.
  Floats power = f * 0.00015453163359779865f + 0.0013390863314270973f;
  power = power * f + 0.009618083015084267f;
  power = power * f + 0.055503569543361664f;
  power = power * f + 0.24022650718688965f;
  power = power * f + 0.6931471824645996f;
  power = power * f + 1.0f;
  Words bits = reinterpret_cast<Words>(power) + (reinterpret_cast<Words>(rounded) << 23);
  Floats zero = {};
  weights = exponents >= scale.lowest ? reinterpret_cast<Floats>(bits) : zero;
}

MOEC_INLINE RowExtremes scanBlocks(const float *logits, size_t blocks, float *blockMax) {
  Floats rowMax = Floats{} - infinity, rowMin = Floats{} + infinity;
  Ints numbers = ~Ints{};
  for (size_t b = 0; b < blocks; ++b) {
    Floats largest = Floats{} - infinity;
    for (size_t i = 0; i < vectorsPerBlock; ++i) {
      Floats x;
      load(x, logits + b * blockSize + i * lanes);
      numbers &= x < infinity;
      Max::into(largest, x);
      Floats least = x > -infinity ? x : rowMin;
      Min::into(rowMin, least);
    }
    blockMax[b] = reduce<Max>(largest);
    Max::into(rowMax, largest);
  }
  return {reduce<Max>(rowMax), reduce<Min>(rowMin), reduce<Or>(~numbers) == 0};
}

MOEC_INLINE void sumBlocks(const float *logits, size_t blocks, const WeightScale &scale,
                           float *sums) {
  for (size_t b = 0; b < blocks; ++b) {
    Floats sum = {};
    for (size_t i = 0; i < vectorsPerBlock; ++i) {
      Floats weights;
      weighVector(logits + b * blockSize + i * lanes, scale, weights);
      sum += weights;
    }
    sums[b] = reduce<Add>(sum);
  }
}

MOEC_INLINE void weighBlock(const float *block, const WeightScale &scale, float *weights) {
  for (size_t i = 0; i < vectorsPerBlock; ++i) {
    Floats w;
    weighVector(block + i * lanes, scale, w);
    std::memcpy(weights + i * lanes, &w, sizeof w);
  }
}

MOEC_INLINE uint64_t rankBlock(const float *block, const WeightScale &scale, float binsPerOctave,
                               int16_t *bins, uint64_t *weights) {
  using Longs = uint64_t __attribute__((vector_size(128)));
  uint64_t found = 0;
  for (size_t i = 0; i < vectorsPerBlock; ++i) {
    Floats exponents, w;
    loadExponents(exponents, block + i * lanes, scale);
    // -infinity would leave the range of integers.
    constexpr float beyond = 1 << 14;
    Floats place = exponents * -binsPerOctave;
    place = place < beyond ? place : Floats{} + beyond;
    Ints isIn = exponents >= scale.lowest;
    Ints bin = isIn ? __builtin_convertvector(place, Ints) : Ints{} + noBin;
    found |= uint64_t(bitsOf(isIn)) << (i * lanes);
    Shorts narrow = __builtin_convertvector(bin, Shorts);
    std::memcpy(bins + i * lanes, &narrow, sizeof narrow);
    weighVector(block + i * lanes, scale, w);
    Longs whole = __builtin_convertvector(w * static_cast<float>(uint64_t(1) << wholeBits), Longs);
    std::memcpy(weights + i * lanes, &whole, sizeof whole);
  }
  return found;
}

MOEC_INLINE uint64_t matchBlock(const int16_t *bins, int16_t bin) {
  uint64_t found = 0;
  for (size_t i = 0; i < vectorsPerBlock; ++i) {
    Shorts some;
    std::memcpy(&some, bins + i * lanes, sizeof some);
    found |= uint64_t(bitsOf(some == bin)) << (i * lanes);
  }
  return found;
}

// clang-format off
#define MOEC_VARIANT(NAME, TARGET)                                                                 \
  TARGET RowExtremes NAME##Scan(const float *logits, size_t blocks, float *blockMax) {             \
    return scanBlocks(logits, blocks, blockMax);                                                   \
  }                                                                                                \
  TARGET void NAME##Sum(const float *logits, size_t blocks, const WeightScale &scale,              \
                        float *sums) {                                                             \
    sumBlocks(logits, blocks, scale, sums);                                                        \
  }                                                                                                \
  TARGET void NAME##Weigh(const float *block, const WeightScale &scale, float *weights) {           \
    weighBlock(block, scale, weights);                                                             \
  }                                                                                                \
  TARGET uint64_t NAME##Rank(const float *block, const WeightScale &scale, float binsPerOctave,    \
                             int16_t *bins, uint64_t *weights) {                                   \
    return rankBlock(block, scale, binsPerOctave, bins, weights);                                  \
  }                                                                                                \
  TARGET uint64_t NAME##Match(const int16_t *bins, int16_t bin) { return matchBlock(bins, bin); }  \
  constexpr Kernels NAME##Kernels = {#NAME,       NAME##Scan, NAME##Sum,                            \
                                     NAME##Weigh, NAME##Rank, NAME##Match};
// clang-format on

MOEC_VARIANT(plain, )
#ifdef __x86_64__
MOEC_VARIANT(avx2, [[gnu::target("avx2")]])
MOEC_VARIANT(avx512, [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl")]])
#endif

/// How many of the variants run here.
size_t countVariants() {
#ifdef __x86_64__
  if (!__builtin_cpu_supports("avx2"))
    return 1;
  bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
              __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return wide ? 3 : 2;
#else
  return 1;
#endif
}

constexpr Kernels allVariants[] = {
    plainKernels,
#ifdef __x86_64__
    avx2Kernels,
    avx512Kernels,
#endif
};

} // namespace

std::span<const Kernels> moec::runtime::sampling::kernelVariants() {
  static const size_t count = countVariants();
  return {allVariants, count};
}
