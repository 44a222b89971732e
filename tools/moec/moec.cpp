//===- moec.cpp - The compiler and the runtime in one program -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// import, compile, tune, predict and families, and the commands that moec-run has too.
//
//===----------------------------------------------------------------------===//

#include "CompilerCommands.h"

int main(int argc, char **argv) {
  using namespace moec::runtime;
  CommandLine line("moec", "Compiles Mixture-of-Experts language models and runs them");
  moec::addImportCommand(line);
  moec::addCompileCommand(line);
  moec::addTuneCommand(line);
  moec::addFamiliesCommand(line);
#ifdef MOEC_HAS_MACHINE_MODELS
  moec::addPredictCommand(line);
#endif
  addRunCommand(line);
  moec::addCompilingServeCommand(line);
  moec::addReferenceEvalCommand(line);
  addBenchCommand(line);
  addBenchServeCommand(line);
  moec::addCheckpointInspectCommand(line);
  addLaunchCommand(line);
  addTokenizeCommand(line);
  addTemplateCommand(line);
  return line.run(argc, argv);
}
