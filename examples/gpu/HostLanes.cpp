//===- HostLanes.cpp - What a lane of the skeleton GPU can do -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each hook is a few ops. The geometry is unlike that of any GPU on purpose: few lanes, and a
// product that is no square, with k and rows in a lane's registers.
//
//===----------------------------------------------------------------------===//
#include "examples/gpu/HostLanes.h"

#include "examples/gpu/Block.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;
using namespace moec::skeleton;

/// Machine: its matrix instructions. Elements of operands are numbered 8 · row + k, those of the
/// result 8 · row + column.
static ArrayRef<Atom> getAtoms() {
  static const LinearLayout first({productRows, productDepth}, {1, 2, 64}, {8, 16, 32, 4}, {});
  static const LinearLayout second({productColumns, productDepth}, {1, 2}, {8, 16, 32, 4}, {});
  static const LinearLayout result({productRows, productColumns}, {8, 16, 64}, {1, 2, 4, 32}, {});
  static const std::vector<Atom> atoms = {
      {"product",
       productRows,
       productColumns,
       productDepth,
       {{Format::BF16, first, second}, {Format::F32, first, second}},
       result}};
  return atoms;
}

/// Machine: which lanes meet at the banks of shared memory. Here all do, as it reads 64 bytes at
/// once.
static BankGroups getGroups(SharedAccess, unsigned bytes) {
  BankGroups groups{{}, 4};
  for (unsigned lane = 1; lane < lanesPerSubgroup && lane * bytes < 64; lane <<= 1)
    groups.span.push_back(lane);
  return groups;
}

HostLanes::HostLanes()
    : Lanes({lanesPerSubgroup, /*subgroups=*/2, /*sharedBytes=*/64 * 1024, /*sharedBanks=*/16,
             getAtoms(), /*readAtoms=*/{}, getGroups}) {}

/// The kernel that code is emitted in.
static Operation *getFunction(ImplicitLocOpBuilder &builder) {
  Operation *op = builder.getInsertionBlock()->getParentOp();
  return isa<LLVM::LLVMFuncOp>(op) ? op : op->getParentOfType<LLVM::LLVMFuncOp>();
}

/// Machine: an intrinsic. Here one of the functions of Block.h; null without a result.
static Value callMachine(ImplicitLocOpBuilder &builder, StringRef name, Type result,
                         ValueRange operands) {
  Operation *function = getFunction(builder);
  Operation *symbols = SymbolTable::getNearestSymbolTable(function->getParentOp());
  if (!SymbolTable::lookupSymbolIn(symbols, name)) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&symbols->getRegion(0).front());
    Type type = result ? result : LLVM::LLVMVoidType::get(builder.getContext());
    auto signature = LLVM::LLVMFunctionType::get(type, llvm::to_vector(operands.getTypes()));
    LLVM::LLVMFuncOp::create(builder, name, signature);
  }
  auto op = LLVM::CallOp::create(builder, result ? TypeRange(result) : TypeRange(), name, operands);
  return result ? op.getResult() : Value();
}

static Value createI32(ImplicitLocOpBuilder &builder, int64_t value) {
  return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(value));
}

/// Machine: the calling convention, and what LLVM has to know about the number of threads.
void HostLanes::declareKernel(LLVM::LLVMFuncOp, unsigned) const {}

Value HostLanes::emitBlockId(Builder &builder, unsigned axis) const {
  return callMachine(builder, "moec_gpu_block_id", builder.getI32Type(), createI32(builder, axis));
}

Value HostLanes::emitThreadId(Builder &builder) const {
  return callMachine(builder, "moec_gpu_thread_id", builder.getI32Type(), {});
}

void HostLanes::emitBarrier(Builder &builder, Memory) const {
  callMachine(builder, "moec_gpu_barrier", {}, {});
}

Value HostLanes::emitExchange(Builder &builder, Value word, Value, unsigned bit) const {
  return callMachine(builder, "moec_gpu_exchange", builder.getI32Type(),
                     {word, createI32(builder, bit)});
}

/// A vector of conditions for masked access to so many elements.
static Value splat(ImplicitLocOpBuilder &builder, Value condition, unsigned count) {
  auto type = VectorType::get({count}, builder.getI1Type());
  Value mask = LLVM::PoisonOp::create(builder, type);
  for (unsigned i = 0; i < count; ++i)
    mask = LLVM::InsertElementOp::create(builder, mask, condition, createI32(builder, i));
  return mask;
}

static VectorType getVectorType(Type type) {
  auto vector = dyn_cast<VectorType>(type);
  return vector ? vector : VectorType::get({1}, type);
}

/// Machine: what guarded access takes. Here pointers, and masked loads and stores, which LLVM makes
/// branches of.
Value HostLanes::emitLoad(Builder &builder, const WindowPlace &place, Type type) const {
  if (!place.condition)
    return LLVM::LoadOp::create(builder, type, place.place, place.alignment);
  VectorType moved = getVectorType(type);
  Value zeros = arith::ConstantOp::create(builder, builder.getZeroAttr(moved));
  Value mask = splat(builder, place.condition, moved.getNumElements());
  Value loaded = LLVM::MaskedLoadOp::create(builder, moved, place.place, mask, zeros,
                                            builder.getI32IntegerAttr(place.alignment));
  return type == moved ? loaded
                       : LLVM::ExtractElementOp::create(builder, loaded, createI32(builder, 0));
}

void HostLanes::emitStore(Builder &builder, const WindowPlace &place, Value value,
                          Value isOwner) const {
  Value condition = place.condition ? place.condition : isOwner;
  if (place.condition && isOwner)
    condition = arith::AndIOp::create(builder, place.condition, isOwner);
  if (!condition) {
    LLVM::StoreOp::create(builder, value, place.place, place.alignment);
    return;
  }
  VectorType moved = getVectorType(value.getType());
  if (value.getType() != moved)
    value = LLVM::InsertElementOp::create(builder, LLVM::PoisonOp::create(builder, moved), value,
                                          createI32(builder, 0));
  LLVM::MaskedStoreOp::create(builder, value, place.place,
                              splat(builder, condition, moved.getNumElements()),
                              builder.getI32IntegerAttr(place.alignment));
}

/// Machine: the instruction. Registers go through the lane's own memory, as a function takes them.
Value HostLanes::emitProduct(Builder &builder, const Atom &, const ProductOperand &first,
                             const ProductOperand &second, Value sum) const {
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
  auto keep = [&](Value value) -> Value {
    // One place for all rounds of a loop: a lane's stack is small.
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(&getFunction(builder)->getRegion(0).front());
    return LLVM::AllocaOp::create(builder, pointer, value.getType(), createI32(builder, 1));
  };
  SmallVector<Value> places;
  for (Value value : {first.numbers, second.numbers, sum}) {
    places.push_back(keep(value));
    LLVM::StoreOp::create(builder, value, places.back());
  }
  bool isBf16 = first.format == Format::BF16;
  callMachine(builder, isBf16 ? "moec_gpu_product_bf16" : "moec_gpu_product_f32", {}, places);
  return LLVM::LoadOp::create(builder, sum.getType(), places.back());
}

/// Machine: leave these patterns out if LLVM knows the machine's bf16.
void HostLanes::addFunctionPatterns(RewritePatternSet &patterns) const {
  arith::populateExpandBFloat16Patterns(patterns);
}
