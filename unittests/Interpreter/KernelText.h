//===- KernelText.h - Kernels as text, interpreted --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_INTERPRETER_KERNELTEXT_H
#define MOEC_UNITTESTS_INTERPRETER_KERNELTEXT_H

#include "moec/InitAllDialects.h"
#include "moec/Interpreter/Interpreter.h"

#include "mlir/IR/OwningOpRef.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

namespace moec::test {

/// Numbers as the bytes of an array.
template <typename T> interpreter::HostArray arrayOf(std::vector<T> &numbers) {
  return {llvm::MutableArrayRef(reinterpret_cast<uint8_t *>(numbers.data()),
                                numbers.size() * sizeof(T))};
}

/// The kernel `@k` with these arguments and this body, a line each of which the first is line 2.
class KernelText {
public:
  KernelText(const std::string &arguments, const std::string &body, int64_t blocks = 1) {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    std::string one = "affine_map<() -> (1)>";
    std::string text = "tile.kernel @k(" + arguments + ") grid(%bx = affine_map<() -> (" +
                       std::to_string(blocks) + ")>, %by = " + one + ", %bz = " + one + ") {\n" +
                       body + "\ntile.return\n}\n";
    module = mlir::parseSourceString<mlir::ModuleOp>(text, &context, "kernel.mlir");
    EXPECT_TRUE(module) << text;
  }

  tile::KernelOp getKernel() { return *module->getOps<tile::KernelOp>().begin(); }

  /// Runs the whole grid. What went wrong, or nothing.
  std::string run(llvm::ArrayRef<interpreter::Argument> arguments) {
    if (!module)
      return "does not parse";
    return interpreter::runKernel(getKernel(), arguments).message();
  }

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
};

} // namespace moec::test

#endif // MOEC_UNITTESTS_INTERPRETER_KERNELTEXT_H
