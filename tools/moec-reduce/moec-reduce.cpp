//===- moec-reduce.cpp - Smaller models and kernels, same failure ---------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Delta debugging over models and kernels: simplifications are tried on ranges of ops, halved down
// to one, and kept where the result is valid and still interesting. MLIR's own reducer erases ops
// that others use, which symbols and caches do not survive. docs/Debugging.md shows this one at
// work.
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"
#include "SimplifyKernel.h"

#include "moec/InitAllDialects.h"

#include "mlir/IR/OwningOpRef.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

#include <CLI/CLI.hpp>
#include <iostream>

using namespace mlir;
using namespace moec;

namespace {
/// The program that says what is interesting.
struct Test {
  std::string program;
  /// What it is given before the file.
  std::vector<std::string> arguments;
  /// Its exit status for what still fails as wanted; −2 where it crashes.
  int status = 1;
};

class Reducer {
public:
  Reducer(ModuleOp model, const Test &test, std::string output)
      : model(model.clone()), test(test), output(std::move(output)) {}

  /// Whether the model, written to the output, is valid and interesting.
  bool isInteresting(ModuleOp candidate);
  /// Simplifies until nothing more can go; the output then holds the smallest model.
  void run();

private:
  bool sweep(Simplification simplify);
  bool tryRange(Simplification simplify, size_t first, size_t count);
  bool write(ModuleOp module);

  OwningOpRef<ModuleOp> model;
  const Test &test;
  std::string output;
};
} // namespace

/// All ops, those of a region behind the op that it belongs to.
static std::vector<Operation *> listOps(ModuleOp module) {
  std::vector<Operation *> ops;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op != module)
      ops.push_back(op);
  });
  return ops;
}

bool Reducer::write(ModuleOp module) {
  std::error_code failure;
  llvm::raw_fd_ostream file(output, failure);
  if (failure)
    return false;
  module.print(file);
  file << "\n";
  file.close();
  return !file.has_error();
}

bool Reducer::isInteresting(ModuleOp candidate) {
  ScopedDiagnosticHandler silent(candidate.getContext(), [](Diagnostic &) { return success(); });
  if (failed(verify(candidate)) || !write(candidate))
    return false;
  std::vector<StringRef> arguments{test.program};
  llvm::append_range(arguments, test.arguments);
  arguments.push_back(output);
  return llvm::sys::ExecuteAndWait(test.program, arguments) == test.status;
}

/// The last op first, so that what reads an op has gone before it is looked at.
bool Reducer::tryRange(Simplification simplify, size_t first, size_t count) {
  OwningOpRef<ModuleOp> candidate = model->clone();
  std::vector<Operation *> ops = listOps(*candidate);
  bool changed = false;
  for (size_t i = std::min(first + count, ops.size()); i-- > first;)
    changed |= simplify(ops[i]);
  if (!changed)
    return false;
  removeUnused(*candidate);
  removeUnusedInKernels(*candidate);
  if (!isInteresting(*candidate))
    return false;
  model = std::move(candidate);
  std::cerr << "moec-reduce: " << listOps(*model).size() << " ops\n";
  return true;
}

bool Reducer::sweep(Simplification simplify) {
  bool changed = false;
  for (size_t count = listOps(*model).size(); count > 0; count /= 2)
    for (size_t end = listOps(*model).size(); end > 0; end -= std::min(end, count)) {
      // A range that went took others along.
      end = std::min(end, listOps(*model).size());
      changed |= tryRange(simplify, end - std::min(end, count), count);
    }
  return changed;
}

void Reducer::run() {
  bool changed;
  do {
    changed = false;
    for (Simplification simplify : {eraseInKernel, flattenControl, forwardFirst, forwardLast,
                                    replaceByConstant, forwardOperand, dropSelection, dropOptional})
      changed |= sweep(simplify);
  } while (changed);
  write(*model);
}

int main(int argc, char **argv) {
  std::string input, output;
  Test test;
  CLI::App app("Makes a model or kernels smaller as long as a test says that they are still "
               "interesting");
  app.add_option("MODEL", input, "The model.mlir or module of tile.kernels to reduce")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("--test", test.program,
                 "A program that is given a file; its exit status says where that is interesting")
      ->required();
  app.add_option("--test-arg", test.arguments, "What the program is given before the file; several")
      ->allow_extra_args(false);
  app.add_option("--status", test.status,
                 "The exit status for what is interesting; -2 where the program crashes")
      ->capture_default_str();
  app.add_option("-o,--output", output, "The reduced file, and each that is tried before")
      ->required();
  CLI11_PARSE(app, argc, argv);
  llvm::ErrorOr<std::string> program = llvm::sys::findProgramByName(test.program);
  if (!program) {
    std::cerr << "moec-reduce: error: there is no program '" << test.program << "'\n";
    return 1;
  }
  test.program = *program;

  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  auto module = parseSourceFile<ModuleOp>(input, &context);
  if (!module)
    return 1;
  Reducer reducer(*module, test, output);
  if (!reducer.isInteresting(*module)) {
    std::cerr << "moec-reduce: error: '" << test.program << "' does not exit with " << test.status
              << " for '" << input << "', so there is nothing to keep\n";
    return 1;
  }
  reducer.run();
}
