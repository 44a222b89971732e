//===- LayoutRules.cpp - Layouts that follow from others ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Rearrangements of bases; no choice is made here.
//
//===----------------------------------------------------------------------===//
#include "LayoutRules.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;
using Space = LinearLayout::Space;

static RankedTensorType getTileType(Value value) { return cast<RankedTensorType>(value.getType()); }

unsigned simt::getNumSubgroups(tile::KernelOp kernel, const Geometry &machine) {
  std::optional<tile::ScheduleAttr> schedule = kernel.getSchedule();
  return schedule ? schedule->getInt("subgroups", machine.subgroups) : machine.subgroups;
}

bool simt::keepsNumbering(tile::ReshapeOp op) {
  // Extents of 1 take no bits. Otherwise the padded numbering agrees if no extent is padded, or if
  // both are padded in the same places.
  auto padded = [](Value value) {
    SmallVector<int64_t> extents;
    for (int64_t extent : getTileType(value).getShape())
      if (extent != 1)
        extents.push_back(extent);
    return extents;
  };
  SmallVector<int64_t> from = padded(op.getInput()), to = padded(op.getResult());
  auto exact = [](int64_t extent) { return llvm::isPowerOf2_64(extent); };
  return from == to || (llvm::all_of(from, exact) && llvm::all_of(to, exact));
}

LinearLayout simt::getBroadcastSource(tile::BroadcastOp op, LinearLayout layout) {
  auto from = op.getInput().getType().getShape(), to = op.getResult().getType().getShape();
  for (unsigned dim = 0; dim < from.size(); ++dim)
    if (from[dim] != to[dim])
      layout = layout.collapse(dim);
  return layout;
}

LinearLayout simt::getReduceSource(tile::ReduceOp op, const LinearLayout &layout) {
  const uint64_t mask = layout.getDimMask(op.getDim());
  std::vector<uint64_t> registers = layout.getBases(Space::Register),
                        subgroups = layout.getBases(Space::Subgroup);
  auto along = [&](uint64_t basis) { return (basis & mask) != 0; };
  if (llvm::any_of(registers, along) || llvm::any_of(layout.getBases(Space::Lane), along))
    return layout;
  for (uint64_t &subgroup : subgroups) {
    if (!along(subgroup))
      continue;
    // The highest bit of what is left: rows, and columns that are far apart.
    auto part = llvm::max_element(
        registers, [&](uint64_t a, uint64_t b) { return (along(a) ? 0 : a) < (along(b) ? 0 : b); });
    if (part == registers.end() || *part == 0 || along(*part))
      return layout;
    std::swap(*part, subgroup);
  }
  return LinearLayout(layout.getShape(), registers, layout.getBases(Space::Lane), subgroups);
}

LinearLayout simt::getRowsLayout(LinearLayout layout) {
  [[maybe_unused]] int64_t extent = layout.getShape().front();
  while (layout.getRank() > 1) {
    layout = layout.collapse(layout.getRank() - 1);
    std::vector<int64_t> shape = layout.getShape();
    shape.pop_back();
    layout = layout.reshape(shape);
  }
  assert(layout.getShape().front() == extent && "only trailing dimensions are dropped");
  return layout.dropReplicatedRegisters();
}

LinearLayout simt::getTransposeResult(tile::TransposeOp op, const LinearLayout &layout) {
  return layout.transpose(
      std::vector<unsigned>(op.getPermutation().begin(), op.getPermutation().end()));
}

LinearLayout simt::getTransposeSource(tile::TransposeOp op, const LinearLayout &layout) {
  std::vector<unsigned> inverse(op.getPermutation().size());
  for (auto [i, dim] : llvm::enumerate(op.getPermutation()))
    inverse[dim] = i;
  return layout.transpose(inverse);
}

TileLayout simt::withScales(const LinearLayout &data, mx::BlockType block) {
  return {data, getScaleLayout(data, block.getBlockSize())};
}

LinearLayout simt::shareAmongLanes(const LinearLayout &scales, const Geometry &machine) {
  std::vector<uint64_t> registers = scales.getBases(Space::Register);
  std::vector<uint64_t> lanes = scales.getBases(Space::Lane);
  for (auto [bit, lane] : llvm::enumerate(lanes)) {
    auto part = llvm::find_if(registers, [](uint64_t basis) { return basis != 0; });
    if (lane != 0 || !(machine.swaps >> bit & 1) || part == registers.end())
      continue;
    lane = *part;
    registers.erase(part);
  }
  return LinearLayout(scales.getShape(), registers, lanes, scales.getBases(Space::Subgroup));
}

bool simt::partsRegisters(const LinearLayout &data, mx::BlockType block) {
  return data.getContiguousBits() < CodeRegister(block).log2Codes;
}

bool simt::canConvert(const LinearLayout &data, mx::BlockType block) {
  // A lane that had only one of two nibbles could not store it.
  if (partsRegisters(data, block))
    return false;
  // Conversions of small floats take two registers at once, with one scale.
  const std::vector<uint64_t> &registers = data.getBases(Space::Register);
  return block.getFormat().isInteger() || registers.empty() ||
         registers.front() < uint64_t(block.getBlockSize());
}

bool simt::suitsBlock(const LinearLayout &data, mx::BlockType block) {
  if (!canConvert(data, block))
    return false;
  // The maximum of a block is then found by registers and lanes alone, without shared memory and
  // barriers.
  for (uint64_t basis : data.getBases(Space::Subgroup))
    if (basis & (block.getBlockSize() - 1))
      return false;
  return true;
}

LinearLayout simt::getScanLayout(tile::ScanOp op, const Geometry &machine, unsigned subgroups) {
  // A scan may not cross subgroups, which a row layout guarantees for the last dimension: the
  // scanned one is put last, then back.
  RankedTensorType type = op.getInput().getType();
  std::vector<unsigned> order, inverse(type.getRank());
  for (unsigned dim = 0; dim < type.getRank(); ++dim)
    if (dim != op.getDim())
      order.push_back(dim);
  order.push_back(op.getDim());
  SmallVector<int64_t> shape;
  for (auto [place, dim] : llvm::enumerate(order)) {
    inverse[dim] = place;
    shape.push_back(type.getDimSize(dim));
  }
  return getRowLayout(shape, machine, subgroups).transpose(inverse);
}

LinearLayout simt::getSpreadLayout(int64_t extent, const Geometry &machine, unsigned subgroups) {
  int64_t padded = llvm::PowerOf2Ceil(extent);
  std::vector<uint64_t> bases[3];
  uint64_t next = 1;
  auto take = [&](std::vector<uint64_t> &space) {
    space.push_back(next < uint64_t(padded) ? next : 0);
    next <<= 1;
  };
  for (unsigned i = 0; i < machine.getLaneBits(); ++i)
    take(bases[1]);
  for (unsigned i = 0; i < llvm::Log2_32(subgroups); ++i)
    take(bases[2]);
  while (next < uint64_t(padded))
    take(bases[0]);
  return LinearLayout({padded}, bases[0], bases[1], bases[2]);
}

bool simt::isMadeAnywhere(Value value) {
  return !isa<mx::BlockType>(getElementTypeOrSelf(value)) &&
         isa_and_nonnull<tile::SplatOp, tile::IotaOp, arith::ConstantOp>(value.getDefiningOp());
}

/// Whether two layouts differ in the order of registers at most.
static bool holdsSameInLanes(const LinearLayout &a, const LinearLayout &b) {
  // Which register a scale is in is looked up by element, so an order is as good as another.
  return a.getBases(Space::Lane) == b.getBases(Space::Lane) &&
         a.getBases(Space::Subgroup) == b.getBases(Space::Subgroup) &&
         a.getNumRegisters() == b.getNumRegisters();
}

TileLayout simt::getCodesLayout(const LinearLayout &wanted, const TileLayout &now,
                                mx::BlockType block) {
  // Scales that already are in the lanes that need them stay as they are: another order of their
  // registers would cost moves, and does not matter.
  TileLayout taken = withScales(wanted, block);
  if (now.data == wanted && holdsSameInLanes(*now.scales, *taken.scales))
    taken.scales = now.scales;
  return taken;
}

LinearLayout simt::getChosenLayout(const LinearLayout &layout, int64_t count) {
  // Everything that the layout of the rows had moves up by the bits of the results, which no lane
  // shares: each holder of a row has all of its results.
  LinearLayout rows = layout.collapse(layout.getRank() - 1).dropReplicatedRegisters();
  unsigned bits = llvm::Log2_64_Ceil(count);
  std::vector<int64_t> shape = rows.getShape();
  shape.back() = int64_t(1) << bits;
  std::vector<uint64_t> bases[3];
  for (unsigned i = 0; i < bits; ++i)
    bases[0].push_back(uint64_t(1) << i);
  for (Space space : {Space::Register, Space::Lane, Space::Subgroup})
    for (uint64_t basis : rows.getBases(space))
      bases[unsigned(space)].push_back(basis << bits);
  return LinearLayout(shape, bases[0], bases[1], bases[2]);
}
