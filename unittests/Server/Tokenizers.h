//===- Tokenizers.h - A tokenizer for tests ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_SERVER_TOKENIZERS_H
#define MOEC_UNITTESTS_SERVER_TOKENIZERS_H

#include "moec/runtime/Tokenizer.h"
#include "runtime/tokenizer/text/ByteMap.h"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <vector>

namespace moec::server {

/// A tokenizer whose ids are the bytes of a text, and from 256 on special tokens: by default the
/// marks of ChatML.
inline runtime::Tokenizer byteTokenizer(const nlohmann::json &postProcessor = nullptr,
                                        const std::vector<const char *> &marks = {"<|im_start|>",
                                                                                  "<|im_end|>"}) {
  nlohmann::json vocab, added = nlohmann::json::array();
  for (int byte = 0; byte < 256; ++byte)
    vocab[std::string(tokenizer::charOfByte(static_cast<unsigned char>(byte)))] = byte;
  for (const char *mark : marks)
    added.push_back({{"id", 256 + added.size()},
                     {"content", mark},
                     {"special", true},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false}});
  nlohmann::json file = {
      {"added_tokens", added},
      {"normalizer", nullptr},
      {"post_processor", postProcessor},
      {"pre_tokenizer", {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}},
      {"decoder", {{"type", "ByteLevel"}}},
      {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", nlohmann::json::array()}}}};
  Expected<runtime::Tokenizer> made = runtime::Tokenizer::fromJson(file.dump());
  if (!made)
    throw std::runtime_error(made.takeError().message());
  return *made;
}

} // namespace moec::server

#endif // MOEC_UNITTESTS_SERVER_TOKENIZERS_H
