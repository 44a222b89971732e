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

#include "moec/CodeGen/Emit.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"

using namespace moec;
using namespace moec::cpu;

Expected<std::unique_ptr<llvm::Module>> moec::cpu::translateModule(mlir::ModuleOp module,
                                                                   llvm::LLVMContext &context,
                                                                   const Machine &machine) {
  Expected<std::unique_ptr<llvm::Module>> result = translateToLLVM(module, context);
  if (!result)
    return result;
  for (llvm::Function &function : **result) {
    function.addFnAttr("target-cpu", machine.processor);
    function.addFnAttr("target-features", machine.features);
    if (!machine.tuning.empty())
      function.addFnAttr("tune-cpu", machine.tuning);
    function.addFnAttr("prefer-vector-width", std::to_string(machine.vectorBits));
    function.addFnAttr(llvm::Attribute::NoUnwind);
  }
  return result;
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
  Processor processor{Machine::triple, machine.processor, machine.features};
  processor.options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  processor.level = llvm::CodeGenOptLevel::Default;
  Expected<std::unique_ptr<llvm::TargetMachine>> target = createTargetMachine(processor);
  if (!target)
    return target.takeError();
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  tuning.LoopInterleaving = false;
  optimize(module, **target, llvm::OptimizationLevel::O1, tuning);
  storeSingleLanes(module);
  return moec::emitModule(module, **target, kind);
}
