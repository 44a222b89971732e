//===- Reference.h - The meaning of the model dialects, executed *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Interprets moe and mx ops, a few plain lines an op, at any stage of the compiler that still has
// them: groups are computed by their bodies. This is what every target is compared with.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_REFERENCE_REFERENCE_H
#define MOEC_REFERENCE_REFERENCE_H

#include "moec/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Value.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace moec::reference {

/// A value of one step. Numbers are held as f32 and are exactly representable in the value's type.
struct Tensor {
  std::vector<int64_t> shape;    ///< without dynamic dimensions
  std::vector<float> values;     ///< row-major; of float and block-scaled tensors
  std::vector<int32_t> integers; ///< row-major; of i32 tensors and of expert blocks (their ids)
  std::vector<uint8_t> codes;    ///< of block-scaled tensors: one code a byte, as its bits
  std::vector<float>
      scales; ///< of block-scaled tensors: row-major, one a block of the last dimension

  /// With bounds (see ReferenceSession::trackBounds): how far each number of another computation of
  /// the group may be from this one, before its last rounding; row-major. Empty means 0, infinity
  /// that nobody computes the number.
  std::vector<float> bounds;
  /// With bounds, of selected ids: the score of each candidate, [rows, candidates], and how far it
  /// may be off. −inf: cannot be chosen.
  std::vector<float> candidates, candidateBounds;

  /// The product of the extents.
  int64_t size() const;
  /// The product of the extents but the first: the numbers in one token's row.
  int64_t rowSize() const;
};

/// What one step adds to one sequence.
struct SequenceStep {
  enum class Logits { None, Last, All };
  int64_t sequence = 0; ///< any number; a new one starts at position 0
  std::vector<int32_t> tokens;
  Logits logits = Logits::All; ///< the tokens whose logits are asked for
};

/// A model with its weights, and the caches of its sequences.
class ReferenceSession {
public:
  /// Reads weights where `module` says, relative to `baseFolder`. The module must outlive the
  /// session. Fails when it has no `@forward`, or no weights.
  static Expected<ReferenceSession> create(mlir::ModuleOp module, const std::string &baseFolder);
  ReferenceSession(ReferenceSession &&);
  ReferenceSession &operator=(ReferenceSession &&);
  ~ReferenceSession();

  /// Runs one step of a ragged batch: sequences in the given order, each at most once. The result
  /// is the logits asked for, [rows, vocabulary], in the order of the tokens.
  Expected<Tensor> forward(const std::vector<SequenceStep> &batch);

  /// Computes a function of the model for a step, and gives its results by name. `inputs` has its
  /// arguments other than the token ids and the batch, by name. The sequences do not grow: another
  /// function may be computed for the same tokens, before advance().
  using Named = std::map<std::string, Tensor>;
  Expected<Named> call(llvm::StringRef function, const std::vector<SequenceStep> &batch,
                       const Named &inputs = {});
  /// Says that the tokens of a step are in the caches.
  void advance(const std::vector<SequenceStep> &batch);

  /// Called for each value of a step, in the order of computation, also inside groups; a group's
  /// own results come after. A `!moe.kv` value's tensor holds the rows that the step appends,
  /// [tokens, width]; `!moe.batch` values have none and are left out.
  using Observer = std::function<void(mlir::Value, const Tensor &)>;
  void observe(Observer observer);

  /// From now on tensors come with bounds: what a sound computation of a group from the same inputs
  /// may deviate by. A sum of products deviates by `relative` · Σ|a·b|; a weighted sum of values
  /// where p is rounded to bf16 by 2⁻⁸ · Σ|p·v|, as each p may be rounded otherwise than here, and
  /// by what the roundings here sum up to; an op passes on what its operands are off by, and what
  /// enters a group is exact. A step fails at an op that kernels are not made of.
  void trackBounds(double relative);

  /// Tokens that a sequence holds.
  int64_t length(int64_t sequence) const;
  /// The rows of cache `symbol` for a sequence so far, [length, width].
  Tensor cacheRows(llvm::StringRef symbol, int64_t sequence) const;
  /// State `symbol` of a sequence before its last step and behind it, there with bounds where they
  /// are tracked; zeros before the first step.
  std::pair<Tensor, Tensor> stateOf(llvm::StringRef symbol, int64_t sequence) const;
  /// Forgets a sequence.
  void drop(int64_t sequence);

private:
  ReferenceSession();
  struct State;
  std::unique_ptr<State> state;
};

/// Rounds f32 numbers to `element`, a float or block-scaled type; fills codes and scales of the
/// latter. Blocks lie along the last dimension. `rounding` chooses power-of-two scales: floor,
/// ceil, even.
void roundTo(Tensor &tensor, mlir::Type element, llvm::StringRef rounding = "");

/// The distance of neighbouring numbers of a type near `value`: 0 for f32 and integers; of a
/// block-scaled type, of codes times `scale`.
double roundingStep(mlir::Type element, double value, double scale = 0);

} // namespace moec::reference

#endif // MOEC_REFERENCE_REFERENCE_H
