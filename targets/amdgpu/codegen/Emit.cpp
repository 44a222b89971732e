//===- Emit.cpp - From the LLVM dialect to a code object ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// MLIR's own serialisation wants a vendor toolkit on disk. This one needs LLVM's libraries and
// lld's.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Emit.h"

#include "moec/CodeGen/Linker.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/ROCDL/ROCDLToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/CodeGen/MachineModuleInfo.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/CodeGen/TargetPassConfig.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;
using namespace moec;

static constexpr llvm::StringLiteral kTriple = "amdgcn-amd-amdhsa";
/// Code object version 6, as the module flag spells it.
static constexpr uint32_t kCodeObjectVersion = 600;

/// The machine to generate for, or null with a diagnostic.
static std::unique_ptr<llvm::TargetMachine> makeMachine(ModuleOp module,
                                                        const amdgpu::EmitOptions &options) {
  LLVMInitializeAMDGPUTargetInfo();
  LLVMInitializeAMDGPUTarget();
  LLVMInitializeAMDGPUTargetMC();
  LLVMInitializeAMDGPUAsmPrinter();
  std::string error;
  llvm::Triple triple(kTriple);
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!target) {
    module.emitError() << "no code generator for " << kTriple << ": " << error;
    return nullptr;
  }
  auto level = llvm::CodeGenOpt::getLevel(options.optLevel);
  std::unique_ptr<llvm::TargetMachine> machine(target->createTargetMachine(
      triple, options.chip, /*Features=*/"", llvm::TargetOptions(), llvm::Reloc::PIC_,
      /*CM=*/std::nullopt, level.value_or(llvm::CodeGenOptLevel::Aggressive)));
  if (!machine)
    module.emitError() << "cannot generate code for the processor '" << options.chip << "'";
  return machine;
}

/// What no kernel of ours uses: without these attributes each would ask for hidden arguments and
/// for registers that carry them.
static constexpr llvm::StringLiteral kUnusedInputs[] = {
    "amdgpu-no-completion-action", "amdgpu-no-default-queue",     "amdgpu-no-dispatch-id",
    "amdgpu-no-dispatch-ptr",      "amdgpu-no-heap-ptr",          "amdgpu-no-hostcall-ptr",
    "amdgpu-no-implicitarg-ptr",   "amdgpu-no-lds-kernel-id",     "amdgpu-no-multigrid-sync-arg",
    "amdgpu-no-queue-ptr",         "amdgpu-no-flat-scratch-init", "amdgpu-no-workitem-id-y",
    "amdgpu-no-workitem-id-z",     "amdgpu-no-cluster-id-x",      "amdgpu-no-cluster-id-y",
    "amdgpu-no-cluster-id-z"};

static std::unique_ptr<llvm::Module> translate(ModuleOp module, llvm::LLVMContext &context,
                                               llvm::TargetMachine &machine) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  registerROCDLDialectTranslation(registry);
  module.getContext()->appendDialectRegistry(registry);
  std::unique_ptr<llvm::Module> result = translateModuleToLLVMIR(module, context, "kernels");
  if (!result)
    return nullptr;
  result->setTargetTriple(machine.getTargetTriple());
  result->setDataLayout(machine.createDataLayout());
  result->addModuleFlag(llvm::Module::Error, "amdhsa_code_object_version", kCodeObjectVersion);
  for (llvm::Function &function : *result) {
    if (function.getCallingConv() != llvm::CallingConv::AMDGPU_KERNEL)
      continue;
    for (llvm::StringRef name : kUnusedInputs)
      function.addFnAttr(name);
    function.addFnAttr("target-cpu", machine.getTargetCPU());
  }
  return result;
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine, unsigned optLevel) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder builder(&machine);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  const llvm::OptimizationLevel levels[] = {
      llvm::OptimizationLevel::O0, llvm::OptimizationLevel::O1, llvm::OptimizationLevel::O2,
      llvm::OptimizationLevel::O3};
  builder.buildPerModuleDefaultPipeline(levels[std::min(optLevel, 3u)]).run(module, modules);
}

/// Runs the code generator, without the pass that moves instructions into later blocks: it moves
/// loads from LDS past barriers, which stand for no store there, and products into branches where
/// lanes are missing. Fails if there is no such kind of file.
static LogicalResult generateCode(llvm::Module &module, llvm::TargetMachine &machine,
                                  llvm::CodeGenFileType fileType, llvm::raw_pwrite_stream &stream) {
  llvm::legacy::PassManager passes;
  auto *functions = new llvm::MachineModuleInfoWrapperPass(&machine);
  llvm::TargetPassConfig *config = machine.createPassConfig(passes);
  config->disablePass(&llvm::MachineSinkingLegacyID);
  passes.add(config);
  passes.add(functions);
  if (config->addISelPasses())
    return failure();
  config->addMachinePasses();
  config->setInitialized();
  if (machine.addAsmPrinter(passes, stream, nullptr, fileType, functions->getMMI().getContext()))
    return failure();
  passes.add(llvm::createFreeMachineFunctionPass());
  passes.run(module);
  return success();
}

FailureOr<std::string> amdgpu::emitModule(ModuleOp module, const EmitOptions &options,
                                          EmitKind kind) {
  std::unique_ptr<llvm::TargetMachine> machine = makeMachine(module, options);
  if (!machine)
    return failure();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> ir = translate(module, context, *machine);
  if (!ir)
    return module.emitError("the kernels cannot be translated to LLVM IR"), failure();
  optimize(*ir, *machine, options.optLevel);

  llvm::SmallString<0> buffer;
  llvm::raw_svector_ostream stream(buffer);
  if (kind == EmitKind::LLVM) {
    ir->print(stream, nullptr);
    return buffer.str().str();
  }
  auto fileType = kind == EmitKind::Assembly ? llvm::CodeGenFileType::AssemblyFile
                                             : llvm::CodeGenFileType::ObjectFile;
  if (failed(generateCode(*ir, *machine, fileType, stream)))
    return module.emitError("the code generator cannot write this kind of file"), failure();
  if (kind != EmitKind::Object)
    return buffer.str().str();
  Expected<std::string> linked = linkSharedObject({buffer.str().str()}, "kernels.hsaco");
  if (!linked)
    return module.emitError(linked.takeError().message()), failure();
  return *linked;
}
