//===- ScriptedServer.cpp - The HTTP server with a scripted model -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
//   moec-scripted-server TEMPLATE SCRIPT [PROMPTS]
//
// The server as `moec serve` has it, by a chat template in a file, with a model that says what a
// script has for a prompt: an array of {"after": TEXT, "say": TEXT, "milliseconds": N}, of which
// the rule counts whose text stands last in the prompt. PROMPTS gets each prompt as a line of JSON.
// Programs that are clients of models are tested so; the only API key is "right", the model "m".
//
//===----------------------------------------------------------------------===//

#include "ScriptedBackend.h"
#include "moec/Support/File.h"
#include "moec/Support/Json.h"
#include "moec/runtime/server/Server.h"

#include <cstdio>
#include <fstream>

using namespace moec;
using namespace moec::server;

static Expected<std::vector<ScriptRule>> readScript(const std::string &path) {
  Expected<nlohmann::json> json = readJsonFile(path);
  if (!json)
    return json.takeError();
  std::vector<ScriptRule> rules;
  for (const nlohmann::json &rule : *json) {
    if (!rule.is_object() || !rule.contains("after") || !rule.contains("say"))
      return Error::make("'", path, "' has a rule without 'after' and 'say'");
    rules.push_back({rule["after"], rule["say"], rule.value("milliseconds", 0u)});
  }
  return rules;
}

static Expected<ChatSettings> readChat(const std::string &path) {
  Expected<std::string> source = readFile(path, 1 << 20);
  if (!source)
    return source.takeError();
  Expected<jinja::Template> parsed = jinja::Template::parse(*source, strCat("'", path, "'"));
  if (!parsed)
    return parsed.takeError();
  Expected<jinja::Json> tokens = jinja::Json::parse(R"({"eos_token": "<|im_end|>"})");
  if (!tokens)
    return tokens.takeError();
  ChatSettings chat;
  chat.model = std::make_shared<const jinja::ModelTemplate>(
      jinja::ModelTemplate{*parsed, path, *tokens, *source});
  chat.formats = parser::detectFormats(*source);
  return chat;
}

static Error serve(int argc, char **argv) {
  if (argc != 3 && argc != 4)
    return Error::make("give TEMPLATE SCRIPT [PROMPTS]");
  Expected<ChatSettings> chat = readChat(argv[1]);
  if (!chat)
    return chat.takeError();
  Expected<std::vector<ScriptRule>> rules = readScript(argv[2]);
  if (!rules)
    return rules.takeError();
  std::ofstream prompts(argc == 4 ? argv[3] : "/dev/null");
  ScriptedBackend backend(std::move(*rules), [&](const std::string &prompt) {
    prompts << nlohmann::json(prompt).dump() << std::endl;
  });
  ServerOptions options;
  options.port = 0;
  options.modelNames = {"m"};
  options.apiKeys = {"right"};
  options.chat = *chat;
  options.version = "scripted";
  Metrics metrics;
  Expected<std::unique_ptr<Server>> server = Server::open(backend, metrics, options);
  if (!server)
    return server.takeError();
  (*server)->stopOnSignals();
  std::printf("listening on %s\n", (*server)->address().c_str());
  std::fflush(stdout);
  (*server)->run();
  // Before the server goes, to which events would come.
  backend.stop();
  return Error::success();
}

int main(int argc, char **argv) {
  if (Error error = serve(argc, argv)) {
    std::fprintf(stderr, "moec-scripted-server: %s\n", error.message().c_str());
    return 1;
  }
  return 0;
}
