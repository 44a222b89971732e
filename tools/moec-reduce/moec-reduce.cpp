//===- moec-reduce.cpp - Smaller models with the same failure -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Delta debugging over models: simplifications are tried on ranges of ops, halved down to one, and
// kept where the result is valid and still interesting. MLIR's own reducer erases ops that others
// use, which symbols and caches do not survive. docs/Debugging.md shows this one at work.
//
//===----------------------------------------------------------------------===//

#include "Simplify.h"

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

/// The exit status of the test for a model that still fails as wanted.
static constexpr int interestingStatus = 1;

namespace {
class Reducer {
public:
  Reducer(ModuleOp model, std::string test, std::string output)
      : model(model.clone()), test(std::move(test)), output(std::move(output)) {}

  /// Whether the model, written to the output, is valid and interesting.
  bool isInteresting(ModuleOp candidate);
  /// Simplifies until nothing more can go; the output then holds the smallest model.
  void run();

private:
  bool sweep(Simplification simplify);
  bool tryRange(Simplification simplify, size_t first, size_t count);
  bool write(ModuleOp module);

  OwningOpRef<ModuleOp> model;
  std::string test, output;
};
} // namespace

static std::vector<Operation *> listOps(ModuleOp module) {
  std::vector<Operation *> ops;
  module.walk([&](Operation *op) {
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
  return llvm::sys::ExecuteAndWait(test, {test, output}) == interestingStatus;
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
    for (Simplification simplify : {forwardOperand, dropSelection, dropOptional})
      changed |= sweep(simplify);
  } while (changed);
  write(*model);
}

int main(int argc, char **argv) {
  std::string input, test, output;
  CLI::App app("Makes a model smaller as long as a test says that it is still interesting");
  app.add_option("MODEL", input, "The model.mlir to reduce")->required()->check(CLI::ExistingFile);
  app.add_option("--test", test,
                 "A program that is given a model.mlir; it exits with 1 where that is interesting")
      ->required()
      ->check(CLI::ExistingFile);
  app.add_option("-o,--output", output, "The reduced model.mlir, and each that is tried before")
      ->required();
  CLI11_PARSE(app, argc, argv);

  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  auto module = parseSourceFile<ModuleOp>(input, &context);
  if (!module)
    return 1;
  Reducer reducer(*module, test, output);
  if (!reducer.isInteresting(*module)) {
    std::cerr << "moec-reduce: error: '" << test << "' does not exit with " << interestingStatus
              << " for '" << input << "', so there is nothing to keep\n";
    return 1;
  }
  reducer.run();
}
