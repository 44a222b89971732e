//===- Decoder.cpp - Reading decoders ---------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Decoder.h"
#include "DecoderStages.h"
#include "runtime/tokenizer/Fields.h"
#include "runtime/tokenizer/regex/PatternField.h"
#include "runtime/tokenizer/text/Utf8.h"

#include <functional>

namespace moec::tokenizer {

using nlohmann::json;

namespace {

/// A decoder that is described by how to make its stage.
class StageDecoder : public Decoder {
public:
  using Make = std::function<std::unique_ptr<TokenSink>(std::unique_ptr<TokenSink>)>;
  explicit StageDecoder(Make make) : make(std::move(make)) {}
  std::unique_ptr<TokenSink> stage(std::unique_ptr<TokenSink> next) const override {
    return make(std::move(next));
  }

private:
  Make make;
};

class SequenceDecoder : public Decoder {
public:
  std::vector<std::unique_ptr<Decoder>> steps;
  std::unique_ptr<TokenSink> stage(std::unique_ptr<TokenSink> next) const override {
    for (auto it = steps.rbegin(); it != steps.rend(); ++it)
      next = (*it)->stage(std::move(next));
    return next;
  }
};

} // namespace

using Result = Expected<std::unique_ptr<Decoder>>;

/// A decoder whose stage is a `Stage` constructed with `arguments`.
template <typename Stage, typename... Args>
static Result makeDecoder(Fields &fields, Args... args) {
  if (Error error = fields.finish())
    return error;
  return std::make_unique<StageDecoder>([args...](std::unique_ptr<TokenSink> next) {
    return std::make_unique<Stage>(std::move(next), args...);
  });
}

static Result readMetaspace(Fields &fields) {
  std::string replacement;
  appendUtf8(replacement, fields.character("replacement"));
  fields.string("str_rep", "");
  fields.boolean("split", true);
  const bool prefix = fields.boolean("add_prefix_space", true);
  const bool never = fields.choice("prepend_scheme", {"first", "never", "always"}, 2) == 1;
  return makeDecoder<MetaspaceStage>(fields, replacement, prefix && !never);
}

static Result readReplace(Fields &fields) {
  const std::string content = fields.string("content");
  const json *given = fields.find("pattern");
  std::optional<Regex> pattern = readPattern(fields, "pattern");
  if (pattern && given->contains("String")) {
    const auto literal = (*given)["String"].get<std::string>();
    if (!literal.empty() && charSize(literal[0]) == literal.size())
      return makeDecoder<ReplaceCharStage>(fields, literal, content);
  }
  if (Error error = fields.finish())
    return error;
  return std::make_unique<StageDecoder>(
      [regex = std::move(*pattern), content](std::unique_ptr<TokenSink> next) {
        return std::make_unique<ReplaceStage>(std::move(next), regex, content);
      });
}

/// Reads a decoder that is not a sequence.
static Result readStep(const std::string &type, Fields &fields) {
  if (type == "ByteLevel") {
    fields.boolean("add_prefix_space", true);
    fields.boolean("trim_offsets", true);
    fields.boolean("use_regex", true);
    return makeDecoder<ByteLevelStage>(fields);
  }
  if (type == "ByteFallback")
    return makeDecoder<ByteFallbackStage>(fields);
  if (type == "Fuse")
    return makeDecoder<FuseStage>(fields);
  if (type == "Metaspace")
    return readMetaspace(fields);
  if (type == "Replace")
    return readReplace(fields);
  if (type == "Strip") {
    std::string content;
    appendUtf8(content, fields.character("content"));
    const auto start = static_cast<size_t>(fields.integer("start", 0, INT32_MAX));
    const auto stop = static_cast<size_t>(fields.integer("stop", 0, INT32_MAX));
    return makeDecoder<StripStage>(fields, content, start, stop);
  }
  if (type == "BPEDecoder") {
    const std::string suffix = fields.string("suffix");
    return makeDecoder<SuffixStage>(fields, suffix);
  }
  return Error::make(fields.path(), " is of the unsupported type \"", type, "\"");
}

/// Appends the decoders that `value` consists of; sequences may nest.
static Error readSteps(const json &value, const std::string &path,
                       std::vector<std::unique_ptr<Decoder>> &steps) {
  constexpr size_t maxSteps = 256; // Each is a call deep in a stream.
  Expected<std::string> type = componentType(value, path);
  if (!type)
    return type.takeError();
  Fields fields(value, path);
  fields.string("type");
  if (*type != "Sequence") {
    if (steps.size() == maxSteps)
      return Error::make(path, " is one decoder more than the limit of ", maxSteps);
    Result step = readStep(*type, fields);
    if (!step)
      return step.takeError();
    steps.push_back(std::move(*step));
    return Error::success();
  }
  size_t index = 0;
  for (const json *step : fields.array("decoders"))
    if (Error error = readSteps(*step, strCat(path, ".decoders[", index++, "]"), steps))
      return error;
  return fields.finish();
}

Result readDecoder(const json &value, const std::string &path) {
  auto sequence = std::make_unique<SequenceDecoder>();
  if (value.is_null())
    sequence->steps.push_back(std::make_unique<StageDecoder>([](std::unique_ptr<TokenSink> next) {
      return std::make_unique<SpacesStage>(std::move(next));
    }));
  else if (Error error = readSteps(value, path, sequence->steps))
    return error;
  return sequence;
}

} // namespace moec::tokenizer
