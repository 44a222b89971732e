//===- ScratchPlan.cpp - Where tiles are in scratch -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/lower/ScratchPlan.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

void ScratchPlan::start(Value pointer, uint64_t reserved) {
  this->pointer = pointer;
  top = bytes = reserved;
}

Value ScratchPlan::allocateBytes(uint64_t count) {
  Value place = b.offset(pointer, static_cast<int64_t>(top));
  top += (count + 63) / 64 * 64;
  bytes = std::max(bytes, top);
  return place;
}

Buffer ScratchPlan::allocate(RankedTensorType type) {
  Buffer buffer;
  buffer.type = type;
  if (auto block = dyn_cast<mx::BlockType>(type.getElementType())) {
    int64_t elements = type.getNumElements();
    buffer.data = allocateBytes(elements * block.getElementBits() / 8);
    buffer.scales = allocateBytes(elements / block.getBlockSize() * block.getScaleBits() / 8);
  } else {
    buffer.data = allocateBytes(type.getNumElements() * getElementBytes(type.getElementType()));
  }
  return buffer;
}

const Buffer *ScratchPlan::find(Value tile) const {
  auto found = buffers.find(tile);
  return found == buffers.end() ? nullptr : &found->second;
}

void ScratchPlan::set(Value tile, Buffer buffer) {
  buffers[tile] = buffer;
  trail.push_back(tile);
}

Buffer ScratchPlan::chooseDestination(Value result) {
  auto found = destinations.find(result);
  return found != destinations.end() ? found->second
                                     : allocate(cast<RankedTensorType>(result.getType()));
}

Buffer ScratchPlan::getDestination(Value result) {
  Buffer buffer = chooseDestination(result);
  set(result, buffer);
  return buffer;
}

void ScratchPlan::close(Scope scope) {
  while (trail.size() > scope.buffers)
    buffers.erase(trail.pop_back_val());
  top = scope.top;
}
