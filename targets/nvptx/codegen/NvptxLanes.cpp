//===- NvptxLanes.cpp - What a lane of a warp can do ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A lane that may not touch a place loads zeros from a constant instead, so that a guarded load is
// a select of pointers and no branch; a guarded store is a branch, which becomes a predicate.
//
//===----------------------------------------------------------------------===//
#include "targets/nvptx/codegen/NvptxLanes.h"

#include "targets/nvptx/codegen/Atoms.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/BuiltinOps.h"

using namespace mlir;
using namespace moec;
using namespace moec::nvptx;
using namespace moec::simt;

/// The constant that lanes out of bounds load, as long as the widest load.
static constexpr llvm::StringLiteral kZeros = "zeros";
static constexpr unsigned kZeroBytes = 16;

/// Bytes that one cp.async of a lane copies.
static constexpr unsigned kCopyBytes[] = {16, 8, 4};

static Value i32(ImplicitLocOpBuilder &builder, int64_t value) {
  return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(value));
}

/// Calls one that gives nothing.
static void runIntrinsic(ImplicitLocOpBuilder &builder, StringRef name, ValueRange operands = {}) {
  LLVM::CallIntrinsicOp::create(builder, builder.getStringAttr(name), operands);
}

Value nvptx::callIntrinsic(ImplicitLocOpBuilder &builder, Type type, StringRef name,
                           ValueRange operands) {
  return LLVM::CallIntrinsicOp::create(builder, type, builder.getStringAttr(name), operands)
      .getResult(0);
}

NvptxLanes::NvptxLanes(const Machine &machine)
    : Lanes({warpLanes, blockWarps, machine.sharedBytes, memoryBanks, getMmaAtoms(machine),
             getMatrixReads(), nvptx::getBankGroups, kCopyBytes}),
      machine(machine) {}

void NvptxLanes::declareKernel(LLVM::LLVMFuncOp function, unsigned threads) const {
  OpBuilder builder(function.getContext());
  function.setCConv(LLVM::cconv::CConv::PTX_Kernel);
  // Told the exact size of a block, and that one on a multiprocessor will do, ptxas knows how many
  // registers a lane may have; else it would rather spill than have fewer blocks side by side.
  std::string size = std::to_string(threads);
  function.setPassthroughAttr(
      builder.getArrayAttr({builder.getStrArrayAttr({"nvvm.reqntid", size}),
                            builder.getStrArrayAttr({"nvvm.minctasm", "1"})}));
}

unsigned NvptxLanes::getAddressSpace(Memory memory) const {
  return Lanes::getAddressSpace(memory == Memory::Constant ? Memory::Global : memory);
}

Value NvptxLanes::emitBlockId(Builder &builder, unsigned axis) const {
  std::string name = std::string("llvm.nvvm.read.ptx.sreg.ctaid.") + "xyz"[axis];
  return callIntrinsic(builder, builder.getI32Type(), name, {});
}

Value NvptxLanes::emitThreadId(Builder &builder) const {
  return callIntrinsic(builder, builder.getI32Type(), "llvm.nvvm.read.ptx.sreg.tid.x", {});
}

// bar.sync orders accesses to all memory among the threads that take part, global as well as shared
// (PTX ISA, barrier).
void NvptxLanes::emitBarrier(Builder &builder, Memory) const {
  runIntrinsic(builder, "llvm.nvvm.barrier.cta.sync.aligned.all", i32(builder, 0));
}

Value NvptxLanes::emitExchange(Builder &builder, Value word, Value, unsigned bit) const {
  Value all = i32(builder, -1), last = i32(builder, warpLanes - 1);
  return callIntrinsic(builder, builder.getI32Type(), "llvm.nvvm.shfl.sync.bfly.i32",
                       {all, word, i32(builder, int64_t(1) << bit), last});
}

/// A pointer to zeros that are in the module once.
static Value getZeros(ImplicitLocOpBuilder &builder, Type pointer) {
  auto module = builder.getBlock()->getParentOp()->getParentOfType<ModuleOp>();
  if (!module.lookupSymbol(kZeros)) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(module.getBody());
    auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), kZeroBytes);
    auto value = DenseElementsAttr::get(RankedTensorType::get({kZeroBytes}, builder.getI8Type()),
                                        builder.getI8IntegerAttr(0));
    LLVM::GlobalOp::create(builder, type, /*isConstant=*/true, LLVM::Linkage::Internal, kZeros,
                           value, /*alignment=*/kZeroBytes,
                           cast<LLVM::LLVMPointerType>(pointer).getAddressSpace());
  }
  return LLVM::AddressOfOp::create(builder, pointer, kZeros);
}

Value NvptxLanes::emitLoad(Builder &builder, const WindowPlace &place, Type type) const {
  Value from = place.place;
  if (place.condition)
    from =
        LLVM::SelectOp::create(builder, place.condition, from, getZeros(builder, from.getType()));
  return LLVM::LoadOp::create(builder, type, from, place.alignment);
}

void NvptxLanes::emitStore(Builder &builder, const WindowPlace &place, Value value,
                           Value isOwner) const {
  Value condition = place.condition ? place.condition : isOwner;
  if (place.condition && isOwner)
    condition = arith::AndIOp::create(builder, condition, isOwner);
  OpBuilder::InsertionGuard guard(builder);
  if (condition) {
    auto guarded = scf::IfOp::create(builder, condition, /*withElseRegion=*/false);
    builder.setInsertionPoint(guarded.thenYield());
  }
  LLVM::StoreOp::create(builder, value, place.place, place.alignment);
}

void NvptxLanes::emitCopy(Builder &builder, const WindowPlace &source, Value distance, Value place,
                          unsigned bytes, const CopyScopes &) const {
  Value lane = arith::AndIOp::create(builder, emitThreadId(builder), i32(builder, warpLanes - 1));
  Value behind = arith::MulIOp::create(builder, lane, i32(builder, bytes));
  SmallVector<Value> operands = {emitPlace(builder, place, behind, 0, {}),
                                 emitPlace(builder, source.place, distance, 0, {})};
  // What is read once by each block needs no first-level cache, which narrow ones go through.
  std::string name = std::string("llvm.nvvm.cp.async.") + (bytes == 16 ? "cg" : "ca") +
                     ".shared.global." + std::to_string(bytes);
  // So many bytes come from there, and none where that is nobody's place; zeros are the rest.
  if (source.condition) {
    name += ".s";
    operands.push_back(
        arith::SelectOp::create(builder, source.condition, i32(builder, bytes), i32(builder, 0)));
  }
  runIntrinsic(builder, name, operands);
}

void NvptxLanes::endCopies(Builder &builder) const {
  runIntrinsic(builder, "llvm.nvvm.cp.async.commit.group");
}

void NvptxLanes::emitCopyWait(Builder &builder, unsigned stages, unsigned) const {
  runIntrinsic(builder, "llvm.nvvm.cp.async.wait.group", i32(builder, stages));
}

// An empty statement that has side effects.
void NvptxLanes::keepOrder(Builder &builder) const {
  LLVM::InlineAsmOp::create(builder, TypeRange(), ValueRange(), /*asm_string=*/"",
                            /*constraints=*/"~{memory}", /*has_side_effects=*/true,
                            /*is_align_stack=*/false, LLVM::TailCallKind::None,
                            LLVM::AsmDialectAttr(), ArrayAttr());
}

/// The members of a struct of four of a type, as a vector.
static Value joinMembers(ImplicitLocOpBuilder &builder, Value members) {
  SmallVector<Value> values;
  for (int64_t i = 0; i < 4; ++i)
    values.push_back(LLVM::ExtractValueOp::create(builder, members, i));
  return joinChunk(builder, builder.getLoc(), values);
}

/// Four members, which is what products and reads give.
static Type getFour(Type member) {
  return LLVM::LLVMStructType::getLiteral(member.getContext(), SmallVector<Type>(4, member));
}

Value NvptxLanes::emitRead(Builder &builder, const ReadAtom &atom, Value place, Type type) const {
  Type word = builder.getI32Type();
  Value words = callIntrinsic(builder, getFour(word), atom.name, place);
  return LLVM::BitcastOp::create(builder, type, joinMembers(builder, words));
}

/// One instruction, whose operands are vectors of dwords; `scales` is what a scaled one takes more.
static Value emitMma(ImplicitLocOpBuilder &builder, StringRef name, Value first, Value second,
                     Value sum, ArrayRef<Value> scales = {}) {
  SmallVector<Value> operands;
  for (Value operand : {first, second, sum})
    llvm::append_range(operands, splitChunk(builder, builder.getLoc(), operand));
  llvm::append_range(operands, scales);
  Type type = getFour(getElementTypeOrSelf(sum.getType()));
  return joinMembers(builder, callIntrinsic(builder, type, name, operands));
}

/// PTX's name of a format of codes.
static StringRef getTypeName(Format format) {
  static constexpr StringRef names[] = {"e4m3", "e5m2", "e2m3", "e3m2", "e2m1"};
  return names[unsigned(format) - unsigned(Format::FP8)];
}

namespace {
/// Numbers as the sum of two of tf32, as dwords; `rest` is null if it is zero.
struct Split {
  Value number, rest;
};
} // namespace

static Split split(ImplicitLocOpBuilder &builder, Value numbers) {
  auto type = cast<VectorType>(numbers.getType());
  Type f32 = builder.getF32Type(), word = builder.getI32Type();
  Type words = type.clone(word);
  auto round = [&](Value number) {
    return callIntrinsic(builder, word, "llvm.nvvm.f2tf32.rna", number);
  };
  // A bf16 is a tf32.
  if (auto widened = numbers.getDefiningOp<arith::ExtFOp>();
      widened && getElementTypeOrSelf(widened.getIn().getType()).isBF16())
    return {LLVM::BitcastOp::create(builder, words, numbers), {}};
  SmallVector<Value> near, rest;
  for (Value number : splitChunk(builder, builder.getLoc(), numbers)) {
    near.push_back(round(number));
    Value left =
        arith::SubFOp::create(builder, number, arith::BitcastOp::create(builder, f32, near.back()));
    // What is infinite or no number leaves no rest.
    Value exponent = i32(builder, 0x7f800000);
    Value isFinite =
        arith::CmpIOp::create(builder, arith::CmpIPredicate::ne,
                              arith::AndIOp::create(builder, near.back(), exponent), exponent);
    rest.push_back(arith::SelectOp::create(builder, isFinite, round(left), i32(builder, 0)));
  }
  return {joinChunk(builder, builder.getLoc(), near), joinChunk(builder, builder.getLoc(), rest)};
}

Value NvptxLanes::emitScaledProduct(Builder &builder, const Atom &atom, const ProductOperand &first,
                                    const ProductOperand &second, Value sum) const {
  auto getCodes = [&](const ProductOperand &operand) {
    // Where other formats are bytes, FP4 is, with two bits of zeros on both sides. FP6 is already,
    // with two above.
    if (!atom.takes(Format::FP8) || operand.format != Format::FP4)
      return operand.numbers;
    return spreadCodes(builder, operand.numbers, /*bits=*/4, /*place=*/2);
  };
  SmallVector<Value> scales;
  for (const ProductOperand *operand : {&first, &second}) {
    scales.push_back(operand->scales);
    // The byte, and the thread.
    for (unsigned selector : {operand->scaleByte, 0u})
      scales.push_back(
          arith::ConstantOp::create(builder, builder.getI16IntegerAttr(int16_t(selector))));
  }
  std::string name = (atom.name + ".f32." + getTypeName(first.format) + "." +
                      getTypeName(second.format) + ".f32.ue8m0")
                         .str();
  return emitMma(builder, name, getCodes(first), getCodes(second), sum, scales);
}

Value NvptxLanes::emitProduct(Builder &builder, const Atom &atom, const ProductOperand &first,
                              const ProductOperand &second, Value sum) const {
  if (atom.isScaled())
    return emitScaledProduct(builder, atom, first, second, sum);
  auto getWords = [&](const ProductOperand &operand) -> Value {
    auto type = cast<VectorType>(operand.numbers.getType());
    if (type.getElementType().isInteger(32))
      return operand.numbers;
    return LLVM::BitcastOp::create(
        builder, VectorType::get({type.getNumElements() / 2}, builder.getI32Type()),
        operand.numbers);
  };
  if (first.format != Format::F32)
    return emitMma(builder, atom.name, getWords(first), getWords(second), sum);
  // There is no f32 instruction: (a + α)(b + β) without αβ, which is below the last bit. Small
  // products first, while the sum has room for their bits.
  Split a = split(builder, first.numbers), b = split(builder, second.numbers);
  if (a.rest)
    sum = emitMma(builder, atom.name, a.rest, b.number, sum);
  if (b.rest)
    sum = emitMma(builder, atom.name, a.number, b.rest, sum);
  return emitMma(builder, atom.name, a.number, b.number, sum);
}

Value NvptxLanes::emitEncodedPair(Builder &builder, CodeType code, Value word, Value first,
                                  Value second, Value factor, unsigned part) const {
  bool isFp4 = code == CodeType::E2M1;
  if (isFp4 ? !machine.convertsToFp4 : !machine.convertsToFp8)
    return Lanes::emitEncodedPair(builder, code, word, first, second, factor, part);
  StringRef name = isFp4                    ? "llvm.nvvm.ff.to.e2m1x2.rn.satfinite"
                   : code == CodeType::E4M3 ? "llvm.nvvm.ff.to.e4m3x2.rn"
                                            : "llvm.nvvm.ff.to.e5m2x2.rn";
  Value inverse = emitReciprocal(builder, factor);
  auto scale = [&](Value number) -> Value {
    return arith::MulFOp::create(builder, number, inverse);
  };
  // The instruction's first operand is the high code.
  Value codes = callIntrinsic(builder, builder.getI16Type(), name, {scale(second), scale(first)});
  return insertPart(builder, word, arith::ExtUIOp::create(builder, builder.getI32Type(), codes),
                    part, isFp4 ? 8 : 16);
}
