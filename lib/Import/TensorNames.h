//===- TensorNames.h - What a checkpoint calls a model's tensors *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Families name tensors as a checkpoint of a text model has them. In one of a model with several
// modalities they stand under other prefixes, beside tensors of no interest here.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_TENSORNAMES_H
#define MOEC_LIB_IMPORT_TENSORNAMES_H

#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace moec::import {

/// The prefixes of a checkpoint.
struct TensorNames {
  std::string model = "model.", head = "lm_head."; ///< what it has in place of these two
  std::vector<std::string> others;                 ///< of tensors that are not the text model's

  /// The stored name of a tensor, or the beginning of one, that the text model calls `name`.
  std::string store(llvm::StringRef name) const;
  /// What the text model calls a stored tensor.
  std::string plain(llvm::StringRef stored) const;
  bool isOther(llvm::StringRef stored) const;
};

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_TENSORNAMES_H
