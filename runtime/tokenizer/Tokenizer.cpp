//===- Tokenizer.cpp - Text to token ids and back ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/Tokenizer.h"

#include "AddedTokens.h"
#include "Fields.h"
#include "PostProcessor.h"
#include "TokenizerConfig.h"
#include "TokenizerFile.h"
#include "moec/Support/File.h"
#include "runtime/tokenizer/decode/Decoder.h"
#include "runtime/tokenizer/model/Bpe.h"
#include "runtime/tokenizer/pretokenize/Normalizer.h"
#include "runtime/tokenizer/pretokenize/PreTokenizer.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <algorithm>
#include <filesystem>

namespace moec::runtime {

using namespace tokenizer;

struct Tokenizer::Parts {
  explicit Parts(Bpe model) : model(std::move(model)) {}

  Bpe model;
  AddedTokens added;
  std::unique_ptr<Normalizer> normalizer;
  std::unique_ptr<PreTokenizer> preTokenizer;
  std::unique_ptr<Decoder> decoder;
  PostProcessor postProcessor;
  std::optional<int32_t> beginId;
  int64_t bound = 0;

  /// The id of a token as the file spells it.
  std::optional<int32_t> idOf(std::string_view token) const {
    if (const AddedToken *found = added.find(token))
      return found->id;
    const int32_t id = model.vocabulary().find(token);
    return id < 0 ? std::nullopt : std::optional(id);
  }
  /// What decoders see for `id`.
  std::optional<std::string_view> decodedToken(int32_t id) const {
    if (const AddedToken *token = added.find(id))
      return token->pattern;
    return model.vocabulary().tokenOf(id);
  }
  /// Takes over what the settings beside the file say.
  Error configure(const TokenizerConfig &config);
  Error encodeText(std::string_view text, bool atStart, bool matchSpecial, MatchScratch &scratch,
                   BpeScratch &bpeScratch, std::vector<int32_t> &ids) const;
};

/// Sends `id` down a chain of decoder stages. `skip` says whether special tokens are left out.
static Error sendToken(TokenSink &sink, std::string_view token, bool skipped) {
  if (skipped)
    return Error::success();
  if (Error error = sink.text(token))
    return error;
  return sink.endToken();
}

namespace {
/// The end of every chain of decoder stages.
class Collector : public TokenSink {
public:
  explicit Collector(std::string &out) : out(out) {}
  Error text(std::string_view part) override {
    out += part;
    return Error::success();
  }
  Error endToken() override { return Error::success(); }
  Error finish() override { return Error::success(); }

private:
  std::string &out;
};
} // namespace

Expected<Tokenizer> Tokenizer::fromFile(const std::string &path) {
  Expected<MappedFile> file = MappedFile::open(path);
  if (!file)
    return file.takeError();
  const auto bytes = file->bytes();
  Expected<std::shared_ptr<Parts>> parts =
      read({reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  if (!parts)
    return parts.takeError().addContext(path);
  const std::string settings =
      (std::filesystem::path(path).parent_path() / "tokenizer_config.json").string();
  Expected<TokenizerConfig> config = readTokenizerConfig(settings);
  if (!config)
    return config.takeError();
  if (Error error = (*parts)->configure(*config))
    return error.addContext(strCat("'", settings, "'"));
  return Tokenizer(std::move(*parts));
}

Expected<Tokenizer> Tokenizer::fromJson(std::string_view text) {
  Expected<std::shared_ptr<Parts>> parts = read(text);
  if (!parts)
    return parts.takeError();
  return Tokenizer(std::move(*parts));
}

Error Tokenizer::Parts::configure(const TokenizerConfig &config) {
  if (config.bos)
    beginId = idOf(*config.bos);
  return applyTokenizerConfig(
      config, [&](const std::string &token) { return idOf(token); }, postProcessor);
}

Expected<std::shared_ptr<Tokenizer::Parts>> Tokenizer::read(std::string_view text) {
  Expected<TokenizerFile> file = parseTokenizerFile(text);
  if (!file)
    return file.takeError();
  Fields fields(file->document, "the document");
  const std::string version = fields.string("version", "1.0");
  if (version != "1.0")
    fields.fail(strCat("has version \"", version, "\", known is \"1.0\""));
  // Batching, "truncation" and "padding", is the caller's business, as with Transformers.
  if (!fields.find("model"))
    fields.fail("has no \"model\"");
  if (Error error = fields.finish())
    return error;
  auto component = [&](const char *name) { return file->document.value(name, nlohmann::json()); };

  Expected<Bpe> model = Bpe::create(*file);
  if (!model)
    return model.takeError();
  auto parts = std::make_shared<Parts>(std::move(*model));
  Expected<std::unique_ptr<Normalizer>> normalizer =
      readNormalizer(component("normalizer"), "normalizer");
  if (!normalizer)
    return normalizer.takeError();
  parts->normalizer = std::move(*normalizer);
  Expected<AddedTokens> added = AddedTokens::create(
      component("added_tokens"), parts->model.vocabulary(), parts->normalizer.get());
  if (!added)
    return added.takeError();
  parts->added = std::move(*added);
  Expected<std::unique_ptr<PreTokenizer>> preTokenizer =
      readPreTokenizer(component("pre_tokenizer"), "pre_tokenizer");
  if (!preTokenizer)
    return preTokenizer.takeError();
  parts->preTokenizer = std::move(*preTokenizer);
  Expected<PostProcessor> postProcessor =
      readPostProcessor(component("post_processor"), "post_processor",
                        [&](int32_t id) { return parts->decodedToken(id).has_value(); });
  if (!postProcessor)
    return postProcessor.takeError();
  parts->postProcessor = std::move(*postProcessor);
  if (!parts->postProcessor.before.empty())
    parts->beginId = parts->postProcessor.before.front();
  Expected<std::unique_ptr<Decoder>> decoder = readDecoder(component("decoder"), "decoder");
  if (!decoder)
    return decoder.takeError();
  parts->decoder = std::move(*decoder);
  parts->bound = parts->model.vocabulary().idBound();
  for (const AddedToken &token : parts->added.list())
    parts->bound = std::max<int64_t>(parts->bound, int64_t(token.id) + 1);
  return parts;
}

/// Encodes text that has no added tokens but those of the normalized text in it.
Error Tokenizer::Parts::encodeText(std::string_view text, bool atStart, bool matchSpecial,
                                   MatchScratch &scratch, BpeScratch &bpeScratch,
                                   std::vector<int32_t> &ids) const {
  Pieces whole{std::string(text), {}, atStart ? charSize(text[0]) : 0, growthLimit(text.size())};
  if (normalizer)
    if (Error error = normalizer->run(whole, scratch))
      return error;
  if (Error error = whole.checkSize())
    return error;
  // Everything between two added tokens goes through the pre-tokenizer on its own.
  for (const AddedSplit &split : added.split(whole.text, true, matchSpecial)) {
    if (split.id >= 0) {
      ids.push_back(split.id);
      continue;
    }
    Pieces pieces{std::string(whole.view(split)), {{0, split.end - split.begin}}, 0, whole.limit};
    pieces.origin = std::min(whole.origin, split.end) - std::min(whole.origin, split.begin);
    if (preTokenizer)
      if (Error error = preTokenizer->run(pieces, scratch))
        return error;
    for (const Range &range : pieces.ranges)
      if (Error error = model.encode(pieces.view(range), bpeScratch, ids))
        return error;
  }
  return Error::success();
}

Expected<std::vector<int32_t>> Tokenizer::encode(std::string_view text,
                                                 EncodeOptions options) const {
  if (const size_t bad = findInvalidUtf8(text); bad != text.npos)
    return Error::make("the text is not valid UTF-8 at byte ", bad, " of ", text.size());
  MatchScratch scratch;
  BpeScratch bpeScratch;
  std::vector<int32_t> ids;
  if (options.addSpecialTokens)
    ids = parts->postProcessor.before;
  for (const AddedSplit &split : parts->added.split(text, false, options.matchSpecialTokens)) {
    if (split.id >= 0)
      ids.push_back(split.id);
    else if (Error error = parts->encodeText(text.substr(split.begin, split.end - split.begin),
                                             split.begin == 0, options.matchSpecialTokens, scratch,
                                             bpeScratch, ids))
      return error;
  }
  if (options.addSpecialTokens)
    ids.insert(ids.end(), parts->postProcessor.behind.begin(), parts->postProcessor.behind.end());
  return ids;
}

std::vector<std::pair<size_t, size_t>> Tokenizer::findSpecialTokens(std::string_view text) const {
  std::vector<std::pair<size_t, size_t>> found;
  for (const AddedSplit &split : parts->added.split(text, false, /*matchSpecial=*/true)) {
    const AddedToken *token = split.id >= 0 ? parts->added.find(split.id) : nullptr;
    // The token may have taken white space around it.
    if (token && token->special)
      found.emplace_back(text.find(token->content, split.begin), token->content.size());
  }
  return found;
}

Expected<std::string> Tokenizer::decode(std::span<const int32_t> ids, bool skipSpecial) const {
  StreamDecoder stream(*this, skipSpecial);
  std::string out;
  for (int32_t id : ids) {
    Expected<std::string> part = stream.push(id);
    if (!part)
      return part.takeError();
    out += *part;
  }
  Expected<std::string> rest = stream.finish();
  if (!rest)
    return rest.takeError();
  return out + *rest;
}

size_t Tokenizer::size() const {
  const Vocabulary &vocabulary = parts->model.vocabulary();
  size_t count = vocabulary.size();
  for (const AddedToken &token : parts->added.list())
    count += vocabulary.find(token.content) < 0;
  return count;
}

int64_t Tokenizer::idBound() const { return parts->bound; }

std::optional<int32_t> Tokenizer::idOf(std::string_view token) const { return parts->idOf(token); }

std::optional<int32_t> Tokenizer::beginId() const { return parts->beginId; }

std::optional<std::string> Tokenizer::tokenOf(int32_t id) const {
  if (const AddedToken *added = parts->added.find(id))
    return added->content;
  std::optional<std::string_view> token = parts->model.vocabulary().tokenOf(id);
  return token ? std::optional<std::string>(*token) : std::nullopt;
}

bool Tokenizer::isSpecial(int32_t id) const {
  const AddedToken *added = parts->added.find(id);
  return added && added->special;
}

struct StreamDecoder::State {
  State(Tokenizer tokenizer, bool skipSpecial, std::vector<int32_t> shown)
      : tokenizer(std::move(tokenizer)), skipSpecial(skipSpecial), shown(std::move(shown)),
        chain(this->tokenizer.parts->decoder->stage(std::make_unique<Collector>(text))) {}

  Tokenizer tokenizer;
  bool skipSpecial;
  std::vector<int32_t> shown;
  std::string text; ///< What came out at the end of the chain.
  std::unique_ptr<TokenSink> chain;
};

StreamDecoder::StreamDecoder(Tokenizer tokenizer, bool skipSpecial, std::vector<int32_t> shown)
    : state(std::make_unique<State>(std::move(tokenizer), skipSpecial, std::move(shown))) {}
StreamDecoder::~StreamDecoder() = default;
StreamDecoder::StreamDecoder(StreamDecoder &&) noexcept = default;
StreamDecoder &StreamDecoder::operator=(StreamDecoder &&) noexcept = default;

Expected<std::string> StreamDecoder::push(int32_t id) {
  const Tokenizer::Parts &parts = *state->tokenizer.parts;
  std::optional<std::string_view> token = parts.decodedToken(id);
  if (!token)
    return std::string();
  const bool skipped = state->skipSpecial && parts.added.isSpecial(*token) &&
                       std::ranges::find(state->shown, id) == state->shown.end();
  if (Error error = sendToken(*state->chain, *token, skipped))
    return error;
  return std::exchange(state->text, {});
}

Expected<std::string> StreamDecoder::finish() {
  if (Error error = state->chain->finish())
    return error;
  return std::exchange(state->text, {});
}

} // namespace moec::runtime
