//===- AssignLayouts.cpp - What comes before lanes ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The passes on tiles: which products there are, and where tiles lie.
//
//===----------------------------------------------------------------------===//
#include "../Layout/LayoutAssignment.h"
#include "Machine.h"

namespace moec::simt {
#define GEN_PASS_DEF_SIMTEXPANDPRODUCTS
#define GEN_PASS_DEF_SIMTASSIGNLAYOUTS
#include "moec/Simt/Passes.h.inc"
} // namespace moec::simt

using namespace mlir;
using namespace moec;
using namespace moec::simt;

/// Whether the machine has an instruction for these codes: for both numbers with powers of two as
/// scales, or for both integers.
static bool hasInstruction(tile::MmaScaledOp op, const Geometry &machine) {
  auto left = cast<mx::BlockType>(op.getA().getType().getElementType());
  auto right = cast<mx::BlockType>(op.getB().getType().getElementType());
  std::optional<Format> a = getOperandFormat(left), b = getOperandFormat(right);
  return a && b && left.getBlockSize() == right.getBlockSize() &&
         findAtom(machine, *a, *b, /*scaled=*/*a != Format::I8);
}

namespace {
struct ExpandProducts : simt::impl::SimtExpandProductsBase<ExpandProducts> {
  using SimtExpandProductsBase::SimtExpandProductsBase;
  explicit ExpandProducts(const Lanes &machine) : given(&machine) {}

  void runOnOperation() override {
    FailureOr<const Lanes *> machine = findMachine(getOperation(), given);
    if (failed(machine))
      return signalPassFailure();
    getOperation().walk([&](tile::MmaScaledOp op) {
      if (!hasInstruction(op, **machine))
        tile::expandScaledProduct(op);
    });
  }

  const Lanes *given = nullptr;
};

struct AssignLayouts : simt::impl::SimtAssignLayoutsBase<AssignLayouts> {
  using SimtAssignLayoutsBase::SimtAssignLayoutsBase;
  explicit AssignLayouts(const Lanes &machine) : given(&machine) {}

  LogicalResult assignAll(const Geometry &machine) {
    WalkResult walk = getOperation().walk(
        [&](tile::KernelOp kernel) { return WalkResult(assignLayouts(kernel, machine)); });
    return failure(walk.wasInterrupted());
  }
  LogicalResult run() {
    if (!given && lanes) {
      auto stated = StatedMachine::create(getOperation(), lanes, subgroups, *atom);
      return failed(stated) ? failure() : assignAll((*stated)->getGeometry());
    }
    FailureOr<const Lanes *> machine = findMachine(getOperation(), given);
    return failed(machine) ? failure() : assignAll(**machine);
  }
  void runOnOperation() override {
    if (failed(run()))
      signalPassFailure();
  }

  const Lanes *given = nullptr;
};
} // namespace

std::unique_ptr<Pass> simt::createExpandProducts(const Lanes &machine) {
  return std::make_unique<ExpandProducts>(machine);
}

std::unique_ptr<Pass> simt::createAssignLayouts(const Lanes &machine) {
  return std::make_unique<AssignLayouts>(machine);
}
