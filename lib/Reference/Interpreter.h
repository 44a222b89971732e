//===- Interpreter.h - One step of the reference ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The environment in which the evaluators of the op families run.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_INTERPRETER_H
#define MOEC_LIB_REFERENCE_INTERPRETER_H

#include "moec/Dialect/MoE/MoE.h"
#include "moec/Import/WeightReader.h"
#include "moec/Reference/Reference.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"

#include <deque>
#include <map>
#include <optional>

namespace moec::reference {

/// The cache of one layer: [tokens, width] of each sequence, with codes and scales where the
/// element type has them. A row that is rounded again may change, so both are kept.
struct Cache {
  /// Makes room for `count` rows of a sequence.
  void resize(int64_t sequence, int64_t count);
  /// Writes `row`, [1, width], at a position of a sequence.
  void write(int64_t sequence, int64_t position, const Tensor &row);

  moe::KVType type;
  int64_t width = 0;
  std::map<int64_t, Tensor> rows = {};
};

/// The state of one layer: of each sequence as it was before its last step and behind it.
struct RecurrentState {
  struct Snapshot {
    int64_t position = 0; ///< tokens that it knows
    std::vector<float> values;
    std::vector<float> bounds; ///< as those of a Tensor
  };
  struct Sequence {
    Snapshot before, after;
  };

  /// Starts a step of `count` tokens from `position`, where the last step ended, or where it began:
  /// a step may be computed again. `after` is a copy of `before`, to be changed.
  Sequence &goOn(int64_t sequence, int64_t position, int64_t count);

  std::vector<int64_t> shape;
  int64_t size = 0;
  std::map<int64_t, Sequence> sequences = {};
};

/// What lives from step to step, by symbol.
struct SessionMemory {
  llvm::StringMap<Cache> caches;
  llvm::StringMap<RecurrentState> states;
};

/// Weights as f32 numbers, exact in their declared type; read when first used.
class Weights {
public:
  explicit Weights(std::unique_ptr<WeightReader> reader) : reader(std::move(reader)) {}
  /// Matrix `index` (see WeightReader), [rows, columns].
  Expected<llvm::ArrayRef<float>> matrix(moe::WeightOp weight, int64_t index);

private:
  std::unique_ptr<WeightReader> reader;
  std::map<std::pair<mlir::Operation *, int64_t>, std::vector<float>> matrices;
};

/// One token of a step.
struct Token {
  int32_t id;
  int64_t sequence, position;
  bool logits; ///< are asked for
};

/// Evaluates ops of one step in order.
class Interpreter {
public:
  Interpreter(Weights &weights, SessionMemory &memory, std::vector<Token> tokens,
              const ReferenceSession::Observer &observer, std::optional<double> relativeBound)
      : weights(weights), memory(memory), stepTokens(std::move(tokens)), observer(observer),
        relative(relativeBound) {}

  /// Evaluates a block whose arguments are set, up to its terminator.
  Error run(mlir::Block &block);

  const std::vector<Token> &tokens() const { return stepTokens; }
  const Tensor &get(mlir::Value value) const { return values.find(value)->second; }
  /// A zero tensor of the value's type for `rows` rows.
  Tensor zeros(mlir::Value value, int64_t rows) const;
  /// Rounds `tensor` to the element type of `value`, which it becomes.
  void set(mlir::Value value, Tensor tensor, std::optional<mx::Rounding> rounding = {});
  /// Adds to the tensor of a value what its bounds are.
  void setBounds(mlir::Value value, std::vector<float> bounds) {
    values[value].bounds = std::move(bounds);
  }
  void setCandidates(mlir::Value value, std::vector<float> scores, std::vector<float> bounds);
  /// Makes `value` what `source` is, bounds and all.
  void pass(mlir::Value value, mlir::Value source) { values[value] = Tensor(get(source)); }
  /// The same without bounds, as a group reads it: what was rounded is not rounded again.
  void enter(mlir::Value value, mlir::Value source) {
    pass(value, source);
    values[value].bounds.clear();
  }
  /// Shows the tensor of a value, now complete, to the observer.
  void show(mlir::Value value);

  /// Matrix `index` of a weight; empty, and the step fails, where it can't be read.
  llvm::ArrayRef<float> weight(mlir::Operation *user, mlir::FlatSymbolRefAttr ref,
                               int64_t index = 0);
  /// The cache that a value stands for.
  Cache &cache(mlir::Value kv);
  Cache &cache(mlir::FlatSymbolRefAttr symbol) { return memory.caches[symbol.getValue()]; }
  RecurrentState &state(mlir::FlatSymbolRefAttr symbol) { return memory.states[symbol.getValue()]; }
  /// Ends the step with an error after the op that is being evaluated.
  void fail(Error error);

private:
  Error evaluate(mlir::Operation &op);

  Weights &weights;
  SessionMemory &memory;
  std::vector<Token> stepTokens;
  const ReferenceSession::Observer &observer;
  std::optional<double> relative; ///< of bounds, when they are tracked
  llvm::DenseMap<mlir::Value, Tensor> values;
  std::optional<Error> failed;
  std::deque<std::vector<float>> unread; ///< what stands for matrices that cannot be read
};

/// Σ a·b over `n` numbers, in f64.
double dot(const float *a, const float *b, int64_t n);
/// The function of #moe.activation, in f64.
double activate(moe::ActivationAttr kind, double gate, double up);

/// The scores that an op chooses by, one for each candidate of row `row`; −inf: out of the choice.
std::vector<float> choiceScores(Interpreter &step, moe::RouteOp op, int64_t row);
std::vector<float> choiceScores(Interpreter &step, moe::IndexSelectOp op, int64_t row);
std::vector<float> choiceScores(Interpreter &step, moe::BlockSelectOp op, int64_t row);

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_INTERPRETER_H
