//===- FunctionChecker.cpp - Checks of a plan's functions -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Interfaces against the table of moec/StepArrays.h, then variants step by step.
//
//===----------------------------------------------------------------------===//

#include "PlanChecker.h"
#include "moec/Kernel.h"
#include "moec/StepArrays.h"

#include <algorithm>
#include <set>
#include <vector>

using namespace moec;
using namespace moec::runtime;
using plan::Dim;

/// A block table of the largest step, which is never allocated whole, may have so many bytes.
static constexpr uint64_t maxTableBytes = uint64_t(1) << 58;

Error PlanChecker::checkFunctions() const {
  std::set<std::string_view> names;
  for (const plan::Function *function : *plan.functions()) {
    if (!names.insert(function->name()->string_view()).second)
      return Error::make("there are two functions '", function->name()->c_str(), "'");
    if (Error error = checkFunction(*function))
      return error.addContext(strCat("function '", function->name()->c_str(), "'"));
  }
  return Error::success();
}

Error PlanChecker::checkFunction(const plan::Function &function) const {
  if (Error error = checkArrays(*function.inputs(), "input", stepInputs))
    return error;
  if (Error error = checkArrays(*function.outputs(), "output", stepOutputs))
    return error;
  return checkVariants(function);
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

Error PlanChecker::checkArrays(const flatbuffers::Vector<flatbuffers::Offset<plan::Array>> &arrays,
                               std::string_view kind, std::span<const ArrayInfo> known) const {
  std::set<std::pair<std::string_view, int32_t>> seen;
  for (const plan::Array *array : arrays) {
    std::string_view name = array->name()->string_view();
    auto info = std::find_if(known.begin(), known.end(),
                             [&](const ArrayInfo &one) { return one.name == name; });
    if (info == known.end()) {
      std::string names;
      for (const ArrayInfo &one : known)
        names += strCat(names.empty() ? "" : ", ", one.name);
      return Error::make(kind, " '", name, "' is unknown to this runtime, which knows ", names);
    }
    std::string where = strCat(kind, " '", name, "'");
    if (Error error = checkArray(*array, *info))
      return error.addContext(where);
    if (!seen.emplace(name, array->pool()).second)
      return array->pool() < 0 ? Error::make(where, " is there twice")
                               : Error::make(where, " is there twice for pool ", array->pool());
  }
  return Error::success();
}

/// Whether an array of this kind may have elements of this type.
static bool allows(ArrayElements elements, plan::Element element) {
  switch (elements) {
  case ArrayElements::Int32:
    return element == plan::Element::I32;
  case ArrayElements::Float32:
    return element == plan::Element::F32;
  case ArrayElements::Float:
    return element != plan::Element::I32;
  }
  return false;
}

Error PlanChecker::checkArray(const plan::Array &array, const ArrayInfo &info) const {
  static constexpr const char *elements[] = {"i32", "f32", "f32, bf16 or f16"};
  if (Error error =
          checkInRange("element", uint64_t(array.element()), 0, uint64_t(plan::Element::MAX)))
    return error;
  if (!allows(info.elements, array.element()))
    return Error::make("its elements are ", elementName(array.element()), ", not ",
                       elements[size_t(info.elements)]);
  if (Error error = checkInRange("width", array.width(), 1, info.isScalar ? 1 : maxPlanCount))
    return error;
  if (Error error = checkArrayPool(array, info))
    return error;
  return checkExtent(array, info);
}

Error PlanChecker::checkArrayPool(const plan::Array &array, const ArrayInfo &info) const {
  if (info.pools == ArrayPools::None) {
    if (array.pool() == -1)
      return Error::success();
    return Error::make("pool is ", array.pool(), " but it describes no pool, which is -1");
  }
  if (array.pool() < 0)
    return Error::make("pool is ", array.pool(), " but it describes one of ", plan.pools()->size(),
                       " pools");
  if (Error error = checkIndex("pool", uint64_t(array.pool()), "pools", plan.pools()->size()))
    return error;
  const plan::Pool &pool = *plan.pools()->Get(uint32_t(array.pool()));
  bool isOfSlots = pool.allocation() == plan::Allocation::Slots;
  if (isOfSlots == (info.pools == ArrayPools::Slots))
    return Error::success();
  return Error::make("pool is ", array.pool(), ", a pool of ", isOfSlots ? "slots" : "pages",
                     ", but it describes pools of ", isOfSlots ? "pages" : "slots");
}

/// The rows that an array may have in a step: one number, or two where it depends on the function.
static std::vector<int64_t> allowedRows(ArrayRows rows, const StepDims &dims) {
  switch (rows) {
  case ArrayRows::Tokens:
    return {dims[Dim::Tokens]};
  case ArrayRows::Sequences:
    return {dims[Dim::Sequences]};
  case ArrayRows::SequencesAndOne:
    return {dims[Dim::Sequences] + 1};
  case ArrayRows::TableEntries:
    return {dims[Dim::Sequences] * dims[Dim::BlockTableStride]};
  case ArrayRows::LogitsRows:
    return {dims[Dim::LogitsRows]};
  case ArrayRows::TokensOrLogitsRows:
    return {dims[Dim::Tokens], dims[Dim::LogitsRows]};
  }
  return {};
}

/// The runtime fills and reads as many rows as the table says, so the formula has to say the same.
Error PlanChecker::checkExtent(const plan::Array &array, const ArrayInfo &info) const {
  static constexpr const char *names[] = {"T", "S", "S + 1", "S * P", "R", "T or R"};
  if (Error error = checkFormula(*array.extent()))
    return error.addContext("extent");
  const StepDims samples[] = {stepLimits(plan), {{7, 5, 3, 2}}, {{1, 1, 0, 0}}, {{11, 1, 13, 17}}};
  std::vector<bool> possible(allowedRows(info.rows, {}).size(), true);
  for (const StepDims &dims : samples) {
    Expected<int64_t> rows = evaluate(*array.extent(), dims);
    if (!rows)
      return rows.takeError().addContext("extent");
    std::vector<int64_t> allowed = allowedRows(info.rows, dims);
    for (size_t i = 0; i < allowed.size(); ++i)
      possible[i] = possible[i] && allowed[i] == *rows;
  }
  if (std::find(possible.begin(), possible.end(), true) == possible.end())
    return Error::make("extent is ", formatFormula(*array.extent()), ", not ",
                       names[size_t(info.rows)]);
  uint64_t most = info.rows == ArrayRows::TableEntries ? maxTableBytes : maxPlanBytes;
  uint64_t rows = uint64_t(*evaluate(*array.extent(), samples[0]));
  if (rows <= most / rowBytes(array))
    return Error::success();
  return Error::make("has ", rows, " rows of ", rowBytes(array), " bytes, more than ", most,
                     " bytes");
}

//===----------------------------------------------------------------------===//
// Variants
//===----------------------------------------------------------------------===//

Error PlanChecker::checkVariants(const plan::Function &function) const {
  if (function.variants()->size() == 0)
    return Error::make("variants is empty");
  uint64_t previous = 0;
  for (uint32_t i = 0; i < function.variants()->size(); ++i) {
    const plan::Variant &variant = *function.variants()->Get(i);
    std::string where = strCat("variants[", i, "]");
    if (variant.max_tokens() <= previous)
      return Error::make(where, ": max_tokens is ", variant.max_tokens(), ", not more than the ",
                         previous, " before");
    previous = variant.max_tokens();
    if (Error error = checkVariant(function, variant))
      return error.addContext(where);
  }
  if (previous != plan.max_tokens())
    return Error::make("max_tokens is ", plan.max_tokens(), " but the last variant has ", previous);
  return Error::success();
}

Error PlanChecker::checkVariant(const plan::Function &function,
                                const plan::Variant &variant) const {
  if (Error error = checkInRange("arena_bytes", variant.arena_bytes(), 0, maxPlanBytes))
    return error;
  for (const plan::Buffer *buffer : *variant.buffers()) {
    if (buffer->offset() % MOEC_BUFFER_ALIGNMENT != 0)
      return Error::make("buffer '", buffer->name()->c_str(), "' has offset ", buffer->offset(),
                         ", not a multiple of ", MOEC_BUFFER_ALIGNMENT);
    if (buffer->offset() > variant.arena_bytes() ||
        buffer->bytes() > variant.arena_bytes() - buffer->offset())
      return Error::make("buffer '", buffer->name()->c_str(), "' has ", buffer->bytes(),
                         " bytes at ", buffer->offset(), " of an arena of ", variant.arena_bytes());
  }
  for (auto [index, step] : stepsOf(variant))
    if (Error error = checkStep(function, variant, step))
      return error.addContext(strCat("steps[", index, "]"));
  return Error::success();
}

Error PlanChecker::checkStep(const plan::Function &function, const plan::Variant &variant,
                             const plan::Step &step) const {
  switch (step.action_type()) {
  case plan::Action::Launch:
    return checkLaunch(function, variant, *step.action_as_Launch());
  case plan::Action::Copy:
    return checkCopy(function, variant, *step.action_as_Copy());
  case plan::Action::Collective: {
    const flatbuffers::String *kind = step.action_as_Collective()->kind();
    return Error::make("a collective (", kind ? kind->c_str() : "of no kind",
                       ") needs ranks, which this runtime does not have");
  }
  case plan::Action::NONE:
    break;
  }
  return Error::make("action is ", int(step.action_type()), ", not in 1 … ",
                     int(plan::Action::MAX));
}

Error PlanChecker::checkLaunch(const plan::Function &function, const plan::Variant &variant,
                               const plan::Launch &launch) const {
  if (Error error = checkIndex("kernel", launch.kernel(), "kernels", plan.kernels()->size()))
    return error;
  const plan::Kernel &kernel = *plan.kernels()->Get(launch.kernel());
  if (launch.args()->size() != kernel.arguments())
    return Error::make("args has ", launch.args()->size(), " words but kernel '",
                       kernel.name()->c_str(), "' takes ", kernel.arguments());
  for (const plan::Formula *formula : {launch.grid_x(), launch.grid_y(), launch.grid_z()})
    if (formula)
      if (Error error = checkFormula(*formula))
        return error.addContext("grid");
  for (uint32_t i = 0; i < launch.args()->size(); ++i)
    if (Error error = checkArg(function, variant, *launch.args()->Get(i)))
      return error.addContext(strCat("args[", i, "]"));
  if (Error error = checkInRange("schedule_source", uint64_t(launch.schedule_source()), 0,
                                 uint64_t(plan::ScheduleSource::MAX)))
    return error;
  return checkEstimates(launch);
}

Error PlanChecker::checkEstimates(const plan::Launch &launch) const {
  if (!launch.estimates())
    return Error::success();
  // FlatBuffers' verifier does not look at the alignment of structs in vectors.
  uint64_t rest = reinterpret_cast<uintptr_t>(launch.estimates()->Data()) % alignof(plan::Estimate);
  if (rest != 0)
    return Error::make("estimates begin ", rest, " bytes past a multiple of ",
                       alignof(plan::Estimate));
  const plan::Estimate *previous = nullptr;
  for (const plan::Estimate *one : *launch.estimates()) {
    bool follows = !previous || one->tokens() > previous->tokens() ||
                   (one->tokens() == previous->tokens() && one->context() > previous->context());
    if (!follows)
      return Error::make("estimates has ", one->tokens(), " tokens with a context of ",
                         one->context(), " after ", previous->tokens(), " with ",
                         previous->context());
    previous = one;
  }
  return Error::success();
}

Error PlanChecker::checkCopy(const plan::Function &function, const plan::Variant &variant,
                             const plan::Copy &copy) const {
  for (const plan::Arg *arg : {copy.source(), copy.destination()}) {
    std::string_view name = arg == copy.source() ? "source" : "destination";
    if (arg->kind() == plan::ArgKind::Weight || arg->kind() == plan::ArgKind::Scalar)
      return Error::make("the ", name, " of a copy is a ",
                         arg->kind() == plan::ArgKind::Weight ? "weight" : "scalar",
                         ", not a buffer, a state, an input or an output");
    if (Error error = checkArg(function, variant, *arg))
      return error.addContext(name);
  }
  if (Error error = checkFormula(*copy.bytes()))
    return error.addContext("bytes");
  return Error::success();
}

Error PlanChecker::checkArg(const plan::Function &function, const plan::Variant &variant,
                            const plan::Arg &arg) const {
  switch (arg.kind()) {
  case plan::ArgKind::Buffer:
    return checkIndex("index", arg.index(), "buffers", variant.buffers()->size());
  case plan::ArgKind::Weight:
    return checkIndex("index", arg.index(), "weights", plan.weights()->size());
  case plan::ArgKind::State:
    return checkIndex("index", arg.index(), "states", plan.states()->size());
  case plan::ArgKind::Input:
    return checkIndex("index", arg.index(), "inputs", function.inputs()->size());
  case plan::ArgKind::Output:
    return checkIndex("index", arg.index(), "outputs", function.outputs()->size());
  case plan::ArgKind::Scalar:
    return arg.formula() ? checkFormula(*arg.formula()) : Error::make("a scalar has no formula");
  }
  return Error::make("kind is ", int(arg.kind()), " but there are ", int(plan::ArgKind::MAX) + 1,
                     " kinds");
}
