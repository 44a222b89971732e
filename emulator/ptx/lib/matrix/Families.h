//===- Families.h - Opcodes on fragments of matrices ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_PTX_LIB_MATRIX_FAMILIES_H
#define MOEC_EMULATOR_PTX_LIB_MATRIX_FAMILIES_H

#include "emulator/ptx/lib/decode/Decoder.h"

namespace moec::ptx {

/// ldmatrix, stmatrix, movmatrix
void addMatrixMoves(FamilyTable &table);

} // namespace moec::ptx

#endif // MOEC_EMULATOR_PTX_LIB_MATRIX_FAMILIES_H
