//===- PlanWriter.cpp - The host plan as plan.fb --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One walk over the exec dialect. A block-scaled reference becomes two arguments, codes and scales,
// as the kernel ABI says.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/PlanWriter.h"

#include "moec/Dialect/Exec/Exec.h"
#include "moec/Kernel.h"
#include "moec/abi/plan_generated.h"

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace moec;

namespace {
/// Builds postfix formulas over the step's dims.
class FormulaWriter {
public:
  /// The formula of `expr`, whose dim i is `dims[i]`. Fails on an operator that formulas lack.
  static FailureOr<std::unique_ptr<plan::FormulaT>> write(ArrayRef<AffineExpr> exprs);

private:
  LogicalResult push(AffineExpr expr);
  void step(plan::FormulaOp op, int64_t value = 0) {
    formula->steps.push_back(plan::FormulaStep(value, op));
  }

  std::unique_ptr<plan::FormulaT> formula = std::make_unique<plan::FormulaT>();
};

/// Fills a plan from a module.
class PlanWriter {
public:
  PlanWriter(ModuleOp module, const PlanFacts &facts) : module(module) { addFacts(facts); }

  void addKernels(const std::vector<CodeObject> &codeObjects);
  void addWeights(const std::string &file, const std::vector<PlacedWeight> &placed);
  void addCaches();
  Error addVariant(exec::VariantOp variant);
  std::string finish();

private:
  void addFacts(const PlanFacts &facts);
  Error addLaunch(exec::LaunchOp launch, plan::VariantT &variant);
  Error addArgument(Value value, plan::LaunchT &launch);
  void addBuffer(exec::AllocOp alloc, plan::VariantT &variant);

  void push(plan::LaunchT &launch, plan::ArgKind kind, uint32_t index) {
    auto argument = std::make_unique<plan::ArgT>();
    argument->kind = kind;
    argument->index = index;
    launch.args.push_back(std::move(argument));
  }

  ModuleOp module;
  plan::PlanT plan;
  llvm::StringMap<unsigned> kernels, weights, caches;
  /// The first of an allocation's buffers in the current variant.
  DenseMap<Operation *, unsigned> buffers;
};
} // namespace

//===----------------------------------------------------------------------===//
// Formulas
//===----------------------------------------------------------------------===//

LogicalResult FormulaWriter::push(AffineExpr expr) {
  // (T, S, R, P) are the plan's first four dims, in this order.
  if (auto dim = dyn_cast<AffineDimExpr>(expr)) {
    step(plan::FormulaOp::Dimension, dim.getPosition());
    return success();
  }
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    step(plan::FormulaOp::Constant, constant.getValue());
    return success();
  }
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary || failed(push(binary.getLHS())) || failed(push(binary.getRHS())))
    return failure();
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    step(plan::FormulaOp::Add);
    return success();
  case AffineExprKind::Mul:
    step(plan::FormulaOp::Mul);
    return success();
  case AffineExprKind::FloorDiv:
    step(plan::FormulaOp::FloorDiv);
    return success();
  case AffineExprKind::CeilDiv:
    step(plan::FormulaOp::CeilDiv);
    return success();
  default:
    return failure();
  }
}

FailureOr<std::unique_ptr<plan::FormulaT>> FormulaWriter::write(ArrayRef<AffineExpr> exprs) {
  FormulaWriter writer;
  for (auto [index, expr] : llvm::enumerate(exprs)) {
    if (failed(writer.push(expr)))
      return failure();
    if (index > 0)
      writer.step(plan::FormulaOp::Min);
  }
  return std::move(writer.formula);
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

void PlanWriter::addFacts(const PlanFacts &facts) {
  plan.version = plan::Version::Current;
  plan.kernel_abi = MOEC_KERNEL_ABI_VERSION;
  plan.target = facts.target;
  plan.processor = facts.processor;
  plan.features = facts.features;
  plan.model = facts.model;
  plan.vocab = facts.vocab;
  plan.max_context = facts.maxContext;
  plan.eos_ids = facts.eosIds;
  plan.page_size = facts.pageSize;
  plan.max_sequences = facts.maxSequences;
}

void PlanWriter::addKernels(const std::vector<CodeObject> &codeObjects) {
  for (const CodeObject &object : codeObjects) {
    for (const CodeObject::Kernel &source : object.kernels) {
      auto kernel = std::make_unique<plan::KernelT>();
      kernel->name = source.name;
      kernel->code_object = plan.code_objects.size();
      kernel->symbol = source.symbol;
      kernel->scratch_bytes = source.scratchBytes;
      kernel->block_threads = source.blockThreads;
      for (const auto &[name, value] : source.metrics) {
        auto metric = std::make_unique<plan::MetricT>();
        metric->name = name;
        metric->value = value;
        kernel->metrics.push_back(std::move(metric));
      }
      if (auto op = module.lookupSymbol<tile::KernelOp>(source.name))
        kernel->arguments = op.getNumWords();
      kernels[source.name] = plan.kernels.size();
      plan.kernels.push_back(std::move(kernel));
    }
    auto file = std::make_unique<plan::CodeObjectT>();
    file->file = "kernels/" + object.file;
    plan.code_objects.push_back(std::move(file));
  }
}

void PlanWriter::addWeights(const std::string &file, const std::vector<PlacedWeight> &placed) {
  if (!file.empty()) {
    auto entry = std::make_unique<plan::WeightFileT>();
    entry->file = file;
    plan.weight_files.push_back(std::move(entry));
  }
  for (const PlacedWeight &source : placed) {
    auto weight = std::make_unique<plan::WeightT>();
    weight->name = source.name;
    weight->tensor = source.tensor;
    weight->bytes = source.bytes;
    weight->description = source.description;
    weights[source.name] = plan.weights.size();
    plan.weights.push_back(std::move(weight));
  }
}

void PlanWriter::addCaches() {
  for (auto op : module.getOps<exec::CacheOp>()) {
    auto cache = std::make_unique<plan::CacheT>();
    auto type = cast<tile::RefType>(op.getType());
    cache->name = op.getSymName().str();
    cache->kind = op.getKind().str();
    llvm::raw_string_ostream(cache->element) << type.getElementType();
    cache->row_bytes = *exec::refBytes(type, 1);
    caches[op.getSymName()] = plan.caches.size();
    plan.caches.push_back(std::move(cache));
  }
}

//===----------------------------------------------------------------------===//
// Variants
//===----------------------------------------------------------------------===//

void PlanWriter::addBuffer(exec::AllocOp alloc, plan::VariantT &variant) {
  buffers[alloc] = variant.buffers.size();
  auto add = [&](const Twine &name, uint64_t offset, uint64_t bytes) {
    auto buffer = std::make_unique<plan::BufferT>();
    buffer->name = name.str();
    buffer->offset = offset;
    buffer->bytes = bytes;
    variant.buffers.push_back(std::move(buffer));
  };
  uint64_t offset = *alloc.getOffset(), bytes = *alloc.getBytes();
  if (uint64_t codes = alloc.getScalesOffset().value_or(0)) {
    add(alloc.getName(), offset, codes);
    add(alloc.getName() + ".scales", offset + codes, bytes - codes);
  } else {
    add(alloc.getName(), offset, bytes);
  }
}

Error PlanWriter::addArgument(Value value, plan::LaunchT &launch) {
  Operation *op = value.getDefiningOp();
  auto ref = dyn_cast<tile::RefType>(value.getType());
  bool scaled = ref && ref.getBlock();
  if (auto alloc = dyn_cast<exec::AllocOp>(op)) {
    push(launch, plan::ArgKind::Buffer, buffers.lookup(alloc));
    if (scaled)
      push(launch, plan::ArgKind::Buffer, buffers.lookup(alloc) + 1);
  } else if (auto weight = dyn_cast<exec::WeightRefOp>(op)) {
    for (StringRef suffix : {"", ".scales"}) {
      std::string name = (weight.getWeight() + suffix).str();
      auto found = weights.find(name);
      if (found == weights.end())
        return Error::make("the plan reads weight ", name, ", which was not packed");
      push(launch, plan::ArgKind::Weight, found->second);
      if (!scaled)
        break;
    }
  } else if (auto cache = dyn_cast<exec::CacheRefOp>(op)) {
    push(launch, plan::ArgKind::Cache, caches.lookup(cache.getCache()));
  } else if (auto input = dyn_cast<exec::InputOp>(op)) {
    push(launch, plan::ArgKind::Step, uint32_t(input.getKind()));
  } else if (auto scalar = dyn_cast<exec::ScalarOp>(op)) {
    auto formula = FormulaWriter::write(scalar.getFormula().getResults());
    if (failed(formula))
      return Error::make("a scalar of the plan uses an operator that formulas lack");
    push(launch, plan::ArgKind::Scalar, 0);
    launch.args.back()->formula = std::move(*formula);
  }
  return Error::success();
}

static plan::ScheduleSource sourceOf(StringRef source) {
  if (source == "measured")
    return plan::ScheduleSource::Measured;
  return source == "predicted" ? plan::ScheduleSource::Predicted : plan::ScheduleSource::Default;
}

Error PlanWriter::addLaunch(exec::LaunchOp op, plan::VariantT &variant) {
  auto kernel = module.lookupSymbol<tile::KernelOp>(op.getKernelAttr());
  auto number = kernels.find(op.getKernel());
  if (!kernel || number == kernels.end())
    return Error::make("launch ", op.getLabel().str(), " needs kernel ", op.getKernel().str(),
                       ", for which no code was generated");
  auto launch = std::make_unique<plan::LaunchT>();
  launch->kernel = number->second;
  launch->op = op.getLabel().str();
  launch->group = op.getKernel().rsplit('_').first.str();
  for (Value argument : op.getArgs())
    if (Error error = addArgument(argument, *launch))
      return error;

  // The kernel's grid is over its index arguments, each of which is a formula here.
  SmallVector<AffineExpr> dims;
  for (Value argument : op.getArgs())
    if (auto scalar = argument.getDefiningOp<exec::ScalarOp>())
      dims.push_back(scalar.getFormula().getResult(0));
  std::unique_ptr<plan::FormulaT> *grid[] = {&launch->grid_x, &launch->grid_y, &launch->grid_z};
  for (unsigned axis = 0; axis < 3; ++axis) {
    AffineMap map = cast<AffineMapAttr>(kernel.getGrid()[axis]).getValue();
    SmallVector<AffineExpr> extents;
    for (AffineExpr extent : map.getResults())
      extents.push_back(extent.replaceDims(dims));
    auto formula = FormulaWriter::write(extents);
    if (failed(formula))
      return Error::make("the grid of kernel ", op.getKernel().str(),
                         " uses an operator that formulas lack");
    *grid[axis] = std::move(*formula);
  }
  if (tile::ScheduleAttr schedule = kernel.getScheduleAttr()) {
    llvm::raw_string_ostream(launch->schedule) << schedule;
    launch->schedule_source = sourceOf(schedule.getSource());
  }
  if (auto microseconds = op.getMicroseconds())
    launch->predicted_microseconds = microseconds->convertToDouble();
  launch->bytes_read = op.getBytes().value_or(0);
  ArrayRef<double> estimates = op.getEstimates().value_or(ArrayRef<double>());
  for (; estimates.size() >= 3; estimates = estimates.drop_front(3))
    launch->estimates.emplace_back(uint32_t(estimates[0]), estimates[1], uint64_t(estimates[2]));
  variant.launches.push_back(std::move(launch));
  return Error::success();
}

Error PlanWriter::addVariant(exec::VariantOp op) {
  auto variant = std::make_unique<plan::VariantT>();
  variant->max_tokens = op.getMaxTokens();
  variant->arena_bytes = op.getArenaBytes().value_or(0);
  buffers.clear();
  for (auto alloc : op.getBody().getOps<exec::AllocOp>())
    addBuffer(alloc, *variant);
  for (auto launch : op.getBody().getOps<exec::LaunchOp>())
    if (Error error = addLaunch(launch, *variant))
      return error;
  plan.max_tokens = std::max<uint32_t>(plan.max_tokens, variant->max_tokens);
  plan.variants.push_back(std::move(variant));
  return Error::success();
}

std::string PlanWriter::finish() {
  flatbuffers::FlatBufferBuilder builder;
  plan::FinishPlanBuffer(builder, plan::CreatePlan(builder, &plan));
  return std::string(reinterpret_cast<const char *>(builder.GetBufferPointer()), builder.GetSize());
}

Expected<std::string> moec::writePlan(ModuleOp module, const PlanFacts &facts,
                                      const std::vector<CodeObject> &codeObjects,
                                      const std::string &weightFile,
                                      const std::vector<PlacedWeight> &weights) {
  PlanWriter writer(module, facts);
  writer.addKernels(codeObjects);
  writer.addWeights(weightFile, weights);
  writer.addCaches();
  for (auto variant : module.getOps<exec::VariantOp>())
    if (Error error = writer.addVariant(variant))
      return error;
  return writer.finish();
}
