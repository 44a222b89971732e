//===- KernelFamilies.cpp - The table of kernel families ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Finds a family's record, and counts what kernels of rows have to do.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToTile/KernelFamilies.h"

#include "llvm/ADT/STLExtras.h"

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

KernelWork moec::countRowWork(moe::GroupOp group, const StepSize &, int64_t rows) {
  KernelWork work;
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
  return work;
}
