//===- moec-run.cpp - moec-run: compiled models without the compiler -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The commands that need nothing but the runtime.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/commands/Commands.h"

int main(int argc, char **argv) {
  using namespace moec::runtime;
  CommandLine line("moec-run", "Runs models that moec compiled");
  addRunCommand(line);
  addServeCommand(line);
  addEvalCommand(line);
  addBenchCommand(line);
  addBenchServeCommand(line);
  addInspectCommand(line);
  addLaunchCommand(line);
  addTokenizeCommand(line);
  addTemplateCommand(line);
  return line.run(argc, argv);
}
