//===- HiddenStates.cpp - What layers hand on -----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The stream begins at the embedding and goes on through each addition to it. A layer begins where
// what is added comes from an op that reads a cache, so it ends before the next such addition.
//
//===----------------------------------------------------------------------===//

#include "HiddenStates.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Dialect/MoE/MoE.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/DenseMap.h"

#include <map>

using namespace mlir;
using namespace moec;
using namespace moec::runtime;

namespace {
/// Walks a function whose ops are in groups.
class StreamWalk {
public:
  void visit(moe::GroupOp group);
  /// The states in order, of a function that returns `returned`, among them `logits`.
  std::vector<CapturedValue> captures(OperandRange returned, Value logits) const;

private:
  struct Facts {
    /// Of a state of the stream: the layer that it is in, -1 before the first.
    std::optional<int64_t> layer;
    /// Comes, since the stream, from an op that reads a cache.
    bool readsCache = false;
    bool overLogits = false;
  };

  void visit(Operation *op);
  /// The stream behind an addition to it.
  std::optional<int64_t> layerBehind(moe::AddOp add) const;
  std::optional<CapturedValue> capture(std::string name, OpResult result,
                                       OperandRange returned) const;

  llvm::DenseMap<Value, Facts> facts;
  /// The last state of each layer, and the results of groups that values in groups become.
  std::map<int64_t, Value> states;
  llvm::DenseMap<Value, OpResult> results;
};
} // namespace

std::optional<int64_t> StreamWalk::layerBehind(moe::AddOp add) const {
  Facts lhs = facts.lookup(add->getOperand(0)), rhs = facts.lookup(add->getOperand(1));
  if (lhs.layer.has_value() == rhs.layer.has_value())
    return std::nullopt;
  const Facts &stream = lhs.layer ? lhs : rhs, &branch = lhs.layer ? rhs : lhs;
  return *stream.layer + (branch.readsCache ? 1 : 0);
}

void StreamWalk::visit(Operation *op) {
  Facts made;
  for (Value operand : op->getOperands()) {
    const Facts &given = facts.lookup(operand);
    made.readsCache |= given.readsCache || isa<moe::KVType>(operand.getType());
    made.overLogits |= given.overLogits;
  }
  if (isa<moe::EmbedOp>(op))
    made.layer = -1;
  else if (auto add = dyn_cast<moe::AddOp>(op))
    made.layer = layerBehind(add);
  if (made.layer) {
    made.readsCache = false;
    states[*made.layer] = op->getResult(0);
  }
  if (auto select = dyn_cast<moe::SelectRowsOp>(op)) {
    made = facts.lookup(select->getOperand(0));
    made.overLogits = true;
  }
  for (Value result : op->getResults())
    facts[result] = made;
}

void StreamWalk::visit(moe::GroupOp group) {
  Block &body = group.getBody().front();
  for (auto [argument, input] : llvm::zip(body.getArguments(), group.getInputs()))
    facts[argument] = facts.lookup(input);
  for (Operation &op : body.without_terminator())
    visit(&op);
  for (auto [result, value] : llvm::zip(group->getResults(), group.getYields())) {
    facts[result] = facts.lookup(value);
    results[value] = result;
  }
}

static std::optional<plan::Element> elementOf(Type type) {
  if (type.isF32())
    return plan::Element::F32;
  if (type.isBF16())
    return plan::Element::BF16;
  return type.isF16() ? plan::Element::F16 : std::optional<plan::Element>();
}

std::optional<CapturedValue> StreamWalk::capture(std::string name, OpResult result,
                                                 OperandRange returned) const {
  auto group = dyn_cast_or_null<moe::GroupOp>(result ? result.getOwner() : nullptr);
  auto type = result ? dyn_cast<RankedTensorType>(result.getType()) : RankedTensorType();
  std::optional<plan::Element> element = type ? elementOf(type.getElementType()) : std::nullopt;
  if (!group || !group.getId() || !element)
    return std::nullopt;
  CapturedValue value;
  value.name = std::move(name);
  value.group = static_cast<int32_t>(*group.getId());
  value.result = result.getResultNumber();
  value.element = *element;
  value.width = static_cast<uint64_t>(ShapedType::getNumElements(type.getShape().drop_front()));
  value.overLogits = facts.lookup(result).overLogits;
  for (auto [number, output] : llvm::enumerate(returned))
    if (output == result && !value.output)
      value.output = static_cast<uint32_t>(number);
  return value;
}

/// What logits are made of: the numbers that go into their group.
static OpResult inputOfHead(Value logits) {
  if (auto group = logits.getDefiningOp<moe::GroupOp>())
    for (Value input : group.getInputs())
      if (auto type = dyn_cast<RankedTensorType>(input.getType()))
        if (elementOf(type.getElementType()))
          return dyn_cast<OpResult>(input);
  return {};
}

std::vector<CapturedValue> StreamWalk::captures(OperandRange returned, Value logits) const {
  std::vector<CapturedValue> found;
  auto add = [&](std::string name, OpResult result) {
    if (std::optional<CapturedValue> value = capture(std::move(name), result, returned))
      found.push_back(std::move(*value));
  };
  if (states.empty())
    return found;
  for (auto [layer, state] : states)
    add(layer < 0 ? "embedding" : strCat("layer ", layer), results.lookup(state));
  add("input of the head", inputOfHead(logits));
  return found;
}

/// The result of a function that is its logits; null where it has none.
static Value findLogits(func::FuncOp function) {
  StringRef wanted = infoOf(StepOutput::Logits).name;
  for (auto [number, value] : llvm::enumerate(function.front().getTerminator()->getOperands())) {
    auto name =
        function.getResultAttrOfType<StringAttr>(number, moe::MoEDialect::getNameAttrName());
    if (!name || name.getValue() == wanted)
      return value;
  }
  return {};
}

Expected<std::vector<CapturedValue>> moec::findHiddenStates(const std::string &artifact) {
  CompileOptions options;
  options.input = artifact + "/model.mlir";
  std::unique_ptr<MLIRContext> context = createContext();
  Expected<OwningOpRef<ModuleOp>> module = loadModel(*context, options);
  if (!module)
    return module.takeError();
  auto forward = (*module)->lookupSymbol<func::FuncOp>(std::string_view(forwardFunction));
  Value logits = forward ? findLogits(forward) : Value();
  if (!logits)
    return Error::make("'", artifact, "' has no function @", forwardFunction, " that gives logits");
  StreamWalk walk;
  for (auto group : forward.getOps<moe::GroupOp>())
    walk.visit(group);
  std::vector<CapturedValue> found =
      walk.captures(forward.front().getTerminator()->getOperands(), logits);
  if (found.empty())
    return Error::make("'", artifact,
                       "' has no layers to compare: nothing is added to an embedding");
  return found;
}
