//===- Gfx950Lanes.cpp - What a lane of gfx950 can do ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A tile at a place is accessed through a buffer descriptor on its first element: what is beyond a
// bound gets an offset beyond the buffer, which reads as zero and writes nothing.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Gfx950Lanes.h"

#include "moec/Simt/Chunks.h"
#include "targets/amdgpu/codegen/Atoms.h"
#include "targets/amdgpu/codegen/LdsBanks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/ROCDLDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace moec;
using namespace moec::amdgpu;
using namespace moec::simt;

/// Every tile ends before this byte of its descriptor; an offset of kOutOfRange is out of range.
static constexpr int64_t kBufferBytes = 0x7ffffffc;
static constexpr int64_t kOutOfRange = 0x80000000;
/// Word 3 of a descriptor of raw bytes.
static constexpr int64_t kBufferFlags = 0x27000;
/// LLVM's address space of descriptors.
static constexpr unsigned kBufferSpace = 8;
/// The operand of s_waitcnt that waits until no LDS access is under way, and for nothing else.
static constexpr unsigned kWaitForLds = 0xc07f;

/// Bytes of a lane that loads to LDS move.
static constexpr unsigned kCopyBytes[] = {16, 4};
/// v_permlane16_swap_b32 and v_permlane32_swap_b32.
static constexpr unsigned kSwaps = 1u << 4 | 1u << 5;
/// The most vector memory operations that a wait can leave under way.
static constexpr unsigned kMostPending = 63;
/// The operand of s_waitcnt that waits until so many are, and for nothing else: their number is in
/// bits 0 to 3, 14 and 15.
static constexpr unsigned waitForMemory(unsigned pending) {
  return 0x0f70 | (pending & 15) | pending >> 4 << 14;
}

static Value i32(ImplicitLocOpBuilder &builder, int64_t value) {
  return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(value));
}

Gfx950Lanes::Gfx950Lanes(const Machine &machine)
    : Lanes({machine.lanes, machine.subgroups, machine.ldsBytes, machine.ldsBanks, getMfmaAtoms(),
             getTransposeAtoms(), getLdsGroups, kCopyBytes, machine.caches, kSwaps}) {}

void Gfx950Lanes::declareKernel(LLVM::LLVMFuncOp function, unsigned threads) const {
  OpBuilder builder(function.getContext());
  // A word of the kernel ABI is eight bytes of the kernarg segment.
  function.setCConv(LLVM::cconv::CConv::AMDGPU_KERNEL);
  // Told the exact size of a workgroup, LLVM knows how many registers a wave may have. Subnormal
  // numbers are kept.
  std::string size = std::to_string(threads);
  auto entry = [&](StringRef name, StringRef value) {
    return builder.getStrArrayAttr({name, value});
  };
  function.setPassthroughAttr(builder.getArrayAttr(
      {entry("amdgpu-flat-work-group-size", size + "," + size),
       entry("uniform-work-group-size", "true"), entry("denormal-fp-math", "ieee,ieee")}));
}

void Gfx950Lanes::finishKernel(LLVM::LLVMFuncOp function, unsigned accumulators) const {
  // Where accumulators take more than half of the vector registers, they had better be in the
  // accumulation registers all the time. LLVM else counts on none of these, and moves what does not
  // fit in and out of them. Fewer are where what is computed with them has to be.
  constexpr unsigned registers = kGfx950.registers;
  if (accumulators <= registers / 4)
    return;
  OpBuilder builder(function.getContext());
  SmallVector<Attribute> entries(function.getPassthroughAttr().getValue());
  std::string count = std::to_string(std::min(accumulators, registers / 2));
  entries.push_back(builder.getStrArrayAttr({"amdgpu-agpr-alloc", count}));
  function.setPassthroughAttr(builder.getArrayAttr(entries));
}

Value Gfx950Lanes::emitBlockId(Builder &builder, unsigned axis) const {
  Type type = builder.getI32Type();
  if (axis == 0)
    return ROCDL::BlockIdXOp::create(builder, type);
  if (axis == 1)
    return ROCDL::BlockIdYOp::create(builder, type);
  return ROCDL::BlockIdZOp::create(builder, type);
}

Value Gfx950Lanes::emitThreadId(Builder &builder) const {
  return ROCDL::ThreadIdXOp::create(builder, builder.getI32Type());
}

// In a scalar register, and so all that depends on it.
Value Gfx950Lanes::emitUniform(Builder &builder, Value value) const {
  return ROCDL::ReadfirstlaneOp::create(builder, value.getType(), value);
}

void Gfx950Lanes::emitBarrier(Builder &builder, Memory memory) const {
  // Global loads that run ahead of their use need not end here: unless global memory is asked for,
  // only LDS is ordered, and by the wait. A fence of more than a wave lets LLVM wait for all copies
  // to LDS that are under way; this one just keeps accesses on their side.
  auto local = LLVM::MMRATagAttr::get(builder.getContext(), "amdgpu-synchronize-as", "local");
  auto fence = [&](LLVM::AtomicOrdering ordering) {
    bool isShared = memory == Memory::Shared;
    auto op = LLVM::FenceOp::create(builder, ordering, isShared ? "wavefront" : "workgroup");
    if (isShared)
      op->setDiscardableAttr(LLVM::LLVMDialect::getMmraAttrName(), local);
  };
  fence(LLVM::AtomicOrdering::release);
  // LLVM lets reads of LDS end behind a barrier, since the machine executes them in order.
  ROCDL::SWaitcntOp::create(builder, kWaitForLds);
  ROCDL::SBarrierOp::create(builder);
  fence(LLVM::AtomicOrdering::acquire);
}

Value Gfx950Lanes::emitExchange(Builder &builder, Value word, Value lane, unsigned bit) const {
  Type type = builder.getI32Type();
  // Within four lanes the exchange is an operand modifier.
  if (bit < 2)
    return ROCDL::DPPUpdateOp::create(builder, type, word, word, bit == 0 ? 0xb1 : 0x4e,
                                      /*rowMask=*/0xf, /*bankMask=*/0xf, /*boundCtrl=*/true);
  // Further away through the crossbar of LDS, which touches no memory: each lane names the byte
  // address, four times the number, of the lane that it reads.
  Value other = arith::XOrIOp::create(builder, lane, i32(builder, int64_t(1) << bit));
  Value place = arith::ShLIOp::create(builder, other, i32(builder, 2));
  return ROCDL::DsBpermuteOp::create(builder, type, place, word);
}

std::pair<Value, Value> Gfx950Lanes::emitSwap(Builder &builder, Value a, Value b,
                                              unsigned bit) const {
  Type type = builder.getI32Type();
  Type both = LLVM::LLVMStructType::getLiteral(builder.getContext(), {type, type});
  Value swapped;
  if (bit == 4)
    swapped = ROCDL::Permlane16SwapOp::create(builder, both, a, b, /*fi=*/false,
                                              /*boundControl=*/false);
  else
    swapped = ROCDL::Permlane32SwapOp::create(builder, both, a, b, /*fi=*/false,
                                              /*boundControl=*/false);
  return {LLVM::ExtractValueOp::create(builder, swapped, 0),
          LLVM::ExtractValueOp::create(builder, swapped, 1)};
}

void Gfx950Lanes::keepOrder(Builder &builder) const {
  ROCDL::SchedBarrier::create(builder, /*mask=*/0);
}

Value Gfx950Lanes::pin(Builder &builder, Value value) const {
  // An empty asm statement with the value as input and output, in a vector register: LLVM may
  // neither move what makes the value behind it nor move it into a branch, as it has side effects.
  Type type = value.getType();
  unsigned bits = 0;
  if (auto vector = dyn_cast<VectorType>(type))
    bits = vector.getNumElements() * vector.getElementTypeBitWidth();
  else
    bits = type.getIntOrFloatBitWidth();
  // As dwords, since registers hold nothing less.
  Type integer = builder.getIntegerType(bits), held = builder.getI32Type();
  Value word = value;
  if (bits > 32)
    held = VectorType::get({bits / 32}, held);
  if (type != held)
    word = LLVM::BitcastOp::create(builder, bits < 32 ? integer : held, word);
  if (bits < 32) {
    // The rest may be anything.
    Type parts = VectorType::get({32 / bits}, integer);
    word = LLVM::InsertElementOp::create(builder, LLVM::UndefOp::create(builder, parts), word,
                                         i32(builder, 0));
    word = LLVM::BitcastOp::create(builder, held, word);
  }
  word = LLVM::InlineAsmOp::create(builder, held, ValueRange(word), /*asm_string=*/"",
                                   /*constraints=*/"=v,0", /*has_side_effects=*/true,
                                   /*is_align_stack=*/false, LLVM::TailCallKind::None,
                                   LLVM::AsmDialectAttr(), ArrayAttr())
             .getRes();
  if (bits < 32)
    word = LLVM::TruncOp::create(builder, integer, word);
  if (word.getType() != type)
    word = LLVM::BitcastOp::create(builder, type, word);
  return word;
}

Value Gfx950Lanes::openWindow(Builder &builder, Value base, Value &exists) const {
  Type type = LLVM::LLVMPointerType::get(builder.getContext(), kBufferSpace);
  Value stride = LLVM::ConstantOp::create(builder, builder.getI16IntegerAttr(0));
  Value bytes = i32(builder, kBufferBytes);
  // A window without bytes: one scalar instruction, where places would have a vector one each.
  if (exists)
    bytes = emitUniform(builder, arith::SelectOp::create(builder, exists, bytes, i32(builder, 0)));
  exists = {};
  bytes = arith::ExtUIOp::create(builder, builder.getI64Type(), bytes);
  return ROCDL::MakeBufferRsrcOp::create(builder, type, base, stride, bytes,
                                         i32(builder, kBufferFlags));
}

// An offset; what is out of bounds goes out of the range.
Value Gfx950Lanes::emitPlace(Builder &builder, Value, Value offset, int64_t constant,
                             Value condition) const {
  if (condition)
    offset = arith::SelectOp::create(builder, condition, offset, i32(builder, kOutOfRange));
  return arith::AddIOp::create(builder, offset, i32(builder, constant));
}

WindowPlace Gfx950Lanes::narrowPlace(Builder &builder, const WindowPlace &place,
                                     Value inside) const {
  WindowPlace narrow = Lanes::narrowPlace(builder, place, inside);
  narrow.place = emitPlace(builder, place.window, place.place, 0, inside);
  return narrow;
}

Value Gfx950Lanes::emitLoad(Builder &builder, const WindowPlace &place, Type type) const {
  Value zero = i32(builder, 0);
  return ROCDL::RawPtrBufferLoadOp::create(builder, type, place.window, place.place, zero, zero,
                                           nullptr, nullptr, nullptr);
}

void Gfx950Lanes::emitStore(Builder &builder, const WindowPlace &place, Value value,
                            Value isOwner) const {
  Value offset = place.place, zero = i32(builder, 0);
  if (isOwner)
    offset = arith::SelectOp::create(builder, isOwner, offset, i32(builder, kOutOfRange));
  ROCDL::RawPtrBufferStoreOp::create(builder, value, place.window, offset, zero, zero, nullptr,
                                     nullptr, nullptr);
}

Value Gfx950Lanes::emitRead(Builder &builder, const ReadAtom &atom, Value place, Type type) const {
  // Only the 16-bit form knows vectors of its elements; the others answer dwords.
  bool isNative = atom.elementBits == 16;
  Type moved = isNative ? type : VectorType::get({atom.bytes / 4}, builder.getI32Type());
  OperationState state(builder.getLoc(), atom.name, place, moved);
  Value result = builder.create(state)->getResult(0);
  return isNative ? result : LLVM::BitcastOp::create(builder, type, result);
}

void Gfx950Lanes::emitCopy(Builder &builder, const WindowPlace &source, Value distance, Value place,
                           unsigned bytes, const CopyScopes &scopes) const {
  Value zero = i32(builder, 0);
  ROCDL::RawPtrBufferLoadLdsOp::create(builder, source.window, place, i32(builder, bytes),
                                       source.place, distance, zero, zero, scopes.own,
                                       scopes.others, /*tbaa=*/nullptr);
}

void Gfx950Lanes::emitCopyWait(Builder &builder, unsigned, unsigned accesses) const {
  // They end in order. LLVM waits for none of them, since what it sees reads other slots.
  ROCDL::SWaitcntOp::create(builder, waitForMemory(std::min(accesses, kMostPending)));
}

Value Gfx950Lanes::emitProduct(Builder &builder, const Atom &atom, const ProductOperand &first,
                               const ProductOperand &second, Value sum) const {
  // Eight bytes are one number to an instruction.
  auto getNumbers = [&](const ProductOperand &operand) -> Value {
    if (operand.format != Format::I8)
      return operand.numbers;
    return LLVM::BitcastOp::create(builder, builder.getI64Type(), operand.numbers);
  };
  SmallVector<Value> operands = {getNumbers(first), getNumbers(second), sum};
  // Format codes and scales; or cbsz, abid and blgp, the broadcasts of plain instructions, which
  // are off.
  if (atom.isScaled()) {
    operands.append({i32(builder, *getScaledCode(first.format)),
                     i32(builder, *getScaledCode(second.format)), i32(builder, first.scaleByte),
                     first.scales, i32(builder, second.scaleByte), second.scales});
  } else {
    operands.append(3, i32(builder, 0));
  }
  OperationState state(builder.getLoc(), atom.name, operands, sum.getType());
  return builder.create(state)->getResult(0);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

namespace {
/// 1 / (1 + e^y) by v_exp_f32 and v_rcp_f32, each right to one unit in the last place. That y / ln
/// 2 is rounded is as if y were off by half a unit. Where e^y is not normal or infinite, the result
/// is 1 or 0, as it should be.
struct LogisticPattern : OpRewritePattern<arith::DivFOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(arith::DivFOp op, PatternRewriter &rewriter) const override {
    Value power;
    auto isOne = [](Value value) { return matchPattern(value, m_OneFloat()); };
    if (auto sum = op.getRhs().getDefiningOp<arith::AddFOp>(); sum && isOne(op.getLhs()))
      power = isOne(sum.getLhs()) ? sum.getRhs() : isOne(sum.getRhs()) ? sum.getLhs() : Value();
    auto exp = power ? power.getDefiningOp<math::ExpOp>() : math::ExpOp();
    if (!exp || !getElementTypeOrSelf(op.getType()).isF32())
      return rewriter.notifyMatchFailure(op, "is no logistic function of an f32");
    ImplicitLocOpBuilder builder(op.getLoc(), rewriter);
    Type f32 = builder.getF32Type(), type = op.getType();
    auto number = [&](float value) -> Value {
      TypedAttr attribute = builder.getF32FloatAttr(value);
      if (auto vector = dyn_cast<VectorType>(type))
        attribute = DenseElementsAttr::get(vector, attribute);
      return arith::ConstantOp::create(builder, attribute);
    };
    // These two instructions take a number each, the others between them two.
    auto forEach = [&](Value value, llvm::function_ref<Value(Value)> emit) {
      SmallVector<Value> results;
      for (Value one : simt::splitChunk(builder, op.getLoc(), value))
        results.push_back(emit(one));
      return simt::joinChunk(builder, op.getLoc(), results);
    };
    Value scaled = arith::MulFOp::create(builder, exp.getOperand(), number(llvm::numbers::log2ef));
    Value raised = forEach(
        scaled, [&](Value y) -> Value { return ROCDL::ROCDLExp2::create(builder, f32, y); });
    Value divisor = arith::AddFOp::create(builder, number(1), raised);
    rewriter.replaceOp(op, forEach(divisor, [&](Value y) -> Value {
                         return ROCDL::ROCDLRcp::create(builder, f32, y);
                       }));
    return success();
  }
};
} // namespace

void Gfx950Lanes::addFunctionPatterns(RewritePatternSet &patterns) const {
  patterns.add<LogisticPattern>(patterns.getContext());
}
