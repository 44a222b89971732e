//===- TensorResolver.h - One tensor of several stored ones -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Holds what is stored of a module against what the configuration says of it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_CHECKPOINT_TENSORRESOLVER_H
#define MOEC_LIB_CHECKPOINT_TENSORRESOLVER_H

#include "Quantization.h"

#include "moec/Checkpoint/StoredTensors.h"

namespace moec {

/// What is stored of one module, by `checkpoint::Part`.
struct StoredParts {
  std::string module;
  std::array<std::optional<Checkpoint::Entry>, 6> parts;
  /// A second tensor of a part that there is, and which part.
  std::optional<Checkpoint::Entry> duplicate;
  checkpoint::Part duplicatePart = checkpoint::Part::Codes;
  /// A tensor that would change the numbers and that the method does not have.
  std::optional<Checkpoint::Entry> foreign;

  bool isQuantised() const;
};

/// `'file': tensor 'name'`, for the beginning of errors.
std::string placeOf(const Checkpoint::Entry &entry);
/// `[2, 3]`.
std::string shapeText(std::span<const int64_t> shape);

/// Makes a StoredTensor of the parts of a module that has codes or scales.
class TensorResolver {
public:
  TensorResolver(const checkpoint::Quantization &quantization, const StoredParts &stored,
                 std::string name);

  Expected<StoredTensor> resolve();

private:
  using Part = checkpoint::Part;
  /// The whole name of a part that the module has or could have.
  std::string nameOf(Part part) const;
  const std::optional<Checkpoint::Entry> &part(Part part) const {
    return tensor.stored[size_t(part)];
  }
  /// Something that there is of it, of codes if possible.
  const Checkpoint::Entry &any() const;

  Error chooseScheme();
  /// Whether there is each part that has to be, and no other.
  Error checkParts();
  Error checkCodeType() const;
  /// Rows and columns by the shape of the codes, [..., rows, columns].
  Error takeShape();
  /// The columns that weight_shape or its like states, of a matrix of that many rows.
  Expected<int64_t> statedColumns(int64_t rows, int64_t words, int64_t perWord) const;
  Error takeFormat();
  Error checkShape(Part part, std::vector<int64_t> expected) const;
  Error checkZeros() const;
  /// Of a matrix that has one scale.
  Error checkSingleScales(ScaleType type) const;
  Error takeGlobals();
  Error takeOrder();

  const checkpoint::Quantization &quantization;
  const StoredParts &stored;
  const checkpoint::Scheme *scheme = nullptr;
  unsigned codeBits = 8;
  StoredTensor tensor;
};

} // namespace moec

#endif // MOEC_LIB_CHECKPOINT_TENSORRESOLVER_H
