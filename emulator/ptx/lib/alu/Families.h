//===- Families.h - Opcodes with integer and float forms --------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_ALU_FAMILIES_H
#define MOEC_EMULATOR_PTX_LIB_ALU_FAMILIES_H

namespace moec::ptx {

class Decoder;

// The integer forms of opcodes that Float.cpp takes apart.
void decodeIntegerAdd(Decoder &d);    ///< add, sub
void decodeIntegerMul(Decoder &d);    ///< mul, mad
void decodeIntegerMinMax(Decoder &d); ///< min, max
void decodeIntegerDiv(Decoder &d);    ///< div, rem
void decodeIntegerSign(Decoder &d);   ///< abs, neg

void decodeHalf(Decoder &d);           ///< All arithmetic of 16 bits.
void decodeApproximateDiv(Decoder &d); ///< div.approx, div.full

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_ALU_FAMILIES_H
