//===- FunctionInterface.cpp - What a function takes and gives ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Compares a function's arguments and results with the one table of arrays that there are.
//
//===----------------------------------------------------------------------===//

#include "FunctionInterface.h"

#include "moec/Conversion/MoEToTile/Signature.h"
#include "moec/Support/Error.h"

#include "mlir/IR/AffineExpr.h"
#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace moec;

/// The rows of an array by its entry, over (T, S, R)[P]; of one over tokens or rows of logits those
/// of the value.
static AffineMap getRowsOf(MLIRContext *context, ArrayRows rows, bool overLogitsRows) {
  auto dim = [&](exec::StepDim which) { return getAffineDimExpr(unsigned(which), context); };
  auto formula = [&](AffineExpr expr) { return AffineMap::get(3, 1, expr); };
  AffineExpr tokens = dim(exec::StepDim::Tokens), sequences = dim(exec::StepDim::Sequences),
             logitsRows = dim(exec::StepDim::LogitsRows);
  switch (rows) {
  case ArrayRows::Tokens:
    return formula(tokens);
  case ArrayRows::Sequences:
    return formula(sequences);
  case ArrayRows::SequencesAndOne:
    return formula(sequences + 1);
  case ArrayRows::TableEntries:
    return formula(sequences * getAffineSymbolExpr(0, context));
  case ArrayRows::LogitsRows:
    return formula(logitsRows);
  case ArrayRows::TokensOrLogitsRows:
    return formula(overLogitsRows ? logitsRows : tokens);
  }
  llvm_unreachable("every kind of rows is handled");
}

static bool matches(ArrayElements elements, Type type) {
  switch (elements) {
  case ArrayElements::Int32:
    return type.isInteger(32);
  case ArrayElements::Float32:
    return type.isF32();
  case ArrayElements::Float:
    return type.isF32() || type.isBF16() || type.isF16();
  }
  llvm_unreachable("every kind of elements is handled");
}

static const char *describe(ArrayElements elements) {
  return elements == ArrayElements::Int32     ? "i32"
         : elements == ArrayElements::Float32 ? "f32"
                                              : "f32, bf16 or f16";
}

static std::string listNames(ArrayRef<ArrayInfo> table) {
  std::string names;
  for (const ArrayInfo &info : table)
    names += strCat(names.empty() ? "" : ", ", info.name);
  return names;
}

AffineMap FunctionInterface::getRows(Value value) const {
  exec::StepDim rows = isOverLogitsRows(value) ? exec::StepDim::LogitsRows : exec::StepDim::Tokens;
  return AffineMap::get(exec::numStepDims, 0, getAffineDimExpr(unsigned(rows), getContext()));
}

FailureOr<exec::InterfaceArrayAttr> FunctionInterface::match(ArrayRef<ArrayInfo> table,
                                                             StringRef name,
                                                             const std::string &what, Value value) {
  const ArrayInfo *info =
      llvm::find_if(table, [&](const ArrayInfo &row) { return StringRef(row.name) == name; });
  if (info == table.end())
    return function.emitOpError() << what << " is '" << name
                                  << "', which no runtime has; known are " << listNames(table);
  auto tensor = dyn_cast<RankedTensorType>(value.getType());
  if (!tensor || tensor.getRank() < 1)
    return function.emitOpError() << what << " is a " << value.getType() << ", which is no array";
  if (!matches(info->elements, tensor.getElementType()))
    return function.emitOpError() << what << " is '" << name << "' of " << tensor.getElementType()
                                  << ", and that array has elements of "
                                  << describe(info->elements);
  int64_t width = ShapedType::getNumElements(tensor.getShape().drop_front());
  if (info->isScalar && width != 1)
    return function.emitOpError() << what << " is '" << name << "' with rows of " << width
                                  << " numbers, and that array has 1 in a row";
  MLIRContext *context = function.getContext();
  bool overLogits = isOverLogitsRows(value);
  AffineMap rows = getRowsOf(context, info->rows, overLogits);
  if (rows != getRowsOf(context, ArrayRows::TokensOrLogitsRows, overLogits))
    return function.emitOpError() << what << " is '" << name << "' with a row for each "
                                  << (overLogits ? "row of logits" : "token")
                                  << ", and that array has one for each "
                                  << (overLogits ? "token"
                                                 : "row of logits, which moe.select_rows makes");
  auto ref = tile::RefType::get(tensor.getShape(), tensor.getElementType());
  return exec::InterfaceArrayAttr::get(context, name, ref, rows, exec::RuleAttr());
}

LogicalResult FunctionInterface::readArguments() {
  llvm::StringSet<> names;
  for (BlockArgument argument : function.getArguments()) {
    std::string what = strCat("argument ", argument.getArgNumber());
    auto given = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(),
                                                       moe::MoEDialect::getNameAttrName());
    if (isa<moe::BatchType>(argument.getType())) {
      if (given)
        return function.emitOpError()
               << what << " is the step's !moe.batch and has a moe.name, " << given;
      continue;
    }
    StringRef name = given ? given.getValue() : StringRef(infoOf(StepInput::TokenIds).name);
    if (!given && names.contains(name))
      return function.emitOpError()
             << what << " has no moe.name, and '" << name << "', which it would be, is another one";
    if (!names.insert(name).second)
      return function.emitOpError() << what << " is '" << name << "', which another one is already";
    auto array = match(stepInputs, name, what, argument);
    if (failed(array))
      return failure();
    size_t number = findArray(stepInputs, std::string_view(name));
    if (isOfBatch(StepInput(number)))
      return function.emitOpError()
             << what << " is '" << name << "', which ops take from the !moe.batch";
    arguments[argument] = *array;
  }
  return success();
}

LogicalResult FunctionInterface::readResults() {
  Operation *end = function.getBody().front().getTerminator();
  DenseSet<Value> returned;
  llvm::StringSet<> names;
  for (auto [number, value] : llvm::enumerate(end->getOperands())) {
    std::string what = strCat("result ", number);
    auto given =
        function.getResultAttrOfType<StringAttr>(number, moe::MoEDialect::getNameAttrName());
    if (!given && end->getNumOperands() > 1)
      return function.emitOpError() << what << " of " << end->getNumOperands()
                                    << " has no moe.name; with several results each needs one of "
                                    << listNames(stepOutputs);
    StringRef name = given ? given.getValue() : StringRef(infoOf(StepOutput::Logits).name);
    if (!names.insert(name).second)
      return function.emitOpError() << what << " is '" << name << "', which another one is already";
    auto array = match(stepOutputs, name, what, value);
    if (failed(array))
      return failure();
    outputs.push_back(*array);
    // What is in another output's memory, or in an input's, is copied.
    bool isFirst = returned.insert(value).second;
    if (isFirst && isa<OpResult>(value))
      written[value] = *array;
    else
      copies.push_back({*array, value});
  }
  return success();
}

LogicalResult FunctionInterface::readRows() {
  for (auto group : function.getBody().front().getOps<moe::GroupOp>()) {
    unsigned ofTokens = 0, ofLogits = 0;
    for (Value input : group.getInputs())
      if (isa<RankedTensorType, moe::ExpertBlocksType>(input.getType()))
        ++(logitsRows.contains(input) ? ofLogits : ofTokens);
    bool selects = group.getFamily() == moe::KernelFamily::SelectRows;
    if (ofLogits && (ofTokens || selects))
      return group.emitOpError() << (selects ? "selects rows of what has" : "mixes values with")
                                 << " a row for each row of logits"
                                 << (selects ? " already" : " and values with one for each token");
    if (ofLogits || selects)
      logitsRows.insert(group.getResults().begin(), group.getResults().end());
  }
  return success();
}

LogicalResult FunctionInterface::readStates() {
  DenseMap<Attribute, Operation *> writers;
  WalkResult result = function.walk([&](Operation *op) {
    auto append = dyn_cast<moe::CacheAppendOp>(op);
    auto user = dyn_cast<moe::StateUserOp>(op);
    if (!append && !user)
      return WalkResult::advance();
    FlatSymbolRefAttr symbol = append ? append.getCacheAttr() : user.getStateAttr();
    auto [first, isNew] = writers.insert({symbol, op});
    if (isNew)
      return WalkResult::advance();
    InFlightDiagnostic error = op->emitOpError()
                               << "writes " << (append ? "cache " : "state ") << symbol
                               << " a second time; a step has one "
                               << (append ? "row for each token in it" : "next state");
    error.attachNote(first->second->getLoc()) << "the first time is here";
    return WalkResult::interrupt();
  });
  return failure(result.wasInterrupted());
}

FailureOr<FunctionInterface> FunctionInterface::read(func::FuncOp function) {
  if (function.isDeclaration())
    return function.emitOpError() << "'" << function.getSymName() << "' has no body to plan";
  FunctionInterface interface(function);
  if (failed(interface.readRows()) || failed(interface.readStates()))
    return failure();
  if (failed(interface.readArguments()) || failed(interface.readResults()))
    return failure();
  return interface;
}

exec::InterfaceArrayAttr FunctionInterface::getOutput(OpResult result) const {
  return written.lookup(result);
}

exec::InterfaceArrayAttr FunctionInterface::makeBatchInput(StepInput input,
                                                           exec::RuleAttr of) const {
  MLIRContext *context = getContext();
  const ArrayInfo &info = infoOf(input);
  auto ref = tile::RefType::get({ShapedType::kDynamic}, IntegerType::get(context, 32));
  return exec::InterfaceArrayAttr::get(context, info.name, ref,
                                       getRowsOf(context, info.rows, /*overLogitsRows=*/false),
                                       info.pools == ArrayPools::None ? exec::RuleAttr() : of);
}
