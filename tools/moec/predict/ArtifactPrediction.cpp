//===- ArtifactPrediction.cpp - A compiled model, predicted ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "ArtifactPrediction.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Support/File.h"

#include <algorithm>

using namespace moec;
using cost::TimeConstants;

Expected<TimeConstants> moec::constantsFor(const std::string &target, const std::string &path) {
  if (path.empty())
    return TimeConstants::parse(cost::machineConstants(target), strCat("constants of ", target));
  Expected<std::string> text = readFile(path);
  if (!text)
    return text.takeError();
  return TimeConstants::parse(*text, path);
}

Expected<std::unique_ptr<ArtifactPrediction>>
ArtifactPrediction::open(const std::string &path, const std::string &constants) {
  auto made = std::make_unique<ArtifactPrediction>();
  Expected<std::unique_ptr<runtime::Artifact>> opened = runtime::Artifact::open(path);
  if (!opened)
    return opened.takeError();
  made->artifact = std::move(*opened);
  const plan::Plan &plan = made->plan();
  std::string target = plan.target()->str();
  if (!emulator::createMachineModel(target))
    return Error::make("'", path, "' was compiled for ", target, ", and there is a model of ",
                       emulator::modelledTargets().front(), " only");
  if (plan.code_objects()->size() != 1)
    return Error::make("'", path, "' has ", plan.code_objects()->size(), " code objects and not 1");
  Expected<TimeConstants> table = constantsFor(target, constants);
  if (!table)
    return table.takeError();
  made->table = std::move(*table);
  CompileOptions compile;
  compile.input = made->artifact->path() + "/model.mlir";
  made->context = createContext();
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> module = loadModel(*made->context, compile);
  if (!module)
    return module.takeError();
  made->module = std::move(*module);
  return made;
}

Expected<StepSize> ArtifactPrediction::sizeOf(int64_t tokens, int64_t wanted,
                                              const char *option) const {
  constexpr int64_t usualContext = 1024;
  int64_t most = plan().max_context();
  if (wanted > most)
    return Error::make("--context is ", wanted, " but the model was compiled for at most ", most);
  if (tokens < 1 || tokens > int64_t(plan().max_tokens()))
    return Error::make(option, " has ", tokens, " but a step of the model has 1 to ",
                       plan().max_tokens(), " tokens; compile it with --max-tokens");
  StepSize size = StepSize::of(tokens, wanted ? wanted : std::min(usualContext, most));
  if (size.context > most)
    return Error::make(option, " has ", tokens, " but a sequence of the model has at most ", most);
  if (plan().max_sequences() && size.sequences > int64_t(plan().max_sequences()))
    return Error::make(option, " has ", tokens, ", which are ", size.sequences,
                       " sequences, but a step of the model has at most ", plan().max_sequences());
  return size;
}

Expected<StepPrediction> ArtifactPrediction::predict(const StepSize &size,
                                                     const LaunchTimeSink &sink) {
  // A machine for each step, so that the memory of one goes before the next comes.
  std::unique_ptr<emulator::MachineModel> machine =
      emulator::createMachineModel(plan().target()->str());
  if (Error error =
          machine->load(artifact->codeObject(0), plan().code_objects()->Get(0)->file()->str()))
    return error;
  return predictStep(*machine, table, *artifact, *module, size, sink);
}
