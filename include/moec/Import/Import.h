//===- Import.h - Checkpoints to the model dialect --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Reads a Hugging Face configuration, and the names, shapes and element types of the checkpoint's
// tensors, and states the model in the moe dialect. Of tensors' data it compares a stored head with
// the embedding that the configuration ties it to.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_IMPORT_IMPORT_H
#define MOEC_IMPORT_IMPORT_H

#include "moec/Support/Error.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace moec {

/// Where weights come from.
struct WeightSource {
  enum class Kind { None, Random, Folder } kind = Kind::None;
  uint64_t seed = 0;  ///< of Random
  std::string folder; ///< of Folder

  /// Reads `none`, `random:SEED` or a folder.
  static Expected<WeightSource> parse(const std::string &text);
};

/// What to import and how.
struct ImportOptions {
  /// A checkpoint folder, or a config.json.
  std::string path;
  /// Where weights come from; absent: the folder of the config.
  std::optional<WeightSource> weights;
  /// Keep only that many decoder layers.
  std::optional<int64_t> layers;
  /// Make `@draft` of the model's layer of multi-token prediction.
  bool draft = false;
  /// The folder that the module will be written to: the checkpoint's path is stored relative to it.
  std::string outputDir = ".";
  /// Called with one sentence for each tensor, or kind of tensors, that the model does not use.
  std::function<void(const std::string &)> note;
};

/// The verified module of a model: weights, caches and `@forward`, all activations f32, and
/// `@draft` where `options.draft` asks for it.
///
/// Fails with one sentence when the configuration is of no known family or lacks a key, when a
/// tensor that the model needs is missing or has another shape than the configuration says, or a
/// type that is not read; and when a draft is asked for that the model does not have.
Expected<mlir::OwningOpRef<mlir::ModuleOp>> importModel(mlir::MLIRContext &context,
                                                        const ImportOptions &options);

/// The `model_type`s that importModel knows, sorted.
std::vector<std::string> importedFamilies();

/// What each of them reads from a config.json, as JSON: an object by `model_type` with a list of
/// objects `name`, `default` (absent: the key is required), and where they apply `aliases`,
/// `null_is_value` (else null means what absence means) and `undeclared` (not a key of
/// Transformers' configuration class). `rope_parameters` beside them has the keys inside of that.
std::string describeConfigKeys();

} // namespace moec

#endif // MOEC_IMPORT_IMPORT_H
