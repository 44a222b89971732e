//===- SkeletonTarget.cpp - A machine to copy -----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The least that a machine can be, with its promises at each place. Its "processor" reads
// tile.kernels as text, so its code object is their text. Replace what is marked "Machine:" in a
// copy.
//
//===----------------------------------------------------------------------===//

#include "moec/Target/Target.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

using namespace mlir;
using namespace moec;

namespace {
class SkeletonTarget : public Target {
public:
  explicit SkeletonTarget(std::string chip) : bones(std::move(chip)) {}

  std::string name() const override { return "skeleton"; }
  /// The chip as the registry takes it, never `native`.
  std::string chip() const override { return bones; }
  std::string processor() const override { return bones; }
  /// Machine: what the generated code needs of a device, in the spelling that the device's
  /// checkFeatures() takes. Leave nothing out: this is all that keeps code from another chip.
  std::vector<std::string> features() const override { return {}; }
  /// How files that the device loads end.
  std::string codeFormat() const override { return "mlir"; }

  tile::PackedAttr packedMap(RankedTensorType weight) const override;
  tile::ScheduleAttr chooseSchedule(MLIRContext *context, const KernelShape &shape) const override;
  double predictMicroseconds(const KernelShape &shape, const KernelWork &work) const override;
  Expected<std::vector<CodeObject>> generateCode(ModuleOp kernels,
                                                 const CodegenOptions &options) const override;

private:
  std::string bones;
};
} // namespace

/// Machine: where the elements of a weight lie, so that one access of the product's instruction
/// reads what one lane or register needs. Null keeps rows, which is always right.
tile::PackedAttr SkeletonTarget::packedMap(RankedTensorType) const { return {}; }

/// Machine: block shapes by family. The numbers that a family reads are in its record in
/// lib/Conversion/MoEToTile/Families; numbers of your own, for your lowering, are listed by
/// scheduleKeys(). Null says that the family is not known here: every builder then takes its
/// defaults, the report says so, and `--strict` refuses to compile.
tile::ScheduleAttr SkeletonTarget::chooseSchedule(MLIRContext *context,
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
    choose("BM", 16);
    choose("BN", 64);
    choose("BK", 64);
    break;
  case KernelFamily::Row:
  case KernelFamily::Route:
  case KernelFamily::SortByExpert:
  case KernelFamily::Embed:
  case KernelFamily::SelectRows:
    choose("BM", 1);
    break;
  case KernelFamily::Attention:
  case KernelFamily::IndexSelect:
    choose("BQ", 1);
    break;
  default:
    return {};
  }
  return tile::ScheduleAttr::get(context, choices.getDictionary(context));
}

/// Machine: the cost model. Operations over their rate, or bytes over theirs, whichever is more.
double SkeletonTarget::predictMicroseconds(const KernelShape &, const KernelWork &work) const {
  constexpr double bytesPerMicrosecond = 1e6, multiplyAddsPerMicrosecond = 1e6;
  return std::max((work.bytesRead() + work.bytesWritten) / bytesPerMicrosecond,
                  work.multiplyAdds / multiplyAddsPerMicrosecond);
}

/// Machine: what there is no lowering for is one sentence that names the kernel and the op.
static Error checkKernel(tile::KernelOp kernel) {
  Error error = Error::success();
  kernel.walk([&](tile::MmaScaledOp op) {
    error = Error::make("kernel '", kernel.getSymName().str(),
                        "': the skeleton has no lowering for ", op->getName().getStringRef().str());
    return WalkResult::interrupt();
  });
  return error;
}

/// Machine: passes that lower tile.kernels to LLVM's dialect or to text of your own, then objects.
/// The same kernels give the same bytes whatever `options.jobs` is. Every kernel of the module is
/// in one of the objects, with the symbol that a device looks up.
Expected<std::vector<CodeObject>>
SkeletonTarget::generateCode(ModuleOp kernels, const CodegenOptions &options) const {
  CodeObject object;
  object.file = "kernels." + codeFormat();
  llvm::raw_string_ostream os(object.bytes);
  for (auto kernel : kernels.getOps<tile::KernelOp>()) {
    if (Error error = checkKernel(kernel))
      return error;
    os << kernel << "\n";
    std::string name = kernel.getSymName().str();
    object.kernels.push_back({name, name, /*scratchBytes=*/0, /*blockThreads=*/0, {}});
  }
  std::vector<CodeObject> objects;
  objects.push_back(std::move(object));
  return objects;
}

namespace moec {
/// What moec_register_target in CMakeLists.txt makes the compiler call.
void registerSkeletonTarget(TargetRegistry &registry) {
  registry.add("skeleton", [](const std::string &chip) -> Expected<std::unique_ptr<Target>> {
    // Machine: find out about the chip here; what it lacks is a sentence.
    if (chip != "native" && chip != "bones")
      return Error::make("the skeleton has no chip '", chip, "'; known is: bones");
    return std::make_unique<SkeletonTarget>("bones");
  });
}
} // namespace moec
