//===- ProductWork.cpp - What launches of products have to do -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Counted before kernels are built, by the block shapes of the schedule.
//
//===----------------------------------------------------------------------===//

#include "../RowWork.h"
#include "GroupGemm.h"

using namespace mlir;
using namespace moec;

namespace {
/// One matrix that a group multiplies by, of how many a launch reads, and how often a row uses one.
struct Factor {
  RankedTensorType type;
  double read, uses;

  int64_t columns() const { return type.getDimSize(type.getRank() - 2); }
  int64_t depth() const { return type.getDimSize(type.getRank() - 1); }
  double numbers() const { return double(columns()) * double(depth()); }
};
} // namespace

namespace {
/// The blocks of rows that a launch has, and of the mean block the rows that are live, and those
/// that are computed.
struct RowBlocks {
  RowBlocks(moe::ProductOp product, const WorkRequest &request)
      : computed(double(request.choose(GemmKernel::rowsKey))) {
    double rows = double(request.rows);
    blocks = BlockWork::countTrips(rows, computed);
    double height = computed;
    if (Value list = product.getRowBlocks()) {
      auto type = cast<moe::ExpertBlocksType>(list.getType());
      ExpectedBlocks expected(request.rows, type, request.choose(GemmKernel::rowsKey));
      blocks = expected.blocks;
      computed = expected.countRows(request.choose(GemmKernel::shortKey));
      rows *= double(type.getTopK());
    }
    live = std::min(height, rows / std::max(blocks, 1.0));
  }

  double blocks, live, computed;
};
} // namespace

/// Adds the workgroups of one product to those before it.
static void addBlocks(moe::ProductOp product, ArrayRef<Factor> factors, const WorkRequest &request,
                      BlockWork &all) {
  const Factor &first = factors.front();
  double height = double(request.choose(GemmKernel::rowsKey));
  double wide = double(request.choose(GemmKernel::columnsKey));
  RowBlocks rows(product, request);
  double blocks = rows.blocks * BlockWork::countTrips(double(first.columns()), wide) *
                  double(product.getNumHeads());
  double depth = double(first.depth()), right = 0, bytes = 0;
  for (const Factor &factor : factors) {
    right += wide * depth;
    bytes += getStoredBytes(factor.type.getElementType(), wide * depth);
  }
  Type row = cast<RankedTensorType>(product.getRowsOperand().get().getType()).getElementType();
  // Those that a workgroup walks over read their rows once, and are held one at a time.
  double groups = blocks / double(request.choose(GemmKernel::walkKey));
  all.blocks += groups;
  all.bytesRead += blocks * bytes + groups * getStoredBytes(row, rows.live * depth);
  all.multiplyAdds += blocks * rows.computed * right;
  all.weights += blocks * right;
  // The sums are rounded; an activation is a sigmoid and a product more.
  double behind = product.getGatedActivation() ? 10 : 2;
  all.numbers += blocks * rows.computed * wide * double(factors.size()) * behind;
  // Sums of slices are held beside each other, and added where there are several.
  double slices = double(request.choose(GemmKernel::splitKey));
  all.numbers += slices > 1 ? blocks * rows.computed * wide * double(factors.size()) * slices : 0;
  all.held += groups * height * wide * double(factors.size()) * slices;
}

KernelWork moec::countProductWork(const WorkRequest &request) {
  moe::GroupOp group = request.group;
  KernelWork work = countRowWork(request);
  work.weightBytes = 0;
  BlockWork sum;
  double depth = 1, padding = 1;
  bool byExpert = false;
  for (Operation &op : group.getBody().front()) {
    auto product = dyn_cast<moe::ProductOp>(op);
    if (!product)
      continue;
    SmallVector<Factor> factors;
    for (FlatSymbolRefAttr symbol : product.getMatrices()) {
      RankedTensorType type = moe::lookupWeight(&op, symbol).getTensorType();
      double matrices = type.getRank() == 3 ? double(type.getDimSize(0)) : 1;
      Factor factor{type, matrices, matrices};
      // Without expert blocks a row has a part for each matrix.
      if (Value list = product.getRowBlocks()) {
        auto blocks = cast<moe::ExpertBlocksType>(list.getType());
        factor.read = ExpectedBlocks(request.rows, blocks, 1).experts;
        factor.uses = double(blocks.getTopK());
        byExpert = true;
      }
      work.weightBytes += getStoredBytes(type.getElementType(), factor.read * factor.numbers());
      work.multiplyAdds += double(request.rows) * factor.uses * factor.numbers();
      factors.push_back(factor);
    }
    depth = double(factors.front().depth());
    // What is behind the products goes over whole blocks, too.
    RowBlocks rows(product, request);
    padding = rows.computed / std::max(rows.live, 1.0);
    addBlocks(product, factors, request, sum);
  }
  for (Operation &op : group.getBody().front())
    if (!isa<moe::ProductOp>(op))
      sum.numbers += double(request.rows) * padding * countRowNumbers(op);
  // The mean block.
  double blocks = std::max(sum.blocks, 1.0);
  for (double *value : {&sum.bytesRead, &sum.multiplyAdds, &sum.weights, &sum.numbers, &sum.held})
    *value /= blocks;
  sum.trips = BlockWork::countTrips(depth, double(request.choose(GemmKernel::depthKey))) *
              double(request.choose(GemmKernel::walkKey));
  sum.dependentLoads = byExpert ? 2 : 1;
  work.block = sum;
  return work;
}
