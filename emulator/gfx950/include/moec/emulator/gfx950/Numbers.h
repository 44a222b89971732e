//===- Numbers.h - Small floating point formats --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The formats of the machine are among those that all emulators know: f16, bf16, fp8 (e4m3),
// bf8 (e5m2), fp6 (e2m3), bf6 (e3m2), fp4 (e2m1).
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_NUMBERS_H
#define MOEC_EMULATOR_GFX950_NUMBERS_H

#include "moec/emulator/core/Numbers.h"

namespace moec::gfx950 {

using emulator::bf16ToFloat;
using emulator::decodeMini;
using emulator::encodeMini;
using emulator::f16ToFloat;
using emulator::floatToBf16;
using emulator::floatToF16;
using emulator::kBf16;
using emulator::kBf6;
using emulator::kBf8;
using emulator::kF16;
using emulator::kFp4;
using emulator::kFp6;
using emulator::kFp8;
using emulator::MiniFormat;
using emulator::Rounding;
using emulator::scaleOf;
using emulator::Specials;

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_NUMBERS_H
