//===- KernelLowering.cpp - One tile.kernel to one function ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The function itself, control flow, and ops that work on each element alone.
//
//===----------------------------------------------------------------------===//
#include "KernelLowering.h"
#include "../Refusal.h"

#include "moec/Simt/BlockOrder.h"

#include "mlir/Dialect/Affine/Utils.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

KernelLowering::KernelLowering(tile::KernelOp kernel, const KernelLayouts &layouts,
                               const Lanes &machine)
    : LaneEmitter(machine, kernel.getLoc()), kernel(kernel), layouts(layouts) {}

/// Whether a store writes to this ref, or to a view of it.
static bool isWritten(Value ref) {
  // A view is the same memory under another shape.
  return llvm::any_of(ref.getUsers(), [](Operation *user) {
    if (auto view = dyn_cast<tile::ViewOp>(user))
      return isWritten(view.getResult());
    return isa<tile::StoreOp, tile::ScatterOp>(user);
  });
}

/// Adds the ops that access this ref, or a view of it.
static void collectAccesses(Value ref, SmallVectorImpl<Operation *> &accesses) {
  for (Operation *user : ref.getUsers()) {
    if (auto view = dyn_cast<tile::ViewOp>(user))
      collectAccesses(view.getResult(), accesses);
    else
      accesses.push_back(user);
  }
}

/// Whether a block runs one of the ops at most: they are in the two branches of a conditional that
/// it comes to once.
static bool areExclusive(Operation *one, Operation *other) {
  auto branch = one->getParentOfType<scf::IfOp>();
  while (branch && !branch->isProperAncestor(other))
    branch = branch->getParentOfType<scf::IfOp>();
  return branch && !branch->getParentOfType<LoopLikeOpInterface>() &&
         branch.getThenRegion().isAncestor(one->getParentRegion()) !=
             branch.getThenRegion().isAncestor(other->getParentRegion());
}

/// Whether lanes may meet in what they access of a ref that the kernel writes.
static bool mayMeet(Value ref) {
  SmallVector<Operation *> accesses;
  collectAccesses(ref, accesses);
  for (auto [number, access] : llvm::enumerate(accesses))
    for (Operation *other : ArrayRef(accesses).drop_front(number + 1))
      if (!areExclusive(access, other))
        return true;
  return false;
}

LLVM::LLVMFuncOp KernelLowering::createFunction() {
  MLIRContext *context = kernel->getContext();
  // Each word of the kernel ABI is an argument of eight bytes.
  Type pointer = LLVM::LLVMPointerType::get(context, machine.getAddressSpace(Memory::Global));
  SmallVector<Type> words;
  for (BlockArgument argument : kernel.getKernelArguments()) {
    auto ref = dyn_cast<tile::RefType>(argument.getType());
    words.append(ref ? ref.getNumWords() : 1, ref ? pointer : builder.getI64Type());
  }
  // All of shared memory is one array, whose size is known when the last op that uses it is
  // lowered.
  shared = LLVM::GlobalOp::create(builder, LLVM::LLVMArrayType::get(builder.getI8Type(), 0),
                                  /*isConstant=*/false, LLVM::Linkage::Internal,
                                  (kernel.getSymName() + "_shared").str(), Attribute(),
                                  /*alignment=*/16, machine.getAddressSpace(Memory::Shared));
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(context), words);
  auto function = LLVM::LLVMFuncOp::create(builder, kernel.getSymName(), type);
  machine.declareKernel(function, metrics.threads);
  return function;
}

void KernelLowering::bindArguments(LLVM::LLVMFuncOp function) {
  Block &body = function.getBody().front();
  unsigned word = 0;
  for (BlockArgument argument : kernel.getKernelArguments()) {
    auto ref = dyn_cast<tile::RefType>(argument.getType());
    if (!ref) {
      scalars.map(argument, arith::IndexCastOp::create(builder, builder.getIndexType(),
                                                       body.getArgument(word++)));
      continue;
    }
    bool written = isWritten(argument);
    if (written && mayMeet(argument))
      ordered.insert(argument);
    // Arrays of a launch do not overlap, so loads of one may pass stores to another.
    for (unsigned i = 0; i < ref.getNumWords(); ++i) {
      function.setArgAttr(word + i, LLVM::LLVMDialect::getNoAliasAttrName(), builder.getUnitAttr());
      if (!written)
        function.setArgAttr(word + i, LLVM::LLVMDialect::getReadonlyAttrName(),
                            builder.getUnitAttr());
    }
    auto streams = body.getArguments().slice(word, ref.getNumWords());
    refs[argument] = Ref{ref, SmallVector<Value, 4>(streams.begin(), streams.end())};
    word += ref.getNumWords();
  }
}

/// The grid's extent along an axis as an i32: the least of its formula's results, for the lowered
/// index arguments.
static Value emitGridExtent(ImplicitLocOpBuilder &builder, tile::KernelOp kernel, unsigned axis,
                            ValueRange indices) {
  AffineMap map = cast<AffineMapAttr>(kernel.getGrid()[axis]).getValue();
  Value least;
  for (AffineExpr result : map.getResults()) {
    Value value = affine::expandAffineExpr(builder, builder.getLoc(), result,
                                           indices.take_front(map.getNumDims()), {});
    least = least ? builder.createOrFold<arith::MinSIOp>(least, value) : value;
  }
  return arith::IndexCastOp::create(builder, builder.getI32Type(), least);
}

void KernelLowering::bindPlace() {
  SmallVector<Value> ids;
  for (unsigned axis = 0; axis < 3; ++axis)
    ids.push_back(machine.emitBlockId(builder, axis));
  std::optional<tile::ScheduleAttr> schedule = kernel.getSchedule();
  if (int64_t height = schedule ? schedule->getInt("bands", 0) : 0; height && machine.caches > 1) {
    SmallVector<Value> indices;
    for (BlockArgument argument : kernel.getKernelArguments())
      if (argument.getType().isIndex())
        indices.push_back(scalars.lookup(argument));
    std::array<Value, 2> block = emitBlockOrder(
        builder, {ids[0], ids[1]},
        {emitGridExtent(builder, kernel, 0, indices), emitGridExtent(builder, kernel, 1, indices)},
        {machine.caches, height});
    llvm::copy(block, ids.begin());
  }
  for (auto [axis, id] : llvm::enumerate(ids))
    scalars.map(kernel.getBlockId(axis),
                arith::IndexCastUIOp::create(builder, builder.getIndexType(), id));
  Value thread = machine.emitThreadId(builder);
  lane = arith::AndIOp::create(builder, thread, i32(machine.lanes - 1));
  // All lanes of a subgroup agree, and so does what depends on it.
  subgroup = machine.emitUniform(
      builder, arith::ShRUIOp::create(builder, thread, i32(machine.getLaneBits())));
}

FailureOr<LLVM::LLVMFuncOp> KernelLowering::run() {
  builder.setInsertionPoint(kernel);
  metrics.threads = layouts.subgroups * machine.lanes;
  LLVM::LLVMFuncOp function = createFunction();
  builder.setInsertionPointToStart(function.addEntryBlock(builder));
  bindArguments(function);
  bindPlace();
  if (failed(lowerOps(kernel.getBody().front(), {})))
    return failure();
  builder.setLoc(kernel.getLoc());
  LLVM::ReturnOp::create(builder, ValueRange());
  machine.finishKernel(function, metrics.accumulators);
  // Found only here, as conversions and staged loops decide about shared memory one by one.
  if (metrics.sharedBytes > machine.sharedBytes) {
    std::optional<tile::ScheduleAttr> schedule = kernel.getSchedule();
    int64_t stages = schedule ? schedule->getInt("stages", 0) : 0;
    InFlightDiagnostic error = kernel.emitError()
                               << "kernel '" << kernel.getName() << "' needs "
                               << metrics.sharedBytes << " bytes of shared memory, the machine has "
                               << machine.sharedBytes << "; its schedule needs smaller blocks";
    if (stages > 2)
      error << " or fewer stages than " << stages;
    return error;
  }
  if (metrics.sharedBytes)
    shared.setGlobalType(LLVM::LLVMArrayType::get(builder.getI8Type(), metrics.sharedBytes));
  else
    shared.erase();
  return function;
}

LogicalResult KernelLowering::lowerOp(Operation *op) {
  if (auto loop = dyn_cast<scf::ForOp>(op))
    return lowerFor(loop);
  if (auto branch = dyn_cast<scf::IfOp>(op))
    return lowerIf(branch);
  if (isa_and_nonnull<tile::TileDialect>(op->getDialect()))
    return lowerTileOp(op);
  // Scalars are the same in all lanes and stay as they are.
  if (llvm::any_of(op->getResultTypes(), [](Type type) { return isa<RankedTensorType>(type); }))
    return lowerMade(op);
  builder.clone(*op, scalars);
  return success();
}

LogicalResult KernelLowering::lowerTileOp(Operation *op) {
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<tile::LoadOp>([&](auto op) { return lowerLoad(op); })
      .Case<tile::StoreOp>([&](auto op) { return lowerStore(op); })
      .Case<tile::GatherOp>([&](auto op) { return lowerGather(op); })
      .Case<tile::ScatterOp>([&](auto op) { return lowerScatter(op); })
      .Case<tile::LoadScalarOp>([&](auto op) { return lowerLoadScalar(op); })
      .Case<tile::ViewOp>([&](auto op) { return lowerView(op); })
      .Case<tile::QuantizeOp>([&](auto op) { return lowerQuantize(op); })
      .Case<tile::DequantizeOp>([&](auto op) { return lowerDequantize(op); })
      .Case<tile::ConvertLayoutOp>([&](auto op) {
        lowerConvertLayout(op);
        return success();
      })
      .Case<tile::ReduceOp>([&](tile::ReduceOp op) {
        int64_t extent = op.getInput().getType().getDimSize(op.getDim());
        setTile(op.getResult(),
                emitReduce(op.getKind(), getTile(op.getInput()).data, op.getDim(), extent));
        return success();
      })
      .Case<tile::ScanOp>([&](auto op) { return lowerScan(op); })
      .Case<tile::HistogramOp>([&](auto op) { return lowerHistogram(op); })
      .Case<tile::RankOp>([&](auto op) { return lowerRank(op); })
      .Case<tile::TopKOp>([&](auto op) { return lowerTopK(op); })
      .Case<tile::TopKMergeOp>([&](auto op) { return lowerTopKMerge(op); })
      .Default([&](Operation *op) { return lowerShapeOp(op); });
}

// Loops and conditionals carry single values, so a tile is taken apart into its chunks, in an order
// on which takeCarried() relies.
void KernelLowering::appendCarried(Value value, SmallVectorImpl<Value> &carried) {
  if (!isa<RankedTensorType>(value.getType())) {
    carried.push_back(scalars.lookup(value));
    return;
  }
  TileValue tile = getTile(value);
  for (const Distributed *part : tile.getParts())
    carried.append(part->chunks);
}

TileValue KernelLowering::takeCarried(Value like, ValueRange &carried) {
  TileValue tile = getTile(like);
  for (Distributed *part : tile.getParts())
    for (Value &chunk : part->chunks) {
      chunk = carried.front();
      carried = carried.drop_front();
    }
  return tile;
}

/// Whether there is a product in the block.
static bool multiplies(Block &block) {
  return block
      .walk([](Operation *op) {
        return isa<tile::MmaOp, tile::MmaScaledOp>(op) ? WalkResult::interrupt()
                                                       : WalkResult::advance();
      })
      .wasInterrupted();
}

LogicalResult KernelLowering::lowerBranch(scf::IfOp op, Block &block,
                                          SmallVectorImpl<TileValue> &shapes) {
  // What is converted inside is not there outside.
  llvm::scope_exit restore([&, size = convertedRows.size()] { convertedRows.resize(size); });
  // What lanes choose of addresses is computed in each of two branches with products: LLVM may
  // have one behind the other, and kept for both it would take registers from the first one's sums.
  llvm::SaveAndRestore<Value> restoreLane(lane);
  if (op.elseBlock() && multiplies(block))
    lane = machine.pin(builder, lane);
  if (failed(lowerOps(block, {})))
    return failure();
  const bool first = shapes.empty();
  SmallVector<Value> yielded;
  unsigned next = 0;
  for (auto [value, result] : llvm::zip(block.getTerminator()->getOperands(), op.getResults())) {
    if (!isa<RankedTensorType>(value.getType())) {
      yielded.push_back(scalars.lookup(value));
      continue;
    }
    // The branches may yield chunks of different widths, but results have one type.
    const TileValue &tile = getTile(value);
    if (first)
      shapes.push_back(tile);
    appendChunks(builder, tile, shapes[next++], yielded);
  }
  scf::YieldOp::create(builder, yielded);
  return success();
}

LogicalResult KernelLowering::lowerIf(scf::IfOp op) {
  Value condition = scalars.lookup(op.getCondition());
  // The types of the results are known once the then branch exists, so it is built in a detached
  // op.
  auto draft = scf::IfOp::create(builder, TypeRange(), condition, /*addThenBlock=*/true,
                                 /*addElseBlock=*/op.getElseRegion().hasOneBlock());
  OpBuilder::InsertionGuard guard(builder);
  // Tiles of the branch that is lowered first, to say how many values of which types stand for each
  // result.
  SmallVector<TileValue, 1> shapes;
  auto lowerInto = [&](Region &region, Block &block) {
    Block &body = region.front();
    if (!body.empty())
      body.back().erase();
    builder.setInsertionPointToEnd(&body);
    return lowerBranch(op, block, shapes);
  };
  if (failed(lowerInto(draft.getThenRegion(), *op.thenBlock())))
    return failure();
  if (op.elseBlock() && failed(lowerInto(draft.getElseRegion(), *op.elseBlock())))
    return failure();
  builder.setLoc(op.getLoc());
  builder.setInsertionPoint(draft);
  ValueRange yielded = draft.thenYield().getOperands();
  auto branch = scf::IfOp::create(builder, yielded.getTypes(), condition,
                                  /*addThenBlock=*/false, /*addElseBlock=*/false);
  // Only the op is new: its regions move over as they are.
  branch.getThenRegion().takeBody(draft.getThenRegion());
  branch.getElseRegion().takeBody(draft.getElseRegion());
  draft.erase();
  ValueRange results = branch.getResults();
  unsigned next = 0;
  for (Value result : op.getResults()) {
    if (isa<RankedTensorType>(result.getType())) {
      tiles[result] = shapes[next++];
      tiles[result] = takeCarried(result, results);
    } else {
      scalars.map(result, results.front());
      results = results.drop_front();
    }
  }
  return success();
}

Distributed KernelLowering::emitTable(DenseElementsAttr table, const LinearLayout &layout) {
  auto type = cast<RankedTensorType>(table.getType());
  Type element = type.getElementType();
  // The table lies as the numbering of a tile says, padding included.
  SmallVector<Attribute> numbers(uint64_t(1) << layout.getNumElementBits(),
                                 builder.getZeroAttr(element));
  std::vector<int64_t> coordinates(type.getRank(), 0);
  for (Attribute number : table.getValues<Attribute>()) {
    numbers[layout.getElementAt(coordinates)] = number;
    for (int dim = int(type.getRank()) - 1; dim >= 0; --dim) {
      if (++coordinates[dim] < type.getDimSize(dim))
        break;
      coordinates[dim] = 0;
    }
  }
  LLVM::GlobalOp global;
  {
    OpBuilder::InsertionGuard guard(builder);
    // Constant memory: no store changes it.
    builder.setInsertionPoint(shared);
    std::string name = (kernel.getSymName() + "_table" + Twine(numTables++)).str();
    int64_t count = numbers.size();
    global = LLVM::GlobalOp::create(
        builder, LLVM::LLVMArrayType::get(element, count), /*isConstant=*/true,
        LLVM::Linkage::Internal, name,
        DenseElementsAttr::get(RankedTensorType::get({count}, element), numbers),
        /*alignment=*/16, machine.getAddressSpace(Memory::Constant));
  }
  Value base = LLVM::AddressOfOp::create(
      builder,
      LLVM::LLVMPointerType::get(builder.getContext(), machine.getAddressSpace(Memory::Constant)),
      global.getSymName());
  // The element of a holder: the lane's part, and the register's by exclusive or, since any layout
  // may ask.
  Value place = emitLaneBits(layout, [](uint64_t element) { return element; });
  SmallVector<Value> values;
  for (unsigned reg = 0; reg < layout.getNumRegisters(); ++reg) {
    Value index = arith::XOrIOp::create(builder, place, i32(layout.getElement(reg, 0, 0)));
    Value pointer =
        LLVM::GEPOp::create(builder, base.getType(), element, base, ArrayRef<LLVM::GEPArg>{index});
    values.push_back(LLVM::LoadOp::create(builder, element, pointer));
  }
  return makeFromRegisters(layout, element, values);
}

std::optional<Distributed> KernelLowering::materialize(Value value, const LinearLayout &layout) {
  Operation *op = value.getDefiningOp();
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  if (!isMadeAnywhere(value))
    return std::nullopt;
  Value scalar;
  if (auto splat = dyn_cast<tile::SplatOp>(op)) {
    scalar = scalars.lookup(splat.getScalar());
  } else if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    auto elements = dyn_cast<SplatElementsAttr>(constant.getValue());
    if (!elements)
      return emitTable(cast<DenseElementsAttr>(constant.getValue()), layout);
    scalar = arith::ConstantOp::create(builder, elements.getSplatValue<TypedAttr>());
  } else if (auto iota = dyn_cast<tile::IotaOp>(op)) {
    Value base = emitLaneCoordinate(layout, iota.getDim());
    SmallVector<Value> values;
    for (unsigned reg = 0; reg < layout.getNumRegisters(); ++reg) {
      int64_t offset = layout.getCoordinate(layout.getElement(reg, 0, 0), iota.getDim());
      values.push_back(arith::AddIOp::create(builder, base, i32(offset)));
    }
    return makeFromRegisters(layout, element, values);
  } else {
    return std::nullopt;
  }
  return makeFromRegisters(layout, element, SmallVector<Value>(layout.getNumRegisters(), scalar));
}

LogicalResult KernelLowering::lowerMade(Operation *op) {
  // A constant is an op without operands.
  Value result = op->getResult(0);
  std::optional<Distributed> made = materialize(result, layouts.get(result).data);
  if (!made)
    return refuse(op) << "has no lowering for this machine";
  setTile(result, std::move(*made));
  return success();
}
