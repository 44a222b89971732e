//===- StoredTensors.h - The tensors that a checkpoint stands for *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A quantised checkpoint stores one matrix as several tensors, in a layout of the tool that wrote
// it. Here it is one tensor under the name that it has in the unquantised model, with a number
// format, and its codes and scales are read, bit for bit, in one arrangement.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_CHECKPOINT_STOREDTENSORS_H
#define MOEC_CHECKPOINT_STOREDTENSORS_H

#include "moec/Formats/StoredMatrix.h"
#include "moec/Support/SafeTensors.h"

#include <array>
#include <memory>

namespace moec {

namespace checkpoint {
struct Quantization;
struct Scheme;
} // namespace checkpoint

/// A tensor of the model, and what it is made of.
struct StoredTensor {
  /// The name in the unquantised model: `model.layers.0.mlp.experts.3.up_proj.weight`.
  std::string name;
  /// [..., rows, columns] of a quantised one: out by in, whichever way it is stored.
  std::vector<int64_t> shape;
  /// Absent for plain numbers of type `dtype`, which are the bytes of `codes()`.
  std::optional<BlockFormat> format;
  DType dtype = DType::F32;
  /// Where columns were quantised in another order (act-order): the column of the matrix, as it is
  /// read, c is column `columnOrder[c]` of the weight. Empty where they were not.
  std::vector<int32_t> columnOrder;

  /// The stored tensors that it is made of.
  std::vector<Checkpoint::Entry> parts() const;
  const Checkpoint::Entry &codes() const { return *stored.front(); }
  /// Of a quantised one.
  int64_t rows() const { return shape[shape.size() - 2]; }
  int64_t columns() const { return shape.back(); }
  /// The product of the extents in front of the last two.
  int64_t matrices() const;

private:
  friend class StoredTensors;
  friend class TensorResolver;
  friend class MatrixReader;
  /// Codes, scales, global scale, zero points, shape, order of columns.
  std::array<std::optional<Checkpoint::Entry>, 6> stored;
  const checkpoint::Scheme *scheme = nullptr;
  /// The factor of each matrix, or of all.
  std::vector<float> globals;
};

/// Rows of a matrix: `count`, from `first` on, `step` apart.
struct StoredRows {
  int64_t first, count, step;
};

/// The name of a file and its text, which is empty where there is none.
struct NamedText {
  std::string name, text;
};

/// The tensors of a checkpoint folder as its quantization_config has them. Thread-safe once open.
class StoredTensors {
public:
  /// Opens the checkpoint in `folder` and reads the quantization_config of its config.json, or its
  /// hf_quant_config.json, or the file in which older tools have theirs alone. Fails when there is
  /// one that is not understood; what is wrong with a tensor is said when it is asked for.
  static Expected<StoredTensors> open(const std::string &folder);
  /// The same for texts: those of config.json and hf_quant_config.json, empty where there is none,
  /// and of the older file.
  static Expected<StoredTensors> make(Checkpoint checkpoint, const std::string &folder,
                                      std::string_view config, std::string_view modelOpt,
                                      const NamedText &older = {});
  StoredTensors(StoredTensors &&);
  ~StoredTensors();

  const Checkpoint &checkpoint() const { return files; }
  /// What quantised it, in quantization_config's word; empty where nothing did.
  std::string_view method() const;
  /// The names of all tensors of the model, sorted.
  std::vector<std::string> names() const;
  /// Scales of activations and of caches: no weight is made of them.
  const std::vector<Checkpoint::Entry> &asides() const { return others; }

  /// A tensor of the model; none where the checkpoint has nothing of it. Fails where its parts do
  /// not fit each other or contradict the configuration. Reads global scales and orders of columns,
  /// no codes.
  Expected<std::optional<StoredTensor>> find(const std::string &name) const;

  /// Reads rows of one matrix of a quantised tensor, which must start at a block or lie in one.
  /// Fails when a scale is not a number.
  Expected<StoredMatrix> read(const StoredTensor &tensor, int64_t matrix, int64_t firstRow,
                              int64_t rows) const;
  /// The same for any rows: they come in blocks of one row.
  Expected<StoredMatrix> readApart(const StoredTensor &tensor, int64_t matrix,
                                   StoredRows rows) const;

private:
  StoredTensors();
  struct Index;
  void buildIndex();

  Checkpoint files;
  std::unique_ptr<checkpoint::Quantization> quantization;
  std::unique_ptr<Index> index;
  std::vector<Checkpoint::Entry> others;
};

} // namespace moec

#endif // MOEC_CHECKPOINT_STOREDTENSORS_H
