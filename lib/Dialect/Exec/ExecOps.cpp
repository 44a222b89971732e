//===- ExecOps.cpp - The host plan's operations ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Verifiers check what the runtime will rely on: a launch matches its kernel's signature, arrays
// are those of the function, formulas range over the step's dims, variants are in order.
//
//===----------------------------------------------------------------------===//

#include "moec/Dialect/Exec/Exec.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace moec;
using namespace moec::exec;

#define GET_OP_CLASSES
#include "moec/Dialect/Exec/ExecOps.cpp.inc"

static LogicalResult verifyFormula(Operation *op, AffineMap map) {
  if (map.getNumDims() != numStepDims || map.getNumSymbols() != 0)
    return op->emitOpError("formula ranges over ")
           << map.getNumDims() << " dims and " << map.getNumSymbols()
           << " symbols, expected the 4 dims (T, S, R, P)";
  if (map.getNumResults() < 1)
    return op->emitOpError("formula has no result");
  return success();
}

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

LogicalResult PlanOp::verifyRegions() {
  for (Operation &op : getBody().front())
    if (!isa<WeightOp, StateOp, KernelOp, tile::KernelOp, CodeObjectOp, FuncOp>(op))
      return op.emitOpError("cannot stand in a plan");
  return success();
}

LogicalResult WeightOp::verify() {
  if (llvm::any_of(getType().getShape(), ShapedType::isDynamic))
    return emitOpError("type must be a `!tile.ref` of static extents, got ") << getType();
  return success();
}

LogicalResult StateOp::verify() {
  tile::RefType type = getType();
  if (type.getRank() != 2 || !ShapedType::isDynamic(type.getDim(0)) ||
      ShapedType::isDynamic(type.getDim(1)))
    return emitOpError("type must be a reference to rows, `!tile.ref<?xWIDTHxELEMENT>`, got ")
           << type;
  return success();
}

LogicalResult EntryOp::verifySymbolUses(SymbolTableCollection &symbols) {
  if (!symbols.lookupNearestSymbolFrom<tile::KernelOp>(*this, getKernelAttr()))
    return emitOpError("is for ") << getKernelAttr() << ", which is not a kernel";
  return success();
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

std::optional<unsigned> FuncOp::findInput(StringRef name, RuleAttr of) {
  for (unsigned number = 0; number < getInputs().size(); ++number)
    if (getInput(number).getName() == name && getInput(number).getOf() == of)
      return number;
  return std::nullopt;
}

std::optional<unsigned> FuncOp::findOutput(StringRef name) {
  for (unsigned number = 0; number < getOutputs().size(); ++number)
    if (getOutput(number).getName() == name)
      return number;
  return std::nullopt;
}

LogicalResult FuncOp::verify() {
  for (unsigned number = 0; number < getInputs().size(); ++number) {
    InterfaceArrayAttr array = getInput(number);
    if (findInput(array.getName(), array.getOf()) != number)
      return emitOpError("has two inputs '") << array.getName() << "' of the same states";
  }
  for (unsigned number = 0; number < getOutputs().size(); ++number)
    if (findOutput(getOutput(number).getName()) != number)
      return emitOpError("has two outputs '") << getOutput(number).getName() << "'";
  return success();
}

LogicalResult FuncOp::verifyRegions() {
  int64_t previous = 0;
  for (Operation &op : getBody().front()) {
    auto variant = dyn_cast<VariantOp>(op);
    if (!variant)
      return op.emitOpError("is no exec.variant and cannot stand in a function");
    int64_t most = variant.getMaxTokens();
    if (most <= previous && previous)
      return variant.emitOpError("max_tokens is ")
             << most << ", but the variant before has " << previous << "; variants ascend";
    previous = most;
  }
  return success();
}

LogicalResult VariantOp::verify() {
  if (int64_t(getMaxTokens()) < 1)
    return emitOpError("max_tokens is ") << getMaxTokens() << ", expected at least 1";
  for (Operation &op : getBody().front())
    if (!isa<WeightRefOp, StateRefOp, InputOp, OutputOp, AllocOp, ScalarOp, LaunchOp, CopyOp,
             CollectiveOp>(op))
      return op.emitOpError("is not a plan op and cannot stand in a variant");
  return success();
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

template <typename Decl>
static LogicalResult verifyReference(Operation *op, FlatSymbolRefAttr symbol, Type type,
                                     SymbolTableCollection &symbols) {
  auto decl = symbols.lookupNearestSymbolFrom<Decl>(op, symbol);
  if (!decl)
    return op->emitOpError("refers to ") << symbol << ", which is not declared";
  if (decl.getType() != type) {
    auto diag = op->emitOpError("has type ")
                << type << " but " << symbol << " is declared as " << decl.getType();
    diag.attachNote(decl.getLoc()) << "declared here";
    return diag;
  }
  return success();
}

LogicalResult WeightRefOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyReference<WeightOp>(*this, getWeightAttr(), getType(), symbols);
}

LogicalResult StateRefOp::verifySymbolUses(SymbolTableCollection &symbols) {
  return verifyReference<StateOp>(*this, getStateAttr(), getType(), symbols);
}

static LogicalResult verifyArray(Operation *op, Type type, InterfaceArrayAttr declared) {
  if (declared.getType() == type)
    return success();
  return op->emitOpError("has type ") << type << " but array '" << declared.getName()
                                      << "' of the function is " << declared.getType();
}

LogicalResult InputOp::verify() {
  auto function = (*this)->getParentOfType<FuncOp>();
  std::optional<unsigned> number =
      function ? function.findInput(getName(), getOfAttr()) : std::optional<unsigned>();
  if (!number)
    return emitOpError("is '") << getName() << "'" << (getOfAttr() ? " of these states" : "")
                               << ", which is no input of the function";
  return verifyArray(*this, getType(), function.getInput(*number));
}

LogicalResult OutputOp::verify() {
  auto function = (*this)->getParentOfType<FuncOp>();
  std::optional<unsigned> number =
      function ? function.findOutput(getName()) : std::optional<unsigned>();
  if (!number)
    return emitOpError("is '") << getName() << "', which is no output of the function";
  return verifyArray(*this, getType(), function.getOutput(*number));
}

LogicalResult AllocOp::verify() {
  if (auto extent = getExtent())
    return verifyFormula(*this, *extent);
  return success();
}

void AllocOp::getAsmResultNames(OpAsmSetValueNameFn setName) { setName(getResult(), getName()); }

LogicalResult ScalarOp::verify() { return verifyFormula(*this, getFormula()); }

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

LogicalResult LaunchOp::verify() {
  uint64_t references =
      llvm::count_if(getArgs().getTypes(), [](Type type) { return isa<tile::RefType>(type); });
  if (getNumOutputs() > references)
    return emitOpError("writes ") << getNumOutputs() << " of its " << references
                                  << " memory operands";
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  Operation *kernel = symbols.lookupNearestSymbolFrom(*this, getKernelAttr());
  if (!kernel)
    return emitOpError("launches ") << getKernelAttr() << ", which is not declared";
  auto tileKernel = dyn_cast<tile::KernelOp>(kernel);
  if (!tileKernel)
    return isa<KernelOp>(kernel) ? success()
                                 : LogicalResult(emitOpError("launches ")
                                                 << getKernelAttr() << ", which is not a kernel");
  SmallVector<Type> inputs =
      llvm::map_to_vector(tileKernel.getKernelArguments(), [](Value v) { return v.getType(); });
  if (inputs.size() != getArgs().size())
    return emitOpError("passes ") << getArgs().size() << " arguments, but " << getKernelAttr()
                                  << " takes " << inputs.size();
  for (auto [index, pair] : llvm::enumerate(llvm::zip(inputs, getArgs().getTypes())))
    if (std::get<0>(pair) != std::get<1>(pair))
      return emitOpError("argument ") << index << " is " << std::get<1>(pair) << ", but "
                                      << getKernelAttr() << " takes " << std::get<0>(pair);
  return success();
}

LogicalResult CopyOp::verify() {
  if (failed(verifyFormula(*this, getRows())))
    return failure();
  for (Value value : getOperands())
    if (isa_and_nonnull<WeightRefOp>(value.getDefiningOp()))
      return emitOpError("copies a weight, whose rows are packed");
  if (getDestination().getDefiningOp<InputOp>())
    return emitOpError("writes an input of the function");
  return success();
}

LogicalResult CollectiveOp::verify() {
  return emitOpError("'") << getKind() << "' needs ranks, and a plan has one";
}
