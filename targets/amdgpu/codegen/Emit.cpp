//===- Emit.cpp - From the LLVM dialect to a code object ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What code objects of this machine need beside what all machines do.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/Emit.h"

#include "moec/CodeGen/Emit.h"
#include "moec/CodeGen/Linker.h"

#include "mlir/Target/LLVMIR/Dialect/ROCDL/ROCDLToLLVMIRTranslation.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/PassInfo.h"
#include "llvm/PassRegistry.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/TargetSelect.h"

using namespace moec;

/// Code object version 6, as the module flag spells it.
static constexpr uint32_t kCodeObjectVersion = 600;

/// What no kernel of ours uses: without these attributes each would ask for hidden arguments and
/// for registers that carry them.
static constexpr llvm::StringLiteral kUnusedInputs[] = {
    "amdgpu-no-completion-action", "amdgpu-no-default-queue",     "amdgpu-no-dispatch-id",
    "amdgpu-no-dispatch-ptr",      "amdgpu-no-heap-ptr",          "amdgpu-no-hostcall-ptr",
    "amdgpu-no-implicitarg-ptr",   "amdgpu-no-lds-kernel-id",     "amdgpu-no-multigrid-sync-arg",
    "amdgpu-no-queue-ptr",         "amdgpu-no-flat-scratch-init", "amdgpu-no-workitem-id-y",
    "amdgpu-no-workitem-id-z",     "amdgpu-no-cluster-id-x",      "amdgpu-no-cluster-id-y",
    "amdgpu-no-cluster-id-z"};

/// Accumulators begin with zeros. LLVM takes vectors that do so apart, one register each, which
/// then do not stay where they are from one step of a loop to the next.
static void keepAccumulatorsWhole() {
  constexpr llvm::StringLiteral name = "amdgpu-codegenprepare-break-large-phis";
  [[maybe_unused]] static const bool done = [&] {
    llvm::cl::Option *option = llvm::cl::getRegisteredOptions().lookup(name);
    return option && !option->addOccurrence(0, name, "false");
  }();
  assert(done && "LLVM has that option");
}

/// Passes of the code generator that make wrong code of kernels.
static llvm::SmallVector<llvm::AnalysisID> getUnsoundPasses() {
  // This one moves instructions into later blocks: loads from LDS past barriers, which stand for no
  // store there, and products into branches where lanes are missing.
  llvm::SmallVector<llvm::AnalysisID> passes = {&llvm::MachineSinkingLegacyID};
  // This one takes `s_and_b64 vcc, exec, vcc` from before a branch on a comparison, and LLVM 22
  // does not see that a select may read the SCC of it (issue 215745 of llvm-project).
  const llvm::PassRegistry &registry = *llvm::PassRegistry::getPassRegistry();
  const llvm::PassInfo *pass = registry.getPassInfo(llvm::StringRef("si-pre-emit-peephole"));
  assert(pass && "LLVM has that pass");
  if (pass)
    passes.push_back(pass->getTypeInfo());
  return passes;
}

static void setAttributes(llvm::Module &module, const amdgpu::Machine &machine) {
  module.addModuleFlag(llvm::Module::Error, "amdhsa_code_object_version", kCodeObjectVersion);
  for (llvm::Function &function : module) {
    if (function.getCallingConv() != llvm::CallingConv::AMDGPU_KERNEL)
      continue;
    for (llvm::StringRef name : kUnusedInputs)
      function.addFnAttr(name);
    function.addFnAttr("target-cpu", machine.chip);
  }
}

Expected<std::string> amdgpu::emitModule(mlir::ModuleOp module, const Machine &machine,
                                         EmitKind kind) {
  LLVMInitializeAMDGPUTargetInfo();
  LLVMInitializeAMDGPUTarget();
  LLVMInitializeAMDGPUTargetMC();
  LLVMInitializeAMDGPUAsmPrinter();
  keepAccumulatorsWhole();
  auto generator = createTargetMachine({"amdgcn-amd-amdhsa", machine.chip.str()});
  if (!generator)
    return generator.takeError();
  llvm::LLVMContext context;
  auto translated = translateToLLVM(module, context, [](mlir::DialectRegistry &registry) {
    mlir::registerROCDLDialectTranslation(registry);
  });
  if (!translated)
    return translated.takeError();
  llvm::Module &ir = **translated;
  setAttributes(ir, machine);
  optimize(ir, **generator, llvm::OptimizationLevel::O3);
  Expected<std::string> object = moec::emitModule(ir, **generator, kind, getUnsoundPasses());
  if (!object)
    return object.takeError();
  if (kind != EmitKind::Object)
    return std::move(*object);
  return linkSharedObject({*object}, "kernels.hsaco");
}
