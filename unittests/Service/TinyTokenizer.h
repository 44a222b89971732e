//===- TinyTokenizer.h - Text for the tiny model's tokens -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A tokenizer some of whose tokens are parts of a character.
//
//===----------------------------------------------------------------------===//
#ifndef UNITTESTS_SERVICE_TINYTOKENIZER_H
#define UNITTESTS_SERVICE_TINYTOKENIZER_H

#include "TinyModel.h"
#include "moec/runtime/Tokenizer.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace moec::test {

/// A byte-level vocabulary of 24 with an end token at 3; 4 and 5 are the halves of é, 7 to 9 the
/// thirds of €.
inline runtime::Tokenizer makeTinyTokenizer() {
  const char *pieces[] = {"a", "b", "c",  "",   "Ã",  "©",  "d",  "â",  "Ĥ", "¬", "e", "f",
                          "g", "h", "ab", "bc", "cd", "de", "Ġa", "Ġb", "Ċ", "i", "j", "kl"};
  nlohmann::json vocab;
  for (size_t i = 0; i < std::size(pieces); ++i)
    if (i != size_t(TinyModel::eos))
      vocab[pieces[i]] = i;
  nlohmann::json document = {
      {"added_tokens",
       {{{"id", TinyModel::eos},
         {"content", "<end>"},
         {"special", true},
         {"single_word", false},
         {"lstrip", false},
         {"rstrip", false},
         {"normalized", false}}}},
      {"decoder",
       {{"type", "ByteLevel"},
        {"add_prefix_space", false},
        {"trim_offsets", true},
        {"use_regex", true}}},
      {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", nlohmann::json::array()}}}};
  Expected<runtime::Tokenizer> tokenizer = runtime::Tokenizer::fromJson(document.dump());
  EXPECT_TRUE(tokenizer) << tokenizer.takeError().message();
  return *tokenizer;
}

} // namespace moec::test

#endif // UNITTESTS_SERVICE_TINYTOKENIZER_H
