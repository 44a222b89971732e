//===- Serve.cpp - The command serve ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A model behind HTTP, until a signal ends it.
//
//===----------------------------------------------------------------------===//

#include "MemoryPlan.h"
#include "ModelOptions.h"
#include "moec/runtime/server/Server.h"

#include <cstdio>
#include <filesystem>

using namespace moec;
using namespace moec::runtime;

namespace {
struct ServeArguments {
  EvalArguments model;
  server::ServerOptions server;
  bool ownDefaults = true;
  /// Names of parsers: auto, none or one that there is.
  std::string toolParser = "auto", reasoningParser = "auto";
  ServeExtension extension;
};
} // namespace

/// The name of an artifact's folder, without its ending.
static std::string modelName(const std::string &path) {
  std::filesystem::path folder = std::filesystem::path(path).lexically_normal();
  if (!folder.has_filename())
    folder = folder.parent_path();
  return folder.extension() == ".moec" ? folder.stem().string() : folder.filename().string();
}

/// The tokenizer of an artifact, if it has one.
static Expected<std::optional<Tokenizer>> findTokenizer(const Artifact &artifact) {
  if (artifact.tokenizerPath().empty())
    return std::optional<Tokenizer>();
  Expected<Tokenizer> tokenizer = Tokenizer::fromFile(artifact.tokenizerPath());
  if (!tokenizer)
    return tokenizer.takeError();
  return std::optional(std::move(*tokenizer));
}

/// How chats are rendered, of which something is said where it is not as the model has it.
static server::ChatSettings findChatTemplate(CommandLine &line, const std::string &folder) {
  server::ChatSettings chat;
  auto found = jinja::readModelTemplate(folder);
  if (!found) {
    chat.problem = found.takeError().message();
    line.note("chats are refused, as the model's chat template cannot be used: " + chat.problem);
    return chat;
  }
  chat.model = *found;
  if (!chat.model)
    line.note("chats are rendered in ChatML, as the model has no chat template");
  else
    for (const std::string &construct : chat.model->chat.unsupported())
      line.note(strCat("'", chat.model->source, "': ", construct, "; chats that reach it fail"));
  return chat;
}

/// How answers are read: as the template says, unless the user does.
static parser::Formats chooseFormats(CommandLine &line, const ServeArguments &arguments,
                                     const server::ChatSettings &chat) {
  parser::Formats formats =
      chat.model ? parser::detectFormats(chat.model->text) : parser::Formats();
  if (arguments.toolParser != "auto")
    formats.tools = parser::findToolFormat(arguments.toolParser);
  if (arguments.reasoningParser != "auto")
    formats.reasoning = parser::findReasoningFormat(arguments.reasoningParser);
  if (formats.tools || formats.reasoning)
    line.note(strCat("answers are read with the tool parser '",
                     formats.tools ? nameOf(*formats.tools) : "none",
                     "' and the reasoning parser '",
                     formats.reasoning ? nameOf(*formats.reasoning) : "none", "'"));
  return formats;
}

/// Has what is no artifact yet compiled, the draft model, too.
static Error prepareModels(ServeArguments &arguments) {
  const auto &prepare = arguments.extension.prepare;
  if (!prepare)
    return Error::success();
  DraftOptions &drafts = arguments.model.drafts;
  if (Error error = drafts.check())
    return error;
  Expected<std::string> compiled = prepare(arguments.model.model, drafts);
  if (!compiled)
    return compiled.takeError();
  arguments.model.model = *compiled;
  std::error_code ec;
  if (drafts.model.empty() || std::filesystem::exists(drafts.model + "/plan.fb", ec))
    return Error::success();
  compiled = prepare(drafts.model, {});
  if (!compiled)
    return compiled.takeError().addContext("--draft-model");
  drafts.model = *compiled;
  return Error::success();
}

static Error serve(CommandLine &line, ServeArguments arguments) {
  if (Error error = prepareModels(arguments))
    return error;
  server::ServerOptions options = arguments.server;
  options.version = MOEC_VERSION;
  if (options.modelNames.empty())
    options.modelNames = {modelName(arguments.model.model)};
  if (arguments.ownDefaults) {
    auto defaults = server::readGenerationConfig(arguments.model.model);
    if (!defaults)
      return defaults.takeError();
    options.defaults = *defaults;
  }
  Expected<EngineOptions> how = engineOptions(arguments.model);
  if (!how)
    return how.takeError();
  how->touchStates = true;
  Expected<std::unique_ptr<Engine>> engine = Engine::open(arguments.model.model, *how);
  if (!engine)
    return engine.takeError();
  std::fputs(describeMemory(**engine, arguments.model.prefixCacheBytes).c_str(), stderr);
  Expected<std::optional<Tokenizer>> tokenizer = findTokenizer((*engine)->artifact());
  if (!tokenizer)
    return tokenizer.takeError();
  if (*tokenizer) {
    options.chat = findChatTemplate(line, arguments.model.model);
    options.chat.formats = chooseFormats(line, arguments, options.chat);
  }

  server::Metrics metrics;
  (*engine)->observeSteps([&metrics](const StepReport &step) { metrics.addStep(step); });
  EngineService service(std::move(*engine));
  Generator generator(service, std::move(*tokenizer));
  std::unique_ptr<server::Backend> backend = server::makeBackend(generator);
  Expected<std::unique_ptr<server::Server>> opened =
      server::Server::open(*backend, metrics, std::move(options));
  if (!opened)
    return opened.takeError();
  server::Server &http = **opened;
  http.stopOnSignals();
  std::printf("listening on %s\n", http.address().c_str());
  std::fflush(stdout);
  http.run();
  // Before the server goes, to which events would come.
  service.drain(std::chrono::steady_clock::now());
  return Error::success();
}

/// Who may ask, and under which names.
static void addAccessOptions(CLI::App &command, server::ServerOptions &options) {
  auto isSomething = [](const std::string &text) { return text.empty() ? "is empty" : ""; };
  command.add_option("--host", options.host, "Address to listen on")->capture_default_str();
  command.add_option("--port", options.port, "Port to listen on; 0 takes a free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command
      .add_option("--served-model-name", options.modelNames,
                  "Name of the model in requests; may be repeated (default: the folder's name)")
      ->check(isSomething)
      ->allow_extra_args(false);
  command
      .add_option("--api-key", options.apiKeys,
                  "Key that requests must bring; may be repeated (default: none is needed)")
      ->check(isSomething)
      ->envname("MOEC_API_KEY") // which other users of the machine do not see
      ->allow_extra_args(false);
  command
      .add_option("--cors-origin", options.corsOrigins,
                  "Origin whose pages may call, or *; may be repeated")
      ->check(isSomething)
      ->allow_extra_args(false);
  command.add_option("--access-log", options.accessLog,
                     "File that gets a line of JSON for each request; - is standard output");
}

/// What one client may take of the server.
static void addLimits(CLI::App &command, server::ServerOptions &options) {
  auto bytes = [&](const char *name, size_t &value, const char *help) {
    asSize(command.add_option(name, value, help))
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
  };
  auto seconds = [&](const char *name, double &value, const char *help, double least = 0.001) {
    command.add_option(name, value, help)->check(CLI::Range(least, 1e6))->capture_default_str();
  };
  bytes("--max-header", options.maxHeader, "Bytes of a request's header at most");
  bytes("--max-body", options.maxBody, "Bytes of a request's body at most");
  bytes("--max-unsent", options.maxUnsent,
        "Bytes of a stream that a client may leave unread before it is cut off");
  command.add_option("--max-connections", options.maxConnections, "Connections at most")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--max-queue", options.maxQueue,
                  "Choices that may wait for the engine before requests are refused")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  seconds("--request-timeout", options.requestTimeout, "Seconds for a request to come");
  seconds("--idle-timeout", options.idleTimeout, "Seconds between two requests of a connection");
  seconds("--write-timeout", options.writeTimeout, "Seconds for a client to read on");
  seconds("--drain-timeout", options.drainTimeout,
          "Seconds for requests to end after SIGTERM or SIGINT; a second signal ends them at once",
          /*least=*/0);
}

/// How chats are answered.
static void addChatOptions(CLI::App &command, ServeArguments &arguments) {
  auto listOf = [](const std::vector<std::string> &names) {
    std::string list;
    for (const std::string &name : names)
      list += (list.empty() ? "" : ", ") + name;
    return list;
  };
  const std::string calls = listOf(parser::toolFormatNames()),
                    thoughts = listOf(parser::reasoningFormatNames());
  auto isKnown = [](auto find, const std::string &list) {
    return [find, list](const std::string &name) {
      bool isName = name == "auto" || name == "none" || find(name);
      return isName ? std::string() : "is '" + name + "'; it must be one of auto, none, " + list;
    };
  };
  command
      .add_option(
          "--tool-parser", arguments.toolParser,
          "How the model calls tools: auto is what its chat template says, none leaves calls "
          "in the content, otherwise one of " +
              calls)
      ->check(isKnown(parser::findToolFormat, calls))
      ->capture_default_str();
  command
      .add_option("--reasoning-parser", arguments.reasoningParser,
                  "How the model thinks: auto, none, or one of " + thoughts)
      ->check(isKnown(parser::findReasoningFormat, thoughts))
      ->capture_default_str();
}

void runtime::addServeCommand(CommandLine &line, ServeExtension extension) {
  auto arguments = std::make_shared<ServeArguments>();
  arguments->extension = std::move(extension);
  CLI::App &command = line.add("serve", "Serve a compiled model over HTTP, as OpenAI's API",
                               [&line, arguments] { return serve(line, *arguments); });
  addModelOptions(command, arguments->model);
  command.get_option("model")->description("Folder of a compiled model" +
                                           arguments->extension.alternative);
  addStepOptions(command, arguments->model);
  if (arguments->extension.addOptions)
    arguments->extension.addOptions(command);
  addAccessOptions(command, arguments->server);
  addLimits(command, arguments->server);
  addChatOptions(command, *arguments);
  command
      .add_option_function<std::string>(
          "--generation-config",
          [arguments](const std::string &value) { arguments->ownDefaults = value == "auto"; },
          "Defaults of sampling: auto is those of the model's generation_config.json, none is not")
      ->check(CLI::IsMember({"auto", "none"}))
      ->default_str("auto");
}
