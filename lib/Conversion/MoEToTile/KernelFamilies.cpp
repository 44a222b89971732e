//===- KernelFamilies.cpp - The table of kernel families ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Finds a family's record, and counts what kernels of rows have to do.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

#include "RowWork.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;

const KernelFamilyRecord &moec::getKernelFamily(moe::KernelFamily family) {
  static const std::vector<KernelFamilyRecord> records = {
#define MOEC_KERNEL_FAMILY(NAME) describe##NAME(),
#include "KernelFamilyList.inc"
#undef MOEC_KERNEL_FAMILY
  };
  auto found = llvm::find_if(
      records, [&](const KernelFamilyRecord &record) { return record.family == family; });
  assert(found != records.end() && "every kernel family has a file in Families");
  return *found;
}

FailureOr<BuiltKernel> moec::buildKernel(const KernelRequest &request) {
  return getKernelFamily(moe::GroupOp(request.group).getFamily()).build(request);
}

ExpectedBlocks::ExpectedBlocks(int64_t rows, moe::ExpertBlocksType type, int64_t blockRows) {
  double all = double(type.getExperts()), chosen = double(type.getTopK()) / all;
  experts = all * (1 - std::pow(1 - chosen, double(rows)));
  // An expert's last block is half empty in the mean, unless it is its only one.
  pairs = double(rows) * double(type.getTopK()) / std::max(experts, 1e-9);
  height = double(blockRows);
  blocks = experts * std::max(1.0, pairs / height + (height - 1) / (2 * height));
  // As many as there are pairs, at most.
  blocks = std::min(blocks, double(rows) * double(type.getTopK()));
}

double ExpectedBlocks::countRows(int64_t least) const {
  if (least == 0 || blocks == 0)
    return height;
  // A last block of more than size / 2 rows, and no more than size: as often as it has any number
  // of them, or always where it is the only one.
  double last = 0;
  for (double size = height, below; size > 0; size = below) {
    below = size / 2 < double(least) ? 0 : size / 2;
    if (pairs >= height)
      last += size * (size - below) / height;
    else if (pairs > below && pairs <= size)
      last += size;
  }
  double share = std::min(1.0, experts / blocks);
  return share * last + (1 - share) * height;
}

double moec::getStoredBytes(Type element, double count) {
  if (auto block = dyn_cast<mx::BlockType>(element))
    return count * (block.getElementBits() + double(block.getScaleBits()) / block.getBlockSize()) /
           8;
  return count * element.getIntOrFloatBitWidth() / 8;
}

/// Bytes of one token's row of a value; 0 of what is no tensor.
static double getRowBytes(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return 0;
  return getStoredBytes(tensor.getElementType(),
                        double(ShapedType::getNumElements(tensor.getShape().drop_front())));
}

/// Numbers in one token's row of a value.
static double getRowNumbers(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor ? double(ShapedType::getNumElements(tensor.getShape().drop_front())) : 0;
}

/// Operations on each number that an op makes, as the builder of rows writes them.
static double countSteps(Operation &op) {
  return TypeSwitch<Operation *, double>(&op)
      .Case<moe::ViewOp, moe::SliceOp, moe::CacheAppendOp, moe::YieldOp>([](auto) { return 0; })
      // Squares, their sum, the root's multiple and the weight's; also the mean's and the bias's.
      .Case<moe::RMSNormOp>([](auto) { return 4; })
      .Case<moe::LayerNormOp>([](auto) { return 7; })
      .Case<moe::L2NormOp>([](auto) { return 3; })
      // Two products and their sum, behind the parts' way to each other.
      .Case<moe::RopeOp>([](auto) { return 5; })
      // A sigmoid is a negation, an exponential, a sum and a quotient.
      .Case<moe::ActivationOp, moe::SigmoidOp, moe::DecayOp>([](auto) { return 6; })
      // Magnitudes, their largest, the scale, the quotient and the code.
      .Case<mx::QuantizeOp>([](auto) { return 6; })
      .Case<mx::DequantizeOp>([](auto) { return 2; })
      .Default([](Operation *) { return 1; });
}

double moec::countRowNumbers(Operation &op) {
  double made = 0;
  for (TypeRange types : {TypeRange(op.getOperandTypes()), TypeRange(op.getResultTypes())})
    for (Type type : types)
      made = std::max(made, getRowNumbers(type));
  return countSteps(op) * made;
}

static bool isReduction(Operation &op) {
  return isa<moe::RMSNormOp, moe::LayerNormOp, moe::L2NormOp>(op);
}

/// What a block of `blockRows` rows does.
static BlockWork countRowBlock(const WorkRequest &request, int64_t blockRows) {
  moe::GroupOp group = request.group;
  BlockWork block;
  block.blocks = BlockWork::countTrips(double(request.rows), double(blockRows));
  double row = 0, bytes = 0, widest = 0, passed = 0;
  for (TypeRange types : {TypeRange(group.getInputs()), TypeRange(group.getOutputs())})
    for (Type type : types) {
      passed += getRowNumbers(type);
      widest = std::max(widest, getRowNumbers(type));
    }
  for (Type type : group.getInputs().getTypes())
    bytes += getRowBytes(type);
  bool computes = false;
  for (Operation &op : group.getBody().front()) {
    row += countRowNumbers(op);
    computes |= countSteps(op) > 0 && !isa<moe::ConcatOp>(op);
    block.reductions += isReduction(op);
  }
  // What is computed with is widened as it comes from memory, and rounded as it goes there.
  if (computes)
    row += 2 * passed;
  block.numbers = double(blockRows) * row;
  block.bytesRead = double(blockRows) * bytes;
  block.held = double(blockRows) * widest;
  return block;
}

KernelWork moec::countRowWork(const WorkRequest &request, int64_t blockRows) {
  moe::GroupOp group = request.group;
  int64_t rows = request.rows;
  KernelWork work;
  work.block = countRowBlock(request, blockRows);
  for (Type type : group.getInputs().getTypes())
    work.activationBytes += double(rows) * getRowBytes(type);
  for (Type type : group.getOutputs().getTypes())
    work.bytesWritten += double(rows) * getRowBytes(type);
  for (Operation &op : group.getBody().front()) {
    for (FlatSymbolRefAttr symbol : moe::getWeightRefs(&op)) {
      RankedTensorType type = moe::lookupWeight(&op, symbol).getTensorType();
      work.weightBytes += getStoredBytes(type.getElementType(), double(type.getNumElements()));
    }
    if (auto append = dyn_cast<moe::CacheAppendOp>(op)) {
      moe::KVType type = append.getType();
      work.bytesWritten +=
          getStoredBytes(type.getElement(), double(rows) * double(type.getKind().getWidth()));
    }
  }
  work.block.bytesRead += work.weightBytes;
  return work;
}
