//===- InterpretedTarget.cpp - Kernels that stay kernels ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "InterpretedTarget.h"

using namespace mlir;
using namespace moec;

Expected<std::vector<CodeObject>> InterpretedTarget::generateCode(ModuleOp kernels,
                                                                  const CodegenOptions &) const {
  CodeObject object;
  object.file = "kernels.mlir";
  llvm::raw_string_ostream text(object.bytes);
  kernels.print(text, OpPrintingFlags().enableDebugInfo());
  for (auto kernel : kernels.getOps<tile::KernelOp>())
    object.kernels.push_back({kernel.getSymName().str(), kernel.getSymName().str(), 0, 0, {}});
  return std::vector<CodeObject>{std::move(object)};
}
