//===- KernelKey.cpp - When two groups share a kernel ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The structural key of a group, and the numbers a schedule depends on.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToExec/MoEToExec.h"

#include "llvm/ADT/MapVector.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace moec;

std::string moec::getStructuralKey(moe::GroupOp group,
                                   llvm::function_ref<Type(FlatSymbolRefAttr)> symbolType) {
  std::string key;
  llvm::raw_string_ostream os(key);
  DenseMap<Value, unsigned> values;
  DenseMap<Attribute, unsigned> symbols;
  auto number = [&](Value value) { return values.try_emplace(value, values.size()).first->second; };

  os << moe::stringifyKernelFamily(group.getFamily());
  for (BlockArgument argument : group.getBody().getArguments())
    os << " %" << number(argument) << ":" << argument.getType();
  for (Operation &op : group.getBody().front()) {
    os << "\n" << op.getName() << "(";
    for (Value operand : op.getOperands())
      os << "%" << number(operand) << ",";
    os << ")";
    for (NamedAttribute attribute : op.getAttrDictionary()) {
      os << " " << attribute.getName().getValue() << "=";
      if (auto symbol = dyn_cast<FlatSymbolRefAttr>(attribute.getValue()))
        os << "@" << symbols.try_emplace(symbol, symbols.size()).first->second << ":"
           << symbolType(symbol);
      else
        os << attribute.getValue();
    }
    for (Value result : op.getResults())
      os << " ->%" << number(result) << ":" << result.getType();
  }
  return key;
}

/// The numbers of the product that `op` computes, if it is one.
static void addProduct(Operation *op, KernelShape &shape) {
  auto add = [&](RankedTensorType input, FlatSymbolRefAttr symbol, int64_t operands) {
    moe::WeightOp weight = moe::lookupWeight(op, symbol);
    if (!weight)
      return;
    RankedTensorType type = weight.getTensorType();
    unsigned rank = type.getRank();
    shape.n += type.getDimSize(rank - 2);
    shape.k = type.getDimSize(rank - 1);
    shape.batches = rank == 3 ? type.getDimSize(0) : 1;
    shape.operands = std::max(shape.operands, operands);
    shape.activation = input.getElementType();
    shape.weight = type.getElementType();
  };
  if (auto linear = dyn_cast<moe::LinearOp>(op))
    add(linear.getInput().getType(), linear.getWeightAttr(), 1);
  else if (auto linear = dyn_cast<moe::HeadLinearOp>(op))
    add(linear.getInput().getType(), linear.getWeightAttr(), 1);
  else if (auto up = dyn_cast<moe::ExpertUpOp>(op))
    add(up.getInput().getType(), up.getGateAttr(), 2);
  else if (auto down = dyn_cast<moe::ExpertDownOp>(op))
    add(down.getInput().getType(), down.getDownAttr(), 1);
}

KernelShape moec::getKernelShape(moe::GroupOp group, int64_t tokens) {
  KernelShape shape;
  shape.family = moe::stringifyKernelFamily(group.getFamily()).str();
  shape.tokens = shape.rows = tokens;
  for (Operation &op : group.getBody().front())
    addProduct(&op, shape);
  for (Type type : group.getInputs().getTypes())
    if (auto dispatch = dyn_cast<moe::DispatchType>(type))
      shape.rows = tokens * dispatch.getSlots();
  if (shape.n)
    return shape;
  // Not a product: the row that it handles.
  auto widest = [&](TypeRange types) {
    for (Type type : types)
      if (auto tensor = dyn_cast<RankedTensorType>(type)) {
        int64_t width = 1;
        for (int64_t size : tensor.getShape().drop_front())
          width *= size;
        shape.n = std::max(shape.n, width);
        if (tensor.getRank() == 3)
          shape.batches = std::max(shape.batches, tensor.getDimSize(1));
        if (!shape.activation)
          shape.activation = tensor.getElementType();
      }
  };
  widest(group.getInputs().getTypes());
  widest(group.getOutputs().getTypes());
  return shape;
}
