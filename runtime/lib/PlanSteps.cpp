//===- PlanSteps.cpp - Walking a plan ---------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Look-ups by name, and texts for people.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/PlanSteps.h"

#include "moec/StepArrays.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;

const plan::Function *runtime::findFunction(const plan::Plan &plan, std::string_view name) {
  for (const plan::Function *function : *plan.functions())
    if (function->name()->string_view() == name)
      return function;
  return nullptr;
}

std::optional<uint32_t>
runtime::arrayIndex(const flatbuffers::Vector<flatbuffers::Offset<plan::Array>> &arrays,
                    std::string_view name, int32_t pool) {
  for (uint32_t i = 0; i < arrays.size(); ++i)
    if (arrays.Get(i)->name()->string_view() == name && arrays.Get(i)->pool() == pool)
      return i;
  return std::nullopt;
}

static const plan::Choice *findChoice(const plan::Launch &launch, std::string_view name) {
  if (launch.schedule())
    for (const plan::Choice *candidate : *launch.schedule())
      if (candidate->name()->string_view() == name)
        return candidate;
  return nullptr;
}

int64_t runtime::choice(const plan::Launch &launch, std::string_view name, int64_t fallback) {
  const plan::Choice *found = findChoice(launch, name);
  return found && !found->text() ? found->number() : fallback;
}

std::string_view runtime::choice(const plan::Launch &launch, std::string_view name,
                                 std::string_view fallback) {
  const plan::Choice *found = findChoice(launch, name);
  return found && found->text() ? found->text()->string_view() : fallback;
}

std::string runtime::formatSchedule(const plan::Launch &launch) {
  std::string out;
  if (launch.schedule())
    for (const plan::Choice *one : *launch.schedule()) {
      out += strCat(out.empty() ? "" : ", ", one->name()->string_view(), " = ");
      out += one->text() ? strCat("\"", one->text()->string_view(), "\"") : strCat(one->number());
    }
  return out;
}

std::string runtime::formatGrid(const plan::Launch &launch) {
  std::string out = formatFormula(*launch.grid_x());
  for (const plan::Formula *extent : {launch.grid_y(), launch.grid_z()})
    if (extent)
      out += strCat(" x ", formatFormula(*extent));
  return out;
}

uint32_t runtime::sequenceLimit(const plan::Plan &plan) {
  return plan.max_sequences() ? plan.max_sequences() : plan.max_tokens();
}

StepDims runtime::stepLimits(const plan::Plan &plan) {
  int64_t columns = 0;
  for (const plan::Pool *pool : *plan.pools())
    if (pool->page_size() != 0)
      columns = std::max(columns,
                         (int64_t(plan.max_context()) + pool->page_size() - 1) / pool->page_size());
  StepDims dims;
  dims[plan::Dim::Tokens] = dims[plan::Dim::LogitsRows] = plan.max_tokens();
  dims[plan::Dim::Sequences] = sequenceLimit(plan);
  dims[plan::Dim::BlockTableStride] = columns;
  return dims;
}

uint64_t runtime::elementBytes(plan::Element element) {
  return element == plan::Element::BF16 || element == plan::Element::F16 ? 2 : 4;
}

const char *runtime::elementName(plan::Element element) {
  static constexpr const char *names[] = {"i32", "f32", "bf16", "f16"};
  return element <= plan::Element::MAX ? names[size_t(element)] : "unknown";
}

Error runtime::checkForward(const plan::Plan &plan) {
  const plan::Function *forward = findFunction(plan, forwardFunction);
  if (!forward)
    return Error::make("the plan has no function '", forwardFunction,
                       "', which an engine needs; it has ", plan.functions()->size(),
                       ", which inspect lists");
  auto fail = [](const auto &...parts) {
    return Error::make("function '", forwardFunction, "' ", parts...);
  };
  if (!arrayIndex(*forward->inputs(), infoOf(StepInput::TokenIds).name))
    return fail("has no input '", infoOf(StepInput::TokenIds).name, "', which an engine gives");
  for (const plan::Array *input : *forward->inputs()) {
    std::string_view name = input->name()->string_view();
    if (isGiven(StepInput(moec::findArray(stepInputs, name))))
      return fail("takes input '", name, "', which an engine does not give");
  }
  std::string_view logits = infoOf(StepOutput::Logits).name;
  std::optional<uint32_t> index = arrayIndex(*forward->outputs(), logits);
  if (!index)
    return fail("has no output '", logits, "', which an engine reads");
  const plan::Array &output = *forward->outputs()->Get(*index);
  if (output.width() != plan.vocab() || output.element() != plan::Element::F32)
    return fail("gives '", logits, "' as ", output.width(), " ", elementName(output.element()),
                ", not as ", plan.vocab(), " f32, one for each token of the vocabulary");
  return Error::success();
}
