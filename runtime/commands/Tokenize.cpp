//===- Tokenize.cpp - The command tokenize ----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Arrays of strings to arrays of ids, and back.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Json.h"
#include "moec/runtime/Tokenizer.h"
#include "moec/runtime/commands/Commands.h"

#include <cstdio>
#include <filesystem>

using namespace moec;
using namespace moec::runtime;

namespace {
struct TokenizeOptions {
  std::string tokenizer, file;
  bool decode = false, special = true;
};
} // namespace

static Expected<nlohmann::json> encodeOne(const Tokenizer &tokenizer, const nlohmann::json &item,
                                          bool special) {
  if (!item.is_string())
    return Error::make("is not a string");
  Expected<std::vector<int32_t>> ids =
      tokenizer.encode(item.get_ref<const std::string &>(), special);
  if (!ids)
    return ids.takeError();
  return nlohmann::json(*ids);
}

static Expected<nlohmann::json> decodeOne(const Tokenizer &tokenizer, const nlohmann::json &item) {
  if (!item.is_array())
    return Error::make("is not an array of ids");
  std::vector<int32_t> ids;
  for (const nlohmann::json &id : item) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() > INT32_MAX)
      return Error::make("holds ", id.dump(), ", which is no token id");
    ids.push_back(id.get<int32_t>());
  }
  Expected<std::string> text = tokenizer.decode(ids);
  if (!text)
    return text.takeError();
  return nlohmann::json(*text);
}

static Error tokenize(const TokenizeOptions &options) {
  std::error_code ec;
  std::string path = options.tokenizer;
  if (std::filesystem::is_directory(path, ec))
    path += "/tokenizer.json";
  Expected<Tokenizer> tokenizer = Tokenizer::fromFile(path);
  if (!tokenizer)
    return tokenizer.takeError();
  Expected<nlohmann::json> read = readJsonFile(options.file, uint64_t(1) << 32);
  if (!read)
    return read.takeError();
  const nlohmann::json &items = *read;
  if (!items.is_array())
    return Error::make("'", options.file, "' is not a JSON array of ",
                       options.decode ? "id arrays" : "strings");
  nlohmann::json results = nlohmann::json::array();
  for (size_t i = 0; i < items.size(); ++i) {
    Expected<nlohmann::json> result = options.decode
                                          ? decodeOne(*tokenizer, items[i])
                                          : encodeOne(*tokenizer, items[i], options.special);
    if (!result)
      return result.takeError().addContext(strCat("'", options.file, "': item ", i));
    results.push_back(std::move(*result));
  }
  std::printf("%s\n", results.dump().c_str());
  return Error::success();
}

void runtime::addTokenizeCommand(CommandLine &line) {
  auto options = std::make_shared<TokenizeOptions>();
  CLI::App &command = line.add("tokenize", "Turn text into token ids, or back",
                               [options] { return tokenize(*options); });
  command.add_option("tokenizer", options->tokenizer, "A tokenizer.json, or a folder that has one")
      ->required();
  command.add_option("--json", options->file, "A JSON array of strings (of id arrays to decode)")
      ->required();
  command.add_flag("--decode", options->decode, "Ids to text");
  command.add_flag(
      "--special,!--no-special", options->special,
      "Whether to add the special tokens that run gives a prompt, as without either: BOS and EOS "
      "as tokenizer_config.json beside the tokenizer says, else those of the post-processor");
}
