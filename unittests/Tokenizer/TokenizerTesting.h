//===- TokenizerTesting.h - What the tokenizer's tests share ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_TOKENIZERTESTING_H
#define MOEC_UNITTESTS_TOKENIZERTESTING_H

#include "moec/Support/File.h"
#include "moec/runtime/Tokenizer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace moec::testing {

/// A file of test/tokenizers; an empty array, and a failed test, if it cannot be read.
inline nlohmann::json readVectors(const std::string &name) {
  Expected<std::string> text = readFile(std::string(MOEC_TOKENIZER_VECTORS "/") + name);
  if (!text) {
    ADD_FAILURE() << text.takeError().message();
    return nlohmann::json::array();
  }
  return nlohmann::json::parse(*text);
}

/// A real tokenizer, which must load.
inline runtime::Tokenizer realTokenizer(const std::string &name) {
  Expected<runtime::Tokenizer> tokenizer = runtime::Tokenizer::fromFile(
      std::string(MOEC_TOKENIZER_FILES "/") + name + ".tokenizer.json");
  if (tokenizer)
    return *tokenizer;
  ADD_FAILURE() << tokenizer.takeError().message();
  std::abort();
}

/// The value of an Expected that must have one.
template <typename T> T valueOf(Expected<T> expected) {
  if (expected)
    return std::move(*expected);
  ADD_FAILURE() << expected.takeError().message();
  return T();
}

/// All that a stream says about `ids`.
inline std::string streamed(const runtime::Tokenizer &tokenizer, std::span<const int32_t> ids,
                            bool skipSpecial = false) {
  runtime::StreamDecoder stream(tokenizer, skipSpecial);
  std::string out;
  for (int32_t id : ids)
    out += valueOf(stream.push(id));
  return out + valueOf(stream.finish());
}

} // namespace moec::testing

#endif // MOEC_UNITTESTS_TOKENIZERTESTING_H
