//===- LaneEmitter.h - What a lane does with registers ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What lowerings of many ops have in common, and what knows of tiles in registers alone: arithmetic
// on lane numbers, shared memory, changes of layout, combinations along a dimension.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LOWER_LANEEMITTER_H
#define MOEC_LIB_SIMT_LOWER_LANEEMITTER_H

#include "Intermediates.h"

#include "moec/Simt/Lowering.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace moec::simt {

namespace LLVM = mlir::LLVM;

/// Emits at the builder's place, in the function of one kernel.
class LaneEmitter {
protected:
  using Value = mlir::Value;
  using Values = llvm::SmallVector<Value>;
  using Type = mlir::Type;
  using Space = LinearLayout::Space;

  LaneEmitter(const Lanes &machine, mlir::Location location)
      : machine(machine), builder(location, location->getContext()) {}

  // Addresses (LowerAddress.cpp).
  /// The sum over set bits of `input` of their weights, as an i32.
  Value emitWeightedBits(Value input, llvm::ArrayRef<int64_t> weights);
  /// The exclusive or over set bits of `input` of their bases, as an i32.
  Value emitXorBits(Value input, llvm::ArrayRef<uint64_t> bases);
  /// The exclusive or of what `map`, which is linear, makes of the bases of this lane and subgroup.
  Value emitLaneBits(const LinearLayout &layout, llvm::function_ref<uint64_t(uint64_t)> map);
  /// Lane and subgroup part of coordinate `dim`, in layouts whose bases are single bits.
  Value emitLaneCoordinate(const LinearLayout &layout, unsigned dim);
  /// Lane and subgroup part of the element's number, in such layouts.
  Value emitLaneElement(const LinearLayout &layout);
  /// An i1 that holds where register `reg` is no padding of a tile of that shape; null if none is.
  Value emitExists(const LinearLayout &layout, llvm::ArrayRef<int64_t> shape, unsigned reg);
  /// An i1 that holds in one of those lanes and subgroups that hold the same; null if all differ.
  Value emitIsFirstHolder(const LinearLayout &layout);
  Value i32(int64_t value);
  Value i64(int64_t value);

  // Shared memory (ConvertLayout.cpp).
  /// The tile in another layout: itself, with other names for registers, or through shared memory.
  Distributed convert(const Distributed &tile, const LinearLayout &layout);
  /// Writes every register of `source` to shared memory, `width` at a time.
  void writeShared(const SharedImage &image, const Distributed &source, unsigned width);
  /// The pointer to `bytes` bytes of shared memory that nobody uses between two emitBarrier().
  Value getShared(unsigned bytes);
  void emitBarrier() { machine.emitBarrier(builder, Memory::Shared); }

  // Reductions (LowerReduce.cpp) and scans (LowerCount.cpp).
  /// The reduction of a tile, whose true extent along `dim` is `extent`.
  Distributed emitReduce(tile::ReduceKind kind, Distributed tile, unsigned dim, int64_t extent);
  /// Of i32: the part of a reduction for which lanes swap registers, after which each goes on with
  /// some of the results. They end up where `wanted` has lanes' bits for them, which are bits of
  /// the last dimension in the tile's layout; its other bits stay.
  Distributed emitSwapReduce(const Distributed &tile, const LinearLayout &wanted,
                             llvm::function_ref<Value(Value, Value)> combine);
  /// The reverse without a reduction, of i32: what lanes have one of several each of, in all of
  /// them.
  Distributed gatherFromLanes(const Distributed &tile, const LinearLayout &wanted);
  /// Gives registers beyond `extent` along `dim` a value that changes nothing.
  void clearBeyond(llvm::MutableArrayRef<Value> values, const LinearLayout &layout,
                   tile::ReduceKind kind, unsigned dim, int64_t extent);
  /// Combines registers whose elements differ in the bits of `mask`; keeps one of each.
  void combineRegisters(llvm::SmallVectorImpl<Value> &values, const LinearLayout &layout,
                        uint64_t mask, llvm::function_ref<Value(Value, Value)> combine);
  /// Combines what subgroups have whose elements differ in the bits of `mask`, through shared
  /// memory.
  void combineSubgroups(llvm::MutableArrayRef<Value> values, const LinearLayout &layout,
                        tile::ReduceKind kind, uint64_t mask);
  Value emitCombine(tile::ReduceKind kind, Value a, Value b);
  /// `value` of the lane whose number differs in bit `bit`.
  Value emitLaneExchange(Value value, unsigned bit);
  /// `dim` of the tile, of true extent `extent`, must not be spread over subgroups.
  Scan emitScan(tile::ReduceKind kind, const Distributed &tile, unsigned dim, int64_t extent);

  // Places in shared memory (LowerShape.cpp, LowerCount.cpp).
  /// For each register its pointer, and an i1 that holds where it is no padding (or null).
  void forEachPlaced(const Placement &placement, const LinearLayout &layout, Type held,
                     llvm::function_ref<void(unsigned, Value, Value)> visit);
  /// Writes a tile to its place in a whole, and reads one from there.
  void writePlaced(const Placement &placement, const Distributed &tile);
  Distributed readPlaced(const Placement &placement, const LinearLayout &layout, Type element);

  const Lanes &machine;
  mlir::ImplicitLocOpBuilder builder;
  /// The lane's number in its subgroup, and that of the subgroup, as i32.
  Value lane, subgroup;
  /// All of shared memory.
  LLVM::GlobalOp shared;
  KernelMetrics metrics;
};

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LOWER_LANEEMITTER_H
