//===- PostProcessor.cpp - Tokens around a text -----------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "PostProcessor.h"
#include "Fields.h"

#include <limits>

namespace moec::tokenizer {

using nlohmann::json;
using IsToken = std::function<bool(int32_t)>;

static int32_t readId(const json &value, Fields &fields, const IsToken &isToken) {
  constexpr int64_t limit = std::numeric_limits<int32_t>::max();
  const bool fits = value.is_number_unsigned() && value.get<uint64_t>() <= uint64_t(limit);
  if (!fits || !isToken(value.get<int32_t>())) {
    fields.fail(strCat("adds id ", value.dump(), ", which no token has"));
    return 0;
  }
  return value.get<int32_t>();
}

/// The ids of the special token called `name` in the table of a template.
static std::vector<int32_t> readSpecialToken(const json *table, const std::string &name,
                                             Fields &fields, const IsToken &isToken) {
  std::vector<int32_t> ids;
  if (!table || !table->is_object() || !table->contains(name)) {
    fields.fail(strCat("uses \"", name, "\", which is not in its \"special_tokens\""));
    return ids;
  }
  Fields token((*table)[name], strCat(fields.path(), ".special_tokens[\"", name, "\"]"));
  token.string("id");
  token.array("tokens");
  for (const json *id : token.array("ids"))
    ids.push_back(readId(*id, token, isToken));
  if (Error error = token.finish())
    fields.fail(std::move(error));
  return ids;
}

static Expected<PostProcessor> readTemplate(Fields &fields, const IsToken &isToken) {
  PostProcessor out;
  const json *table = fields.find("special_tokens");
  int texts = 0;
  for (const json *piece : fields.array("single")) {
    Fields item(*piece, strCat(fields.path(), ".single"));
    const json *special = item.find("SpecialToken"), *sequence = item.find("Sequence");
    if (Error error = item.finish())
      return error;
    if (!special == !sequence)
      return Error::make(item.path(), " has a piece that is neither \"SpecialToken\" nor "
                                      "\"Sequence\"");
    Fields body(special ? *special : *sequence, item.path());
    const std::string id = body.string("id");
    if (Error error = body.finish())
      return error;
    if (special) {
      std::vector<int32_t> ids = readSpecialToken(table, id, fields, isToken);
      std::vector<int32_t> &list = texts ? out.behind : out.before;
      list.insert(list.end(), ids.begin(), ids.end());
    } else if (id == "A") {
      ++texts;
    } else {
      return Error::make(item.path(), " uses the second text, \"", id, "\"");
    }
  }
  if (texts != 1)
    fields.fail(strCat("has the text ", texts, " times in \"single\", 1 is supported"));
  if (Error error = fields.finish())
    return error;
  return out;
}

/// Reads the ["token", id] of a field.
static std::vector<int32_t> readTokenPair(Fields &fields, std::string_view name,
                                          const IsToken &isToken) {
  std::vector<const json *> pair = fields.array(name);
  if (pair.size() == 2)
    return {readId(*pair[1], fields, isToken)};
  fields.fail(strCat("has a \"", name, "\" of ", pair.size(), " elements, it must be 2"));
  return {};
}

static Expected<PostProcessor> readSequence(Fields &fields, const IsToken &isToken) {
  PostProcessor out;
  size_t index = 0;
  for (const json *step : fields.array("processors")) {
    Expected<PostProcessor> read =
        readPostProcessor(*step, strCat(fields.path(), ".processors[", index++, "]"), isToken);
    if (!read)
      return read.takeError();
    out.before.insert(out.before.begin(), read->before.begin(), read->before.end());
    out.behind.insert(out.behind.end(), read->behind.begin(), read->behind.end());
  }
  if (Error error = fields.finish())
    return error;
  return out;
}

Expected<PostProcessor> readPostProcessor(const json &value, const std::string &path,
                                          const IsToken &isToken) {
  if (value.is_null())
    return PostProcessor();
  Expected<std::string> type = componentType(value, path);
  if (!type)
    return type.takeError();
  Fields fields(value, path);
  fields.string("type");
  if (*type == "TemplateProcessing")
    return readTemplate(fields, isToken);
  if (*type == "Sequence")
    return readSequence(fields, isToken);
  PostProcessor out;
  if (*type == "ByteLevel" || *type == "RobertaProcessing") {
    // These settings only move offsets into the text, which are not kept.
    fields.boolean("trim_offsets", true);
    fields.boolean("add_prefix_space", true);
    fields.boolean("use_regex", true);
  }
  if (*type == "BertProcessing" || *type == "RobertaProcessing") {
    out.before = readTokenPair(fields, "cls", isToken);
    out.behind = readTokenPair(fields, "sep", isToken);
  } else if (*type != "ByteLevel") {
    return Error::make(path, " is of the unsupported type \"", *type, "\"");
  }
  if (Error error = fields.finish())
    return error;
  return out;
}

} // namespace moec::tokenizer
