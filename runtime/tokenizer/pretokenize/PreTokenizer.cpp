//===- PreTokenizer.cpp - Reading pre-tokenizers ----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "PreTokenizer.h"
#include "PreTokenizers.h"
#include "runtime/tokenizer/Fields.h"
#include "runtime/tokenizer/regex/PatternField.h"
#include "runtime/tokenizer/text/Unicode.h"
#include "runtime/tokenizer/text/Utf8.h"

namespace moec::tokenizer {

using nlohmann::json;
using Result = Expected<std::unique_ptr<PreTokenizer>>;

/// The words of GPT-2: contractions, then letters, numbers or others with a space before, then
/// white space but for the last one before a word.
static constexpr std::string_view gpt2Words =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

/// Words and runs of punctuation, where joiners belong to words.
static constexpr std::string_view plainWords = R"([\w\x{200C}\x{200D}]+|[^\w\s\x{200C}\x{200D}]+)";

/// A fixed pattern of this file, as a pre-tokenizer.
static Result makeSplit(std::string_view pattern, SplitBehavior behavior, bool invert) {
  Expected<Regex> regex = Regex::compile(pattern);
  if (!regex)
    return regex.takeError();
  return std::make_unique<SplitPreTokenizer>(std::move(*regex), behavior, invert);
}

static Result finish(Fields &fields, std::unique_ptr<PreTokenizer> preTokenizer) {
  if (Error error = fields.finish())
    return error;
  return preTokenizer;
}

static SplitBehavior readBehavior(Fields &fields, std::optional<size_t> absent = std::nullopt) {
  return static_cast<SplitBehavior>(fields.choice(
      "behavior", {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"},
      absent));
}

static Result readSequence(Fields &fields) {
  auto sequence = std::make_unique<SequencePreTokenizer>();
  size_t index = 0;
  for (const json *step : fields.array("pretokenizers")) {
    Result read = readPreTokenizer(*step, strCat(fields.path(), ".pretokenizers[", index++, "]"));
    if (!read)
      return read.takeError();
    if (*read)
      sequence->steps.push_back(std::move(*read));
  }
  return finish(fields, std::move(sequence));
}

static Result readByteLevel(Fields &fields) {
  const bool prefix = fields.boolean("add_prefix_space");
  fields.boolean("trim_offsets", true); // Offsets into the text are not kept.
  std::unique_ptr<PreTokenizer> words;
  if (fields.boolean("use_regex", true)) {
    Result made = makeSplit(gpt2Words, SplitBehavior::Isolated, false);
    if (!made)
      return made.takeError();
    words = std::move(*made);
  }
  return finish(fields, std::make_unique<ByteLevelPreTokenizer>(std::move(words), prefix));
}

static Result readMetaspace(Fields &fields) {
  const char32_t replacement = fields.character("replacement");
  fields.string("str_rep", ""); // Old files repeat the replacement here.
  auto scheme = static_cast<PrependScheme>(fields.choice(
      "prepend_scheme", {"first", "never", "always"}, static_cast<size_t>(PrependScheme::Always)));
  const bool given = fields.find("prepend_scheme") != nullptr;
  if (!fields.boolean("add_prefix_space", true)) {
    if (given && scheme != PrependScheme::Never)
      fields.fail("has a \"prepend_scheme\" that contradicts \"add_prefix_space\" = false");
    scheme = PrependScheme::Never;
  }
  const bool split = fields.boolean("split", true);
  return finish(fields, std::make_unique<MetaspacePreTokenizer>(replacement, scheme, split));
}

static Result readSplit(Fields &fields) {
  std::optional<Regex> pattern = readPattern(fields, "pattern");
  const SplitBehavior behavior = readBehavior(fields);
  const bool invert = fields.boolean("invert");
  if (Error error = fields.finish())
    return error;
  return std::make_unique<SplitPreTokenizer>(std::move(*pattern), behavior, invert);
}

static Result readBert(Fields &fields) {
  auto sequence = std::make_unique<SequencePreTokenizer>();
  sequence->steps.push_back(
      std::make_unique<CharSplitPreTokenizer>(isWhiteSpace, SplitBehavior::Removed));
  sequence->steps.push_back(
      std::make_unique<CharSplitPreTokenizer>(isPunctuation, SplitBehavior::Isolated));
  return finish(fields, std::move(sequence));
}

static Result readDelimiter(Fields &fields) {
  std::string delimiter;
  appendUtf8(delimiter, fields.character("delimiter"));
  if (Error error = fields.finish())
    return error;
  Expected<Regex> regex = Regex::compileLiteral(delimiter);
  if (!regex)
    return regex.takeError();
  return std::make_unique<SplitPreTokenizer>(std::move(*regex), SplitBehavior::Removed, false);
}

Result readPreTokenizer(const json &value, const std::string &path) {
  if (value.is_null())
    return std::unique_ptr<PreTokenizer>();
  Expected<std::string> type = componentType(value, path);
  if (!type)
    return type.takeError();
  Fields fields(value, path);
  fields.string("type");
  if (*type == "Sequence")
    return readSequence(fields);
  if (*type == "ByteLevel")
    return readByteLevel(fields);
  if (*type == "Split")
    return readSplit(fields);
  if (*type == "Metaspace")
    return readMetaspace(fields);
  if (*type == "Digits") {
    const bool each = fields.boolean("individual_digits");
    return finish(fields,
                  std::make_unique<CharSplitPreTokenizer>(
                      isNumeric, each ? SplitBehavior::Isolated : SplitBehavior::Contiguous));
  }
  if (*type == "Punctuation") {
    const SplitBehavior behavior =
        readBehavior(fields, static_cast<size_t>(SplitBehavior::Isolated));
    return finish(fields, std::make_unique<CharSplitPreTokenizer>(isPunctuation, behavior));
  }
  if (*type == "Whitespace") {
    Result made = makeSplit(plainWords, SplitBehavior::Removed, true);
    return made ? finish(fields, std::move(*made)) : std::move(made);
  }
  if (*type == "WhitespaceSplit")
    return finish(fields,
                  std::make_unique<CharSplitPreTokenizer>(isWhiteSpace, SplitBehavior::Removed));
  if (*type == "BertPreTokenizer")
    return readBert(fields);
  if (*type == "CharDelimiterSplit")
    return readDelimiter(fields);
  if (*type == "FixedLength") {
    const auto length = static_cast<size_t>(fields.integer("length", 1, INT32_MAX, 5));
    return finish(fields, std::make_unique<FixedLengthPreTokenizer>(length));
  }
  return Error::make(path, " is of the unsupported type \"", *type, "\"");
}

} // namespace moec::tokenizer
