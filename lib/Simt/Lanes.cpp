//===- Lanes.cpp - What one lane of a machine can do ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What most machines do alike.
//
//===----------------------------------------------------------------------===//
#include "moec/Simt/Lanes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/ErrorHandling.h"

using namespace mlir;
using namespace moec;
using namespace moec::simt;

Lanes::~Lanes() = default;

unsigned Lanes::getAddressSpace(Memory memory) const {
  switch (memory) {
  case Memory::Global:
    return 1;
  case Memory::Shared:
    return 3;
  case Memory::Constant:
    return 4;
  }
  llvm_unreachable("all memories are listed");
}

Value Lanes::emitUniform(Builder &, Value value) const { return value; }

Value Lanes::pin(Builder &, Value value) const { return value; }

std::pair<Value, Value> Lanes::emitSwap(Builder &, Value, Value, unsigned) const {
  llvm_unreachable("a machine that says it can swap does");
}

Value Lanes::openWindow(Builder &, Value base, Value &) const { return base; }

Value Lanes::emitPlace(Builder &builder, Value window, Value offset, int64_t constant,
                       Value) const {
  Type pointer = window.getType(), byte = builder.getI8Type();
  // Offsets are below 2 GiB, so that they are no negative numbers.
  Value place = LLVM::GEPOp::create(builder, pointer, byte, window, ArrayRef<LLVM::GEPArg>{offset});
  if (constant == 0)
    return place;
  Value further = arith::ConstantOp::create(builder, builder.getI64IntegerAttr(constant));
  return LLVM::GEPOp::create(builder, pointer, byte, place, ArrayRef<LLVM::GEPArg>{further});
}

WindowPlace Lanes::narrowPlace(Builder &builder, const WindowPlace &place, Value inside) const {
  WindowPlace narrow = place;
  narrow.condition =
      place.condition ? Value(arith::AndIOp::create(builder, place.condition, inside)) : inside;
  return narrow;
}

Value Lanes::emitRead(Builder &, const ReadAtom &, Value, Type) const {
  llvm_unreachable("a machine with such reads emits them");
}

void Lanes::emitCopy(Builder &, const WindowPlace &, Value, Value, unsigned,
                     const CopyScopes &) const {
  llvm_unreachable("a machine with such copies emits them");
}

void Lanes::emitCopyWait(Builder &, unsigned, unsigned) const {
  llvm_unreachable("a machine with such copies waits for them");
}

LogicalResult simt::scalarize(Operation *op, PatternRewriter &rewriter) {
  auto type = dyn_cast<VectorType>(op->getResult(0).getType());
  if (!type)
    return rewriter.notifyMatchFailure(op, "is scalar");
  Location loc = op->getLoc();
  SmallVector<Value> elements = splitChunk(rewriter, loc, op->getOperand(0));
  for (Value &element : elements)
    element = rewriter
                  .create(loc, op->getName().getIdentifier(), element, type.getElementType(),
                          op->getAttrs())
                  ->getResult(0);
  rewriter.replaceOp(op, joinChunk(rewriter, loc, elements));
  return success();
}
