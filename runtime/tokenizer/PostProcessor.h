//===- PostProcessor.h - Tokens around a text -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// For one text every kind of post-processor comes to the same: some special tokens before it and
// some behind it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_POSTPROCESSOR_H
#define MOEC_TOKENIZER_POSTPROCESSOR_H

#include "moec/Support/Error.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace moec::tokenizer {

struct PostProcessor {
  std::vector<int32_t> before, behind;
};

/// Reads the post-processor at `path` of a tokenizer.json; null adds nothing. `isToken` says which
/// ids exist.
Expected<PostProcessor> readPostProcessor(const nlohmann::json &value, const std::string &path,
                                          const std::function<bool(int32_t)> &isToken);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_POSTPROCESSOR_H
