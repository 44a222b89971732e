//===- ExecToPlan.cpp - The host plan as plan.fb --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One walk over the exec dialect; what it writes is in the module. A block-scaled reference becomes
// one argument for each of its streams, codes first, as the kernel ABI says.
//
//===----------------------------------------------------------------------===//

#include "moec/Translation/ExecToPlan.h"

#include "Formulas.h"

#include "moec/Dialect/Exec/Exec.h"
#include "moec/Dialect/MX/MX.h"
#include "moec/Dialect/MoE/Config.h"
#include "moec/Kernel.h"
#include "moec/Target/TargetResolver.h"

#include "mlir/Tools/mlir-translate/Translation.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;
using namespace moec;

namespace {
/// Fills a plan from a module.
class PlanWriter {
public:
  explicit PlanWriter(ModuleOp module) : module(module) {}

  Error write(const PlanMachine &machine);
  std::string finish();

private:
  Error addFacts(const PlanMachine &machine);
  void addKernels();
  void addWeights();
  void addStates();
  Error addFunction(exec::FuncOp function);
  Error addArrays(mlir::ArrayAttr arrays, std::vector<std::unique_ptr<plan::ArrayT>> &out);
  Error addVariant(exec::VariantOp variant, plan::FunctionT &function);
  Error addBuffer(exec::AllocOp alloc, plan::VariantT &variant);
  Error addLaunch(exec::LaunchOp launch, plan::VariantT &variant);
  Error addGrid(exec::LaunchOp op, tile::KernelOp kernel, plan::LaunchT &launch);
  Error addCopy(exec::CopyOp copy, plan::VariantT &variant);
  Error addArgument(Value value, std::vector<std::unique_ptr<plan::ArgT>> &out);
  /// What an argument is; the first of its words.
  std::unique_ptr<plan::ArgT> makeArgument(Value value);

  ModuleOp module;
  exec::PlanOp plan;
  plan::PlanT out;
  /// Numbers in the tables of the plan; of a weight and a state that of its first stream.
  llvm::StringMap<unsigned> kernels, weights, states;
  llvm::MapVector<Attribute, unsigned> pools;
  DenseMap<int64_t, moe::GroupOp> groups;
  /// Of the current function and variant.
  exec::FuncOp function;
  DenseMap<Operation *, unsigned> buffers;
};
} // namespace

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

Error PlanWriter::addFacts(const PlanMachine &machine) {
  plan = exec::getPlan(module);
  exec::LimitsAttr limits = exec::getLimits(module);
  if (!plan || !limits)
    return Error::make("the module has no exec.plan with exec.limits to translate");
  out.version = plan::Version::Current;
  out.kernel_abi = MOEC_KERNEL_ABI_VERSION;
  out.target = machine.target;
  out.processor = machine.processor;
  out.features = machine.features;
  out.max_tokens = limits.getMaxTokens();
  out.max_sequences = limits.getMaxSequences();
  out.max_context = limits.getMaxContext();
  DictionaryAttr config = moe::getConfig(module);
  auto vocabulary = config.getAs<IntegerAttr>("vocab_size");
  if (!vocabulary || vocabulary.getInt() < 1)
    return Error::make("moe.config has no vocab_size of at least 1");
  out.vocab = vocabulary.getInt();
  constexpr int64_t most = std::numeric_limits<int32_t>::max();
  if (limits.getMaxContext() > most)
    return Error::make("max_context of exec.limits is ", limits.getMaxContext(), ", not in 1 … ",
                       most);
  auto eos = config.getAs<DenseI64ArrayAttr>("eos_token_ids");
  for (int64_t id : eos ? eos.asArrayRef() : ArrayRef<int64_t>())
    if (id < 0 || id > most)
      return Error::make("eos_token_ids of moe.config has ", id, ", not in 0 … ", most);
  if (eos)
    out.eos_ids.assign(eos.asArrayRef().begin(), eos.asArrayRef().end());
  if (auto type = config.getAs<StringAttr>("model_type"))
    out.model = type.str();
  // The groups of the plan's kernels are copies.
  for (auto model : module.getOps<FunctionOpInterface>())
    model.walk([&](moe::GroupOp group) {
      if (group.getId())
        groups[*group.getId()] = group;
    });
  return Error::success();
}

void PlanWriter::addKernels() {
  llvm::StringMap<moe::KernelFamily> families;
  plan.walk([&](exec::LaunchOp launch) {
    if (launch.getGroup() && groups.contains(*launch.getGroup()))
      families.try_emplace(launch.getKernel(), groups[*launch.getGroup()].getFamily());
  });
  for (auto object : plan.getBody().getOps<exec::CodeObjectOp>()) {
    for (auto entry : object.getBody().getOps<exec::EntryOp>()) {
      auto op = plan.lookupSymbol<tile::KernelOp>(entry.getKernelAttr().getAttr());
      auto kernel = std::make_unique<plan::KernelT>();
      kernel->name = entry.getKernel().str();
      if (auto family = families.find(entry.getKernel()); family != families.end())
        kernel->family = moe::stringifyKernelFamily(family->second).str();
      kernel->code_object = out.code_objects.size();
      kernel->symbol = entry.getSymbol().str();
      kernel->scratch_bytes = entry.getScratchBytes();
      kernel->block_threads = entry.getBlockThreads();
      kernel->arguments = op.getNumWords();
      if (mlir::ArrayAttr metrics = entry.getMetricsAttr())
        for (auto metric : metrics.getAsRange<exec::MetricAttr>()) {
          kernel->metrics.push_back(std::make_unique<plan::MetricT>());
          kernel->metrics.back()->name = metric.getName().str();
          kernel->metrics.back()->value = metric.getValue().getValueAsDouble();
        }
      kernels[entry.getKernel()] = out.kernels.size();
      out.kernels.push_back(std::move(kernel));
    }
    out.code_objects.push_back(std::make_unique<plan::CodeObjectT>());
    out.code_objects.back()->file = object.getFile().str();
  }
}

/// A weight's type for people: `2048x6144 bf16 #tile.packed<…>`.
static std::string describe(tile::RefType type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(type.getShape(), os, "x");
  os << " " << type.getElementType();
  if (tile::PackedAttr packed = type.getPacked())
    os << " " << packed;
  return text;
}

void PlanWriter::addWeights() {
  if (std::optional<StringRef> file = plan.getWeightFile()) {
    out.weight_files.push_back(std::make_unique<plan::WeightFileT>());
    out.weight_files.back()->file = file->str();
  }
  for (auto op : plan.getBody().getOps<exec::WeightOp>()) {
    weights[op.getSymName()] = out.weights.size();
    for (const exec::ArrayStream &stream : exec::getStreams(op)) {
      auto weight = std::make_unique<plan::WeightT>();
      weight->name = weight->tensor = stream.name;
      weight->bytes = stream.bytes;
      weight->description = describe(op.getType());
      out.weights.push_back(std::move(weight));
    }
  }
}

void PlanWriter::addStates() {
  for (auto op : plan.getBody().getOps<exec::StateOp>()) {
    exec::RuleAttr rule = op.getRule();
    auto [pool, isNew] = pools.insert({rule, unsigned(out.pools.size())});
    if (isNew) {
      out.pools.push_back(std::make_unique<plan::PoolT>());
      static_assert(unsigned(exec::Allocation::Paged) == unsigned(plan::Allocation::Paged) &&
                    unsigned(exec::Allocation::Window) == unsigned(plan::Allocation::Window) &&
                    unsigned(exec::Allocation::Slots) == unsigned(plan::Allocation::Slots));
      out.pools.back()->allocation = plan::Allocation(rule.getAllocation());
      out.pools.back()->page_size = rule.getPageSize();
      out.pools.back()->window = rule.getWindow();
    }
    states[op.getSymName()] = out.states.size();
    for (const exec::ArrayStream &stream : exec::getStreams(op)) {
      auto state = std::make_unique<plan::StateT>();
      state->name = stream.name;
      state->pool = pool->second;
      state->bytes = stream.bytes;
      state->description = (op.getKind() + " " + mx::describe(op.getType().getElementType())).str();
      out.states.push_back(std::move(state));
    }
  }
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

static std::optional<plan::Element> elementOf(Type type) {
  if (type.isInteger(32))
    return plan::Element::I32;
  if (type.isF32())
    return plan::Element::F32;
  if (type.isBF16())
    return plan::Element::BF16;
  return type.isF16() ? plan::Element::F16 : std::optional<plan::Element>();
}

Error PlanWriter::addArrays(mlir::ArrayAttr arrays,
                            std::vector<std::unique_ptr<plan::ArrayT>> &list) {
  for (auto source : arrays.getAsRange<exec::InterfaceArrayAttr>()) {
    auto array = std::make_unique<plan::ArrayT>();
    array->name = source.getName().str();
    std::optional<plan::Element> element = elementOf(source.getType().getElementType());
    if (!element)
      return Error::make("array '", array->name, "' of @", function.getSymName().str(),
                         " has elements that no array has");
    array->element = *element;
    array->width = ShapedType::getNumElements(source.getType().getShape().drop_front());
    if (exec::RuleAttr rule = source.getOf()) {
      auto pool = pools.find(rule);
      if (pool == pools.end())
        return Error::make("array '", array->name, "' of @", function.getSymName().str(),
                           " is about a rule that no state has");
      array->pool = int32_t(pool->second);
    }
    auto extent = writeFormula(source.getRows().getResults(),
                               strCat("the rows of array '", array->name, "'"));
    if (!extent)
      return extent.takeError();
    array->extent = std::move(*extent);
    list.push_back(std::move(array));
  }
  return Error::success();
}

Error PlanWriter::addBuffer(exec::AllocOp alloc, plan::VariantT &variant) {
  if (!alloc.getOffset() || !alloc.getBytes())
    return Error::make("buffer ", alloc.getName().str(), " of @", function.getSymName().str(),
                       " has no place; run exec-plan-memory first");
  buffers[alloc] = variant.buffers.size();
  uint64_t offset = *alloc.getOffset(), bytes = *alloc.getBytes();
  uint64_t codes = alloc.getScalesOffset().value_or(0);
  auto add = [&](unsigned stream, uint64_t begin, uint64_t size) {
    auto buffer = std::make_unique<plan::BufferT>();
    buffer->name = (alloc.getName() + (stream ? ".scales" : "")).str();
    buffer->offset = begin;
    buffer->bytes = size;
    buffer->stream = stream;
    if (std::optional<exec::ValueAttr> of = alloc.getOf()) {
      buffer->group = of->getGroup();
      buffer->result = of->getResult();
      buffer->part = of->getPart();
    }
    variant.buffers.push_back(std::move(buffer));
  };
  add(0, offset, codes ? codes : bytes);
  if (codes)
    add(1, offset + codes, bytes - codes);
  return Error::success();
}

std::unique_ptr<plan::ArgT> PlanWriter::makeArgument(Value value) {
  auto argument = std::make_unique<plan::ArgT>();
  auto set = [&](plan::ArgKind kind, uint32_t index) {
    argument->kind = kind;
    argument->index = index;
  };
  Operation *op = value.getDefiningOp();
  if (auto alloc = dyn_cast<exec::AllocOp>(op))
    set(plan::ArgKind::Buffer, buffers.lookup(alloc));
  else if (auto weight = dyn_cast<exec::WeightRefOp>(op))
    set(plan::ArgKind::Weight, weights.lookup(weight.getWeight()));
  else if (auto state = dyn_cast<exec::StateRefOp>(op))
    set(plan::ArgKind::State, states.lookup(state.getState()));
  else if (auto input = dyn_cast<exec::InputOp>(op))
    set(plan::ArgKind::Input, *function.findInput(input.getName(), input.getOfAttr()));
  else if (auto output = dyn_cast<exec::OutputOp>(op))
    set(plan::ArgKind::Output, *function.findOutput(output.getName()));
  else
    set(plan::ArgKind::Scalar, 0);
  return argument;
}

Error PlanWriter::addArgument(Value value, std::vector<std::unique_ptr<plan::ArgT>> &list) {
  list.push_back(makeArgument(value));
  if (auto scalar = value.getDefiningOp<exec::ScalarOp>()) {
    auto formula = writeFormula(scalar.getFormula().getResults(), "a scalar of the plan");
    if (!formula)
      return formula.takeError();
    list.back()->formula = std::move(*formula);
  }
  // What a format has beside its codes follows them in every table.
  auto ref = dyn_cast<tile::RefType>(value.getType());
  for (unsigned stream = 1; ref && stream < ref.getNumWords(); ++stream) {
    list.push_back(makeArgument(value));
    list.back()->index += stream;
  }
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

static plan::ScheduleSource sourceOf(StringRef source) {
  if (source == "measured")
    return plan::ScheduleSource::Measured;
  return source == "predicted" ? plan::ScheduleSource::Predicted : plan::ScheduleSource::Default;
}

static void addSchedule(tile::ScheduleAttr schedule, plan::LaunchT &launch) {
  launch.schedule_source = sourceOf(schedule.getSource());
  for (NamedAttribute choice : schedule.getChoices()) {
    if (choice.getName() == "source")
      continue;
    auto entry = std::make_unique<plan::ChoiceT>();
    entry->name = choice.getName().str();
    if (auto number = dyn_cast<IntegerAttr>(choice.getValue()))
      entry->number = number.getInt();
    else if (auto text = dyn_cast<StringAttr>(choice.getValue()))
      entry->text = text.str();
    launch.schedule.push_back(std::move(entry));
  }
}

Error PlanWriter::addGrid(exec::LaunchOp op, tile::KernelOp kernel, plan::LaunchT &launch) {
  // The kernel's grid is over its index arguments, each of which is a formula here.
  SmallVector<AffineExpr> dims;
  for (Value argument : op.getArgs())
    if (auto scalar = argument.getDefiningOp<exec::ScalarOp>())
      dims.push_back(scalar.getFormula().getResult(0));
  std::unique_ptr<plan::FormulaT> *grid[] = {&launch.grid_x, &launch.grid_y, &launch.grid_z};
  for (unsigned axis = 0; axis < 3; ++axis) {
    AffineMap map = cast<AffineMapAttr>(kernel.getGrid()[axis]).getValue();
    SmallVector<AffineExpr> extents;
    for (AffineExpr extent : map.getResults())
      extents.push_back(extent.replaceDims(dims));
    auto formula = writeFormula(extents, strCat("the grid of kernel ", op.getKernel().str()));
    if (!formula)
      return formula.takeError();
    *grid[axis] = std::move(*formula);
  }
  return Error::success();
}

Error PlanWriter::addLaunch(exec::LaunchOp op, plan::VariantT &variant) {
  auto kernel = plan.lookupSymbol<tile::KernelOp>(op.getKernelAttr().getAttr());
  auto number = kernels.find(op.getKernel());
  if (!kernel || number == kernels.end())
    return Error::make("launch ", op.getLabel().str(), " needs kernel ", op.getKernel().str(),
                       ", for which no code was generated");
  plan::LaunchT launch;
  launch.kernel = number->second;
  launch.op = op.getLabel().str();
  launch.group = int32_t(op.getGroup().value_or(-1));
  for (Value argument : op.getArgs())
    if (Error error = addArgument(argument, launch.args))
      return error;
  if (Error error = addGrid(op, kernel, launch))
    return error;
  if (tile::ScheduleAttr schedule = kernel.getScheduleAttr())
    addSchedule(schedule, launch);
  if (std::optional<exec::CostAttr> cost = op.getCost())
    for (exec::EstimateAttr estimate : cost->getEstimates())
      launch.estimates.emplace_back(uint32_t(estimate.getTokens()),
                                    uint32_t(estimate.getContextLength()),
                                    estimate.getMicroseconds().convertToDouble(),
                                    uint64_t(estimate.getRead()), uint64_t(estimate.getWritten()));
  variant.steps.push_back(std::make_unique<plan::StepT>());
  variant.steps.back()->action.Set(std::move(launch));
  return Error::success();
}

Error PlanWriter::addCopy(exec::CopyOp op, plan::VariantT &variant) {
  auto type = cast<tile::RefType>(op.getSource().getType());
  int64_t rowBytes = *exec::refBytes(type, 1);
  SmallVector<AffineExpr> bytes;
  for (AffineExpr rows : op.getRows().getResults())
    bytes.push_back(rows * rowBytes);
  plan::CopyT copy;
  copy.source = makeArgument(op.getSource());
  copy.destination = makeArgument(op.getDestination());
  auto formula = writeFormula(bytes, "a copy of the plan");
  if (!formula)
    return formula.takeError();
  copy.bytes = std::move(*formula);
  variant.steps.push_back(std::make_unique<plan::StepT>());
  variant.steps.back()->action.Set(std::move(copy));
  return Error::success();
}

Error PlanWriter::addVariant(exec::VariantOp op, plan::FunctionT &list) {
  auto variant = std::make_unique<plan::VariantT>();
  variant->max_tokens = op.getMaxTokens();
  variant->arena_bytes = op.getArenaBytes().value_or(0);
  buffers.clear();
  for (auto alloc : op.getBody().getOps<exec::AllocOp>())
    if (Error error = addBuffer(alloc, *variant))
      return error;
  for (Operation &step : op.getBody().front()) {
    Error error = Error::success();
    if (auto launch = dyn_cast<exec::LaunchOp>(step))
      error = addLaunch(launch, *variant);
    else if (auto copy = dyn_cast<exec::CopyOp>(step))
      error = addCopy(copy, *variant);
    if (error)
      return error;
  }
  list.variants.push_back(std::move(variant));
  return Error::success();
}

Error PlanWriter::addFunction(exec::FuncOp op) {
  function = op;
  auto entry = std::make_unique<plan::FunctionT>();
  entry->name = op.getSymName().str();
  if (Error error = addArrays(op.getInputs(), entry->inputs))
    return error;
  if (Error error = addArrays(op.getOutputs(), entry->outputs))
    return error;
  for (auto variant : op.getBody().getOps<exec::VariantOp>())
    if (Error error = addVariant(variant, *entry))
      return error;
  out.functions.push_back(std::move(entry));
  return Error::success();
}

Error PlanWriter::write(const PlanMachine &machine) {
  if (Error error = addFacts(machine))
    return error;
  addKernels();
  addWeights();
  addStates();
  for (auto op : plan.getBody().getOps<exec::FuncOp>())
    if (Error error = addFunction(op))
      return error;
  return Error::success();
}

std::string PlanWriter::finish() {
  flatbuffers::FlatBufferBuilder builder;
  plan::FinishPlanBuffer(builder, plan::CreatePlan(builder, &out));
  return std::string(reinterpret_cast<const char *>(builder.GetBufferPointer()), builder.GetSize());
}

Expected<std::string> moec::translateToPlan(ModuleOp module, const PlanMachine &machine) {
  PlanWriter writer(module);
  if (Error error = writer.write(machine))
    return error;
  return writer.finish();
}

Expected<std::string> moec::translateToPlan(ModuleOp module) {
  TargetAttr named = getTargetAttr(module);
  TargetResolver *resolver = getTargetResolver(module.getContext());
  if (!named || !resolver)
    return Error::make("the module names no machine that this program knows");
  Expected<const Target *> target = resolver->resolve(named);
  if (!target)
    return target.takeError();
  return translateToPlan(module,
                         {(*target)->name(), (*target)->processor(), (*target)->features()});
}

void moec::registerExecToPlanTranslation(std::function<void(DialectRegistry &)> registerDialects) {
  static TranslateFromMLIRRegistration registration(
      "exec-to-plan", "plan.fb of a module whose code objects are known",
      [](ModuleOp module, raw_ostream &os) -> LogicalResult {
        Expected<std::string> bytes = translateToPlan(module);
        if (!bytes)
          return module.emitError() << bytes.takeError().message();
        os << *bytes;
        return success();
      },
      registerDialects);
}
