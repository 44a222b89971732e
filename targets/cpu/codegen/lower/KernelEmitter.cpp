//===- KernelEmitter.cpp - A kernel in program order ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The function of the kernel ABI, the loop over blocks, and the walk over a block's program.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/KernelEmitter.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// Every worker's scratch starts with a place for partial vectors.
static constexpr uint64_t bounceBytes = 128;
/// Vectors read past the end of a tile, never further than this.
static constexpr uint64_t slackBytes = 256;

FailureOr<LoweredKernel> KernelEmitter::emit(ModuleOp module) {
  b.setInsertionPointToEnd(module.getBody());
  Type ptr = b.ptrType(), i64 = b.getI64Type();
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()),
                                          {ptr, ptr, i64, i64, ptr});
  state.function = LLVM::LLVMFuncOp::create(b, state.kernel.getSymName(), type);
  b.setInsertionPointToStart(state.function.addEntryBlock(b));
  state.kernel.walk([&](Operation *op) {
    if (isa<tile::StoreOp, tile::ScatterOp>(op))
      state.writtenRefs.insert(getRoot(getAccess(op)->refValue));
  });
  emitBlocks();
  LLVM::ReturnOp::create(b, ValueRange());
  if (state.failed)
    return failure();
  // [bounce | tiles, as high as the stack gets | slack], in bytes from the worker's pointer.
  return LoweredKernel{scratch.getBytes() + slackBytes, products.getInstructions()};
}

void KernelEmitter::emitBlocks() {
  Value words = state.function.getArgument(0), grid = state.function.getArgument(1);
  state.bounce = state.function.getArgument(4);
  scratch.start(state.bounce, bounceBytes);
  state.zeros = getZeros();
  // Arguments are words of 8 bytes: a ref is a pointer, a block-scaled one a pointer for each of
  // its arrays, a number itself.
  int64_t word = 0;
  for (BlockArgument argument : state.kernel.getKernelArguments()) {
    auto loadWord = [&](Type type) { return b.load(type, b.offset(words, 8 * word++)); };
    if (auto ref = dyn_cast<tile::RefType>(argument.getType())) {
      Streams &streams = state.refs[argument];
      streams.data = loadWord(b.ptrType());
      if (mx::BlockType block = ref.getBlock()) {
        streams.scales = loadWord(b.ptrType());
        streams.zeros = block.getZero() ? loadWord(b.ptrType()) : Value();
        streams.global = block.getGlobal() ? loadWord(b.ptrType()) : Value();
      }
    } else {
      state.scalars.map(argument, b.castTo(loadWord(b.getI64Type()), b.getIndexType()));
    }
  }
  Value extents[3];
  for (unsigned axis = 0; axis != 3; ++axis) {
    Value extent = b.load(b.getI32Type(), b.offset(grid, 4 * axis));
    extents[axis] = b.castTo(b.zext(extent, b.getI64Type()), b.getIndexType());
  }
  // Workers get ranges of linear numbers. The fastest axis of the order changes from block to
  // block, so that neighbours share the operand that does not move along it, in the cache.
  std::array<unsigned, 3> order = {0, 1, 2};
  if (auto schedule = state.kernel.getScheduleAttr())
    order = schedule.getOrder();
  Value begin = b.castTo(state.function.getArgument(2), b.getIndexType());
  Value end = b.castTo(state.function.getArgument(3), b.getIndexType());
  b.loop(begin, end, 1, [&](Value linear) {
    Value rest = linear;
    for (unsigned place = 0; place != 3; ++place) {
      unsigned axis = order[place];
      Value id = rest;
      if (place != 2) {
        id = arith::RemUIOp::create(b, rest, extents[axis]);
        rest = arith::DivUIOp::create(b, rest, extents[axis]);
      }
      state.scalars.map(state.kernel.getBlockId(axis), id);
    }
    visitBlock(state.kernel.getBodyRegion().front());
  });
}

Value KernelEmitter::getZeros() {
  auto module = state.function->getParentOfType<ModuleOp>();
  constexpr StringLiteral name = "moec_zeros";
  // Bytes; more than any run that is read in place of a row that does not exist, a vector or the
  // codes of a block.
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), 256);
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    auto global = LLVM::GlobalOp::create(b, type, /*isConstant=*/true, LLVM::Linkage::Internal,
                                         name, Attribute(), /*alignment=*/64);
    b.createBlock(&global.getInitializerRegion());
    LLVM::ReturnOp::create(b, LLVM::ZeroOp::create(b, type).getResult());
  }
  return LLVM::AddressOfOp::create(b, b.ptrType(), name);
}

void KernelEmitter::visitBlock(Block &block) {
  for (Operation &op : block.without_terminator()) {
    b.setLoc(op.getLoc());
    visit(&op);
  }
}

static bool touchesTiles(Operation *op) {
  auto isTile = [](Type type) { return isa<RankedTensorType>(type); };
  return llvm::any_of(op->getResultTypes(), isTile) || llvm::any_of(op->getOperandTypes(), isTile);
}

/// Whether a product's accumulator has rows for several slices of K.
static bool hasSlices(Operation *product) {
  auto rows = [&](unsigned operand) {
    return cast<RankedTensorType>(product->getOperand(operand).getType()).getDimSize(0);
  };
  return rows(0) != rows(2);
}

void KernelEmitter::visit(Operation *op) {
  if (isa<tile::MmaOp, tile::MmaScaledOp>(op) && hasSlices(op))
    return state.unsupported(op, "sums slices of K by themselves, which has no lowering for this "
                                 "machine; schedule it with split = 1");
  TypeSwitch<Operation *>(op)
      .Case([&](scf::ForOp op) { visitFor(op); })
      .Case([&](scf::IfOp op) { visitIf(op); })
      .Case<tile::StoreOp, tile::ScatterOp>([&](Operation *op) { puller.emitStore(op); })
      .Case([&](tile::ReduceOp op) { puller.emitReduce(op); })
      .Case([&](tile::MmaOp op) { products.emit(op); })
      .Case([&](tile::MmaScaledOp op) { products.emit(op); })
      .Case([&](tile::ConcatOp op) { emitConcat(op); })
      .Case([&](tile::ScanOp op) { emitScan(op); })
      .Case([&](tile::HistogramOp op) { emitHistogram(op); })
      .Case([&](tile::RankOp op) { emitRank(op); })
      .Case([&](tile::TopKOp op) { emitTopK(op); })
      .Case([&](tile::TopKMergeOp op) { emitTopKMerge(op); })
      .Default([&](Operation *op) {
        if (!touchesTiles(op))
          return visitScalar(op);
        if (puller.worthKeeping(op) && !puller.leaveToReduction(op))
          for (Value result : op->getResults())
            puller.getBuffer(result);
      });
}

void KernelEmitter::visitScalar(Operation *op) {
  if (isa<tile::ViewOp>(op))
    return;
  if (auto load = dyn_cast<tile::LoadScalarOp>(op)) {
    tile::RefType ref = load.getRef().getType();
    Value offset = b.index(0);
    for (auto [dim, index] : llvm::enumerate(load.getIndices()))
      offset = b.add(dim == 0 ? offset : b.mul(offset, ref.getDim(dim)), state.scalar(index));
    Type element = load.getType();
    Value pointer = state.getStreams(load.getRef()).data;
    Type lane = element.isInteger(1) ? b.getI8Type() : element;
    Value value = b.load(lane, b.offset(pointer, lane, offset));
    state.scalars.map(load.getResult(), b.trunc(value, element));
    return;
  }
  if (isa<math::MathDialect>(op->getDialect())) {
    // Scalars use the vector expansions too, so that a number has one exponential.
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(state.scalar(operand));
    if (Value value = expandMath(b, op, operands))
      return state.scalars.map(op->getResult(0), value);
    if (!isInstruction(op))
      return state.unsupported(op, "has no expansion for this element type");
  }
  if (auto truncate = dyn_cast<arith::TruncFOp>(op);
      truncate && truncate.getType().isBF16() && truncate.getIn().getType().isF32()) {
    // The instruction is missing on most chips, and LLVM would call a library.
    Value bits = truncateToBf16(b, b.splat(state.scalar(truncate.getIn()), 1));
    return state.scalars.map(truncate.getResult(), b.bitcast(b.extract(bits, 0), b.getBF16Type()));
  }
  // As on vectors, arithmetic is in f32; LLVM would compute a bf16 scalar by calls into a library.
  bool roundsToBf16 = op->getNumResults() == 1 && op->getResult(0).getType().isBF16() &&
                      !isa<arith::ConstantOp, arith::BitcastOp, arith::SelectOp>(op);
  if (roundsToBf16)
    return state.unsupported(op, "computes a bf16 scalar; compute in f32 and round");
  Operation *clone = b.clone(*op, state.scalars);
  for (auto [from, to] : llvm::zip(op->getResults(), clone->getResults()))
    state.scalars.map(from, to);
}

void KernelEmitter::closeScope(Scope scope) {
  scratch.close(scope.scratch);
  products.closeScope(scope.products);
}

/// Whether the loop's accumulator is updated in place: a product adds to the carried value, and
/// nothing else sees either.
static bool isAccumulator(Value carried, Value yielded) {
  Operation *product = yielded.getDefiningOp();
  if (!isa_and_nonnull<tile::MmaOp, tile::MmaScaledOp>(product))
    return false;
  return product->getOperand(2) == carried && carried.hasOneUse() && yielded.hasOneUse();
}

/// Whether all that is computed of `value` is computed before `last`, or is `last` and made of the
/// same points. What is pulled is computed where what it is pulled by stands.
static bool isReadBefore(Value value, Operation *last) {
  return llvm::all_of(value.getUsers(), [&](Operation *user) {
    Operation *place = last->getBlock()->findAncestorOpInBlock(*user);
    if (user == last)
      return true;
    if (!place || !place->isBeforeInBlock(last))
      return false;
    bool computesHere = place != user || isa<tile::StoreOp, tile::ScatterOp, tile::ReduceOp>(user);
    if (computesHere)
      return true;
    return isElementwise(user) && isReadBefore(user->getResult(0), last);
  });
}

/// Whether the next value of a tile that a loop carries can take its place: each element is made of
/// that at the same point, and nothing reads an element later.
static bool isReplaced(Value carried, Value yielded) {
  Operation *maker = yielded.getDefiningOp();
  return isElementwise(maker) && maker->getBlock() == carried.getParentBlock() &&
         isReadBefore(carried, maker);
}

/// Whether the buffer of a tile is the loop's that starts with it: nothing else reads it.
static bool isLastUse(Value start, scf::ForOp loop) {
  Operation *maker = start.getDefiningOp();
  return maker && maker->getBlock() == loop->getBlock() && start.hasOneUse() &&
         !isa<tile::ReshapeOp, arith::ConstantOp>(maker);
}

/// The lowered loop carries scalars first, then pointers: each tile has two buffers, that of this
/// iteration and that of the next, which change places; one that is updated in place has one.
struct KernelEmitter::LoopState {
  struct Tile {
    BlockArgument argument;
    Value result, yielded;
    RankedTensorType type;
    bool inPlace;
  };
  SmallVector<unsigned> scalars; ///< their numbers among what the loop carries
  SmallVector<Tile> tiles;
};

/// The start of each tile is copied to a buffer of its own, since the loop overwrites it, but where
/// it is in one that nothing else reads.
std::optional<KernelEmitter::LoopState> KernelEmitter::enterLoop(scf::ForOp op,
                                                                 SmallVectorImpl<Value> &init) {
  LoopState carried;
  auto yield = cast<scf::YieldOp>(op.getBody()->getTerminator());
  for (unsigned i = 0; i != op.getNumRegionIterArgs(); ++i) {
    Value start = op.getInitArgs()[i];
    if (isa<RankedTensorType>(start.getType()))
      continue;
    carried.scalars.push_back(i);
    init.push_back(state.scalar(start));
  }
  for (unsigned i = 0; i != op.getNumRegionIterArgs(); ++i) {
    Value start = op.getInitArgs()[i];
    auto type = dyn_cast<RankedTensorType>(start.getType());
    if (!type)
      continue;
    if (isa<mx::BlockType>(type.getElementType())) {
      state.unsupported(op, "carries a block-scaled tile");
      return std::nullopt;
    }
    BlockArgument argument = op.getRegionIterArg(i);
    Value yielded = yield.getOperand(i);
    bool inPlace = isAccumulator(argument, yielded) || isReplaced(argument, yielded);
    carried.tiles.push_back({argument, op.getResult(i), yielded, type, inPlace});
    const Buffer *own = isLastUse(start, op) ? scratch.find(start) : nullptr;
    Buffer current = own ? *own : scratch.allocate(type);
    if (!own)
      puller.materializeInto(start, current);
    init.push_back(current.data);
    if (!inPlace)
      init.push_back(scratch.allocate(type).data);
  }
  return carried;
}

SmallVector<Value> KernelEmitter::emitIteration(scf::ForOp op, const LoopState &loop,
                                                ValueRange carried) {
  Scope scope = openScope();
  for (auto [place, number] : llvm::enumerate(loop.scalars))
    state.scalars.map(op.getRegionIterArg(number), carried[place]);
  unsigned place = loop.scalars.size();
  SmallVector<Buffer> targets;
  for (const LoopState::Tile &tile : loop.tiles) {
    scratch.set(tile.argument, {carried[place], Value(), tile.type});
    targets.push_back({carried[tile.inPlace ? place : place + 1], Value(), tile.type});
    place += tile.inPlace ? 1 : 2;
    // What makes the next value writes it to the buffer of the next iteration itself, and nothing
    // is copied at the end.
    Operation *maker = tile.yielded.getDefiningOp();
    if (maker && maker->getBlock() == op.getBody() && !scratch.isWanted(tile.yielded))
      scratch.want(tile.yielded, targets.back());
  }
  visitBlock(*op.getBody());
  for (auto [tile, target] : llvm::zip(loop.tiles, targets)) {
    const Buffer *found = scratch.find(tile.yielded);
    if (!found || found->data != target.data)
      puller.materializeInto(tile.yielded, target);
    // Another tile may be made of this one, and no longer of what it has replaced.
    if (!found && tile.inPlace)
      scratch.set(tile.yielded, target);
    scratch.unwant(tile.yielded);
  }
  SmallVector<Value> next;
  for (unsigned number : loop.scalars)
    next.push_back(state.scalar(op.getBody()->getTerminator()->getOperand(number)));
  place = loop.scalars.size();
  for (const LoopState::Tile &tile : loop.tiles) {
    if (tile.inPlace) {
      next.push_back(carried[place++]);
      continue;
    }
    // The two buffers change places by their pointers.
    next.push_back(carried[place + 1]);
    next.push_back(carried[place]);
    place += 2;
  }
  closeScope(scope);
  return next;
}

void KernelEmitter::visitFor(scf::ForOp op) {
  SmallVector<Value> init;
  std::optional<LoopState> carried = enterLoop(op, init);
  if (!carried)
    return;
  auto loop =
      scf::ForOp::create(b, state.scalar(op.getLowerBound()), state.scalar(op.getUpperBound()),
                         state.scalar(op.getStep()), init);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    state.scalars.map(op.getInductionVar(), loop.getInductionVar());
    SmallVector<Value> next = emitIteration(op, *carried, loop.getRegionIterArgs());
    if (!init.empty())
      scf::YieldOp::create(b, next);
  }
  for (auto [place, number] : llvm::enumerate(carried->scalars))
    state.scalars.map(op.getResult(number), loop.getResult(place));
  unsigned place = carried->scalars.size();
  for (const LoopState::Tile &tile : carried->tiles) {
    scratch.set(tile.result, {loop.getResult(place), Value(), tile.type});
    place += tile.inPlace ? 1 : 2;
  }
}

void KernelEmitter::visitIf(scf::IfOp op) {
  SmallVector<Buffer> results;
  SmallVector<Type> scalarTypes;
  SmallVector<unsigned> scalarNumbers;
  for (OpResult result : op.getResults()) {
    if (auto type = dyn_cast<RankedTensorType>(result.getType())) {
      results.push_back(scratch.allocate(type));
    } else {
      scalarTypes.push_back(result.getType());
      scalarNumbers.push_back(result.getResultNumber());
    }
  }
  auto lowered = scf::IfOp::create(b, scalarTypes, state.scalar(op.getCondition()),
                                   /*addThenBlock=*/true, !op.getElseRegion().empty());
  // Tiles leave through buffers that were allocated before the branches, scalars through the
  // lowered op.
  auto branch = [&](Block *from, Block *to) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(to);
    Scope scope = openScope();
    visitBlock(*from);
    unsigned place = 0;
    SmallVector<Value> yielded;
    for (Value operand : from->getTerminator()->getOperands()) {
      if (isa<RankedTensorType>(operand.getType()))
        puller.materializeInto(operand, results[place++]);
      else
        yielded.push_back(state.scalar(operand));
    }
    scf::YieldOp::create(b, yielded);
    closeScope(scope);
  };
  branch(op.thenBlock(), lowered.thenBlock());
  if (!op.getElseRegion().empty())
    branch(op.elseBlock(), lowered.elseBlock());
  unsigned place = 0;
  for (OpResult result : op.getResults())
    if (isa<RankedTensorType>(result.getType()))
      scratch.set(result, results[place++]);
  for (auto [place, number] : llvm::enumerate(scalarNumbers))
    state.scalars.map(op.getResult(number), lowered.getResult(place));
}
