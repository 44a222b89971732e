//===- Vectors.h - Conversions and functions on vectors ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// What elementwise code and register blocks share.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_LOWER_VECTORS_H
#define MOEC_TARGETS_CPU_CODEGEN_LOWER_VECTORS_H

#include "moec/Formats/BlockFormat.h"
#include "targets/cpu/codegen/Machine.h"
#include "targets/cpu/codegen/lower/CodeBuilder.h"

namespace moec::cpu {

/// f32 vectors from and to the bits of bf16, rounding to nearest even and keeping NaN.
mlir::Value extendBf16(CodeBuilder &b, mlir::Value bits);
mlir::Value truncateToBf16(CodeBuilder &b, mlir::Value value);
/// The same of numbers that a bf16 holds exactly.
mlir::Value cutToBf16(CodeBuilder &b, mlir::Value value);

/// Vector code of a math op on f32, or null if LLVM has an instruction for it.
mlir::Value expandMath(CodeBuilder &b, mlir::Operation *op, llvm::ArrayRef<mlir::Value> operands);

/// Whether the op needs no library: any but a math op without an instruction.
bool isInstruction(mlir::Operation *op);

/// One block of a block-scaled tile: codes as lanes of i8, the scale as it is stored.
struct CodeBlock {
  llvm::SmallVector<mlir::Value> codes;
  mlir::Value scale;
};

/// Whether rows can be rounded to the format.
bool canQuantizeTo(const BlockFormat &format);

/// The numbers of codes, in f32, from i8 lanes whose upper bits are 0.
mlir::Value decodeCodes(CodeBuilder &b, const Machine &machine, CodeType type, mlir::Value codes);

/// The same of E2M1 codes (the low nibble of each i32 lane), and of floats of 6 and 8 bits (the low
/// bits of an i16 or i32 scalar or of each lane).
mlir::Value decodeE2m1(CodeBuilder &b, const Machine &machine, mlir::Value codes);
mlir::Value decodeSmallFloat(CodeBuilder &b, CodeType type, mlir::Value codes);

/// The numbers of 64 floats of 8 bits as four vectors: byte 16 q + 8 h + 2 d + o becomes lane
/// 4 q + d of vector 2 h + o. For machines with Instruction::LookUp128Bytes.
llvm::SmallVector<mlir::Value> lookUpBytes(CodeBuilder &b, const Machine &machine, CodeType type,
                                           mlir::Value codes);

/// Codes of 4 bits that start at bit `first` of i32 lanes.
mlir::Value decodeNibbles(CodeBuilder &b, const Machine &machine, CodeType type, mlir::Value words,
                          unsigned first);
/// Integers of `bits` bits that start there, in two's complement.
mlir::Value signedToFloat(CodeBuilder &b, mlir::Value words, unsigned first, unsigned bits);

/// Floats of 6 bits that start at bit `first` of i32 lanes.
mlir::Value decodeSixBits(CodeBuilder &b, const Machine &machine, CodeType type, mlir::Value words,
                          unsigned first);

/// The codes (i32) of finite numbers: to nearest even, at most 448 and 6.
mlir::Value encodeE4m3(CodeBuilder &b, mlir::Value numbers);
mlir::Value encodeE2m1(CodeBuilder &b, mlir::Value numbers);

/// 2^(byte − 127) of an i32 scalar or vector of E8M0 bytes.
mlir::Value decodeE8m0(CodeBuilder &b, mlir::Value bytes);

/// A scale as it is loaded, and its number; scalars or vectors.
mlir::Type getStoredType(CodeBuilder &b, ScaleType type);
mlir::Value decodeScale(CodeBuilder &b, ScaleType type, mlir::Value stored);

/// Folds a vector into a scalar with a fixed tree.
mlir::Value foldLanes(CodeBuilder &b, mlir::Value vector,
                      llvm::function_ref<mlir::Value(mlir::Value, mlir::Value)> combine);

/// The element as it lies in memory and in vectors: i16 for bf16, i64 for index.
mlir::Type getLaneType(mlir::Type element);

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_LOWER_VECTORS_H
