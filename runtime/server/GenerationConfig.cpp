//===- GenerationConfig.cpp - A model's own defaults ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Support/Json.h"
#include "moec/runtime/server/Server.h"
#include "runtime/server/request/Fields.h"

#include <filesystem>

using namespace moec;
using namespace moec::server;

static const std::vector<Field<GenerateDefaults>> &configFields() {
  using Defaults = GenerateDefaults;
  static const std::vector<Field<Defaults>> fields = {
      realField<Defaults>("temperature", {0}, [](Defaults &d) -> auto & { return d.temperature; }),
      realField<Defaults>("top_p", {0, 1, true}, [](Defaults &d) -> auto & { return d.topP; }),
      realField<Defaults>("min_p", {0, 1}, [](Defaults &d) -> auto & { return d.minP; }),
      realField<Defaults>("repetition_penalty", {.low = 0, .above = true},
                          [](Defaults &d) -> auto & { return d.repetitionPenalty; }),
      integerField<Defaults>("top_k", 0, INT32_MAX, [](Defaults &d) -> auto & { return d.topK; }),
      integerField<Defaults>("max_new_tokens", 1, INT32_MAX,
                             [](Defaults &d) -> auto & { return d.maxTokens; })};
  return fields;
}

Expected<GenerateDefaults> server::readGenerationConfig(const std::string &folder) {
  GenerateDefaults defaults;
  std::string path = folder + "/generation_config.json";
  std::error_code ec;
  if (!std::filesystem::exists(path, ec))
    return defaults;
  Expected<Json> object = readJsonFile(path);
  if (!object)
    return object.takeError();
  if (!object->is_object())
    return Error::make("'", path, "' is no JSON object");
  // It has much else, such as the ids of tokens.
  std::vector<std::string> others;
  if (auto error = readFields(*object, configFields(), defaults, others))
    return Error::make("'", path, "': ", error->message);
  return defaults;
}
