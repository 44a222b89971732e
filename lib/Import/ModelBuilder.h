//===- ModelBuilder.h - Makes the module of a model -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Declares weights against what the checkpoint holds, and makes ops with f32 results. The first
// mismatch is remembered; takeError() says it once the model is built.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_MODELBUILDER_H
#define MOEC_LIB_IMPORT_MODELBUILDER_H

#include "Config.h"
#include "TensorNames.h"

#include "moec/Checkpoint/StoredTensors.h"
#include "moec/Dialect/MoE/MoE.h"
#include "moec/StepArrays.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "llvm/ADT/StringSet.h"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace moec::import {

/// Makes one module. `tensors` may be null: then element types follow the configuration. Tensors
/// are asked for by the names that a text model has for them; weights are bound to the stored ones.
class ModelBuilder {
public:
  ModelBuilder(mlir::ModuleOp module, const Config &config, const TensorNames &names,
               const StoredTensors *tensors);

  mlir::MLIRContext *context() { return ops.getContext(); }

  //===--------------------------------------------------------------------===//
  // Symbols
  //===--------------------------------------------------------------------===//

  /// A weight bound to tensor `source` (`{e}` stacks), which has shape `shape`. Its symbol is the
  /// source without `model.`, `.{e}` and `.weight`. The same source gives the same weight. Without
  /// a checkpoint its element type is `otherwise`, or if that is null the configuration's.
  mlir::FlatSymbolRefAttr weight(const std::string &source, llvm::ArrayRef<int64_t> shape,
                                 mlir::Type otherwise = {});
  /// A part of tensor `source`, under a symbol of its own.
  mlir::FlatSymbolRefAttr weightView(const std::string &symbol, const std::string &source,
                                     moe::WeightViewAttr view);
  /// Declares a weight of a multi-token-prediction layer, of the stored tensor `source`, with the
  /// shape it is stored in. False if weights cannot have that element type.
  bool mtpWeight(const std::string &source, llvm::ArrayRef<int64_t> shape, DType dtype);
  /// A cache of f32 numbers. The same symbol gives the same cache.
  mlir::FlatSymbolRefAttr cache(const std::string &symbol, moe::CacheKind kind);
  /// A state of `shape` for each sequence, f32.
  mlir::FlatSymbolRefAttr state(const std::string &symbol, llvm::ArrayRef<int64_t> shape);
  /// Whether there is a checkpoint that has this tensor.
  bool holds(const std::string &tensor) const;
  /// Whether it does, as codes: [..., out, in].
  bool isQuantized(const std::string &tensor) const;
  /// Whether the checkpoint has both tensors, with different contents.
  bool holdsDifferent(const std::string &first, const std::string &second) const;
  /// The tensors of the checkpoint, as it names them, that weights are bound to so far.
  const std::set<std::string, std::less<>> &bound() const { return boundTensors; }
  /// Refuses the checkpoint. The first sentence counts.
  void fail(std::string message);
  /// Says a sentence to the user.
  void note(const std::string &sentence) { config.note(sentence); }
  /// Says that `tensor` is used, for tensors that are bound in another way.
  void markBound(const std::string &tensor) { boundTensors.insert(tensor); }

  //===--------------------------------------------------------------------===//
  // Functions
  //===--------------------------------------------------------------------===//

  /// Ops that are made from now on are about this part of the model, `layers.3` for example. Their
  /// location is that name in the file that holds the first tensor of `tensorPrefix`, or in the
  /// configuration where there is none.
  void enter(const std::string &name, llvm::StringRef tensorPrefix);
  mlir::Location here() const { return place; }

  /// Starts a function behind what the module has, with the weights that it alone uses in front of
  /// it. It takes token ids, the batch and what else there is of `widths`: as many numbers a token
  /// of each of these inputs.
  using InputWidths = std::map<StepInput, int64_t>;
  void startFunction(llvm::StringRef name, const InputWidths &widths = {});
  /// Ends it with results by what they are, in this order.
  void finishFunction(llvm::ArrayRef<std::pair<StepOutput, mlir::Value>> results);
  /// Whether a function of that name was started.
  bool hasFunction(llvm::StringRef name) const { return startedFunctions.contains(name); }
  mlir::Value ids() { return function.getArgument(0); }
  mlir::Value batch() { return function.getArgument(function.getNumArguments() - 1); }
  /// What another function made of each token: an input that the function was started with.
  mlir::Value given(StepInput input) { return givenInputs.at(input); }

  /// Adds an op with one f32 result of `shape` after the token dimension.
  template <typename Op, typename... Args>
  mlir::Value make(llvm::ArrayRef<int64_t> shape, Args &&...args) {
    return Op::create(ops, place, rows(shape), std::forward<Args>(args)...);
  }
  /// The type of rows of `shape`, f32.
  mlir::RankedTensorType rows(llvm::ArrayRef<int64_t> shape);

  /// x · W^T (+ bias) with `prefix`.weight and `prefix`.bias.
  mlir::Value linear(mlir::Value x, const std::string &prefix, int64_t out, bool bias = false);
  mlir::Value rmsNorm(mlir::Value x, const std::string &prefix, double epsilon, double offset = 0);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs);
  mlir::Value view(mlir::Value x, llvm::ArrayRef<int64_t> shape);
  mlir::Value slice(mlir::Value x, int64_t offset, int64_t size);
  /// Appends to a cache of kind `kind`.
  mlir::Value append(const std::string &cacheSymbol, moe::CacheKind kind, mlir::ValueRange values);
  mlir::OpBuilder &builder() { return ops; }
  mlir::FloatAttr number(double value) { return ops.getF64FloatAttr(value); }

  /// The shape of a value after the token dimension.
  static llvm::ArrayRef<int64_t> rowShape(mlir::Value value);

  /// The first error.
  Error takeError();

private:
  /// Checks the stored tensors `source` and gives their element type; `stored` is the stacked
  /// shape.
  mlir::Type elementType(const std::string &source, llvm::ArrayRef<int64_t> stored,
                         mlir::Type otherwise = {});
  /// The element type that the configuration states.
  mlir::Type configuredElement();
  /// A tensor of the checkpoint that has that shape; none after a failure.
  std::optional<StoredTensor> bind(const std::string &name, llvm::ArrayRef<int64_t> shape);
  mlir::Type elementOf(const StoredTensor &tensor);
  /// Says once that weights are dequantised, and why.
  void noteDequantized(const std::string &why);
  mlir::Location placeOf(const std::string &name, llvm::StringRef tensorPrefix);
  /// The place of a weight: its tensor (`{e}` stacks).
  mlir::Location placeOfTensor(const std::string &source) {
    return placeOf(source, llvm::StringRef(source).split("{e}").first);
  }

  mlir::OpBuilder ops, symbols;
  mlir::func::FuncOp function;
  std::map<StepInput, mlir::Value> givenInputs; ///< of `function`
  const Config &config;
  TensorNames names;
  const StoredTensors *tensors;
  std::set<std::string> dequantized;
  mlir::Location place;
  mlir::Type defaultElement;
  std::set<std::string, std::less<>> boundTensors;
  llvm::StringSet<> startedFunctions;
  std::map<std::string, mlir::FlatSymbolRefAttr, std::less<>> weights, caches;
  std::optional<std::string> failed;
};

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_MODELBUILDER_H
