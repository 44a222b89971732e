//===- Emit.cpp - From the LLVM dialect to code ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// MLIR's own serialisation wants a vendor's toolkit on disk. This one needs LLVM's libraries.
//
//===----------------------------------------------------------------------===//
#include "moec/CodeGen/Emit.h"

#include "moec/Diagnostics/Diagnostics.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/CodeGen/MachineModuleInfo.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/CodeGen/TargetPassConfig.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace moec;

Expected<std::unique_ptr<llvm::TargetMachine>>
moec::createTargetMachine(const Processor &processor) {
  llvm::Triple triple(processor.triple);
  std::string message;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return Error::make("no code generator for ", processor.triple, ": ", message);
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, processor.name, processor.features, processor.options, llvm::Reloc::PIC_,
      /*CM=*/std::nullopt, processor.level));
  if (!machine)
    return Error::make("cannot generate code for the processor '", processor.name, "'");
  return machine;
}

Expected<std::unique_ptr<llvm::Module>>
moec::translateToLLVM(mlir::ModuleOp module, llvm::LLVMContext &context,
                      llvm::function_ref<void(mlir::DialectRegistry &)> others) {
  mlir::DialectRegistry registry;
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  if (others)
    others(registry);
  module.getContext()->appendDialectRegistry(registry);
  DiagnosticCollector said(module.getContext());
  std::unique_ptr<llvm::Module> result = mlir::translateModuleToLLVMIR(module, context, "kernels");
  if (!result)
    return Error::make("the kernels cannot be translated to LLVM IR: ", said.error());
  return result;
}

void moec::optimize(llvm::Module &module, llvm::TargetMachine &machine,
                    llvm::OptimizationLevel level, const llvm::PipelineTuningOptions &tuning) {
  module.setTargetTriple(machine.getTargetTriple());
  module.setDataLayout(machine.createDataLayout());
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(level).run(module, modules);
}

/// The passes of the code generator but for some, which TargetMachine::addPassesToEmitFile() cannot
/// leave out. False if there is no such kind of file.
static bool addPassesBut(llvm::ArrayRef<llvm::AnalysisID> disabled,
                         llvm::legacy::PassManager &passes, llvm::TargetMachine &machine,
                         llvm::CodeGenFileType type, llvm::raw_pwrite_stream &stream) {
  auto *functions = new llvm::MachineModuleInfoWrapperPass(&machine);
  llvm::TargetPassConfig *config = machine.createPassConfig(passes);
  for (llvm::AnalysisID pass : disabled)
    config->disablePass(pass);
  passes.add(config);
  passes.add(functions);
  if (config->addISelPasses())
    return false;
  config->addMachinePasses();
  config->setInitialized();
  if (machine.addAsmPrinter(passes, stream, nullptr, type, functions->getMMI().getContext()))
    return false;
  passes.add(llvm::createFreeMachineFunctionPass());
  return true;
}

std::unique_ptr<llvm::Module> moec::extractFunction(const llvm::Module &module,
                                                    llvm::StringRef name) {
  llvm::ValueToValueMapTy map;
  auto result = llvm::CloneModule(module, map, [&](const llvm::GlobalValue *value) {
    return llvm::isa<llvm::GlobalVariable>(value) || value->getName() == name;
  });
  for (llvm::GlobalVariable &global : llvm::make_early_inc_range(result->globals()))
    if (global.use_empty())
      global.eraseFromParent();
  return result;
}

Expected<std::string> moec::emitModule(llvm::Module &module, llvm::TargetMachine &machine,
                                       EmitKind kind, llvm::ArrayRef<llvm::AnalysisID> disabled) {
  llvm::SmallString<0> buffer;
  llvm::raw_svector_ostream stream(buffer);
  if (kind == EmitKind::LLVM) {
    module.print(stream, nullptr);
    return buffer.str().str();
  }
  auto type = kind == EmitKind::Assembly ? llvm::CodeGenFileType::AssemblyFile
                                         : llvm::CodeGenFileType::ObjectFile;
  llvm::legacy::PassManager passes;
  bool isKnown = disabled.empty() ? !machine.addPassesToEmitFile(passes, stream, nullptr, type)
                                  : addPassesBut(disabled, passes, machine, type, stream);
  if (!isKnown)
    return Error::make("the code generator cannot write this kind of file");
  passes.run(module);
  return buffer.str().str();
}
