//===- HostTarget.cpp - The skeleton GPU as the compiler sees it ----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The shared lowering, LLVM and a linker: a library of this host, which exports each kernel as a
// function of its argument words. What comes before, examples/target shows.
//
//===----------------------------------------------------------------------===//
#include "examples/gpu/HostLanes.h"

#include "moec/CodeGen/Emit.h"
#include "moec/CodeGen/Linker.h"
#include "moec/Simt/Formats.h"
#include "moec/Simt/Lowering.h"
#include "moec/Target/Target.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

#include <algorithm>

using namespace mlir;
using namespace moec;
using namespace moec::skeleton;

namespace {
class HostTarget : public Target {
public:
  std::string name() const override { return "skeleton-gpu"; }
  std::string chip() const override { return "bones"; }
  std::string processor() const override { return "bones"; }
  std::vector<std::string> features() const override { return {}; }
  std::string codeFormat() const override { return "so"; }

  tile::PackedAttr packedMap(RankedTensorType) const override { return {}; }
  bool multiplies(Type rows, Type weight) const override;
  tile::ScheduleAttr chooseSchedule(MLIRContext *context, const KernelShape &shape) const override;
  double predictMicroseconds(const KernelShape &shape, const KernelWork &work) const override {
    return (work.bytesRead() + work.bytesWritten) / 1e3;
  }
  const simt::Lanes *lanes() const override { return &hooks; }
  Expected<std::vector<CodeObject>> generateCode(ModuleOp kernels,
                                                 const CodegenOptions &options) const override;

private:
  HostLanes hooks;
};
} // namespace

/// Machine: as the atoms and the conversions of the shared lowering allow.
bool HostTarget::multiplies(Type rows, Type weight) const {
  return simt::canMultiply(rows, weight);
}

/// Machine: block shapes for its registers and shared memory. Here small ones, as lanes are slow.
tile::ScheduleAttr HostTarget::chooseSchedule(MLIRContext *context,
                                              const KernelShape &shape) const {
  using moe::KernelFamily;
  Builder builder(context);
  NamedAttrList choices;
  auto choose = [&](StringRef name, int64_t value) {
    choices.set(name, builder.getI64IntegerAttr(value));
  };
  switch (shape.family) {
  case KernelFamily::Gemm:
  case KernelFamily::GroupedGemm:
    choose("BM", 8);
    choose("BN", 32);
    choose("BK", 64);
    break;
  case KernelFamily::Attention:
    choose("HB", 8);
    choose("BQ", 1);
    choose("BN", 16);
    break;
  case KernelFamily::IndexSelect:
    choose("BQ", 1);
    choose("BN", 64);
    break;
  default:
    choose("BM", 1);
    break;
  }
  return tile::ScheduleAttr::get(context, choices.getDictionary(context));
}

/// The entry point of a kernel, which takes its arguments from an array of words. The kernel loses
/// its name to it.
static void makeEntry(LLVM::LLVMFuncOp kernel) {
  OpBuilder builder(kernel);
  Location loc = kernel.getLoc();
  std::string name = kernel.getSymName().str();
  kernel.setSymName(name + "_lane");
  kernel.setLinkage(LLVM::Linkage::Internal);
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(builder.getContext()), pointer);
  auto entry = LLVM::LLVMFuncOp::create(builder, loc, name, type);
  builder.setInsertionPointToStart(entry.addEntryBlock(builder));
  SmallVector<Value> arguments;
  for (Type word : kernel.getArgumentTypes()) {
    auto place =
        LLVM::GEPOp::create(builder, loc, pointer, builder.getI64Type(), entry.getArgument(0),
                            ArrayRef<LLVM::GEPArg>{int32_t(arguments.size())});
    arguments.push_back(LLVM::LoadOp::create(builder, loc, word, place));
  }
  LLVM::CallOp::create(builder, loc, kernel, arguments);
  LLVM::ReturnOp::create(builder, loc, ValueRange());
}

/// Machine: nothing. LLVM's backend of a host without bf16 calls this function of compiler-rt where
/// it takes vectors apart, and not all hosts have it.
static void addTruncation(ModuleOp module) {
  auto builder = ImplicitLocOpBuilder::atBlockEnd(module.getLoc(), module.getBody());
  Type bf16 = builder.getBF16Type();
  auto type = LLVM::LLVMFunctionType::get(bf16, builder.getF32Type());
  auto function = LLVM::LLVMFuncOp::create(builder, "__truncsfbf2", type);
  function.setVisibility_(LLVM::Visibility::Hidden);
  builder.setInsertionPointToStart(function.addEntryBlock(builder));
  // The lowering makes integer arithmetic of it.
  Value result = arith::TruncFOp::create(builder, bf16, function.getArgument(0));
  LLVM::ReturnOp::create(builder, result);
}

/// Machine: initialise its backend and name its processor.
static Expected<std::string> emitCode(ModuleOp kernels, EmitKind kind) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  auto generator = createTargetMachine({llvm::sys::getDefaultTargetTriple(), "generic"});
  if (!generator)
    return generator.takeError();
  llvm::LLVMContext context;
  auto module = translateToLLVM(kernels, context);
  if (!module)
    return module.takeError();
  optimize(**module, **generator, llvm::OptimizationLevel::O1);
  Expected<std::string> object = emitModule(**module, **generator, kind);
  if (!object || kind != EmitKind::Object)
    return object;
  return linkSharedObject({*object}, "kernels.so");
}

Expected<std::vector<CodeObject>> HostTarget::generateCode(ModuleOp kernels,
                                                           const CodegenOptions &options) const {
  kernels.getContext()->loadDialect<LLVM::LLVMDialect>();
  addTruncation(kernels);
  auto lowered = simt::lowerKernels(kernels, hooks, name());
  if (!lowered)
    return lowered.takeError();
  CodeObject object;
  object.file = "kernels." + codeFormat();
  for (const simt::LoweredKernel &kernel : *lowered) {
    makeEntry(kernels.lookupSymbol<LLVM::LLVMFuncOp>(kernel.name));
    object.kernels.push_back(
        {kernel.name, kernel.name, /*scratchBytes=*/0, kernel.metrics.threads, {}});
  }
  Expected<std::string> code = emitCode(kernels, options.emit);
  if (!code)
    return code.takeError();
  object.bytes = std::move(*code);
  std::vector<CodeObject> objects;
  objects.push_back(std::move(object));
  return objects;
}

namespace moec {
void registerSkeletonGpuTarget(TargetRegistry &registry) {
  registry.add("skeleton-gpu", [](const std::string &) -> Expected<std::unique_ptr<Target>> {
    return std::make_unique<HostTarget>();
  });
}
} // namespace moec
