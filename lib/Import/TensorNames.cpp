//===- TensorNames.cpp - What a checkpoint calls a model's tensors --------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prefixes are exchanged.
//
//===----------------------------------------------------------------------===//

#include "TensorNames.h"

#include "llvm/ADT/STLExtras.h"

using namespace moec::import;
using llvm::StringRef;

static constexpr StringRef modelPrefix = "model.", headPrefix = "lm_head.";

std::string TensorNames::store(StringRef name) const {
  if (name.consume_front(modelPrefix))
    return model + name.str();
  return name.consume_front(headPrefix) ? head + name.str() : name.str();
}

std::string TensorNames::plain(StringRef stored) const {
  if (stored.consume_front(model))
    return (modelPrefix + stored).str();
  return stored.consume_front(head) ? (headPrefix + stored).str() : stored.str();
}

bool TensorNames::isOther(StringRef stored) const {
  return llvm::any_of(others,
                      [&](const std::string &prefix) { return stored.starts_with(prefix); });
}
