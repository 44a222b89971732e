//===- OperandLayouts.cpp - The layouts of one matrix product -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A sum over K may run over any permutation of K that both operands agree on. The weight's packing
// chooses it, so that 16 bytes that are next to each other in memory are one lane's operand.
//
//===----------------------------------------------------------------------===//
#include "OperandLayouts.h"

#include "../Refusal.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>
#include <tuple>

using namespace mlir;
using namespace moec;
using namespace moec::simt;
using Space = LinearLayout::Space;

// Only changes of format are looked through: they keep each element in its lane, so the order in
// memory still is the order in registers.
tile::LoadOp simt::findPackedSource(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (auto load = dyn_cast<tile::LoadOp>(op))
      return load.getRef().getType().getPacked() ? load : tile::LoadOp();
    if (!isa<tile::DequantizeOp, arith::ExtFOp, arith::TruncFOp, tile::ConvertLayoutOp>(op))
      return {};
    value = op->getOperand(0);
  }
  return {};
}

SmallVector<int> simt::getPackedBits(ArrayRef<tile::PackedDigit> digits) {
  SmallVector<int> bits;
  // A digit of extent 2^e and step 2^s is the bits s … s + e − 1 of its coordinate. Listed lowest
  // digit first, the bits are those of the offset in memory.
  for (const tile::PackedDigit &digit : digits) {
    if (!llvm::isPowerOf2_64(digit.extent) || !llvm::isPowerOf2_64(digit.step))
      return {};
    for (int i = 0, e = llvm::Log2_64(digit.extent); i < e; ++i) {
      int bit = llvm::Log2_64(digit.step) + i;
      bits.push_back(digit.dim == 1 ? bit : -1 - bit);
    }
  }
  return bits;
}

/// The bits of memory of a packed matrix, lowest first.
static SmallVector<int> getPackedBits(tile::LoadOp load) {
  return getPackedBits(load.getRef().getType().getPacked().getElements());
}

/// The bits of K that registers of an atom select if memory has the bits `run` of a lane's
/// registers in another order than the atom: from the lowest on, with the same rows among them.
/// Fails where rows differ, or a block of scales would be torn apart.
static bool matchAnyOrder(const Atom &atom, const LinearLayout &operand, ArrayRef<int> run,
                          unsigned kBits, SmallVectorImpl<unsigned> &chosen) {
  auto next = run.begin();
  bool rows = false;
  for (uint64_t basis : operand.getBases(Space::Register)) {
    int64_t row = operand.getCoordinate(basis, 0), k = operand.getCoordinate(basis, 1);
    if (!k) {
      rows = llvm::is_contained(run, -1 - int(llvm::Log2_64(row)));
      if (!rows)
        return false;
      continue;
    }
    while (next != run.end() && *next < 0)
      ++next;
    if (next == run.end() || *next >= int(kBits))
      return false;
    chosen[llvm::Log2_64(k)] = *next++;
  }
  constexpr unsigned inBlock = llvm::ConstantLog2<scaleBlock>();
  for (auto [bit, to] : llvm::enumerate(chosen))
    if (atom.isScaled() && (bit < inBlock) != (to < inBlock))
      return false;
  return rows;
}

/// Which bit of K each bit of the atom's k stands for, then those of the steps. `kBits` bits in
/// all. Says whether memory has the registers of a lane in another order.
static SmallVector<unsigned> chooseKBits(const Atom &atom, Format format, Value b, unsigned kBits,
                                         bool &reordered) {
  // The sum over K does not care in which order K comes, as long as both operands agree. So the
  // bits of the atom's k may stand for any bits of K. In memory what one lane loads is followed by
  // what the lanes above it load, then by more of K; this takes the bits of the atom's registers
  // and lanes from where the packing has them, and the steps from what is left. Then one load of 16
  // bytes fills the registers of one step, or of several where an operand is smaller than that.
  SmallVector<unsigned> order(kBits);
  std::iota(order.begin(), order.end(), 0);
  tile::LoadOp load = findPackedSource(b);
  // An atom of int8 sums one block.
  if (!load || format == Format::I8)
    return order;
  const LinearLayout &operand = atom.getOperandLayout(Side::First, format);
  SmallVector<int> packed = getPackedBits(load);
  SmallVector<unsigned> chosen(llvm::Log2_32(atom.k));
  // Whether the bits of memory from `first` on are what the bases of a space select. A block shape
  // with less of K than the packed unit does not have all bits.
  auto match = [&](Space space, size_t first) {
    for (uint64_t basis : operand.getBases(space)) {
      int bit = first < packed.size() ? packed[first++] : int(kBits);
      int64_t row = operand.getCoordinate(basis, 0), k = operand.getCoordinate(basis, 1);
      if (k ? bit < 0 || bit >= int(kBits) : bit != -1 - int(llvm::Log2_64(row)))
        return false;
      if (k)
        chosen[llvm::Log2_64(k)] = bit;
    }
    return true;
  };
  // A packing of another kind (not registers, perhaps more of the lane's, lanes) is read in the
  // order of K. That is right, too, but takes narrower loads.
  bool sameOrder = match(Space::Register, 0);
  size_t lanes = operand.getNumBits(Space::Register);
  while (lanes < packed.size() && !match(Space::Lane, lanes))
    ++lanes;
  if (lanes == packed.size())
    return order;
  // Where a packing serves several atoms, a lane has its registers in the order of one of them.
  if (!sameOrder &&
      !matchAnyOrder(atom, operand, ArrayRef(packed).take_front(lanes), kBits, chosen))
    return order;
  reordered = !sameOrder;
  // Steps follow in the order of memory, so that consecutive steps are what one load or
  // neighbouring loads bring. What no packing names comes last.
  for (int bit : packed)
    if (bit >= 0 && bit < int(kBits) && !llvm::is_contained(chosen, unsigned(bit)))
      chosen.push_back(bit);
  for (unsigned i = 0; i < kBits; ++i)
    if (!llvm::is_contained(chosen, i))
      chosen.push_back(i);
  return chosen;
}

/// The layout of an operand [rows, 2^kBits]: `subgroupRows` are the bases that subgroups select
/// among rows, `order` the bits of K of one slice; slices are those above, of which there are
/// 2^sliceBits. Bits of the atom's k beyond K make copies.
static LinearLayout makeOperandLayout(const LinearLayout &atomLayout, unsigned atomRows,
                                      int64_t rows, ArrayRef<unsigned> order, unsigned kBits,
                                      unsigned sliceBits, ArrayRef<uint64_t> subgroupRows) {
  unsigned atomKBits = llvm::Log2_64(atomLayout.getShape()[1]);
  // An element of the atom's operand as one of the tile: its row stays, its k bits go to the bits
  // of K that they stand for.
  auto mapBasis = [&](uint64_t element) -> uint64_t {
    uint64_t row = atomLayout.getCoordinate(element, 0);
    uint64_t result = row < uint64_t(rows) ? row << kBits : 0;
    for (unsigned i = 0; i < atomKBits; ++i)
      if (element >> i & 1 && order[i] < kBits)
        result |= uint64_t(1) << order[i];
    return result;
  };
  std::vector<uint64_t> registers, lanes, subgroups;
  for (uint64_t basis : atomLayout.getBases(Space::Register))
    registers.push_back(mapBasis(basis));
  for (uint64_t basis : atomLayout.getBases(Space::Lane))
    lanes.push_back(mapBasis(basis));
  // Beyond the atom: steps along K, then rows. Rows that subgroups share are no registers.
  for (unsigned i = atomKBits; i < kBits - sliceBits; ++i)
    registers.push_back(uint64_t(1) << order[i]);
  for (uint64_t row = atomRows; row < uint64_t(rows); row <<= 1)
    if (!llvm::is_contained(subgroupRows, row))
      registers.push_back(row << kBits);
  for (uint64_t row : subgroupRows)
    subgroups.push_back(row << kBits);
  for (unsigned i = kBits - sliceBits; i < kBits; ++i)
    subgroups.push_back(uint64_t(1) << i);
  return LinearLayout({rows, int64_t(1) << kBits}, registers, lanes, subgroups);
}

/// The scales of an operand, with the registers in the order in which a packed source stores them.
static LinearLayout makeScaleLayout(const LinearLayout &atomScales, const LinearLayout &data,
                                    ArrayRef<unsigned> order, Value operand) {
  constexpr unsigned inBlock = llvm::ConstantLog2<scaleBlock>();
  // Lanes give scales as the instruction wants them, which for FP8 is not where their numbers lie;
  // all others of the tile are registers.
  LinearLayout layout = getScaleLayout(data, scaleBlock);
  unsigned blockBits = llvm::Log2_64(layout.getShape()[1]);
  std::vector<uint64_t> lanes;
  unsigned atomBlockBits = llvm::Log2_64(atomScales.getShape()[1]);
  for (uint64_t basis : atomScales.getBases(Space::Lane)) {
    uint64_t row = atomScales.getCoordinate(basis, 0), block = atomScales.getCoordinate(basis, 1);
    uint64_t element = row < uint64_t(layout.getShape()[0]) ? row << blockBits : 0;
    // Bits of the block are those of the atom's k above the ones within a block.
    for (unsigned i = 0; i < atomBlockBits; ++i)
      if (block >> i & 1)
        element |= uint64_t(1) << (order[inBlock + i] - inBlock);
    lanes.push_back(element);
  }
  // Scales that an atom takes together are its blocks in a row.
  std::vector<uint64_t> registers;
  for (uint64_t basis : atomScales.getBases(Space::Register))
    registers.push_back(uint64_t(1) << (order[inBlock + llvm::Log2_64(basis)] - inBlock));
  const size_t together = registers.size();
  for (unsigned bit = 0; bit < layout.getNumElementBits(); ++bit) {
    uint64_t basis = uint64_t(1) << bit;
    if (!llvm::is_contained(lanes, basis) && !llvm::is_contained(registers, basis) &&
        !llvm::is_contained(layout.getBases(Space::Subgroup), basis))
      registers.push_back(basis);
  }
  if (tile::LoadOp load = findPackedSource(operand)) {
    SmallVector<int> packed = getPackedBits(load.getRef().getType().getPacked().getScales());
    // Scales that lie together in memory are loaded together: a dword has those of four
    // instructions, of which each selects a byte.
    auto place = [&](uint64_t basis) {
      int bit = llvm::Log2_64(basis);
      int name = bit < int(blockBits) ? bit : -1 - (bit - int(blockBits));
      auto found = llvm::find(packed, name);
      return int(found - packed.begin()) + (found == packed.end() ? bit : 0);
    };
    std::stable_sort(registers.begin() + together, registers.end(),
                     [&](uint64_t x, uint64_t y) { return place(x) < place(y); });
  }
  return LinearLayout(layout.getShape(), registers, lanes, layout.getBases(Space::Subgroup));
}

/// The layout with a lane's registers in the order in which the packed source of `operand` has
/// them; what that does not name comes last.
static LinearLayout orderAsStored(const LinearLayout &layout, Value operand) {
  SmallVector<int> packed = getPackedBits(findPackedSource(operand));
  const unsigned kBits = llvm::Log2_64(layout.getShape()[1]);
  auto place = [&](uint64_t basis) {
    int bit = basis ? llvm::Log2_64(basis) : 0;
    int name = bit < int(kBits) ? bit : -1 - (bit - int(kBits));
    return basis ? llvm::find(packed, name) - packed.begin() : ptrdiff_t(packed.size());
  };
  std::vector<uint64_t> registers = layout.getBases(Space::Register);
  llvm::stable_sort(registers, [&](uint64_t x, uint64_t y) { return place(x) < place(y); });
  return LinearLayout(layout.getShape(), registers, layout.getBases(Space::Lane),
                      layout.getBases(Space::Subgroup));
}

/// The scales [M, blocks] and [N, blocks] of int8 groups, in the lanes that have the products of
/// their rows and columns in `acc`. Registers: those of `acc` first, then the blocks.
static std::pair<LinearLayout, LinearLayout> makeGroupScaleLayouts(const LinearLayout &acc,
                                                                   int64_t blocks) {
  // A row of scales runs along the blocks. The bases of `acc` cut down to rows (or columns) say
  // which rows a lane needs; a register bit that runs the other way would only repeat scales.
  unsigned shift = llvm::Log2_64(blocks);
  auto make = [&](unsigned dim) {
    std::vector<uint64_t> bases[3];
    for (Space space : {Space::Register, Space::Lane, Space::Subgroup})
      for (uint64_t basis : acc.getBases(space)) {
        uint64_t row = uint64_t(acc.getCoordinate(basis, dim)) << shift;
        if (row || space != Space::Register)
          bases[unsigned(space)].push_back(row);
      }
    for (unsigned i = 0; i < shift; ++i)
      bases[0].push_back(uint64_t(1) << i);
    return LinearLayout({acc.getShape()[dim], blocks}, bases[0], bases[1], bases[2]);
  };
  return {make(0), make(1)};
}

std::optional<Format> simt::getOperandFormat(Type type) {
  if (!type)
    return std::nullopt;
  if (auto block = dyn_cast<mx::BlockType>(type)) {
    type = block.getElement();
    if (block.getBlock().size() != 1 || block.getBlockSize() != scaleBlock ||
        block.getStreams().size() != 2)
      return std::nullopt;
    if (type.isInteger(8) && block.getScale().isF32())
      return Format::I8;
    if (!block.hasPowerOfTwoScale())
      return std::nullopt;
    if (isa<Float8E4M3FNType>(type))
      return Format::FP8;
    if (isa<Float8E5M2Type>(type))
      return Format::BF8;
    if (isa<Float6E2M3FNType>(type))
      return Format::FP6;
    if (isa<Float6E3M2FNType>(type))
      return Format::BF6;
    if (isa<Float4E2M1FNType>(type))
      return Format::FP4;
    return std::nullopt;
  }
  if (type.isBF16())
    return Format::BF16;
  if (type.isF32())
    return Format::F32;
  return std::nullopt;
}

const Atom *simt::findAtom(const Geometry &machine, Format a, Format b, bool scaled,
                           StringRef name) {
  for (const Atom &atom : machine.atoms)
    if (atom.isScaled() == scaled && atom.takes(a) && atom.takes(b) &&
        (name.empty() || atom.name == name))
      return &atom;
  return nullptr;
}

/// Chooses the atom of a product of tiles of these types, the one of that name unless it is empty,
/// and what it calls their elements. Fails with a diagnostic where it does not fill one.
static LogicalResult chooseAtom(Operation *op, const Geometry &machine, StringRef name,
                                MmaPlan &plan) {
  auto typeA = cast<RankedTensorType>(op->getOperand(0).getType());
  auto typeB = cast<RankedTensorType>(op->getOperand(1).getType());
  bool scaled = isa<tile::MmaScaledOp>(op);
  std::optional<Format> a = getOperandFormat(typeA.getElementType()),
                        b = getOperandFormat(typeB.getElementType());
  // The narrower of two plain operands is widened, which is exact.
  if (!scaled && a != b)
    a = b = Format::F32;
  const bool scaledAtom = scaled && a != Format::I8;
  const Atom *preferred = a && b ? findAtom(machine, *a, *b, scaledAtom) : nullptr;
  if (!preferred)
    return refuse(op) << "multiplies " << typeA.getElementType() << " by " << typeB.getElementType()
                      << ", for which the machine has no instruction";
  plan.atom = findAtom(machine, *a, *b, scaledAtom, name);
  if (!plan.atom)
    return refuse(op) << "names \"" << name << "\", but the machine multiplies "
                      << typeA.getElementType() << " by " << typeB.getElementType() << " by \""
                      << preferred->name << "\"";
  // Zeros fill up plain operands, but a scaled operand's registers hold packed codes of whole
  // blocks, which nothing clears.
  int64_t k = typeA.getDimSize(1) / plan.slices;
  if (scaled && (!llvm::isPowerOf2_64(k) || k < plan.atom->k))
    return refuse(op) << "has K = " << k << ", not a power of two of at least " << plan.atom->k;
  plan.formatA = *a;
  plan.formatB = *b;
  plan.k = k;
  return success();
}

/// Finds in how many slices of K a product is taken, and whether subgroups can share them. Fails
/// with a diagnostic where not.
static LogicalResult findSlices(Operation *op, unsigned subgroups, MmaPlan &plan) {
  auto typeA = cast<RankedTensorType>(op->getOperand(0).getType());
  auto typeD = cast<RankedTensorType>(op->getResult(0).getType());
  int64_t rows = typeA.getDimSize(0), k = typeA.getDimSize(1), slices = typeD.getDimSize(0) / rows;
  plan.slices = slices;
  if (slices == 1)
    return success();
  if (subgroups % slices != 0)
    return refuse(op) << "has " << slices << " slices of K for " << subgroups
                      << " subgroups, which share them; split is a divisor of subgroups";
  for (int64_t extent : {rows, k, slices})
    if (!llvm::isPowerOf2_64(extent))
      return refuse(op) << "has " << rows << " rows and K = " << k << " in " << slices
                        << " slices, which subgroups share where all are powers of two";
  return success();
}

namespace {
/// What the bits of a subgroup's number select in the result [m, n]: for each bit a basis, with
/// zeros where it makes copies. `both` are those of the result, the others their parts in one
/// operand.
struct SubgroupBases {
  SmallVector<uint64_t> columns, rows;
  std::vector<uint64_t> both;
};
} // namespace

/// Products that take the same left operand as `op`, itself among them.
static int64_t countBeside(Operation *op) {
  Value rows = op->getOperand(0);
  if (auto convert = rows.getDefiningOp<tile::ConvertLayoutOp>())
    rows = convert.getInput();
  auto takes = [](Value value) {
    return llvm::count_if(value.getUses(), [](OpOperand &use) {
      return isa<tile::MmaOp, tile::MmaScaledOp>(use.getOwner()) && use.getOperandNumber() == 0;
    });
  };
  int64_t count = takes(rows);
  for (Operation *user : rows.getUsers())
    if (auto convert = dyn_cast<tile::ConvertLayoutOp>(user))
      count += takes(convert.getResult());
  return count;
}

/// Columns that a subgroup keeps while there are rows to share: 32, so that a scale block of the
/// result stays in one subgroup, or more where it had more than four times as many rows, each of
/// which it would have to read, as columns of all products that take them.
static int64_t getLeastRun(Operation *op, const Atom &atom, int64_t m) {
  int64_t run = std::max<int64_t>(scaleBlock, atom.rows), beside = countBeside(op);
  while (4 * run * beside < m)
    run *= 2;
  return run;
}

/// Subgroups share the columns first, in runs of `run`, then the rows, then smaller runs,
/// but no more rows x columns of them than `most` has, unless it is empty. Subgroups that are left
/// over compute the same again.
static SubgroupBases shareAmongSubgroups(MmaPlan &plan, int64_t m, int64_t n, int64_t run,
                                         unsigned subgroups, ArrayRef<int64_t> most) {
  const Atom &atom = *plan.atom;
  const unsigned subgroupBits = llvm::Log2_32(subgroups);
  const uint64_t rowShift = llvm::Log2_64(n);
  SubgroupBases bases;
  auto take = [&](uint64_t first, uint64_t end, bool column) {
    unsigned &count = column ? plan.subgroupsN : plan.subgroupsM;
    for (uint64_t bit = first; bit < end && bases.both.size() < subgroupBits; bit <<= 1) {
      if (!most.empty() && count == most[column])
        return;
      count *= 2;
      bases.both.push_back(column ? bit : bit << rowShift);
      bases.columns.push_back(column ? bit : 0);
      bases.rows.push_back(column ? 0 : bit);
    }
  };
  take(run, n, /*column=*/true);
  take(atom.columns, m, /*column=*/false);
  take(atom.rows, std::min<uint64_t>(run, n), /*column=*/true);
  bases.both.resize(subgroupBits, 0);
  bases.columns.resize(subgroupBits, 0);
  bases.rows.resize(subgroupBits, 0);
  return bases;
}

/// The layout of the result [m, n], or [slices * m, n]: registers of one atom, then the tiles along
/// N, then those along M, which `plan` counts.
static LinearLayout makeResultLayout(MmaPlan &plan, int64_t m, int64_t n,
                                     const SubgroupBases &split) {
  const Atom &atom = *plan.atom;
  const uint64_t rowShift = llvm::Log2_64(n);
  const LinearLayout &result = atom.result;
  // The atom's first operand is the tile's right one, so its rows are the tile's columns. Where the
  // tile is smaller than the atom, the bits beyond it make copies.
  auto mapResult = [&](uint64_t element) -> uint64_t {
    uint64_t column = result.getCoordinate(element, 0), row = result.getCoordinate(element, 1);
    return (column < uint64_t(n) ? column : 0) | (row < uint64_t(m) ? row << rowShift : 0);
  };
  std::vector<uint64_t> registers, lanes;
  for (uint64_t basis : result.getBases(Space::Register))
    registers.push_back(mapResult(basis));
  for (uint64_t basis : result.getBases(Space::Lane))
    lanes.push_back(mapResult(basis));
  // What neither an atom nor the subgroups cover, each subgroup computes atom after atom.
  for (uint64_t bit = atom.rows; bit < uint64_t(n); bit <<= 1)
    if (!llvm::is_contained(split.columns, bit)) {
      registers.push_back(bit);
      plan.tilesN *= 2;
    }
  for (uint64_t bit = atom.columns; bit < uint64_t(m); bit <<= 1)
    if (!llvm::is_contained(split.rows, bit)) {
      registers.push_back(bit << rowShift);
      plan.tilesM *= 2;
    }
  // A slice's rows are below those of the slices before it.
  std::vector<uint64_t> bases = split.both;
  for (uint64_t bit = 1; bit < plan.slices; bit <<= 1)
    bases.push_back((bit * m) << rowShift);
  return LinearLayout({m * plan.slices, n}, registers, lanes, bases);
}

tile::ProductAttr MmaPlan::getAttr(MLIRContext *context) const {
  SmallVector<int64_t, 3> subgroups{subgroupsM, subgroupsN};
  if (slices > 1)
    subgroups.push_back(slices);
  return tile::ProductAttr::get(context, atom->name, subgroups, {tilesM, tilesN, steps});
}

/// Whether a plan is as it was asked for; emits a diagnostic where not.
static LogicalResult checkPlan(Operation *op, const MmaPlan &plan, tile::ProductAttr asked) {
  tile::ProductAttr made = plan.getAttr(op->getContext());
  if ((asked.getSubgroups().empty() || asked.getSubgroups() == made.getSubgroups()) &&
      (asked.getTiles().empty() || asked.getTiles() == made.getTiles()))
    return success();
  return refuse(op) << "cannot be cut as " << asked << "; the nearest is " << made;
}

FailureOr<MmaPlan> simt::planMma(Operation *op, const Geometry &machine, unsigned subgroups) {
  MmaPlan plan;
  tile::ProductAttr asked = tile::getProduct(op);
  if (failed(findSlices(op, subgroups, plan)) ||
      failed(chooseAtom(op, machine, asked ? asked.getAtom() : StringRef(), plan)))
    return failure();
  const Atom &atom = *plan.atom;
  if (plan.slices > 1 && (plan.k < atom.k || plan.isGrouped()))
    return refuse(op) << "has slices of " << plan.k << " numbers of K, for which \"" << atom.name
                      << "\" is no instruction: it takes " << atom.k
                      << (plan.isGrouped() ? " of one block, and no slices" : " at once");
  auto typeD = cast<RankedTensorType>(op->getResult(0).getType());
  int64_t m = llvm::PowerOf2Ceil(typeD.getDimSize(0) / plan.slices);
  int64_t n = llvm::PowerOf2Ceil(typeD.getDimSize(1)), k = llvm::PowerOf2Ceil(plan.k);
  SubgroupBases split =
      shareAmongSubgroups(plan, m, n, getLeastRun(op, atom, m), subgroups / plan.slices,
                          asked ? asked.getSubgroups() : ArrayRef<int64_t>());
  plan.acc = makeResultLayout(plan, m, n, split);
  plan.steps = std::max<int64_t>(1, k / atom.k);
  if (asked && failed(checkPlan(op, plan, asked)))
    return failure();

  // A subgroup has all of its slice, so a sum never crosses subgroups here. Both operands take the
  // order of K that suits the weight: the activation goes through shared memory, where any lane
  // reaches any element.
  unsigned kBits = llvm::Log2_64(k), sliceBits = llvm::Log2_32(plan.slices);
  bool reordered = false;
  SmallVector<unsigned> order = chooseKBits(atom, plan.formatB, op->getOperand(1),
                                            std::max(kBits, llvm::Log2_32(atom.k)), reordered);
  plan.a.data = makeOperandLayout(atom.getOperandLayout(Side::Second, plan.formatA), atom.columns,
                                  m, order, kBits + sliceBits, sliceBits, split.rows);
  plan.b.data = makeOperandLayout(atom.getOperandLayout(Side::First, plan.formatB), atom.rows, n,
                                  order, kBits + sliceBits, sliceBits, split.columns);
  if (reordered)
    plan.stored = orderAsStored(plan.b.data, op->getOperand(1));
  if (plan.isGrouped()) {
    std::tie(plan.a.scales, plan.b.scales) = makeGroupScaleLayouts(plan.acc, k / scaleBlock);
  } else if (atom.isScaled()) {
    plan.a.scales =
        makeScaleLayout(atom.getScaleLayout(Side::Second), plan.a.data, order, op->getOperand(0));
    plan.b.scales =
        makeScaleLayout(atom.getScaleLayout(Side::First), plan.b.data, order, op->getOperand(1));
  }
  auto mma = dyn_cast<tile::MmaOp>(op);
  if (mma && mma.getOrder() == tile::OperandOrder::KN) {
    plan.b.data = plan.b.data.transpose({1, 0});
    plan.stored.reset();
  }
  return plan;
}

LinearLayout simt::getScaleLayout(const LinearLayout &data, int64_t block) {
  // [.., K] as [.., K / block, block], without its last dimension: what is left is the block of
  // each number, and lanes that share a block share its scale.
  std::vector<int64_t> split = data.getShape();
  split.back() /= block;
  split.push_back(block);
  std::vector<int64_t> shape(split.begin(), split.end() - 1);
  return data.reshape(split).collapse(shape.size()).dropReplicatedRegisters().reshape(shape);
}

LinearLayout simt::getBlockedLayout(ArrayRef<int64_t> shape, unsigned bits, const Geometry &machine,
                                    unsigned subgroups) {
  std::vector<int64_t> padded = getPaddedShape(shape);
  unsigned total = 0, lanes = machine.getLaneBits();
  for (int64_t extent : padded)
    total += llvm::Log2_64(extent);
  unsigned last = padded.empty() ? 0 : llvm::Log2_64(padded.back());
  // 128 bits are the widest access. Registers first, then lanes: neighbouring lanes read
  // neighbouring 16 bytes, and a subgroup reads whole lines in a row.
  unsigned perLane = llvm::Log2_32(128 / bits), least = bits == 4 ? 1 : bits == 6 ? 4 : 0;
  // Few elements: rather all lanes at work than wide accesses, but never part of a register.
  perLane = std::min({perLane, last, std::max(least, total > lanes ? total - lanes : 0u)});
  std::vector<uint64_t> bases[3];
  unsigned next = 0;
  auto take = [&](std::vector<uint64_t> &space, unsigned count) {
    // Past the last bit of the tile lanes and subgroups hold copies.
    for (unsigned i = 0; i < count; ++i, ++next)
      space.push_back(next < total ? uint64_t(1) << next : 0);
  };
  take(bases[0], perLane);
  take(bases[1], lanes);
  take(bases[2], llvm::Log2_32(subgroups));
  if (next < total)
    take(bases[0], total - next);
  return LinearLayout(padded, bases[0], bases[1], bases[2]);
}

TileLayout simt::getBlockedLayout(RankedTensorType type, const Geometry &machine,
                                  unsigned subgroups) {
  auto block = dyn_cast<mx::BlockType>(type.getElementType());
  if (!block) {
    unsigned bits = type.getElementType().isIndex() ? 64 : type.getElementTypeBitWidth();
    return {getBlockedLayout(type.getShape(), std::max(bits, 8u), machine, subgroups),
            std::nullopt};
  }
  SmallVector<int64_t> scales(type.getShape());
  scales.back() /= block.getBlockSize();
  return {getBlockedLayout(type.getShape(), block.getElementBits(), machine, subgroups),
          getBlockedLayout(scales, block.getScaleBits(), machine, subgroups)};
}

LinearLayout simt::getRowLayout(ArrayRef<int64_t> shape, const Geometry &machine,
                                unsigned subgroups) {
  std::vector<int64_t> padded = getPaddedShape(shape);
  unsigned total = 0, lanes = machine.getLaneBits();
  for (int64_t extent : padded)
    total += llvm::Log2_64(extent);
  unsigned last = llvm::Log2_64(padded.back());
  std::vector<uint64_t> bases[3];
  unsigned next = 0;
  auto take = [&](std::vector<uint64_t> &space, unsigned end) {
    space.push_back(next < end ? uint64_t(1) << next++ : 0);
  };
  // Registers get the low bits of the column, so that few exchanges between lanes remain; lanes get
  // the high ones. A row shorter than the lanes leaves lane bits zero.
  while (next + lanes < last)
    take(bases[0], last);
  for (unsigned i = 0; i < lanes; ++i)
    take(bases[1], last);
  for (unsigned i = 0; i < llvm::Log2_32(subgroups); ++i)
    take(bases[2], total);
  while (next < total)
    take(bases[0], total);
  return LinearLayout(padded, bases[0], bases[1], bases[2]);
}
