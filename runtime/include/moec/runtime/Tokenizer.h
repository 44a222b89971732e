//===- Tokenizer.h - Text to token ids and back -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Hugging Face's tokenizer.json with a BPE model, as the checkpoints of language models bring it.
// A component that is not implemented is an error when the file is read, never other tokens.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_TOKENIZER_H
#define MOEC_RUNTIME_TOKENIZER_H

#include "moec/Support/Error.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moec::runtime {

/// An immutable tokenizer. Copies are cheap and share it; all members may be called from any number
/// of threads at once.
class Tokenizer {
public:
  /// Reads a tokenizer.json, and what a tokenizer_config.json beside it says about the tokens
  /// around a text. A failure's message names the file.
  static Expected<Tokenizer> fromFile(const std::string &path);
  /// The tokenizer of a tokenizer.json's text alone.
  static Expected<Tokenizer> fromJson(std::string_view text);

  struct EncodeOptions {
    /// Put the special tokens around the text that a prompt gets: those of the post-processor, with
    /// or without BOS and EOS as tokenizer_config.json says.
    bool addSpecialTokens = false;
    /// Take special tokens that are written out in the text for what they are. Without, they are
    /// text like any other, which is right for text that is not trusted.
    bool matchSpecialTokens = true;
  };

  /// The ids of `text`. Fails if that is not valid UTF-8, and if a regular expression of the file
  /// takes more steps than it is worth.
  Expected<std::vector<int32_t>> encode(std::string_view text, EncodeOptions options) const;
  Expected<std::vector<int32_t>> encode(std::string_view text,
                                        bool addSpecialTokens = false) const {
    return encode(text, EncodeOptions{addSpecialTokens, true});
  }

  /// Where special tokens are written out in a text: the first byte of each, and their sizes.
  std::vector<std::pair<size_t, size_t>> findSpecialTokens(std::string_view text) const;

  /// The text of `ids`, always valid UTF-8: bytes that are no text become U+FFFD. With
  /// `skipSpecial`, special tokens leave no trace. Ids that no token has become nothing: a model's
  /// vocabulary is often wider than its tokenizer's.
  Expected<std::string> decode(std::span<const int32_t> ids, bool skipSpecial = false) const;

  /// The number of tokens, added ones included.
  size_t size() const;
  /// One more than the largest id.
  int64_t idBound() const;

  /// The id of a token as the file spells it ("Ġthe", "<|endoftext|>").
  std::optional<int32_t> idOf(std::string_view token) const;
  /// The token of an id, as the file spells it.
  std::optional<std::string> tokenOf(int32_t id) const;
  /// The token that begins a text, BOS: as tokenizer_config.json names it, else the first one that
  /// the post-processor puts before a text.
  std::optional<int32_t> beginId() const;
  /// Whether `id` is a special token, such as the end of a text.
  bool isSpecial(int32_t id) const;

private:
  friend class StreamDecoder;
  struct Parts;
  explicit Tokenizer(std::shared_ptr<const Parts> parts) : parts(std::move(parts)) {}
  static Expected<std::shared_ptr<Parts>> read(std::string_view text);
  std::shared_ptr<const Parts> parts;
};

/// Decodes ids as they come. All that `push` and `finish` return, together, is exactly what decode
/// returns for all ids; each string consists of whole characters, and text is held back only while
/// a later id could still change it.
class StreamDecoder {
public:
  /// Special tokens leave no text where they are skipped, but for those of `shown`.
  explicit StreamDecoder(Tokenizer tokenizer, bool skipSpecial = false,
                         std::vector<int32_t> shown = {});
  ~StreamDecoder();
  StreamDecoder(StreamDecoder &&) noexcept;
  StreamDecoder &operator=(StreamDecoder &&) noexcept;

  /// The text that `id` completes, often none. An id that no token has counts as never pushed.
  Expected<std::string> push(int32_t id);

  /// The text that was held back. Call once, after the last push.
  Expected<std::string> finish();

private:
  struct State;
  std::unique_ptr<State> state;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_TOKENIZER_H
