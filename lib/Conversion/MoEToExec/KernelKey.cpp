//===- KernelKey.cpp - When two groups share a kernel ---------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The structural key of a group.
//
//===----------------------------------------------------------------------===//

#include "moec/Conversion/MoEToExec/MoEToExec.h"

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
