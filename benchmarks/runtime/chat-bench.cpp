//===- chat-bench.cpp - Time of a chat's text -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What a request of an agent spends in the chat template and in the parser of the answer, on one
// thread: a conversation of 20,000 tokens with tools, calls and thoughts, and an answer of 1,000
// tokens that comes a token at a time. `render` is the template alone, as the server's metric has
// it, `encode` with the tokenizer behind it.
//
//   chat-bench TOKENIZER.json TEMPLATE.jinja... [--benchmark_...]
//
//===----------------------------------------------------------------------===//

#include "runtime/server/api/ChatTemplate.h"
#include "runtime/server/chat/AnswerReader.h"

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

using namespace moec;
using namespace moec::server;

static constexpr size_t promptTokens = 20000, answerTokens = 1000, toolCount = 15;

template <typename T> static T take(Expected<T> value) {
  if (value)
    return std::move(*value);
  std::fprintf(stderr, "%s\n", value.takeError().message().c_str());
  std::exit(1);
}

/// About `size` bytes of what files and terminals hold.
static std::string makeText(size_t size) {
  static constexpr const char *lines[] = {"for (size_t i = 0; i < rows.size(); ++i)\n",
                                          "  sum += weights[i] * rows[i]; // in order\n",
                                          "error: no member named 'begin' in 'Range'\n",
                                          "The second test fails since the cache keeps it.\n"};
  std::string text;
  for (size_t i = 0; text.size() < size; ++i)
    text += strCat(i, ": ", lines[i % std::size(lines)]);
  return text;
}

static void addTools(ChatForm &form) {
  for (size_t i = 0; i < toolCount; ++i) {
    const std::string name = strCat("\"tool_", i, "\""), description = dumpJson(makeText(400)),
                      schema = R"({"type": "object", "properties": {"path": {"type": "string"},)"
                               R"( "line": {"type": "integer"}}, "required": ["path"]})";
    const std::pair<const char *, std::string_view> members[] = {
        {"name", name}, {"description", description}, {"parameters", schema}};
    form.toolsText += (i ? ", " : "[") + describeFunction(members);
    form.tools.push_back(parser::makeSignature(strCat("tool_", i), schema));
  }
  form.toolsText += "]";
}

static Message makeAnswer(size_t bytes) {
  Message answer{"assistant", makeText(bytes / 4)};
  answer.reasoning = makeText(bytes / 4);
  answer.toolCalls.push_back(
      {"abcdefghi", "tool_1", dumpJson({{"path", makeText(bytes / 2)}, {"line", 3}})});
  return answer;
}

namespace {
/// A model's template, a conversation that it renders, and an answer to that in pieces.
struct Chat {
  std::string name;
  ChatSettings settings;
  ChatForm form;
  std::vector<Message> messages = {{"system", makeText(4000)}};
  ReadingPlan plan;
  std::vector<std::string> pieces;

  Chat(const std::string &path, const runtime::Tokenizer &tokenizer) {
    name = std::filesystem::path(path).stem();
    std::ifstream file(path, std::ios::binary);
    const std::string source((std::istreambuf_iterator<char>(file)), {});
    settings.model = std::make_shared<const jinja::ModelTemplate>(jinja::ModelTemplate{
        take(jinja::Template::parse(source, path)), path,
        take(jinja::Json::parse(R"({"bos_token": "", "eos_token": ""})")), source});
    settings.formats = parser::detectFormats(source);
    addTools(form);
    messages.push_back({"user", "Mend the test."});
    ChatPrompt prompt;
    while ((prompt = take(renderChat(tokenizer, settings, messages, form))).ids.size() <
           promptTokens) {
      messages.push_back(makeAnswer(600));
      messages.push_back({"tool", makeText(2000), "", {}, "", "abcdefghi"});
    }
    plan = {settings.formats, form.tools, prompt.text.substr(prompt.text.size() - 32), ""};
    cutAnswer(tokenizer, prompt.text);
  }

private:
  /// What the template writes of an answer behind the prompt, a token at a time.
  void cutAnswer(const runtime::Tokenizer &tokenizer, const std::string &prompt) {
    std::vector<Message> next = messages;
    next.push_back(makeAnswer(answerTokens * 3));
    ChatForm closed = form;
    closed.addsGenerationPrompt = false;
    const std::string text = take(renderChat(tokenizer, settings, next, closed)).text;
    const auto end = std::ranges::mismatch(prompt, text).in2;
    for (int32_t id : take(tokenizer.encode(std::string(end, text.end()))))
      pieces.push_back(take(tokenizer.decode(std::span(&id, 1))));
  }
};
} // namespace

static void render(benchmark::State &state, const Chat &chat, const runtime::Tokenizer &tokenizer,
                   bool isWhole) {
  ChatPrompt prompt;
  for (auto _ : state) {
    const auto begin = std::chrono::steady_clock::now();
    prompt = take(renderChat(tokenizer, chat.settings, chat.messages, chat.form));
    const std::chrono::duration<double> whole = std::chrono::steady_clock::now() - begin;
    state.SetIterationTime(isWhole ? whole.count() : prompt.renderSeconds);
  }
  state.counters["tokens"] = static_cast<double>(prompt.ids.size());
  state.counters["bytes"] = static_cast<double>(prompt.text.size());
}

static void read(benchmark::State &state, const Chat &chat) {
  size_t calls = 0;
  for (auto _ : state) {
    AnswerReader reader(chat.plan);
    std::vector<parser::AnswerEvent> events;
    for (const std::string &piece : chat.pieces) {
      events.clear();
      reader.read(piece, &piece == &chat.pieces.back(), events);
      benchmark::DoNotOptimize(events.data());
    }
    calls = reader.hasCalls();
  }
  state.counters["tokens"] = static_cast<double>(chat.pieces.size());
  state.counters["calls"] = static_cast<double>(calls);
}

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (argc < 3) {
    std::fprintf(stderr, "chat-bench TOKENIZER.json TEMPLATE.jinja... [--benchmark_...]\n");
    return 1;
  }
  const runtime::Tokenizer tokenizer = take(runtime::Tokenizer::fromFile(argv[1]));
  std::vector<std::unique_ptr<Chat>> chats;
  for (int i = 2; i < argc; ++i) {
    const Chat &chat = *chats.emplace_back(std::make_unique<Chat>(argv[i], tokenizer));
    for (bool isWhole : {false, true})
      benchmark::RegisterBenchmark((chat.name + (isWhole ? "/encode" : "/render")).c_str(),
                                   [&chat, &tokenizer, isWhole](benchmark::State &state) {
                                     render(state, chat, tokenizer, isWhole);
                                   })
          ->Unit(benchmark::kMillisecond)
          ->UseManualTime();
    benchmark::RegisterBenchmark((chat.name + "/read").c_str(), [&chat](benchmark::State &state) {
      read(state, chat);
    })->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
