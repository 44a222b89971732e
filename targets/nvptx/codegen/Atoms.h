//===- Atoms.h - Matrix instructions and reads, as data ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The tests enumerate the layouts against the formulas of the PTX ISA.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_NVPTX_CODEGEN_ATOMS_H
#define MOEC_TARGETS_NVPTX_CODEGEN_ATOMS_H

#include "moec/Simt/Geometry.h"
#include "targets/nvptx/codegen/Machine.h"

namespace moec::nvptx {

/// mma.sync of 16 by 8 for bf16, int8 and f32, which is tf32 to the instruction, and where the
/// machine has them those with scales: FP4 by FP4, and FP8, FP6 or FP4 by any. Their names are
/// those of LLVM's intrinsics, which behind a scaled one have the types.
llvm::ArrayRef<simt::Atom> getMmaAtoms(const Machine &machine);

/// ldmatrix of four matrices of 8 by 8 elements of 16 bits, transposed and as they are: lane l
/// names row l % 8 of matrix l / 8.
llvm::ArrayRef<simt::ReadAtom> getMatrixReads();

/// The lanes that meet at the banks: as many neighbours as make 128 bytes.
simt::BankGroups getBankGroups(simt::SharedAccess access, unsigned bytes);

} // namespace moec::nvptx

#endif // MOEC_TARGETS_NVPTX_CODEGEN_ATOMS_H
