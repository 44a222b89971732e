//===- Gfx950Formats.cpp - Conversions of small floats --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The scaled conversions of the machine, one op a format and direction: decoding multiplies by the
// factor, encoding divides by it.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Gfx950Lanes.h"

#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"

using namespace mlir;
using namespace moec;
using namespace moec::amdgpu;

static bool isOfBf16(Type type) { return cast<VectorType>(type).getElementType().isBF16(); }

Value Gfx950Lanes::emitDecodedPair(Builder &builder, CodeType code, Type type, Value word,
                                   Value factor, unsigned part) const {
  bool isBf16 = isOfBf16(type);
  switch (code) {
  case CodeType::E2M1:
    if (isBf16)
      return ROCDL::CvtScaleF32PkBf16Fp4Op::create(builder, type, word, factor, part);
    return ROCDL::CvtScaleF32PkF32Fp4Op::create(builder, type, word, factor, part);
  case CodeType::E4M3:
    if (isBf16)
      return ROCDL::CvtScaleF32PkBf16Fp8Op::create(builder, type, word, factor, part != 0);
    return ROCDL::CvtScaleF32PkF32Fp8Op::create(builder, type, word, factor, part != 0);
  default:
    if (isBf16)
      return ROCDL::CvtScaleF32PkBf16Bf8Op::create(builder, type, word, factor, part != 0);
    return ROCDL::CvtScaleF32PkF32Bf8Op::create(builder, type, word, factor, part != 0);
  }
}

Value Gfx950Lanes::emitEncodedPair(Builder &builder, CodeType code, Value word, Value first,
                                   Value second, Value factor, unsigned part) const {
  Type type = builder.getI32Type();
  if (code == CodeType::E2M1)
    return ROCDL::CvtScaleF32PkFp4F32Op::create(builder, type, word, first, second, factor, part);
  // Codes of eight bits are the low or the high half of a dword, the other half of which stays.
  Type halves = VectorType::get({2}, builder.getI16Type());
  Value kept = LLVM::BitcastOp::create(builder, halves, word);
  Value both;
  if (code == CodeType::E4M3)
    both = ROCDL::CvtScaleF32PkFp8F32Op::create(builder, halves, kept, first, second, factor,
                                                part != 0);
  else
    both = ROCDL::CvtScaleF32PkBf8F32Op::create(builder, halves, kept, first, second, factor,
                                                part != 0);
  return LLVM::BitcastOp::create(builder, type, both);
}

Value Gfx950Lanes::emitDecodedRun(Builder &builder, CodeType code, Type type, Value words,
                                  Value factor) const {
  bool isE2M3 = code == CodeType::E2M3, isBf16 = isOfBf16(type);
  if (isE2M3 && isBf16)
    return ROCDL::CvtScaleF32Pk32Bf16Fp6Op::create(builder, type, words, factor);
  if (isE2M3)
    return ROCDL::CvtScaleF32Pk32F32Fp6Op::create(builder, type, words, factor);
  if (isBf16)
    return ROCDL::CvtScaleF32Pk32Bf16Bf6Op::create(builder, type, words, factor);
  return ROCDL::CvtScaleF32Pk32F32Bf6Op::create(builder, type, words, factor);
}

Value Gfx950Lanes::emitEncodedRun(Builder &builder, CodeType code, Value low, Value high,
                                  Value factor) const {
  Type words = VectorType::get({6}, builder.getI32Type());
  if (code == CodeType::E2M3)
    return ROCDL::CvtScaleF322xPk16Fp6F32Op::create(builder, words, low, high, factor);
  return ROCDL::CvtScaleF322xPk16Bf6F32Op::create(builder, words, low, high, factor);
}

Value Gfx950Lanes::emitDecodedScale(Builder &builder, Value word) const {
  return ROCDL::CvtF32Fp8Op::create(builder, builder.getF32Type(), word, /*byteSel=*/0);
}
