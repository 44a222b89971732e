//===- DecoderStages.h - The kinds of decoders ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TOKENIZER_DECODE_DECODERSTAGES_H
#define MOEC_TOKENIZER_DECODE_DECODERSTAGES_H

#include "Decoder.h"
#include "runtime/tokenizer/regex/Regex.h"

namespace moec::tokenizer {

/// A stage with another behind it.
class ChainedSink : public TokenSink {
public:
  explicit ChainedSink(std::unique_ptr<TokenSink> next) : next(std::move(next)) {}

protected:
  /// Sends a whole token.
  Error emit(std::string_view token) {
    if (Error error = next->text(token))
      return error;
    return next->endToken();
  }
  std::unique_ptr<TokenSink> next;
};

/// A stage that needs each of its tokens whole.
class WholeTokenSink : public ChainedSink {
public:
  using ChainedSink::ChainedSink;
  Error text(std::string_view part) final {
    token += part;
    return Error::success();
  }
  Error endToken() final {
    std::string whole = std::move(token);
    token.clear();
    return take(whole);
  }
  Error finish() override { return next->finish(); }

protected:
  virtual Error take(const std::string &token) = 0;

private:
  std::string token;
};

/// Printable characters back to bytes; all tokens become one.
class ByteLevelStage : public WholeTokenSink {
public:
  using WholeTokenSink::WholeTokenSink;
  Error finish() override;

protected:
  Error take(const std::string &token) override;

private:
  Error flush(bool atEnd);
  std::string bytes;
};

/// Runs of tokens like <0xE2> become the text those bytes are, or as many U+FFFD.
class ByteFallbackStage : public WholeTokenSink {
public:
  using WholeTokenSink::WholeTokenSink;
  Error finish() override;

protected:
  Error take(const std::string &token) override;

private:
  Error flush();
  std::string bytes;
};

/// The replacement character back to spaces, but for those that the pre-tokenizer put in front.
class MetaspaceStage : public ChainedSink {
public:
  MetaspaceStage(std::unique_ptr<TokenSink> next, std::string replacement, bool prepended)
      : ChainedSink(std::move(next)), replacement(std::move(replacement)), dropping(prepended) {}
  Error text(std::string_view part) override;
  Error endToken() override {
    dropping = false;
    return next->endToken();
  }
  Error finish() override { return next->finish(); }

private:
  std::string replacement;
  bool dropping; ///< In the first token.
};

class ReplaceStage : public WholeTokenSink {
public:
  ReplaceStage(std::unique_ptr<TokenSink> next, Regex pattern, std::string content)
      : WholeTokenSink(std::move(next)), pattern(std::move(pattern)), content(std::move(content)) {}

protected:
  Error take(const std::string &token) override;

private:
  Regex pattern;
  std::string content;
  MatchScratch scratch;
};

/// Replaces one character, which needs no whole tokens.
class ReplaceCharStage : public ChainedSink {
public:
  ReplaceCharStage(std::unique_ptr<TokenSink> next, std::string from, std::string to)
      : ChainedSink(std::move(next)), from(std::move(from)), to(std::move(to)) {}
  Error text(std::string_view part) override;
  Error endToken() override { return next->endToken(); }
  Error finish() override { return next->finish(); }

private:
  std::string from, to;
};

/// All tokens become one.
class FuseStage : public ChainedSink {
public:
  using ChainedSink::ChainedSink;
  Error text(std::string_view part) override { return next->text(part); }
  Error endToken() override { return Error::success(); }
  Error finish() override;
};

/// Takes up to `start` and `stop` times a character from the ends of each token.
class StripStage : public ChainedSink {
public:
  StripStage(std::unique_ptr<TokenSink> next, std::string content, size_t start, size_t stop)
      : ChainedSink(std::move(next)), content(std::move(content)), start(start), stop(stop),
        toStrip(start) {}
  Error text(std::string_view part) override;
  Error endToken() override;
  Error finish() override { return next->finish(); }

private:
  std::string content;
  size_t start, stop;
  size_t toStrip;  ///< How many more to take from the front of this token.
  size_t held = 0; ///< Trailing ones, at most `stop`, that may still turn out to be at the end.
};

/// An end-of-word suffix becomes a space, and nothing in the last token.
class SuffixStage : public WholeTokenSink {
public:
  SuffixStage(std::unique_ptr<TokenSink> next, std::string suffix)
      : WholeTokenSink(std::move(next)), suffix(std::move(suffix)) {}
  Error finish() override;

protected:
  Error take(const std::string &token) override;

private:
  Error send(std::string_view replacement);
  std::string suffix;
  std::string last; ///< The token before, while it may be the last.
  bool any = false;
};

/// Tokens with spaces between.
class SpacesStage : public ChainedSink {
public:
  using ChainedSink::ChainedSink;
  Error text(std::string_view part) override;
  Error endToken() override;
  Error finish() override { return next->finish(); }

private:
  Error separate();
  bool first = true, open = false;
};

} // namespace moec::tokenizer

#endif // MOEC_TOKENIZER_DECODE_DECODERSTAGES_H
