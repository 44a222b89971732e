//===- Normalizer.cpp - The first stage of a tokenizer ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Normalizer.h"
#include "runtime/tokenizer/Fields.h"
#include "runtime/tokenizer/regex/PatternField.h"
#include "runtime/tokenizer/text/ByteMap.h"
#include "runtime/tokenizer/text/Unicode.h"
#include "runtime/tokenizer/text/Utf8.h"

namespace moec::tokenizer {

using nlohmann::json;

namespace {

class NormalFormNormalizer : public Normalizer {
public:
  explicit NormalFormNormalizer(NormalForm form) : form(form) {}

  Error run(Pieces &pieces, MatchScratch &) const override {
    Expected<std::string> out = normalizeText(pieces.text, form);
    if (!out)
      return out.takeError();
    if (pieces.origin > 0 && *out != pieces.text) {
      Expected<std::string> front =
          normalizeText(std::string_view(pieces.text).substr(0, pieces.origin), form);
      if (!front)
        return front.takeError();
      pieces.origin = std::min(front->size(), out->size());
    }
    pieces.text = std::move(*out);
    return Error::success();
  }

private:
  NormalForm form;
};

class SequenceNormalizer : public Normalizer {
public:
  std::vector<std::unique_ptr<Normalizer>> steps;

  Error run(Pieces &pieces, MatchScratch &scratch) const override {
    for (const auto &step : steps) {
      if (Error error = step->run(pieces, scratch))
        return error;
      if (Error error = pieces.checkSize())
        return error;
    }
    return Error::success();
  }
};

class PrependNormalizer : public Normalizer {
public:
  explicit PrependNormalizer(std::string prefix) : prefix(std::move(prefix)) {}

  Error run(Pieces &pieces, MatchScratch &) const override {
    if (pieces.text.empty())
      return Error::success();
    pieces.text.insert(0, prefix);
    if (pieces.origin > 0)
      pieces.origin += prefix.size();
    return Error::success();
  }

private:
  std::string prefix;
};

class ReplaceNormalizer : public Normalizer {
public:
  ReplaceNormalizer(Regex pattern, std::string content)
      : pattern(std::move(pattern)), content(std::move(content)) {}

  Error run(Pieces &pieces, MatchScratch &scratch) const override {
    std::vector<Match> matches;
    if (Error error = pattern.split(pieces.text, scratch, matches))
      return error;
    std::string out;
    size_t origin = 0;
    for (const Match &match : matches) {
      const std::string_view part = match.matched ? std::string_view(content) : pieces.view(match);
      if (out.size() + part.size() > pieces.limit)
        return Error::make("replacements made the text longer than ", pieces.limit, " bytes");
      out += part;
      if (match.end <= pieces.origin || (match.matched && match.begin < pieces.origin))
        origin = out.size();
      else if (match.begin < pieces.origin)
        origin = out.size() - part.size() + (pieces.origin - match.begin);
    }
    pieces.text = std::move(out);
    pieces.origin = origin;
    return Error::success();
  }

private:
  Regex pattern;
  std::string content;
};

class StripNormalizer : public Normalizer {
public:
  StripNormalizer(bool left, bool right) : left(left), right(right) {}

  Error run(Pieces &pieces, MatchScratch &) const override {
    const std::string_view text = pieces.text;
    size_t begin = 0, end = text.size();
    for (size_t i = 0; left && i < text.size() && isWhiteSpace(nextChar(text, i));)
      begin = i;
    for (size_t i = end; right && i > begin && isWhiteSpace(previousChar(text, i));)
      end = i;
    pieces.text = std::string(text.substr(begin, end - begin));
    pieces.origin = std::min(pieces.origin - std::min(pieces.origin, begin), pieces.text.size());
    return Error::success();
  }

private:
  bool left, right;
};

/// Normalizers that rewrite each character on its own.
template <typename Function> class PerChar : public Normalizer {
public:
  Error run(Pieces &pieces, MatchScratch &) const override {
    std::string out;
    out.reserve(pieces.text.size());
    size_t origin = 0;
    for (size_t i = 0; i < pieces.text.size();) {
      const bool first = i < pieces.origin;
      Function::append(out, nextChar(pieces.text, i));
      if (first)
        origin = out.size();
    }
    pieces.text = std::move(out);
    pieces.origin = origin;
    return Error::success();
  }
};

struct Lowercase {
  static void append(std::string &out, char32_t c) { appendLowercase(out, c); }
};

struct StripAccents {
  static void append(std::string &out, char32_t c) {
    if (!isMark(c))
      appendUtf8(out, c);
  }
};

/// Control characters go, the other invisible ones become spaces: the cleaning of NMT models.
struct Nmt {
  static void append(std::string &out, char32_t c) {
    if ((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F ||
        c == 0x9F)
      return;
    const bool space = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
                       (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
                       c == 0xFEFF || c == 0xFFFD;
    appendUtf8(out, space ? U' ' : c);
  }
};

struct BytesAsChars {
  static void append(std::string &out, char32_t c) {
    std::string bytes;
    appendUtf8(bytes, c);
    for (char byte : bytes)
      out += charOfByte(static_cast<unsigned char>(byte));
  }
};

} // namespace

using Result = Expected<std::unique_ptr<Normalizer>>;

/// `normalizer` if nothing was wrong with its fields.
static Result finish(Fields &fields, std::unique_ptr<Normalizer> normalizer) {
  if (Error error = fields.finish())
    return error;
  return normalizer;
}

static Result readSequence(Fields &fields) {
  auto sequence = std::make_unique<SequenceNormalizer>();
  size_t index = 0;
  for (const json *step : fields.array("normalizers")) {
    Result read = readNormalizer(*step, strCat(fields.path(), ".normalizers[", index++, "]"));
    if (!read)
      return read.takeError();
    if (*read)
      sequence->steps.push_back(std::move(*read));
  }
  return finish(fields, std::move(sequence));
}

Result readNormalizer(const json &value, const std::string &path) {
  if (value.is_null())
    return std::unique_ptr<Normalizer>();
  Expected<std::string> type = componentType(value, path);
  if (!type)
    return type.takeError();
  Fields fields(value, path);
  fields.string("type");
  if (*type == "NFC")
    return finish(fields, std::make_unique<NormalFormNormalizer>(NormalForm::C));
  if (*type == "NFD")
    return finish(fields, std::make_unique<NormalFormNormalizer>(NormalForm::D));
  if (*type == "NFKC")
    return finish(fields, std::make_unique<NormalFormNormalizer>(NormalForm::KC));
  if (*type == "NFKD")
    return finish(fields, std::make_unique<NormalFormNormalizer>(NormalForm::KD));
  if (*type == "Lowercase")
    return finish(fields, std::make_unique<PerChar<Lowercase>>());
  if (*type == "StripAccents")
    return finish(fields, std::make_unique<PerChar<StripAccents>>());
  if (*type == "Nmt")
    return finish(fields, std::make_unique<PerChar<Nmt>>());
  if (*type == "ByteLevel")
    return finish(fields, std::make_unique<PerChar<BytesAsChars>>());
  if (*type == "Sequence")
    return readSequence(fields);
  if (*type == "Prepend") {
    std::string prefix = fields.string("prepend");
    return finish(fields, std::make_unique<PrependNormalizer>(std::move(prefix)));
  }
  if (*type == "Strip") {
    const bool left = fields.boolean("strip_left"), right = fields.boolean("strip_right");
    return finish(fields, std::make_unique<StripNormalizer>(left, right));
  }
  if (*type == "Replace") {
    std::string content = fields.string("content");
    std::optional<Regex> pattern = readPattern(fields, "pattern");
    if (Error error = fields.finish())
      return error;
    return std::make_unique<ReplaceNormalizer>(std::move(*pattern), std::move(content));
  }
  return Error::make(path, " is of the unsupported type \"", *type, "\"");
}

} // namespace moec::tokenizer
