//===- VectorConvert.cpp - Conversions of one register ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Conversions between integers and floats through APFloat and APSInt. Those to and from small
// formats that span registers or choose bytes are in Conversion.cpp.
//
//===----------------------------------------------------------------------===//

#include "Vector.h"

#include "llvm/ADT/APSInt.h"

#include <algorithm>
#include <cmath>

namespace moec::gfx950::test::reference {

namespace {

using X = const uint64_t *;

/// A float as an integer: truncated, saturated, NaN as 0.
uint64_t toInteger(const APFloat &v, unsigned bits, bool isSigned,
                   Rounding r = Rounding::TowardZero) {
  if (v.isNaN())
    return 0;
  llvm::APSInt result(bits, !isSigned);
  bool exact;
  v.convertToInteger(result, r, &exact); // Saturates.
  return result.extOrTrunc(64).getZExtValue();
}

uint64_t fromInteger(char to, uint64_t v, unsigned bits, bool isSigned, uint32_t mode) {
  Fp fp(to, mode);
  APFloat r(*fp.format.semantics);
  r.convertFromAPInt(APInt(bits, v, false, true), isSigned, fp.rounding);
  return fp.out(r);
}

/// round(clamp(v, −1 or 0, 1) · (2^15 − 1 or 2^16 − 1)) as 16 bits.
uint64_t normalised(char t, uint64_t bits, bool isSigned) {
  APFloat v = number(formatOf(t), bits);
  if (v.isNaN())
    return 0;
  double d = std::clamp(toDouble(v), isSigned ? -1.0 : 0.0, 1.0) * (isSigned ? 32767 : 65535);
  return toInteger(converted(APFloat(d), formatOf('f')), 16, isSigned, kNearest) & 0xffff;
}

Statement widened(const std::string &signature, const std::string &from) {
  return {signature, [=](X x, Lane &) {
            return bitsOf(converted(number(formatOf(from), x[0] & 0xff), formatOf('f')));
          }};
}

void addIntegers(Statements &s) {
  for (auto [t, n] : {std::pair{'f', "f32"}, {'d', "f64"}})
    for (bool isSigned : {false, true}) {
      std::string i = isSigned ? "i32" : "u32";
      s["v_cvt_" + std::string(n) + "_" + i] = {std::string{t, ':', 'u'}, [=](X x, Lane &l) {
                                                  return fromInteger(t, x[0], 32, isSigned, l.mode);
                                                }};
      s["v_cvt_" + i + "_" + n] = {std::string{'u', ':', t}, [=](X x, Lane &) {
                                     return toInteger(number(formatOf(t), x[0]), 32, isSigned);
                                   }};
    }
  for (bool isSigned : {false, true}) {
    std::string i = isSigned ? "i16" : "u16";
    s["v_cvt_f16_" + i] = {
        "h:w", [=](X x, Lane &l) { return fromInteger('h', x[0], 16, isSigned, l.mode); }};
    s["v_cvt_" + i + "_f16"] = {
        "w:h", [=](X x, Lane &) { return toInteger(number(formatOf('h'), x[0]), 16, isSigned); }};
    s["v_cvt_norm_" + i + "_f16"] = {"w:h",
                                     [=](X x, Lane &) { return normalised('h', x[0], isSigned); }};
    for (char t : {'h', 'f'})
      s["v_cvt_pknorm_" + i + (t == 'h' ? "_f16" : "_f32")] = {
          std::string{'u', ':', t, t}, [=](X x, Lane &) {
            return normalised(t, x[0], isSigned) | normalised(t, x[1], isSigned) << 16;
          }};
  }
  for (unsigned i = 0; i < 4; ++i)
    s["v_cvt_f32_ubyte" + std::to_string(i)] = {
        "f:u",
        [i](X x, Lane &l) { return fromInteger('f', x[0] >> (8 * i) & 255, 32, false, l.mode); }};
  s["v_cvt_off_f32_i4"] = {"f:u", [](X x, Lane &) {
                             int v = int(x[0] & 15);
                             return bitsOf(APFloat(float(v < 8 ? v : v - 16) / 16));
                           }};
  s["v_cvt_flr_i32_f32"] = {"u:f", [](X x, Lane &) {
                              return toInteger(number(formatOf('f'), x[0]), 32, true,
                                               Rounding::TowardNegative);
                            }};
  s["v_cvt_rpi_i32_f32"] = {"u:f", [](X x, Lane &) { // floor(v + 0.5), the sum exact.
                              APFloat v = number(formatOf('f'), x[0]);
                              if (!v.isFinite())
                                return toInteger(v, 32, true);
                              APFloat wide = converted(v, {&APFloat::IEEEquad(), 128});
                              wide.add(converted(APFloat(0.5), {&APFloat::IEEEquad(), 128}),
                                       kNearest);
                              return toInteger(wide, 32, true, Rounding::TowardNegative);
                            }};
  s["v_cvt_pk_u8_f32"] = {"u:fuu", [](X x, Lane &l) {
                            Fp fp('f', l.mode);
                            uint64_t v = toInteger(fp.in(x[0]), 8, false, fp.rounding) & 255;
                            unsigned shift = unsigned(x[1] & 3) * 8;
                            return (x[2] & ~(uint64_t(255) << shift)) | v << shift;
                          }};
  s["v_cvt_pk_u16_u32"] = {"u:uu", [](X x, Lane &) {
                             return std::min<uint64_t>(x[0], 65535) |
                                    std::min<uint64_t>(x[1], 65535) << 16;
                           }};
  s["v_cvt_pk_i16_i32"] = {"u:uu", [](X x, Lane &) {
                             auto one = [](uint64_t v) {
                               return uint64_t(APInt(32, v).truncSSat(16).getZExtValue());
                             };
                             return one(x[0]) | one(x[1]) << 16;
                           }};
}

void addFloats(Statements &s) {
  for (auto [to, from, n, m] : {std::tuple{'f', 'h', "f32", "f16"},
                                {'h', 'f', "f16", "f32"},
                                {'f', 'd', "f32", "f64"},
                                {'d', 'f', "f64", "f32"}})
    s[std::string("v_cvt_") + n + "_" + m] = {
        std::string{to, ':', from},
        [=](X x, Lane &l) { return Fp(to, l.mode).round(Fp(from, l.mode).in(x[0])); }};
  s["v_cvt_f32_bf16"] = {"f:b", [](X x, Lane &) { return x[0] << 16; }};
  s["v_cvt_f32_fp8"] = widened("f:u", "fp8"), s["v_cvt_f32_bf8"] = widened("f:u", "bf8");
  auto pair = [](char t, bool towardZero) {
    return Statement{"u:ff", [=](X x, Lane &l) {
                       auto one = [&](uint64_t v) {
                         Rounding r = towardZero ? Rounding::TowardZero
                                      : t == 'b' ? kNearest
                                                 : Fp(t, l.mode).rounding;
                         return bitsOf(converted(number(formatOf('f'), v), formatOf(t), r));
                       };
                       return one(x[0]) | one(x[1]) << 16;
                     }};
  };
  s["v_cvt_pkrtz_f16_f32"] = pair('h', true);
  s["v_cvt_pk_f16_f32"] = pair('h', false);
  s["v_cvt_pk_bf16_f32"] = pair('b', false);
}

} // namespace

void addConvertStatements(Statements &s) {
  addIntegers(s);
  addFloats(s);
}

} // namespace moec::gfx950::test::reference
