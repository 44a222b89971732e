//===- Packing.h - How codes of a panel lie and are read --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Where the numbers of a panel's rows are within a group of k, and how they become vectors of f32.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_PACKING_H
#define MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_PACKING_H

#include "moec/Formats/BlockFormat.h"
#include "targets/cpu/codegen/Machine.h"
#include "targets/cpu/codegen/lower/CodeBuilder.h"

namespace moec::cpu {

/// One way for a panel's numbers or codes to lie.
struct Packing {
  /// For people, and as a part of an atom's name.
  llvm::StringLiteral name;
  /// k whose codes lie side by side for each row, whole bytes of them.
  unsigned group;
  /// How the rows (dimension 0) and the k (1) of a group lie, from the innermost digit on.
  llvm::ArrayRef<std::pair<unsigned, int64_t>> digits;
  /// Vectors of f32 that are best read at once: conversions from 16 bits take twice the lanes.
  unsigned together;
  /// The numbers (f32) of each k of a group, of `lanes` rows from `pointer` on; null where the
  /// panel has numbers and not codes.
  llvm::SmallVector<mlir::Value> (*read)(CodeBuilder &b, const Machine &machine, CodeType type,
                                         mlir::Value pointer, unsigned lanes);
};

/// Numbers of one k side by side.
extern const Packing numbersByRow;
/// bf16 of two k side by side, the even one in the low half of a word, as products of pairs take
/// it.
extern const Packing numbersByPair;
/// Eight codes of 4 bits fill a word, which products of codes multiply as it is.
extern const Packing nibblesByEight;
/// Four codes of 8 bits fill a word, likewise.
extern const Packing bytesByFour;
/// Four codes of 6 bits fill three bytes.
extern const Packing sixBitsByFour;
/// Floats of 8 bits that are converted from 16: codes of one k are side by side.
extern const Packing floatsByRow;
/// Floats of 8 bits that are looked up, in the order in which the lookup makes vectors of one k.
extern const Packing floatsByLookup;

/// How scales and zero points of blocks lie: those of a panel's rows side by side.
llvm::ArrayRef<std::pair<unsigned, int64_t>> getScaleDigits();

} // namespace moec::cpu

#endif // MOEC_TARGETS_CPU_CODEGEN_PRODUCTS_PACKING_H
