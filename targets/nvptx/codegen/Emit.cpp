//===- Emit.cpp - From the LLVM dialect to PTX and cubins -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One optimised module, of which each kernel is then emitted by itself: ptxas takes far longer than
// LLVM, and is run on many kernels at once.
//
//===----------------------------------------------------------------------===//
#include "targets/nvptx/codegen/Emit.h"

#include "moec/CodeGen/Emit.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/CodeGen/Passes.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/ThreadPool.h"

using namespace moec;
using namespace moec::nvptx;

/// LLVM's name of the address space of shared memory.
static constexpr unsigned kSharedSpace = 3;

/// Shared memory is what a launch asks for: of static one a block may have 48 KiB only.
static void makeSharedDynamic(mlir::ModuleOp module) {
  for (auto global : module.getOps<mlir::LLVM::GlobalOp>())
    if (global.getAddrSpace() == kSharedSpace) {
      auto bytes = mlir::cast<mlir::LLVM::LLVMArrayType>(global.getGlobalType());
      global.setGlobalType(mlir::LLVM::LLVMArrayType::get(bytes.getElementType(), 0));
      global.setLinkage(mlir::LLVM::Linkage::External);
    }
}

/// Whether LLVM's backend has code for a call of this function.
static bool isKnown(const llvm::Function &callee) {
  using namespace llvm;
  constexpr Intrinsic::ID unknown[] = {
      Intrinsic::not_intrinsic, Intrinsic::exp,   Intrinsic::exp10, Intrinsic::log,
      Intrinsic::log2,          Intrinsic::log10, Intrinsic::sin,   Intrinsic::cos,
      Intrinsic::pow,           Intrinsic::powi,  Intrinsic::tan,   Intrinsic::asin,
      Intrinsic::acos,          Intrinsic::atan,  Intrinsic::atan2, Intrinsic::sinh,
      Intrinsic::cosh,          Intrinsic::tanh,  Intrinsic::ldexp};
  return !is_contained(unknown, callee.getIntrinsicID());
}

/// Says what LLVM would abort on, and where.
static Error checkFunctions(const llvm::Module &module, const Machine &machine) {
  for (const llvm::Function &function : module)
    for (const llvm::Instruction &instruction : llvm::instructions(function)) {
      const auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction);
      if (!call || call->isInlineAsm())
        continue;
      const llvm::Function *callee = call->getCalledFunction();
      if (!callee || !isKnown(*callee))
        return Error::make("kernel '", function.getName().str(), "' calls ",
                           callee ? callee->getName().str() : "a pointer", ", for which ",
                           machine.name.str(), " has no instruction");
    }
  return Error::success();
}

/// Products and reads of matrices need all lanes of a warp, which LLVM does not know of them: told
/// so, it leaves them where they are.
static void markConvergent(llvm::Module &module) {
  for (llvm::Function &function : module)
    for (llvm::Instruction &instruction : llvm::instructions(function))
      if (auto *call = llvm::dyn_cast<llvm::CallInst>(&instruction))
        if (const llvm::Function *callee = call->getCalledFunction())
          if (callee->getName().starts_with("llvm.nvvm.mma") ||
              callee->getName().starts_with("llvm.nvvm.ldmatrix"))
            call->setConvergent();
}

static Expected<std::unique_ptr<llvm::TargetMachine>> createGenerator(const Machine &machine) {
  return createTargetMachine({"nvptx64-nvidia-cuda", machine.processor.str(), machine.ptx.str()});
}

/// The optimised module, and the code generator for it.
static Expected<std::unique_ptr<llvm::Module>>
makeModule(mlir::ModuleOp module, llvm::LLVMContext &context, const Machine &machine) {
  LLVMInitializeNVPTXTargetInfo();
  LLVMInitializeNVPTXTarget();
  LLVMInitializeNVPTXTargetMC();
  LLVMInitializeNVPTXAsmPrinter();
  auto generator = createGenerator(machine);
  if (!generator)
    return generator.takeError();
  makeSharedDynamic(module);
  auto translated = translateToLLVM(module, context);
  if (!translated)
    return translated.takeError();
  markConvergent(**translated);
  // Kernels are unrolled where they are lowered; more of it only costs ptxas time.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopUnrolling = false;
  optimize(**translated, **generator, llvm::OptimizationLevel::O3, tuning);
  markConvergent(**translated);
  if (Error error = checkFunctions(**translated, machine))
    return error;
  return std::move(*translated);
}

/// The PTX of a module, or its IR.
static Expected<std::string> emit(llvm::Module &module, const Machine &machine, EmitKind kind) {
  auto generator = createGenerator(machine);
  if (!generator)
    return generator.takeError();
  // Without the pass that moves instructions into later blocks: machine instructions do not say
  // that they need all lanes.
  return moec::emitModule(module, **generator, kind, {&llvm::MachineSinkingLegacyID});
}

Expected<std::string> nvptx::emitText(mlir::ModuleOp module, const Machine &machine,
                                      EmitKind kind) {
  std::optional<std::string> ptxas = findPtxas();
  if (kind == EmitKind::Relocatable && !ptxas)
    return Error::make("--emit obj is a cubin, which takes ptxas of CUDA 12.8 or newer: it is not "
                       "in PATH nor in /usr/local/cuda/bin, and --emit asm writes PTX without it");
  llvm::LLVMContext context;
  auto made = makeModule(module, context, machine);
  if (!made)
    return made.takeError();
  if (kind == EmitKind::LLVM)
    return emit(**made, machine, kind);
  Expected<std::string> ptx = emit(**made, machine, EmitKind::Assembly);
  if (!ptx || kind == EmitKind::Assembly)
    return ptx;
  Expected<Cubin> cubin = assemble(*ptxas, *ptx, machine.processor);
  if (!cubin)
    return cubin.takeError();
  return std::move(cubin->bytes);
}

Expected<std::vector<KernelCode>> nvptx::emitKernels(mlir::ModuleOp module, const Machine &machine,
                                                     llvm::ArrayRef<simt::LoweredKernel> lowered) {
  llvm::LLVMContext context;
  auto made = makeModule(module, context, machine);
  if (!made)
    return made.takeError();
  std::vector<KernelCode> kernels;
  for (const simt::LoweredKernel &kernel : lowered) {
    Expected<std::string> ptx =
        emit(*extractFunction(**made, kernel.name), machine, EmitKind::Assembly);
    if (!ptx)
      return ptx.takeError();
    kernels.push_back({kernel.name, std::move(*ptx), std::nullopt});
  }
  return kernels;
}

Error nvptx::assembleKernels(std::vector<KernelCode> &kernels, const Machine &machine,
                             unsigned jobs) {
  std::optional<std::string> ptxas = findPtxas();
  if (!ptxas)
    return Error::success();
  std::vector<std::optional<Expected<Cubin>>> results(kernels.size());
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(jobs));
  for (auto [kernel, result] : llvm::zip(kernels, results))
    pool.async([&ptxas, &machine, &kernel = kernel, &result = result] {
      result.emplace(assemble(*ptxas, kernel.ptx, machine.processor));
    });
  pool.wait();
  for (auto [kernel, result] : llvm::zip(kernels, results)) {
    if (!*result)
      return Error::make("kernel '", kernel.name, "': ", result->takeError().message());
    kernel.cubin = std::move(**result);
  }
  return Error::success();
}
