//===- ConvertLayout.cpp - Tiles change hands through shared memory -------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every lane writes what it has, and after a barrier reads what it needs. Where elements lie in
// shared memory is a linear map over bits too, and is chosen so that neither side meets bank
// conflicts.
//
//===----------------------------------------------------------------------===//
#include "../Layout/SharedBanks.h"
#include "KernelLowering.h"
#include "moec/Simt/Atom.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;
using Space = LinearLayout::Space;

/// The read that gives lanes what they would have to gather in narrower accesses, with what they
/// name in it; null and `layout` itself if there is none.
static std::pair<const ReadAtom *, LinearLayout>
findReadAtom(const LinearLayout &layout, Type element, const Geometry &machine) {
  if (element.isIntOrFloat())
    for (const ReadAtom &atom : machine.readAtoms)
      if (atom.elementBits == element.getIntOrFloatBitWidth() &&
          layout.getContiguousBits() == atom.received.getContiguousBits())
        if (std::optional<LinearLayout> pieces = atom.getPiecesOf(layout))
          return {&atom, *pieces};
  return {nullptr, layout};
}

Value LaneEmitter::getShared(unsigned bytes) {
  // All uses share the same bytes, from offset 0 on: each begins with a barrier, behind which
  // nobody needs what was there.
  metrics.sharedBytes = std::max(metrics.sharedBytes, bytes);
  unsigned space = machine.getAddressSpace(Memory::Shared);
  return LLVM::AddressOfOp::create(builder, LLVM::LLVMPointerType::get(builder.getContext(), space),
                                   shared.getSymName());
}

/// `tile` in `layout` if the same lanes hold the same elements, so that only registers are renamed.
static std::optional<Distributed> renameRegisters(OpBuilder &builder, Location loc,
                                                  const Distributed &tile,
                                                  const LinearLayout &layout) {
  // Lane and subgroup parts are equal as lists of bases, so holders that agree in register 0 agree
  // in all.
  if (tile.layout.getBases(Space::Lane) != layout.getBases(Space::Lane) ||
      tile.layout.getBases(Space::Subgroup) != layout.getBases(Space::Subgroup))
    return std::nullopt;
  SmallVector<Value> values;
  for (unsigned reg = 0; reg < layout.getNumRegisters(); ++reg) {
    std::optional<unsigned> source = findRegister(tile.layout, layout.getElement(reg, 0, 0));
    if (!source)
      return std::nullopt;
    values.push_back(extractRegisters(builder, loc, tile, *source, 1));
  }
  return makeFromRegisters(layout, tile.element, values);
}

/// `tile` without the registers that repeat others.
static Distributed dropReplicatedRegisters(OpBuilder &builder, Location loc,
                                           const Distributed &tile) {
  LinearLayout layout = tile.layout.dropReplicatedRegisters();
  if (layout == tile.layout)
    return tile;
  SmallVector<Value> values;
  for (unsigned reg = 0; reg < layout.getNumRegisters(); ++reg)
    values.push_back(extractRegisters(builder, loc, tile,
                                      *findRegister(tile.layout, layout.getElement(reg, 0, 0)), 1));
  return makeFromRegisters(layout, tile.element, values);
}

/// The type of an element in shared memory: bits move as bytes; single bits as whole ones.
static Type getSharedType(Type element) {
  MLIRContext *context = element.getContext();
  if (element.isIndex())
    return IntegerType::get(context, 64);
  return element.isInteger(1) ? IntegerType::get(context, 8) : element;
}

/// What moves three dwords at once: an integer of 96 bits is no machine's type.
static Type getDwords(Type type) {
  if (type.isInteger(96))
    return VectorType::get({3}, IntegerType::get(type.getContext(), 32));
  return type;
}

static Value castToDwords(ImplicitLocOpBuilder &builder, Value chunk) {
  Type type = getDwords(chunk.getType());
  return type == chunk.getType() ? chunk : LLVM::BitcastOp::create(builder, type, chunk);
}

/// A chunk in the type it has in shared memory, or in that of its tile.
static Value castChunk(ImplicitLocOpBuilder &builder, Value chunk, Type type) {
  if (chunk.getType() == type)
    return chunk;
  Type from = getElementTypeOrSelf(chunk.getType()), to = getElementTypeOrSelf(type);
  if (from.isIndex() || to.isIndex())
    return arith::IndexCastOp::create(builder, type, chunk);
  if (from.isInteger(1))
    return arith::ExtUIOp::create(builder, type, chunk);
  return arith::TruncIOp::create(builder, type, chunk);
}

Value simt::emitSharedPlace(ImplicitLocOpBuilder &builder, const SharedImage &image,
                            const LinearLayout &layout, Value lanePart, unsigned reg) {
  // The address of an element is an exclusive or of its register's part, which is a constant, and
  // its lane's part. Where the two share no bit, exclusive or is addition, and the instruction adds
  // a constant offset itself.
  uint64_t constant = image.getOffset(layout.getElement(reg, 0, 0)), varying = 0;
  for (Space space : {Space::Lane, Space::Subgroup})
    for (uint64_t basis : layout.getBases(space))
      varying |= image.getOffset(basis);
  // Bits that no lane varies are added, which an access does for free.
  Value offset = lanePart;
  if (constant & varying) {
    Value bits = arith::ConstantOp::create(
        builder, builder.getI32IntegerAttr(static_cast<int32_t>(constant & varying)));
    offset = arith::XOrIOp::create(builder, offset, bits);
  }
  Type pointer = image.base.getType();
  Value place = LLVM::GEPOp::create(builder, pointer, builder.getI8Type(), image.base,
                                    ArrayRef<LLVM::GEPArg>{offset});
  return LLVM::GEPOp::create(builder, pointer, builder.getI8Type(), place,
                             ArrayRef<LLVM::GEPArg>{int32_t(constant & ~varying)},
                             LLVM::GEPNoWrapFlags::inbounds);
}

void LaneEmitter::writeShared(const SharedImage &image, const Distributed &source, unsigned width) {
  Type stored = getSharedType(source.element);
  unsigned bytes = 1u << image.log2Bytes;
  Value lanePart =
      emitLaneBits(source.layout, [&](uint64_t basis) { return image.getOffset(basis); });
  for (unsigned reg = 0; reg < source.layout.getNumRegisters(); reg += width) {
    Value chunk = extractRegisters(builder, builder.getLoc(), source, reg, width);
    chunk = castChunk(builder, chunk, getChunkType(stored, width));
    Value place = emitSharedPlace(builder, image, source.layout, lanePart, reg);
    LLVM::StoreOp::create(builder, castToDwords(builder, chunk), place, bytes * width);
  }
}

void KernelLowering::lowerConvertLayout(tile::ConvertLayoutOp op) {
  const TileValue &tile = getTile(op.getInput());
  const TileLayout &layout = layouts.get(op.getResult());
  TileValue result;
  if (auto block = dyn_cast<mx::BlockType>(op.getType().getElementType())) {
    // Codes that share a register move together.
    result.data = convert(tile.data, layout.data.packLast(CodeRegister(block).log2Codes));
    result.scales = convert(*tile.scales, *layout.scales);
    if (tile.zeros)
      result.zeros = convert(*tile.zeros, *layout.scales);
    result.global = tile.global;
  } else {
    result.data = convert(tile.data, layout.data);
  }
  tiles[op.getResult()] = std::move(result);
}

Distributed LaneEmitter::convert(const Distributed &tile, const LinearLayout &layout) {
  Location loc = builder.getLoc();
  // From cheap to expensive: nothing, other names for registers, shared memory. There is no
  // exchange of registers between lanes here; shared memory moves 16 bytes a lane at once, an
  // exchange four.
  if (tile.layout == layout)
    return tile;
  if (std::optional<Distributed> renamed = renameRegisters(builder, loc, tile, layout))
    return *renamed;
  // Copies need not be written: one holder of each element writes it, and any lane reads it.
  Distributed source = dropReplicatedRegisters(builder, loc, tile);
  Type stored = getSharedType(tile.element);
  // Three dwords take the place of four.
  unsigned storedBytes = stored.getIntOrFloatBitWidth() / 8;
  unsigned bytes = llvm::PowerOf2Ceil(storedBytes);
  unsigned log2Bytes = llvm::Log2_32(bytes);
  const unsigned fromBits = getAccessBits(source.layout, log2Bytes);
  const unsigned fromBytes = storedBytes << fromBits;
  SharedEnd from{source.layout, fromBits, fromBytes,
                 machine.getBankGroups(SharedAccess::Write, fromBytes)};
  const auto found = findReadAtom(layout, tile.element, machine);
  const ReadAtom *atom = found.first;
  const LinearLayout &pieces = found.second;
  const unsigned toBits =
      atom ? llvm::Log2_32(atom->getNumElements()) : getAccessBits(pieces, log2Bytes);
  const unsigned toBytes = atom ? atom->bytes : storedBytes << toBits;
  SharedEnd to{pieces, toBits, toBytes, machine.getBankGroups(SharedAccess::Read, toBytes)};
  unsigned conflicts = 0, all = layout.getNumElementBits();
  SharedImage image{chooseSwizzle({from, to}, all, log2Bytes, machine, conflicts), log2Bytes,
                    getShared(bytes << all)};
  ++metrics.conversions;
  metrics.bankConflicts = std::max(metrics.bankConflicts, conflicts);

  // The first barrier: others may still read what an earlier conversion left in these bytes. The
  // second: what is read now has been written.
  emitBarrier();
  if (Value first = emitIsFirstHolder(source.layout)) {
    if (stored == tile.element)
      for (Value &chunk : source.chunks)
        chunk = machine.pin(builder, chunk);
    auto guarded = scf::IfOp::create(builder, first, /*withElseRegion=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(guarded.thenYield());
    writeShared(image, source, 1u << from.accessBits);
  } else {
    writeShared(image, source, 1u << from.accessBits);
  }
  emitBarrier();

  unsigned width = 1u << to.accessBits;
  Distributed result{layout, tile.element, {}, width};
  Value lanePart = emitLaneBits(pieces, [&](uint64_t basis) { return image.getOffset(basis); });
  for (unsigned reg = 0; reg < layout.getNumRegisters(); reg += width) {
    Value place = emitSharedPlace(builder, image, pieces, lanePart, reg);
    Type type = getChunkType(stored, width);
    Value chunk;
    if (atom)
      chunk = machine.emitRead(builder, *atom, place, type);
    else
      chunk = LLVM::LoadOp::create(builder, getDwords(type), place, bytes * width);
    if (chunk.getType() != type)
      chunk = LLVM::BitcastOp::create(builder, type, chunk);
    result.chunks.push_back(castChunk(builder, chunk, getChunkType(tile.element, width)));
  }
  return result;
}
