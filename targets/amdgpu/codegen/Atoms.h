//===- Atoms.h - Matrix and transposing instructions, as data ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The tests enumerate the layouts against the manual's formulas.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_ATOMS_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_ATOMS_H

#include "moec/Simt/Atom.h"

#include "llvm/ADT/ArrayRef.h"

namespace moec::amdgpu {

/// The code of a format in the cbsz and blgp fields of a scaled product; nothing for F32, BF16 and
/// I8.
std::optional<unsigned> getScaledCode(simt::Format format);

/// The MFMA instructions of a wave of 64 lanes, preferred ones first. Their names are those of the
/// rocdl dialect, their results are square, and both operands lie alike.
llvm::ArrayRef<simt::Atom> getMfmaAtoms();

/// Reads of LDS that transpose, one for each width of elements: in each group of 16 lanes, lane i
/// names a piece of a row, a row being 16 elements, and receives column i of all the rows.
llvm::ArrayRef<simt::ReadAtom> getTransposeAtoms();

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_ATOMS_H
