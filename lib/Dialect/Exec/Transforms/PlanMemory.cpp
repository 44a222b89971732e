//===- PlanMemory.cpp - Place buffers in one arena ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Steps run in order, so a buffer's life is an interval of step numbers. Placing the largest
// first at the lowest free offset is within a few percent of the optimum on graphs like these, and
// its result depends on nothing but the program.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Exec/Exec.h"
#include "moec/Dialect/Exec/Passes.h"

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

namespace moec::exec {
#define GEN_PASS_DEF_EXECPLANMEMORY
#include "moec/Dialect/Exec/Passes.h.inc"
} // namespace moec::exec

using namespace mlir;
using namespace moec::exec;

static constexpr int64_t arenaAlignment = 64;

namespace {
/// A buffer, the steps between which it lives (inclusive), and its place.
struct Interval {
  AllocOp alloc;
  int64_t first;
  int64_t last;
  int64_t bytes;
  int64_t offset = 0;

  bool overlaps(const Interval &other) const { return first <= other.last && other.first <= last; }
};

struct PlanMemory : moec::exec::impl::ExecPlanMemoryBase<PlanMemory> {
  using ExecPlanMemoryBase::ExecPlanMemoryBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    limits = getLimits(module);
    if (!limits) {
      module.emitError("has no exec.limits; run moe-specialise-tokens first");
      return signalPassFailure();
    }
    WalkResult result = module.walk([&](VariantOp variant) {
      return failed(planVariant(variant)) ? WalkResult::interrupt() : WalkResult::skip();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

  LogicalResult planVariant(VariantOp variant);
  FailureOr<int64_t> extentOf(AllocOp alloc, int64_t maxTokens);

  LimitsAttr limits;
};
} // namespace

/// The most pages that a sequence has in a pool.
static int64_t getMostPages(PlanOp plan, int64_t maxContext) {
  int64_t most = 0;
  for (auto state : plan.getBody().getOps<StateOp>())
    if (int64_t pageSize = state.getRule().getPageSize())
      most = std::max(most, int64_t(llvm::divideCeil(maxContext, pageSize)));
  return most;
}

/// The lowest offset at which `interval` fits between the placed buffers that live at the same
/// time.
static int64_t lowestFreeOffset(const Interval &interval, ArrayRef<Interval> placed) {
  SmallVector<std::pair<int64_t, int64_t>> busy;
  for (const Interval &other : placed)
    if (interval.overlaps(other))
      busy.push_back({other.offset, other.offset + other.bytes});
  llvm::sort(busy);
  int64_t offset = 0;
  for (auto [begin, end] : busy) {
    if (offset + interval.bytes <= begin)
      break;
    offset = std::max(offset, int64_t(llvm::alignTo(end, arenaAlignment)));
  }
  return offset;
}

FailureOr<int64_t> PlanMemory::extentOf(AllocOp alloc, int64_t maxTokens) {
  int64_t extent = maxTokens;
  if (auto map = alloc.getExtent()) {
    Builder builder(alloc.getContext());
    SmallVector<Attribute> results;
    // A step has at most as many sequences, and as many logits rows, as tokens.
    int64_t sequences = std::min(limits.getMaxSequences(), maxTokens);
    int64_t maxPages = getMostPages(alloc->getParentOfType<PlanOp>(), limits.getMaxContext());
    Attribute dims[] = {builder.getIndexAttr(maxTokens), builder.getIndexAttr(sequences),
                        builder.getIndexAttr(maxTokens), builder.getIndexAttr(maxPages)};
    if (failed(map->constantFold(dims, results)))
      return alloc.emitOpError("extent formula has no value at ") << maxTokens << " tokens";
    extent = INT64_MAX;
    for (Attribute result : results)
      extent = std::min(extent, cast<IntegerAttr>(result).getInt());
  }
  return extent;
}

LogicalResult PlanMemory::planVariant(VariantOp variant) {
  DenseMap<Operation *, int64_t> stepNumber;
  for (Operation &op : variant.getBody().front())
    if (isa<LaunchOp, CopyOp>(op))
      stepNumber[&op] = stepNumber.size();

  SmallVector<Interval> intervals;
  for (AllocOp alloc : variant.getBody().getOps<AllocOp>()) {
    if (alloc->use_empty())
      return alloc.emitOpError("is never used");
    FailureOr<int64_t> extent = extentOf(alloc, variant.getMaxTokens());
    if (failed(extent))
      return failure();
    if (int64_t scales = scalesOffset(alloc.getType(), *extent))
      alloc.setScalesOffset(scales);
    int64_t bytes = *refBytes(alloc.getType(), *extent);
    Interval interval{alloc, INT64_MAX, 0, int64_t(llvm::alignTo(bytes, arenaAlignment))};
    for (Operation *user : alloc->getUsers()) {
      interval.first = std::min(interval.first, stepNumber.lookup(user));
      interval.last = std::max(interval.last, stepNumber.lookup(user));
    }
    intervals.push_back(interval);
  }

  llvm::stable_sort(intervals,
                    [](const Interval &a, const Interval &b) { return a.bytes > b.bytes; });
  int64_t arena = 0;
  for (auto [index, interval] : llvm::enumerate(intervals)) {
    interval.offset = lowestFreeOffset(interval, ArrayRef(intervals).take_front(index));
    interval.alloc.setOffset(interval.offset);
    interval.alloc.setBytes(interval.bytes);
    arena = std::max(arena, interval.offset + interval.bytes);
  }
  variant.setArenaBytes(arena);
  return success();
}
