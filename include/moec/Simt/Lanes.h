//===- Lanes.h - What one lane of a machine can do --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The one interface between the lowering of tile.kernels to the code of one lane and a machine
// whose threads are lanes of subgroups, subgroups being parts of blocks. docs/Simt.md says how a
// machine is added.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SIMT_LANES_H
#define MOEC_SIMT_LANES_H

#include "moec/Formats/BlockFormat.h"
#include "moec/Simt/Chunks.h"
#include "moec/Simt/Geometry.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/PatternMatch.h"

namespace moec::simt {

/// The memories of a kernel.
enum class Memory { Global, Shared, Constant };

/// A vector of a tile in global memory, as one lane accesses it.
struct WindowPlace {
  /// What Lanes::openWindow() and Lanes::emitPlace() made of it.
  mlir::Value window, place;
  /// An i1 that holds where the vector is within the tile's bounds, which it is as a whole or not
  /// at all; null if it always is. Beyond them is no memory that may be touched.
  mlir::Value condition;
  /// Bytes to which it is aligned.
  unsigned alignment;
};

/// Which accesses to shared memory cannot meet: those of one of `own` none of `others`.
struct CopyScopes {
  mlir::ArrayAttr own, others;
};

/// What one lane gives to an atom for one operand.
struct ProductOperand {
  Format format;
  /// Its numbers in the order of the operand's registers: f32 and bf16 as they are (one number as a
  /// scalar), codes as a vector of dwords.
  mlir::Value numbers;
  /// Of a scaled atom: a dword that holds E8M0 scales, and which byte of it is meant.
  mlir::Value scales = {};
  unsigned scaleByte = 0;
};

/// One machine: its geometry, and hooks, which emit at the builder's place what each lane does
/// there.
class Lanes : public Geometry {
public:
  using Builder = mlir::ImplicitLocOpBuilder;
  using Value = mlir::Value;
  using Type = mlir::Type;

  explicit Lanes(const Geometry &geometry) : Geometry(geometry) {}
  virtual ~Lanes();

  // Kernels.

  /// Makes a function a kernel of blocks of so many threads: calling convention and attributes.
  virtual void declareKernel(mlir::LLVM::LLVMFuncOp function, unsigned threads) const = 0;
  /// Called behind the last op of it; products of a loop add to so many registers of a lane.
  virtual void finishKernel(mlir::LLVM::LLVMFuncOp function, unsigned accumulators) const {}
  /// LLVM's number of the address space of a memory.
  virtual unsigned getAddressSpace(Memory memory) const;
  /// LLVM's name of the scope of atomics on shared memory.
  virtual llvm::StringRef getSharedScope() const = 0;

  // Places.

  /// The number of this block along an axis, and that of this thread in it, as an i32.
  virtual Value emitBlockId(Builder &builder, unsigned axis) const = 0;
  virtual Value emitThreadId(Builder &builder) const = 0;
  /// An i32 or f32 that all lanes of a subgroup have, so that LLVM knows it, too.
  virtual Value emitUniform(Builder &builder, Value value) const;

  // Lanes that work together.

  /// No lane of the block goes on before all have come here, and sees what others wrote before to
  /// shared memory; to global memory as well if `memory` says so.
  virtual void emitBarrier(Builder &builder, Memory memory) const = 0;
  /// The i32 `word` of the lane of this subgroup whose number differs in bit `bit` from that of
  /// this one, which is `lane`.
  virtual Value emitExchange(Builder &builder, Value word, Value lane, unsigned bit) const = 0;
  /// Of two i32, `a` of both lanes whose numbers differ in bit `bit`, and `b` of both: the lane
  /// where the bit is 0 has its own first and the other's second, of `a`; the other one so of `b`,
  /// the other lane's first. For bits that are in `swaps`.
  virtual std::pair<Value, Value> emitSwap(Builder &builder, Value a, Value b, unsigned bit) const;
  /// Instructions stay on their side of this place.
  virtual void keepOrder(Builder &builder) const {}
  /// `value`, made here and nowhere later: what goes into a branch that not all lanes take. For
  /// machines whose products need all lanes without LLVM's knowing it.
  virtual Value pin(Builder &builder, Value value) const;

  // Memory.

  /// What accesses to a tile take that has its first element at the pointer `base`; made once for
  /// all of them. Unless `exists` holds, an i1 that all lanes have, none of it exists; null: all
  /// does. A machine whose windows say that by themselves makes it null, else each place's
  /// condition has to. By default the pointer itself.
  virtual Value openWindow(Builder &builder, Value base, Value &exists) const;
  /// Where in the window the vector is that begins `offset`, an i32, and `constant` bytes behind
  /// the first element, less than 2 GiB in all. `condition` is that of the place. By default the
  /// pointer to it, whatever the condition.
  virtual Value emitPlace(Builder &builder, Value window, Value offset, int64_t constant,
                          Value condition) const;
  /// Whether places before the window, by less than 2 GiB, are out of bounds without a condition.
  virtual bool isOutOfBoundsBelow() const { return false; }
  /// The same place where `inside` holds, an i1, and out of bounds elsewhere. By default a matter
  /// of its condition alone.
  virtual WindowPlace narrowPlace(Builder &builder, const WindowPlace &place, Value inside) const;
  /// A vector of bytes, half-words or dwords, or one of them; zeros where the place is out of
  /// bounds.
  virtual Value emitLoad(Builder &builder, const WindowPlace &place, Type type) const = 0;
  /// Writes such a vector where the place is within bounds and `isOwner` holds, an i1; null stands
  /// for all lanes.
  virtual void emitStore(Builder &builder, const WindowPlace &place, Value value,
                         Value isOwner) const = 0;
  /// What a lane receives, as `type`, that names the piece of shared memory at `place`; for
  /// machines that have such reads.
  virtual Value emitRead(Builder &builder, const ReadAtom &atom, Value place, Type type) const;

  // Copies that pass no register, for machines whose geometry has sizes of them.

  /// Copies so many bytes from `distance` bytes, an i32 that all lanes have, behind `source` to
  /// shared memory: those of a subgroup's first lane to `place`, and those of the others behind it,
  /// lane by lane; zeros where the place is out of bounds.
  virtual void emitCopy(Builder &builder, const WindowPlace &source, Value distance, Value place,
                        unsigned bytes, const CopyScopes &scopes) const;
  /// Ends the copies of one stage.
  virtual void endCopies(Builder &builder) const {}
  /// Waits until this lane's copies are done but for those of the last `stages` stages. Behind the
  /// last copy that is waited for stand at least `accesses` others.
  virtual void emitCopyWait(Builder &builder, unsigned stages, unsigned accesses) const;

  // Products.

  /// D of one atom, whose C is `sum`: vectors of its registers.
  virtual Value emitProduct(Builder &builder, const Atom &atom, const ProductOperand &first,
                            const ProductOperand &second, Value sum) const = 0;

  // Small floats. A factor is an f32 that is a power of two, by its exponent field alone: a field
  // of 0 is 2^-127, one of 255 no number. `part` counts pairs of codes in a dword, which are bytes
  // of E2M1 and halves of wider codes. All defaults are arithmetic on integers and bf16
  // (SmallFloats.cpp).

  /// Two numbers times a factor, as `type`, a pair of f32 or bf16.
  virtual Value emitDecodedPair(Builder &builder, CodeType code, Type type, Value word,
                                Value factor, unsigned part) const;
  /// `word` with the codes of two f32 numbers, divided by a factor and rounded to even, as that
  /// part. Those beyond the largest code saturate if codes have four bits; else there are none.
  virtual Value emitEncodedPair(Builder &builder, CodeType code, Value word, Value first,
                                Value second, Value factor, unsigned part) const;
  /// The same of 32 codes of six bits, which are six dwords: all numbers as a vector, and the codes
  /// of two vectors of 16, which saturate.
  virtual Value emitDecodedRun(Builder &builder, CodeType code, Type type, Value words,
                               Value factor) const;
  virtual Value emitEncodedRun(Builder &builder, CodeType code, Value low, Value high,
                               Value factor) const;
  /// The f32 of the E4M3 code in the low byte of a dword: a scale.
  virtual Value emitDecodedScale(Builder &builder, Value word) const;
  /// The dwords whose bytes have a code each from bit `place` on, of dwords that are full of codes
  /// of four bits, or of six.
  static Value spreadCodes(Builder &builder, Value words, unsigned bits, unsigned place);

  // Functions.

  /// Patterns for functions of arith and math, on scalars and vectors, that LLVM cannot lower for
  /// this machine.
  virtual void addFunctionPatterns(mlir::RewritePatternSet &patterns) const {}

protected:
  /// One over a factor, as an f32.
  static Value emitReciprocal(Builder &builder, Value factor);
  /// `word` with the low `bits` bits of `codes`, which has no others, as that part.
  static Value insertPart(Builder &builder, Value word, Value codes, unsigned part, unsigned bits);
};

/// Rewrites a function of a vector, with one operand, to those of its elements.
mlir::LogicalResult scalarize(mlir::Operation *op, mlir::PatternRewriter &rewriter);

/// Adds that for some functions, before other patterns for them.
template <typename... Ops> void addScalarizing(mlir::RewritePatternSet &patterns) {
  (patterns.add(
       +[](Ops op, mlir::PatternRewriter &rewriter) { return scalarize(op, rewriter); },
       /*benefit=*/2),
   ...);
}

} // namespace moec::simt

#endif // MOEC_SIMT_LANES_H
