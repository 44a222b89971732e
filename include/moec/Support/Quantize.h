//===- Quantize.h - Block quantisation --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// How a group of floats becomes codes and a scale. This is the definition: the reference, the
// weight packer and the tests use it, and kernels are compared with it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_QUANTIZE_H
#define MOEC_SUPPORT_QUANTIZE_H

#include <cstdint>
#include <span>

namespace moec {

/// How the power-of-two scale of an MXFP4 block follows from its largest magnitude.
enum class ScaleRounding : uint8_t {
  Floor, ///< 2^⌊log2 amax⌋ / 4 (the text of the OCP standard).
  Ceil,  ///< The smallest power of two that is at least amax / 6: nothing saturates.
  Even   ///< The exponent of amax, rounded up from 1.75·2^k on, then / 4.
};

/// The E8M0 byte for a block whose largest magnitude is `amax`: 0 for a block of zeros, 0xFF when
/// amax is NaN or infinite, else clamped to 0 … 254.
uint8_t mxScale(float amax, ScaleRounding rounding);

/// The same for a block of E4M3 codes, whose largest power of two is 256 and largest code 448.
uint8_t mxfp8Scale(float amax, ScaleRounding rounding);

/// The largest magnitude of a block; NaN when any element is NaN.
float blockMaximum(std::span<const float> values);

/// Quantises a block of any length to E2M1 codes, one a byte in 0 … 15, and returns its scale byte.
/// A block with a NaN or an infinity has scale 0xFF and codes 0.
uint8_t quantizeMxfp4Block(std::span<const float> values, ScaleRounding rounding,
                           std::span<uint8_t> codes);

/// The values of a block of E2M1 codes, one a byte.
void dequantizeMxfp4Block(std::span<const uint8_t> codes, uint8_t scale, std::span<float> values);

/// Quantises a group to codes −127 … 127 (value / scale to nearest even) and returns its scale,
/// amax / 127. A group of zeros has scale 0; one with a NaN or an infinity has a NaN scale and
/// codes 0.
float quantizeInt8Group(std::span<const float> values, std::span<int8_t> codes);

/// The same with codes −7 … 7 and the scale amax / 7, rounded to the nearest bf16.
float quantizeInt4Group(std::span<const float> values, std::span<int8_t> codes);

/// The number of a 4-bit code in two's complement (its low four bits).
constexpr int8_t int4ToInt8(uint8_t code) { return int8_t((code & 15) ^ 8) - 8; }

} // namespace moec

#endif // MOEC_SUPPORT_QUANTIZE_H
