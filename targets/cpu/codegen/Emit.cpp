//===- Emit.cpp - From the LLVM dialect to a shared library ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// The lowering has vectorised and unrolled what is worth it, so LLVM is asked to clean up, not to
// transform loops again: that halves the time to compile a model.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/Emit.h"

#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"

using namespace moec;
using namespace moec::cpu;

static Expected<std::unique_ptr<llvm::TargetMachine>> createTargetMachine(const Machine &machine) {
  llvm::Triple triple(Machine::triple);
  std::string message;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return Error::make("no code generator for x86-64: ", message);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  std::unique_ptr<llvm::TargetMachine> result(
      target->createTargetMachine(triple, machine.processor, machine.features, options,
                                  llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Default));
  if (!result)
    return Error::make("cannot generate code for the processor '", machine.processor, "'");
  return result;
}

Expected<std::unique_ptr<llvm::Module>> moec::cpu::translateModule(mlir::ModuleOp module,
                                                                   llvm::LLVMContext &context,
                                                                   const Machine &machine) {
  mlir::DialectRegistry registry;
  mlir::registerBuiltinDialectTranslation(registry);
  mlir::registerLLVMDialectTranslation(registry);
  module.getContext()->appendDialectRegistry(registry);
  std::unique_ptr<llvm::Module> result = mlir::translateModuleToLLVMIR(module, context, "kernels");
  if (!result)
    return Error::make("the kernels cannot be translated to LLVM IR");
  for (llvm::Function &function : *result) {
    function.addFnAttr("target-cpu", machine.processor);
    function.addFnAttr("target-features", machine.features);
    function.addFnAttr("prefer-vector-width", std::to_string(machine.vectorBits));
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  return result;
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager callGraph;
  llvm::ModuleAnalysisManager modules;
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  tuning.LoopInterleaving = false;
  llvm::PassBuilder builder(&machine, tuning);
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(callGraph);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, callGraph, modules);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O1).run(module, modules);
}

/// Makes masked stores of one lane plain ones. LLVM 22 writes a whole 32-bit lane for one that was
/// truncated to 16 bits, which overwrites the neighbour.
static void storeSingleLanes(llvm::Module &module) {
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction :
         llvm::make_early_inc_range(llvm::instructions(function))) {
      auto *call = llvm::dyn_cast<llvm::IntrinsicInst>(&instruction);
      if (!call || call->getIntrinsicID() != llvm::Intrinsic::masked_store)
        continue;
      auto *mask = llvm::dyn_cast<llvm::ConstantVector>(call->getArgOperand(2));
      if (!mask || llvm::count_if(mask->operands(), [](llvm::Value *lane) {
                     return !llvm::cast<llvm::Constant>(lane)->isNullValue();
                   }) != 1)
        continue;
      unsigned lane = 0;
      while (mask->getOperand(lane)->isNullValue())
        ++lane;
      llvm::IRBuilder<> builder(call);
      llvm::Value *value = builder.CreateExtractElement(call->getArgOperand(0), uint64_t(lane));
      llvm::Value *pointer =
          builder.CreateConstGEP1_64(value->getType(), call->getArgOperand(1), lane);
      uint64_t bytes = module.getDataLayout().getTypeStoreSize(value->getType());
      builder.CreateAlignedStore(
          value, pointer, llvm::commonAlignment(call->getParamAlign(1).valueOrOne(), lane * bytes));
      call->eraseFromParent();
    }
}

Expected<std::string> moec::cpu::emitModule(llvm::Module &module, const Machine &machine,
                                            EmitKind kind) {
  Expected<std::unique_ptr<llvm::TargetMachine>> target = createTargetMachine(machine);
  if (!target)
    return target.takeError();
  module.setTargetTriple((*target)->getTargetTriple());
  module.setDataLayout((*target)->createDataLayout());
  optimize(module, **target);
  storeSingleLanes(module);
  llvm::SmallString<0> buffer;
  llvm::raw_svector_ostream stream(buffer);
  if (kind == EmitKind::LLVM) {
    module.print(stream, nullptr);
    return buffer.str().str();
  }
  llvm::legacy::PassManager passes;
  auto type = kind == EmitKind::Assembly ? llvm::CodeGenFileType::AssemblyFile
                                         : llvm::CodeGenFileType::ObjectFile;
  if ((*target)->addPassesToEmitFile(passes, stream, nullptr, type))
    return Error::make("the code generator cannot write this kind of file");
  passes.run(module);
  return buffer.str().str();
}
