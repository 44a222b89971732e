//===- GroupKernel.cpp - A kernel being filled ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What all builders share: a kernel that takes its group's whole signature.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToTile/Builders.h"

#include "mlir/IR/Iterators.h"

using namespace mlir;
using namespace moec;

GroupKernel::GroupKernel(const KernelRequest &request, ArrayRef<AffineMap> grid)
    : request(request), builder(request.getLoc(), request.builder) {
  // The grid's formulas are over the kernel's index arguments, which are the KernelDims.
  kernel = tile::KernelOp::create(builder, request.name, request.signature.getTypes(), grid,
                                  request.schedule);
  builder.setInsertionPointToEnd(&kernel.getBody().front());
}

Value GroupKernel::argument(unsigned number) const {
  return kernel->getRegion(0).front().getArgument(number);
}

Value GroupKernel::getInput(unsigned operand, unsigned part) const {
  return argument(request.signature.getInput(operand, part));
}
Value GroupKernel::getInput(Value bodyArgument, unsigned part) const {
  return getInput(cast<BlockArgument>(bodyArgument).getArgNumber(), part);
}
Value GroupKernel::getOutput(unsigned result, unsigned part) const {
  return argument(request.signature.getOutput(result, part));
}
Value GroupKernel::getWeight(FlatSymbolRefAttr symbol) const {
  return argument(request.signature.getWeight(symbol));
}
Value GroupKernel::getCache(FlatSymbolRefAttr symbol) const {
  return argument(request.signature.getCache(symbol));
}
Value GroupKernel::getState(FlatSymbolRefAttr symbol) const {
  return argument(request.signature.getState(symbol));
}
Value GroupKernel::getStep(StepInput array) const {
  return argument(request.signature.getStep(array));
}
Value GroupKernel::getDim(KernelDim dim) const { return argument(request.signature.getDim(dim)); }

BuiltKernel GroupKernel::finish() {
  tile::ReturnOp::create(builder);
  kernel.walk<WalkOrder::PostOrder, ReverseIterator>([](Operation *op) {
    if (isOpTriviallyDead(op))
      op->erase();
  });
  // Index arguments stay: the grid's formulas number them.
  BuiltKernel built{kernel, {}};
  llvm::BitVector unused(kernel.getBody().getNumArguments());
  for (BlockArgument argument : kernel.getKernelArguments()) {
    if (argument.use_empty() && !argument.getType().isIndex())
      unused.set(argument.getArgNumber());
    else
      built.arguments.push_back(argument.getArgNumber());
  }
  kernel.getBody().front().eraseArguments(unused);
  return built;
}
