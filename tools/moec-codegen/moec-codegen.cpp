//===- moec-codegen.cpp - Kernels to code, for any machine ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Takes a module of tile.kernels and writes what a machine makes of it: the last step of the
// compiler alone, for tests and for people who look at assembly.
//
//===----------------------------------------------------------------------===//
#include "moec/Conversion/MoEToExec/Schedules.h"
#include "moec/Conversion/MoEToTile/MoEToTile.h"
#include "moec/Diagnostics/Diagnostics.h"
#include "moec/InitAllDialects.h"
#include "moec/Target/Target.h"

#include "mlir/Parser/Parser.h"

#include <CLI/CLI.hpp>
#include <iostream>

using namespace moec;

/// Prints a failure and gives the exit status for it.
static int fail(Error error) {
  std::cerr << "error: " << error.message() << "\n";
  return 1;
}

/// Fails where the machine can't have a kernel by its schedule in any step, which the group says
/// that it was built from.
static Error checkSchedules(mlir::ModuleOp module, const Target &target) {
  DiagnosticCollector said(module.getContext());
  mlir::WalkResult walk = module.walk([&](moe::GroupOp group) -> mlir::WalkResult {
    std::string name = getKernelName(group);
    auto kernel = module.lookupSymbol<tile::KernelOp>(name);
    if (!kernel || !kernel.getSchedule())
      return mlir::success();
    return checkSchedule(target, group, /*tokens=*/1, *kernel.getSchedule(), kernel, name);
  });
  return walk.wasInterrupted() ? Error::make(said.error()) : Error::success();
}

int main(int argc, char **argv) {
  std::string input = "-", output = "-", target, chip, emit;
  CodegenOptions options;
  CLI::App app("Turns tile kernels into code for one machine");
  app.add_option("input", input, "module of tile.kernels (- is standard input)");
  app.add_option("-o", output, "file to write (- is standard output)");
  app.add_option("--target", target, "machine")->required();
  app.add_option("--chip", chip, "processor, if the machine has several");
  app.add_option("--emit", emit,
                 "llvm, asm, obj, or the form that devices load (so, hsaco), which is the default");
  CLI11_PARSE(app, argc, argv);

  mlir::DialectRegistry dialects;
  registerAllDialects(dialects);
  mlir::MLIRContext context(dialects);
  // The sentence names the op and its place.
  context.printOpOnDiagnostic(false);
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(input, &context);
  if (!module)
    return 1;
  TargetRegistry registry;
  registerAllTargets(registry);
  Expected<std::unique_ptr<Target>> machine = registry.create(target, chip);
  if (!machine)
    return fail(machine.takeError());
  // What the kernels were built from may stand beside them.
  if (Error error = checkSchedules(*module, **machine))
    return fail(std::move(error));
  for (mlir::Operation &op : llvm::make_early_inc_range(module->getOps()))
    if (!mlir::isa<tile::KernelOp>(op))
      op.erase();
  if (!emit.empty()) {
    Expected<EmitKind> kind = parseEmitKind(emit, **machine);
    if (!kind)
      return fail(kind.takeError());
    options.emit = *kind;
  }
  auto objects = (*machine)->generateCode(*module, options);
  if (!objects)
    return fail(objects.takeError());
  std::ofstream file;
  if (output != "-")
    file.open(output, std::ios::binary);
  std::ostream &stream = output == "-" ? std::cout : file;
  for (const CodeObject &object : *objects)
    stream.write(object.bytes.data(), object.bytes.size());
  stream.flush();
  return stream ? 0 : fail(Error::make("cannot write ", output));
}
