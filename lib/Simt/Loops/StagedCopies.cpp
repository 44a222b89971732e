//===- StagedCopies.cpp - Tiles that pass no register ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A copy writes what lanes have in the order of the lanes, so where an element lies in shared
// memory is decided by which lane copies it. The address map is chosen for the reads alone, and its
// inverse says what each lane copies.
//
//===----------------------------------------------------------------------===//
#include "../Layout/Divisibility.h"
#include "../Layout/SharedBanks.h"
#include "../Lower/KernelLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::simt;
using Space = LinearLayout::Space;

//===----------------------------------------------------------------------===//
// Which loads
//===----------------------------------------------------------------------===//

/// Bytes of a row below which a copy wastes most of a line of memory.
static constexpr int64_t kLeastRun = 64;

static bool isProduct(Operation *op) { return isa<tile::MmaOp, tile::MmaScaledOp>(op); }

/// Whether the same lanes hold the same elements in both layouts.
static bool keepsLanes(const LinearLayout &from, const LinearLayout &to) {
  for (Space space : {Space::Lane, Space::Subgroup})
    if (from.getBases(space) != to.getBases(space))
      return false;
  return llvm::all_of(llvm::seq(to.getNumRegisters()), [&](unsigned reg) {
    return findRegister(from, to.getElement(reg, 0, 0)).has_value();
  });
}

/// Whether the op writes rows of numbers that are chosen by what is known before the loop.
static bool scattersNumbers(Operation *op) {
  auto scatter = dyn_cast<tile::ScatterOp>(op);
  return scatter && !scatter.getRef().getType().getBlock() &&
         cast<LoopLikeOpInterface>(op->getParentOp()).isDefinedOutsideOfLoop(scatter.getRows());
}

/// Whether lowering `op`, which is in the body of a staged loop, may need shared memory, which has
/// the slots. Rows that are chosen before the loop are in registers by then.
static bool mayUseShared(Operation *op, const KernelLayouts &layouts) {
  if (isa<tile::LoadOp, tile::GatherOp, tile::ViewOp, scf::YieldOp, tile::DequantizeOp>(op) ||
      isProduct(op) || scattersNumbers(op))
    return false;
  if (isa<tile::ConvertLayoutOp>(op)) {
    const TileLayout &from = layouts.get(op->getOperand(0)), &to = layouts.get(op->getResult(0));
    return !keepsLanes(from.data, to.data) ||
           (from.scales && !keepsLanes(*from.scales, *to.scales));
  }
  return op->getNumRegions() > 0 || isa<tile::TileDialect>(op->getDialect());
}

/// Whether `value` is the same in all steps.
static bool isFixed(scf::ForOp loop, Value value) {
  return loop.isDefinedOutsideOfLoop(value) || getConstant(value);
}

/// Whether `index` is the step's number, perhaps plus what is the same for all steps.
static bool followsSteps(scf::ForOp loop, Value index) {
  if (index == loop.getInductionVar())
    return true;
  auto sum = index.getDefiningOp<arith::AddIOp>();
  return sum && ((sum.getLhs() == loop.getInductionVar() && isFixed(loop, sum.getRhs())) ||
                 (sum.getRhs() == loop.getInductionVar() && isFixed(loop, sum.getLhs())));
}

/// What divides the columns at which the pieces of tiles begin: the first tile's where pieces of
/// all steps are copied at once, else every tile's. The index is one that follows steps.
static int64_t getColumnDivisor(scf::ForOp loop, Value index, bool first) {
  if (!first || isFixed(loop, index))
    return getDivisor(index);
  int64_t divisor = getDivisor(loop.getLowerBound());
  if (auto sum = index.getDefiningOp<arith::AddIOp>())
    for (Value part : {sum.getLhs(), sum.getRhs()})
      if (part != loop.getInductionVar())
        divisor = std::gcd(divisor, getDivisor(part));
  return divisor;
}

namespace {
/// What loads and gathers have alike.
struct LoadParts {
  explicit LoadParts(Operation *op) : op(op) {
    auto take = [&](auto load) {
      ref = load.getRef();
      indices = load.getIndices();
      bounds = load.getBounds();
      type = load.getResult().getType();
    };
    if (auto gather = dyn_cast<tile::GatherOp>(op)) {
      take(gather);
      rows = gather.getRows();
    } else {
      take(cast<tile::LoadOp>(op));
    }
  }

  Operation *op;
  TypedValue<tile::RefType> ref;
  OperandRange indices = OperandRange(nullptr, 0), bounds = OperandRange(nullptr, 0);
  RankedTensorType type;
  /// Row indices, or null.
  Value rows;
};
} // namespace

/// How many of the tile's columns exist in the last step, where those of all others do; 0 if that
/// is not known.
static int64_t getLastColumns(scf::ForOp loop, const LoadParts &load) {
  int64_t columns = load.type.getShape().back();
  if (load.bounds.empty() || isAtLeast(load.bounds.back(), columns))
    return columns;
  std::optional<int64_t> last = getLastBound(load.bounds.back(), loop);
  bool ends = last && *last > 0 && *last + *getConstant(loop.getStep()) >= columns;
  return ends && !isFixed(loop, load.indices.back()) ? *last : 0;
}

/// Whether all that changes from step to step, if anything does, is where in its rows a tile begins
/// of which only the last step has a part.
static bool runsAlongRows(scf::ForOp loop, const LoadParts &load) {
  if (load.type.getRank() != 2 || load.ref.getType().getPacked() || load.indices.empty() ||
      !llvm::all_of(load.type.getShape(), llvm::isPowerOf2_64))
    return false;
  auto fixed = [&](Value value) { return isFixed(loop, value); };
  Value column = load.indices.back();
  if (!llvm::all_of(load.indices.drop_back(), fixed) ||
      !(fixed(column) || followsSteps(loop, column)))
    return false;
  return load.bounds.empty() || (fixed(load.bounds.front()) && getLastColumns(loop, load) > 0);
}

/// Whether products of `loop` take the tile, and nothing else does.
static bool isForProducts(scf::ForOp loop, Value tile) {
  return llvm::all_of(tile.getUsers(), [&](Operation *user) {
    auto convert = dyn_cast<tile::ConvertLayoutOp>(user);
    return convert && llvm::all_of(convert->getUsers(), [&](Operation *user) {
             return isProduct(user) && user->getBlock() == loop.getBody();
           });
  });
}

LinearLayout StagedStream::embed(const LinearLayout &layout) const {
  std::vector<uint64_t> bases[3];
  for (Space space : {Space::Register, Space::Lane, Space::Subgroup})
    for (uint64_t basis : layout.getBases(space))
      bases[unsigned(space)].push_back(layout.getCoordinate(basis, 0) * padded +
                                       layout.getCoordinate(basis, 1));
  return LinearLayout({rows, padded}, bases[0], bases[1], bases[2]);
}

/// Chooses the pieces in which rows of so many bytes are copied whose first one is a multiple of
/// `first`. None crosses a line of memory that another row or step needs, so each is aligned to its
/// size in every row and step, and is in or out of the columns as a whole.
static void choosePieces(StagedStream &stream, int64_t rowBytes, int64_t first,
                         ArrayRef<unsigned> copyBytes) {
  const int64_t bytes = stream.stored.bytes;
  int64_t common = std::gcd(std::gcd(rowBytes, first), stream.copied * bytes);
  // What is whole ends where its last columns do.
  if (!stream.isWhole)
    common = std::gcd(common, stream.lastColumns * bytes);
  const unsigned *found =
      llvm::find_if(copyBytes, [&](unsigned size) { return common % size == 0; });
  if (found != copyBytes.end()) {
    stream.pieceBytes = *found;
  } else if (stream.isWhole) {
    // Before the first step there are registers, and time.
    stream.pieceBytes = common & -common;
    stream.byRegisters = true;
  }
}

/// The stored elements of one stream of the tile, in so many steps; nothing if a lane cannot copy
/// them.
static std::optional<StagedStream> makeStream(const Ref &ref, mx::BlockStream stream,
                                              const LoadParts &load, const LinearLayout &wanted,
                                              const StagedLoop &loop, const Geometry &machine) {
  StagedStream made(StoredRef(ref, stream), stream);
  const StoredRef &stored = made.stored;
  made.rows = load.type.getDimSize(0);
  made.columns = load.type.getDimSize(1) / stored.perElement;
  if (made.columns < 1 || !llvm::isPowerOf2_32(stored.bytes) || stored.bytes > 4)
    return std::nullopt;
  int64_t last = getLastColumns(loop.op, load);
  // Codes that share what is stored are in or out together; a scale is that of a part of its block.
  if (stream == mx::BlockStream::Codes && last % stored.perElement != 0)
    return std::nullopt;
  made.lastColumns = llvm::divideCeil(last, stored.perElement);
  int64_t rowBytes =
      stored.bytes * llvm::divideCeil(ref.type.getDim(ref.type.getRank() - 1), stored.perElement);
  int64_t stepBytes = made.columns * stored.bytes;
  Value column = load.indices.back();
  bool once = isFixed(loop.op, column);
  int64_t steps = once ? 1 : loop.steps;
  // Few bytes of a row would be a line of memory each, step after step.
  bool isShort = stream != mx::BlockStream::Codes && stepBytes < kLeastRun;
  made.isWhole = (once || isShort) && made.rows * llvm::PowerOf2Ceil(stepBytes * steps) <=
                                          getWholeBytes(machine.sharedBytes);
  made.copied = made.isWhole ? made.columns * (steps - 1) + made.lastColumns : made.columns;
  made.padded = llvm::PowerOf2Ceil(made.copied);
  choosePieces(made, rowBytes,
               getColumnDivisor(loop.op, column, made.isWhole) / stored.perElement * stored.bytes,
               machine.copyBytes);
  made.bytes = made.rows * made.padded * stored.bytes;
  // What all steps read alike is copied once, or not at all.
  if (once && !made.isWhole)
    return std::nullopt;
  if (made.pieceBytes == 0 || wanted.getNumElementBits() != llvm::Log2_64(made.rows * made.columns))
    return std::nullopt;
  return made;
}

/// The loads of `loop` that copies can take the place of. None if the body needs shared memory for
/// something else.
static SmallVector<StagedTile, 1> findStaged(const StagedLoop &loop, const Geometry &machine,
                                             llvm::function_ref<const Ref &(Value)> getRef,
                                             const KernelLayouts &layouts) {
  scf::ForOp op = loop.op;
  SmallVector<StagedTile, 1> found;
  llvm::SmallPtrSet<Operation *, 4> staged;
  for (Value tile : loop.ahead.tiles) {
    LoadParts load(tile.getDefiningOp());
    if (tile.use_empty() || !isForProducts(op, tile) || !runsAlongRows(op, load))
      continue;
    const Ref &ref = getRef(load.ref);
    mx::BlockType block = ref.type.getBlock();
    // Products take codes of six bits from registers alone.
    if (block && block.getElementBits() == 6)
      continue;
    const TileLayout wanted = layouts.get(tile.user_begin()->getResult(0));
    auto codes = makeStream(
        ref, mx::BlockStream::Codes, load,
        block ? wanted.data.packLast(CodeRegister(block).log2Codes) : wanted.data, loop, machine);
    if (!codes)
      continue;
    codes->element = block ? IntegerType::get(op.getContext(), CodeRegister(block).bits)
                           : load.type.getElementType();
    StagedTile made{load.op, std::move(*codes), std::nullopt};
    if (block) {
      made.scales = makeStream(ref, mx::BlockStream::Scales, load, *wanted.scales, loop, machine);
      if (!made.scales)
        continue;
      made.scales->element = getScaleType(block);
    }
    staged.insert(load.op);
    found.push_back(std::move(made));
  }
  for (Operation &inner : *op.getBody()) {
    bool isStaged =
        isa<tile::ConvertLayoutOp>(inner) && staged.contains(inner.getOperand(0).getDefiningOp());
    if (!isStaged && mayUseShared(&inner, layouts))
      return {};
  }
  return found;
}

//===----------------------------------------------------------------------===//
// Where elements lie, and who copies them
//===----------------------------------------------------------------------===//

/// Chooses where elements lie for reads in the layout `wanted`, and so what each lane copies.
static void placeStream(StagedStream &stream, const LinearLayout &wanted, unsigned subgroups,
                        const Geometry &machine, unsigned &conflicts) {
  unsigned log2Bytes = stream.getLog2Bytes(), access = getAccessBits(wanted, log2Bytes);
  unsigned pieceBits = llvm::Log2_32(stream.pieceBytes) - log2Bytes;
  unsigned bytes = stream.stored.bytes << access;
  LinearLayout embedded = stream.embed(wanted);
  SharedEnd reads{embedded, std::max(access, pieceBits), bytes,
                  machine.getBankGroups(SharedAccess::Read, bytes)};
  // Rows stay whole, so that neighbouring lanes copy neighbouring pieces of memory.
  stream.address =
      chooseSwizzle(reads, llvm::Log2_64(stream.padded), log2Bytes, machine, conflicts);
  BitMatrix elementAt = *stream.address.getRightInverse();
  unsigned next = 0, total = embedded.getNumElementBits();
  std::vector<uint64_t> bases[3];
  auto take = [&](Space space, unsigned count) {
    // Lanes beyond the last piece copy one again, behind it.
    for (unsigned i = 0; i < count; ++i, ++next)
      bases[unsigned(space)].push_back(next < total ? elementAt.apply(uint64_t(1) << next) : 0);
  };
  take(Space::Register, pieceBits);
  take(Space::Lane, machine.getLaneBits());
  take(Space::Subgroup, llvm::Log2_32(subgroups));
  if (next < total)
    take(Space::Register, total - next);
  stream.pieces = LinearLayout({stream.rows, stream.padded}, bases[0], bases[1], bases[2]);
  stream.bytes = std::max(stream.bytes, machine.lanes * subgroups * stream.pieceBytes);
}

Value KernelLowering::emitIsBefore(const StagedStream &stream, Value mine, unsigned reg,
                                   int64_t end) {
  uint64_t constant = stream.pieces.getElement(reg, 0, 0);
  Value column = arith::AndIOp::create(builder, arith::XOrIOp::create(builder, mine, i32(constant)),
                                       i32(stream.padded - 1));
  return arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, column, i32(end));
}

/// The bits of a row's number that lanes and subgroups choose.
[[maybe_unused]] static int64_t getRowsOfLanes(const LinearLayout &layout) {
  int64_t bits = 0;
  for (Space space : {Space::Lane, Space::Subgroup})
    for (uint64_t basis : layout.getBases(space))
      bits |= layout.getCoordinate(basis, 0);
  return bits;
}

void KernelLowering::openStream(const StagedTile &tile, StagedStream &stream) {
  LoadParts load(tile.load);
  Access access = makeAccess(refs[load.ref], stream.stream, load.type, load.indices, load.bounds,
                             bool(load.rows));
  Distributed rows;
  if (load.rows)
    rows = getRowsBefore(access.bounds[0], load.rows, stream.pieces);
  // Of all bits of an element's number: columns beyond the tile's are those of later steps.
  unsigned columnBits = llvm::Log2_64(stream.padded);
  SmallVector<int64_t> weights;
  for (unsigned bit = 0; bit < columnBits; ++bit)
    weights.push_back(int64_t(access.bytes) << bit);
  for (unsigned bit = llvm::Log2_64(stream.columns); bit < access.weights.size(); ++bit)
    weights.push_back(access.weights[bit] * access.bytes);
  Value tileExists = access.exists;
  Value window = machine.openWindow(builder, access.base, tileExists);
  // Bits that lanes choose and those of a piece's number may meet, so they are not added.
  Value mine = emitLaneBits(stream.pieces, [](uint64_t element) { return element; });
  Value myRow = arith::ShRUIOp::create(builder, mine, i32(columnBits));
  unsigned perPiece = stream.pieceBytes / access.bytes;
  for (unsigned reg = 0; reg < stream.pieces.getNumRegisters(); reg += perPiece) {
    uint64_t constant = stream.pieces.getElement(reg, 0, 0);
    Value element = arith::XOrIOp::create(builder, mine, i32(constant));
    Value offset = emitWeightedBits(element, weights), exists;
    auto require = [&](Value condition) {
      exists = exists ? Value(arith::AndIOp::create(builder, exists, condition)) : condition;
    };
    if (tileExists)
      require(tileExists);
    if (access.bounds[0] && !load.rows) {
      // The piece's part of the row moves to the other side, where it is uniform.
      int64_t row = stream.pieces.getCoordinate(constant, 0);
      assert(!(row & getRowsOfLanes(stream.pieces)) && "sums of such parts are no rows");
      Value bound = arith::SubIOp::create(builder, access.bounds[0], i32(row));
      require(arith::CmpIOp::create(builder, arith::CmpIPredicate::slt, myRow, bound));
    }
    if (stream.copied != stream.padded)
      require(emitIsBefore(stream, mine, reg, stream.copied));
    if (load.rows) {
      uint64_t row = stream.pieces.getCoordinate(constant, 0);
      Value index = rows.chunks[*findRegister(rows.layout, row)];
      // −1 names no row.
      if (!machine.isOutOfBoundsBelow())
        require(arith::CmpIOp::create(builder, arith::CmpIPredicate::sge, index, i32(0)));
      Value start = arith::MulIOp::create(builder, index, i32(access.rowBytes));
      offset = arith::AddIOp::create(builder, offset, start);
    }
    stream.sources.push_back(
        {window, machine.emitPlace(builder, window, offset, 0, exists), exists, stream.pieceBytes});
  }
}

/// For each of so many slots the scope of its bytes, and those of the others.
static SmallVector<CopyScopes> makeScopes(MLIRContext *context, unsigned slots) {
  auto domain = LLVM::AliasScopeDomainAttr::get(context, StringAttr::get(context, "slots"));
  SmallVector<Attribute> all;
  for (unsigned slot = 0; slot < slots; ++slot)
    all.push_back(
        LLVM::AliasScopeAttr::get(domain, StringAttr::get(context, "slot " + Twine(slot))));
  SmallVector<CopyScopes> scopes;
  for (Attribute own : all) {
    SmallVector<Attribute> others(all);
    llvm::erase(others, own);
    scopes.push_back({ArrayAttr::get(context, own), ArrayAttr::get(context, others)});
  }
  return scopes;
}

void KernelLowering::openOperands(StagedCopies &made) {
  for (auto [number, tile] : llvm::enumerate(made.tiles))
    for (Operation *user : tile.load->getUsers()) {
      Value operand = user->getResult(0);
      StagedOperand &taken = made.operands[operand];
      taken.tile = number;
      taken.layout = layouts.get(operand);
      if (auto block = dyn_cast<mx::BlockType>(getElementTypeOrSelf(operand.getType())))
        taken.layout.data = taken.layout.data.packLast(CodeRegister(block).log2Codes);
      auto getPart = [&](const StagedStream &stream, const LinearLayout &layout) {
        return emitLaneBits(stream.embed(layout), [&](uint64_t basis) {
          return stream.address.apply(basis) << stream.getLog2Bytes();
        });
      };
      taken.codesPart = getPart(tile.codes, taken.layout.data);
      if (tile.scales)
        taken.scalesPart = getPart(*tile.scales, *taken.layout.scales);
    }
}

LogicalResult KernelLowering::openCopies(StagedLoop &loop, Value first) {
  if (!loop.copies || machine.copyBytes.empty())
    return success();
  // Which tiles there are depends on the refs that they are of.
  for (auto view : loop.op.getBody()->getOps<tile::ViewOp>())
    if (failed(lowerView(view)))
      return failure();
  StagedCopies made;
  made.tiles =
      findStaged(loop, machine, [&](Value ref) -> const Ref & { return refs[ref]; }, layouts);
  if (made.tiles.empty())
    return success();
  for (Operation &inner : *loop.op.getBody())
    if (scattersNumbers(&inner)) {
      auto scatter = cast<tile::ScatterOp>(inner);
      getRows(scatter.getRows(), layouts.get(scatter.getValue()).data.dropReplicatedRegisters());
    }
  // The first step says where tiles begin.
  scalars.map(loop.op.getInductionVar(), first);
  for (Operation *part : loop.ahead.ops)
    if (!loop.ahead.loads.contains(part) && failed(lowerOp(part)))
      return failure();
  made.first = first;
  auto open = [&](const StagedTile &tile, StagedStream &stream, const LinearLayout &wanted) {
    unsigned conflicts = 0;
    placeStream(stream, wanted, layouts.subgroups, machine, conflicts);
    metrics.bankConflicts = std::max(metrics.bankConflicts, conflicts);
    openStream(tile, stream);
    unsigned &bytes = stream.isWhole ? made.wholeBytes : made.slotBytes;
    stream.offset = bytes;
    bytes += llvm::alignTo(stream.bytes, 128);
    if (!stream.isWhole)
      made.accesses += stream.sources.size();
  };
  for (StagedTile &tile : made.tiles) {
    const TileLayout &wanted = layouts.get(tile.load->user_begin()->getResult(0));
    mx::BlockType block = tile.codes.stored.type.getBlock();
    open(tile, tile.codes,
         block ? wanted.data.packLast(CodeRegister(block).log2Codes) : wanted.data);
    if (tile.scales)
      open(tile, *tile.scales, *wanted.scales);
    llvm::erase(loop.ahead.tiles, tile.load->getResult(0));
    llvm::erase(loop.ahead.ops, tile.load);
    // Products read what the other ops would have made.
    loop.ahead.loads.insert(tile.load->user_begin(), tile.load->user_end());
  }
  made.slots = loop.stages;
  made.scopes = makeScopes(builder.getContext(), made.slots + 1);
  openOperands(made);
  // Others may still read what an earlier conversion left in the slots.
  getShared(made.slots * made.slotBytes + made.wholeBytes);
  emitBarrier();
  copies = std::move(made);
  for (const StagedTile &tile : copies->tiles) {
    if (tile.codes.isWhole)
      copyStream(tile.codes, copies->slots, i32(0), /*isLast=*/false);
    if (tile.scales && tile.scales->isWhole)
      copyStream(*tile.scales, copies->slots, i32(0), /*isLast=*/false);
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

Value KernelLowering::getSlot(unsigned slot, unsigned offset) {
  Value base = getShared(0);
  return LLVM::GEPOp::create(builder, base.getType(), builder.getI8Type(), base,
                             ArrayRef<LLVM::GEPArg>{int32_t(slot * copies->slotBytes + offset)});
}

Value KernelLowering::getStepColumn(const StagedStream &stream, Value number) {
  Value column = arith::IndexCastOp::create(builder, builder.getI32Type(),
                                            arith::SubIOp::create(builder, number, copies->first));
  if (stream.stored.perElement != 1)
    column = arith::DivUIOp::create(builder, column, i32(stream.stored.perElement));
  return column;
}

void KernelLowering::copyStream(const StagedStream &stream, unsigned slot, Value distance,
                                bool isLast) {
  SmallVector<WindowPlace> sources(stream.sources);
  if (isLast && stream.lastColumns != stream.columns) {
    // A row's end is not that of memory: what is behind it is another row's.
    Value element = emitLaneBits(stream.pieces, [](uint64_t element) { return element; });
    unsigned perPiece = stream.pieceBytes / stream.stored.bytes;
    for (auto [number, source] : llvm::enumerate(sources))
      source = machine.narrowPlace(
          builder, source, emitIsBefore(stream, element, number * perPiece, stream.lastColumns));
  }
  // Loads to registers are all under way before the first is waited for.
  SmallVector<Value> loaded;
  if (stream.byRegisters)
    for (const WindowPlace &source : sources)
      loaded.push_back(
          machine.emitLoad(builder, source, builder.getIntegerType(8 * stream.pieceBytes)));
  Value mine = arith::MulIOp::create(builder, subgroup, i32(machine.lanes * stream.pieceBytes));
  if (stream.byRegisters)
    mine = arith::AddIOp::create(builder, mine,
                                 arith::MulIOp::create(builder, lane, i32(stream.pieceBytes)));
  for (auto [number, source] : llvm::enumerate(sources)) {
    Value place = getSlot(slot, stream.offset + number * metrics.threads * stream.pieceBytes);
    place = LLVM::GEPOp::create(builder, place.getType(), builder.getI8Type(), place,
                                ArrayRef<LLVM::GEPArg>{mine});
    if (!stream.byRegisters) {
      machine.emitCopy(builder, source, distance, place, stream.pieceBytes, copies->scopes[slot]);
      continue;
    }
    auto store = LLVM::StoreOp::create(builder, loaded[number], place, stream.pieceBytes);
    store.setAliasScopesAttr(copies->scopes[slot].own);
    store.setNoaliasScopesAttr(copies->scopes[slot].others);
  }
}

void KernelLowering::emitCopies(Value number, unsigned slot, bool isLast) {
  auto copy = [&](const StagedStream &stream) {
    if (stream.isWhole)
      return;
    Value distance =
        arith::MulIOp::create(builder, getStepColumn(stream, number), i32(stream.stored.bytes));
    copyStream(stream, slot, distance, isLast);
  };
  for (const StagedTile &tile : copies->tiles) {
    copy(tile.codes);
    if (tile.scales)
      copy(*tile.scales);
  }
  machine.endCopies(builder);
}

void KernelLowering::readFixedScales() {
  constexpr unsigned together = 4;
  auto read = [&](StagedOperand &operand, const StagedStream &stream) {
    const LinearLayout &layout = *operand.layout.scales;
    unsigned count = layout.getNumRegisters();
    unsigned run = std::min(together, 1u << layout.getContiguousBits());
    if (count % together != 0)
      return;
    Distributed fixed{layout, stream.element, {}, together};
    for (unsigned reg = 0; reg < count; reg += together) {
      Value word = i32(0);
      for (unsigned part = 0; part < together; part += run) {
        Value bytes = readStaged(operand, /*scales=*/true, reg + part, run);
        Type whole = builder.getIntegerType(8 * run);
        if (bytes.getType() != whole)
          bytes = LLVM::BitcastOp::create(builder, whole, bytes);
        if (run < together)
          bytes = arith::ExtUIOp::create(builder, builder.getI32Type(), bytes);
        bytes = arith::ShLIOp::create(builder, bytes, i32(8 * part));
        word = arith::OrIOp::create(builder, word, bytes);
      }
      fixed.chunks.push_back(
          LLVM::BitcastOp::create(builder, getChunkType(stream.element, together), word));
    }
    operand.fixedScales = std::move(fixed);
  };
  for (StagedTile &tile : copies->tiles) {
    // Steps of a loop along K have scales of their own, wherever they were copied.
    bool isFixed = tile.scales && tile.scales->isWhole &&
                   tile.scales->copied == tile.scales->columns && tile.scales->stored.bytes == 1;
    if (isFixed)
      for (Operation *user : tile.load->getUsers())
        read(copies->operands[user->getResult(0)], *tile.scales);
  }
}

Value KernelLowering::readStaged(const StagedOperand &operand, bool scales, unsigned first,
                                 unsigned width) {
  if (scales && operand.fixedScales)
    return extractRegisters(builder, builder.getLoc(), *operand.fixedScales, first, width);
  const StagedTile &tile = copies->tiles[operand.tile];
  const StagedStream &stream = scales ? *tile.scales : tile.codes;
  LinearLayout layout = stream.embed(scales ? *operand.layout.scales : operand.layout.data);
  unsigned slot = stream.isWhole ? copies->slots : copies->current;
  SharedImage image{stream.address, stream.getLog2Bytes(), getSlot(slot, stream.offset)};
  Value mine = scales ? operand.scalesPart : operand.codesPart;
  if (stream.copied != stream.columns) {
    SmallVector<uint64_t> bases;
    for (int64_t column = 1; column < stream.padded; column *= 2)
      bases.push_back(image.getOffset(column));
    mine = arith::XOrIOp::create(builder, mine,
                                 emitXorBits(getStepColumn(stream, copies->number), bases));
  }
  unsigned run = std::min(width, 1u << getAccessBits(layout, image.log2Bytes));
  Distributed read{layout, stream.element, {}, run};
  for (unsigned reg = first; reg < first + width; reg += run) {
    Value place = emitSharedPlace(builder, image, layout, mine, reg);
    auto load = LLVM::LoadOp::create(builder, getChunkType(stream.element, run), place,
                                     run * stream.stored.bytes);
    load.setAliasScopesAttr(copies->scopes[slot].own);
    load.setNoaliasScopesAttr(copies->scopes[slot].others);
    read.chunks.push_back(load);
  }
  return extractRegisters(builder, builder.getLoc(), read, 0, width);
}
