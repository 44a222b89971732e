//===- moec-interpret.cpp - A kernel, and what machines make of it --------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Interprets a tile.kernel on made-up data, and compares what it writes with what its lowering
// writes. moec-reduce takes it as a test.
//
//===----------------------------------------------------------------------===//

#include "KernelData.h"
#include "LoweredKernel.h"

#include "moec/InitAllDialects.h"
#include "moec/Support/File.h"

#include "mlir/Parser/Parser.h"

#include <CLI/CLI.hpp>
#include <iostream>

using namespace mlir;
using namespace moec;

/// The exit status where a lowering differs; 1 where something is refused.
static constexpr int differsStatus = 3;

namespace {
struct Options {
  std::string input, kernel, lowered, output;
  DataOptions data;
  LoweredOptions machine;
  double tolerance = 1e-4;
};
} // namespace

/// The kernel of that name anywhere in a module; without a name the only one.
static Expected<tile::KernelOp> findKernel(ModuleOp module, const std::string &path,
                                           const std::string &name) {
  SmallVector<tile::KernelOp> kernels;
  module.walk([&](tile::KernelOp kernel) {
    if (name.empty() || kernel.getSymName() == name)
      kernels.push_back(kernel);
  });
  if (kernels.size() == 1)
    return kernels.front();
  return Error::make("'", path, "' has ", kernels.size(), " kernels",
                     name.empty() ? "; say which with --kernel" : strCat(" '", name, "'"));
}

static Error writeKernel(tile::KernelOp kernel, const std::string &path) {
  std::string text;
  llvm::raw_string_ostream(text) << *kernel << "\n";
  return writeFileAtomic(path, text);
}

static Expected<int> interpret(const Options &options, MLIRContext &context,
                               const TargetRegistry &targets) {
  auto module = parseSourceFile<ModuleOp>(options.input, &context);
  if (!module)
    return Error::make("'", options.input, "' is no module of kernels");
  Expected<tile::KernelOp> kernel = findKernel(*module, options.input, options.kernel);
  if (!kernel)
    return kernel.takeError();
  if (!options.output.empty()) {
    if (Error error = writeKernel(*kernel, options.output))
      return error;
    return 0;
  }
  KernelData expected(*kernel, options.data);
  if (Error error = interpreter::runKernel(*kernel, expected.getArguments()))
    return error;
  if (options.machine.target.empty())
    return 0;

  const std::string &source = options.lowered.empty() ? options.input : options.lowered;
  auto other = parseSourceFile<ModuleOp>(source, &context);
  if (!other)
    return Error::make("'", source, "' is no module of kernels");
  Expected<tile::KernelOp> lowered = findKernel(*other, source, options.kernel);
  if (!lowered)
    return lowered.takeError();
  if (kernel->getBody().getArgumentTypes() != lowered->getBody().getArgumentTypes())
    return Error::make("'", source, "' has a kernel with other arguments");
  KernelData got(*kernel, options.data);
  if (Error error = runLowered(*lowered, options.machine, targets, got))
    return error;
  std::vector<std::string> differences = got.compare(expected, options.tolerance);
  for (const std::string &difference : differences)
    std::cout << options.machine.target << " and the interpreter differ in " << difference << "\n";
  return differences.empty() ? 0 : differsStatus;
}

int main(int argc, char **argv) {
  Options options;
  CLI::App app("Interprets a tile.kernel on made-up data, and compares it with its lowering");
  app.footer("Floats are random, integers count up from 0 to --rows − 1 and again. The exit status "
             "is 3 where a lowering differs, 1 where something is refused.");
  TargetRegistry targets;
  registerAllTargets(targets);
  app.add_option("KERNELS", options.input,
                 "A module with tile.kernels, such as a dump of stage tile")
      ->required();
  app.add_option("--kernel", options.kernel, "The kernel; not needed where there is one");
  app.add_option("-o,--output", options.output, "Write this kernel alone to a file, and stop");
  app.add_option("--rows", options.data.rows, "The extent of dynamic dimensions")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--index", options.data.indices,
                 "The index arguments, in order; others are --rows")
      ->delimiter(',');
  app.add_option("--extents", options.data.extents,
                 "Dynamic dimensions in the order of the arguments; others are --rows")
      ->delimiter(',')
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", options.data.seed, "Of the random numbers")->capture_default_str();
  app.add_option("--target", options.machine.target,
                 "Compare with the kernel lowered for this machine")
      ->check(CLI::IsMember(targets.names()));
  app.add_option("--chip", options.machine.chip, "Its chip, if the machine has several");
  app.add_option("--device", options.machine.device, "The kind of device to run the code on");
  app.add_option("--lowered", options.lowered, "Lower the kernel of this file instead");
  app.add_option("--tolerance", options.tolerance,
                 "How far a float may be off, beside its rounding, in units of the largest")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  Expected<int> status = interpret(options, context, targets);
  if (status)
    return *status;
  std::cerr << "moec-interpret: error: " << status.takeError().message() << "\n";
  return 1;
}
