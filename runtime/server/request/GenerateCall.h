//===- GenerateCall.h - A request for text, parsed --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The bodies of /v1/completions and /v1/chat/completions. Parsing needs neither a model nor a
// tokenizer: bytes in, a call or an error out.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_REQUEST_GENERATECALL_H
#define MOEC_SERVER_REQUEST_GENERATECALL_H

#include "runtime/server/api/Errors.h"
#include "runtime/server/request/Fields.h"

#include "moec/runtime/server/Server.h"
#include "moec/runtime/service/Generator.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace moec::server {

/// What is asked for text.
enum class Endpoint : uint8_t {
  Completions,
  Chat,
  Messages, ///< Anthropic's, which is a chat, too
};

/// A text, or the ids that it is.
using Prompt = std::variant<std::string, std::vector<int32_t>>;

/// A call of a tool that an assistant made.
struct ToolCall {
  std::string id, name;
  std::string arguments; ///< JSON: an object, or the text that stood in its place
};

/// One message of a chat; `role` is system, user, assistant or tool.
struct Message {
  std::string role, content;
  /// Of assistants.
  std::string reasoning = {};
  std::vector<ToolCall> toolCalls = {};
  /// Who speaks, and of tools the call that is answered; "" where nobody says.
  std::string name = {}, toolCallId = {};
};

/// Which tools an answer may or must call.
struct ToolChoice {
  enum class Mode : uint8_t { Auto, None, Required, Named };
  Mode mode = Mode::Auto;
  std::string name = {};

  bool isForced() const { return mode == Mode::Required || mode == Mode::Named; }
};

/// What a client says about how its chat becomes a prompt.
struct ChatForm {
  std::optional<bool> addsGenerationPrompt = {};
  bool continuesFinalMessage = false;
  /// An object of variables for the template, and their names.
  jinja::Json variables = {};
  std::vector<std::string> variableNames = {};
  std::string reasoningEffort = {}; ///< "" where nobody says
  std::optional<bool> thinks = {};  ///< whether there are to be thoughts
  /// The tools, and what was written of them.
  std::vector<parser::ToolSignature> tools = {};
  std::string toolsText = {};

  /// Whether there are to be thoughts, where somebody says.
  std::optional<bool> thinksAtAll() const {
    return reasoningEffort == "none" ? std::optional(false) : thinks;
  }
  /// Whether the prompt ends with the beginning of an answer.
  bool beginsAnswer() const { return addsGenerationPrompt.value_or(!continuesFinalMessage); }
};

/// A request for text.
struct GenerateCall {
  Endpoint endpoint = Endpoint::Completions;
  bool isChat() const { return endpoint != Endpoint::Completions; }
  std::string model; ///< "" for the one that is served
  /// Of completions.
  std::vector<Prompt> prompts;
  bool echo = false, addSpecialTokens = true;
  /// Of chats.
  std::vector<Message> messages;
  ChatForm form;
  ToolChoice toolChoice;
  bool parallelToolCalls = true, includeReasoning = true;
  bool wantsLogprobs = false;
  std::optional<uint32_t> topLogprobs;
  /// Whether log probabilities name tokens by their ids.
  bool showsTokenIds = false;
  /// Everything but the prompt, the seed where none is given, and the owner.
  runtime::GenerationRequest generation;
  std::optional<uint32_t> maxTokens;
  std::optional<int64_t> seed;
  std::optional<uint32_t> bestOf;
  bool stream = false, hasStreamOptions = false, includeUsage = false, continuousUsage = false;
  /// Fields that have no effect.
  std::vector<std::string> ignored;
};

/// Reads a body. `call` is whole when there is no error.
std::optional<ApiError> parseGenerateCall(Endpoint endpoint, std::string_view body,
                                          const GenerateDefaults &defaults, GenerateCall &call);

/// The sampling of requests that do not say otherwise.
void takeDefaults(const GenerateDefaults &defaults, runtime::SamplingParams &sampling);

/// The fields of each endpoint, for those who list them.
const std::vector<Field<GenerateCall>> &generateFields(Endpoint endpoint);

/// Adds a message of a chat; a misfit where it is none. Fields that it has without effect go to
/// `ignored`.
std::optional<Misfit> readMessages(const Json &value, std::vector<Message> &messages,
                                   std::vector<std::string> &ignored);

/// Stop strings and stop tokens, and bytes of a stop string: the engine's thread looks for each
/// after every token.
inline constexpr size_t maxStops = 256, maxStopBytes = 1024;
/// Adds an array of stop strings.
std::optional<Misfit> readStops(const Json &value, std::vector<std::string> &stop);

/// Reads the calls of an assistant's message, and a request's tools and which it wants.
std::optional<Misfit> readToolCalls(const Json &value, std::vector<ToolCall> &calls);
std::optional<Misfit> readTools(const Json &value, ChatForm &form);
std::optional<Misfit> readToolChoice(const Json &value, ToolChoice &choice);
/// An error where a model cannot do what is asked for, or the choice is none.
std::optional<ApiError> checkTools(const ChatForm &form, const ToolChoice &choice,
                                   const ChatSettings &settings);

/// Reads the variables of a chat's template. `body` is the request that has them, in which they
/// stand in their order.
std::optional<Misfit> readVariables(const Json &value, ChatForm &form);
std::optional<ApiError> completeForm(std::string_view body, ChatForm &form);

/// Where a value asks for what cannot be done yet: its field's name and what may stand there.
std::optional<ApiError> findUnsupported(Endpoint endpoint, const Json &object);
/// Whether findUnsupported knows a field.
bool isUnsupportedField(std::string_view name);

} // namespace moec::server

#endif // MOEC_SERVER_REQUEST_GENERATECALL_H
