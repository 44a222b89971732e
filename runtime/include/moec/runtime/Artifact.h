//===- Artifact.h - A compiled model on disk --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Opening an artifact checks everything that can be checked before anything is executed: the
// hashes of plan and kernels, the plan's structure and version, every index, offset and size in
// it, and the headers of the weight files.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_ARTIFACT_H
#define MOEC_RUNTIME_ARTIFACT_H

#include "moec/Support/Checksums.h"
#include "moec/Support/Error.h"
#include "moec/Support/SafeTensors.h"
#include "moec/abi/plan_generated.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace moec::runtime {

/// An opened, checked artifact. Its files stay mapped as long as it lives.
class Artifact {
public:
  /// Opens the folder `path` and checks it; the error names the file, the field and both numbers.
  static Expected<std::unique_ptr<Artifact>> open(const std::string &path);

  const plan::Plan &plan() const { return *root; }
  /// The folder.
  const std::string &path() const { return folder; }
  /// Its tokenizer.json; empty when it has none.
  std::string tokenizerPath() const;

  /// The verified bytes of Plan.code_objects[index].
  std::span<const std::byte> codeObject(size_t index) const { return codeFiles[index].bytes(); }
  /// The mapped data section of Plan.weight_files[index].
  std::span<const std::byte> weightFile(size_t index) const;
  /// Where Plan.weights[index] begins in the data section of its file, in bytes.
  uint64_t weightOffset(size_t index) const { return weightOffsets[index]; }
  /// The bytes of Plan.weights[index].
  std::span<const std::byte> weight(size_t index) const;

  /// Hashes every file that SHA256SUMS lists, the weights too.
  Error verifyAll() const;

private:
  Artifact() = default;
  Error load();
  Error openWeights();

  std::string folder;
  Checksums checksums;
  MappedFile planFile;
  const plan::Plan *root = nullptr;
  std::vector<MappedFile> codeFiles;
  std::vector<SafeTensors> weightFiles;
  std::vector<uint64_t> weightOffsets;
};

/// Checks everything in a plan that needs no other file. `bytes` is the whole of plan.fb.
Expected<const plan::Plan *> checkPlan(std::span<const std::byte> bytes);

/// Fails unless `path` is relative and stays below its folder.
Error checkRelativePath(std::string_view path);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_ARTIFACT_H
