//===- Decoder.h - From tokens back to text ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A decoder rewrites a list of tokens. Here each is a stage that sees the tokens arrive, piece by
// piece, and passes on what can no longer change. Decoding a list and decoding a stream are then
// the same thing, and a stage holds back exactly what it has to.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_DECODE_DECODER_H
#define MOEC_TOKENIZER_DECODE_DECODER_H

#include "moec/Support/Error.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace moec::tokenizer {

/// Where a stage sends its tokens. Calls: any number of `text` (whole characters), then `endToken`,
/// for each token; `finish` once, behind the last.
class TokenSink {
public:
  virtual ~TokenSink() = default;
  virtual Error text(std::string_view part) = 0;
  virtual Error endToken() = 0;
  virtual Error finish() = 0;
};

/// What a decoder is; immutable and shared. The state of a stream is in the stages it makes.
class Decoder {
public:
  virtual ~Decoder() = default;
  /// A stage that passes its tokens on to `next`, which must outlive it. Owned stages behind it
  /// are kept alive by it.
  virtual std::unique_ptr<TokenSink> stage(std::unique_ptr<TokenSink> next) const = 0;
};

/// Reads the decoder at `path` of a tokenizer.json. Null: tokens with spaces between.
Expected<std::unique_ptr<Decoder>> readDecoder(const nlohmann::json &value,
                                               const std::string &path);

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_DECODE_DECODER_H
