//===- Interpreter.cpp - One step of the reference --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Values, weights and the choice of evaluator.
//
//===----------------------------------------------------------------------===//

#include "Interpreter.h"

#include "Bounds.h"
#include "OpTable.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace moec;
using namespace moec::moe;
using namespace moec::reference;

Expected<ArrayRef<float>> Weights::matrix(WeightOp weight, int64_t index) {
  auto [it, added] = matrices.try_emplace({weight, index});
  if (!added)
    return ArrayRef<float>(it->second);
  RankedTensorType type = weight.getTensorType();
  ArrayRef<int64_t> shape = type.getShape().take_back(std::min<int64_t>(2, type.getRank()));
  it->second.resize(ShapedType::getNumElements(shape));
  if (Error error = reader->readRounded(weight, index, it->second)) {
    matrices.erase(it);
    return error;
  }
  return ArrayRef<float>(it->second);
}

Tensor Interpreter::zeros(Value value, int64_t rows) const {
  auto type = cast<RankedTensorType>(value.getType());
  Tensor tensor;
  tensor.shape.assign(type.getShape().begin(), type.getShape().end());
  tensor.shape[0] = rows;
  if (type.getElementType().isInteger(32))
    tensor.integers.resize(tensor.size());
  else
    tensor.values.resize(tensor.size());
  return tensor;
}

void Interpreter::set(Value value, Tensor tensor, std::optional<mx::Rounding> rounding) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (type && !tensor.values.empty())
    roundTo(tensor, type.getElementType(), rounding ? stringifyRounding(*rounding) : StringRef());
  tensor.bounds.clear();
  values[value] = std::move(tensor);
}

void Interpreter::setCandidates(Value value, std::vector<float> scores, std::vector<float> bounds) {
  Tensor &tensor = values[value];
  tensor.candidates = std::move(scores);
  tensor.candidateBounds = std::move(bounds);
}

void Interpreter::show(Value value) {
  auto found = values.find(value);
  if (observer && found != values.end())
    observer(value, found->second);
}

void Interpreter::fail(Error error) {
  if (!failed)
    failed = std::move(error);
}

ArrayRef<float> Interpreter::weight(Operation *user, FlatSymbolRefAttr ref, int64_t index) {
  WeightOp op = lookupWeight(user, ref);
  Expected<ArrayRef<float>> matrix = weights.matrix(op, index);
  if (matrix)
    return *matrix;
  fail(matrix.takeError());
  // The op goes on to its end, with zeros.
  ArrayRef<int64_t> shape = op.getType().getShape();
  return unread.emplace_back(size_t(ShapedType::getNumElements(shape.take_back(2))), 0.0f);
}

Cache &Interpreter::cache(Value kv) { return cache(getCacheSymbol(kv)); }

static void evaluate(Interpreter &step, GroupOp op) {
  for (auto [argument, input] : llvm::zip(op.getBody().getArguments(), op.getInputs()))
    if (isa<RankedTensorType, ExpertBlocksType>(input.getType())) {
      step.enter(argument, input);
      step.show(argument);
    }
  if (Error error = step.run(op.getBody().front()))
    return step.fail(std::move(error));
  for (auto [result, yielded] : llvm::zip(op.getResults(), op.getYields()))
    step.pass(result, yielded);
}

static const OpTables &getTables() {
  static const OpTables tables = [] {
    OpTables all;
    for (auto add :
         {addAttentionOps, addExpertOps, addFunctions, addLinearOps, addRecurrentOps, addRowOps,
          addAttentionBounds, addProductBounds, addRecurrentBounds, addRowBounds})
      add(all);
    all.evaluators.add<GroupOp>([](Interpreter &step, GroupOp op) { evaluate(step, op); });
    return all;
  }();
  return tables;
}

Error Interpreter::evaluate(Operation &op) {
  // A weight that can't be read must not be computed with.
  for (FlatSymbolRefAttr ref : getWeightRefs(&op))
    if (!lookupWeight(&op, ref))
      fail(Error::make("weight @", ref.getValue().str(), " is not declared"));
  if (!failed && !getTables().evaluators.call(*this, op))
    return Error::make("the reference does not know op ", op.getName().getStringRef().str());
  // What enters and leaves a group has bounds already.
  if (relative && !failed && !isa<GroupOp>(op) && !getTables().bounds.call({*this, *relative}, op))
    fail(Error::make("no kernel is made of op ", op.getName().getStringRef().str(),
                     "; compare at stage fuse or later"));
  // Taken, so that the op around this one can fail with it.
  if (failed)
    return *std::exchange(failed, std::nullopt);
  for (Value result : op.getResults())
    show(result);
  return Error::success();
}

Error Interpreter::run(Block &block) {
  for (Operation &op : block.without_terminator())
    if (Error error = evaluate(op))
      return error;
  return Error::success();
}
