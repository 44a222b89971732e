//===- GenerateCall.h - A request for text, parsed --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What all endpoints that generate text make of their bodies, and how /v1/completions and
// /v1/chat/completions write them. Parsing needs neither a model nor a
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
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace moec::server {

/// What is asked for text.
enum class Endpoint : uint8_t {
  Completions,
  Chat,
  // These are chats, too.
  Messages,  ///< Anthropic's
  Responses, ///< OpenAI's newer one
};

struct ResponsesForm;

/// A text, or the ids that it is.
using Prompt = std::variant<std::string, std::vector<int32_t>>;

/// A call of a tool that an assistant made.
struct ToolCall {
  std::string id, name;
  std::string arguments; ///< a JSON object
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
  /// The tools that may be called, of several; all where nobody says.
  std::vector<std::string> allowed = {};

  bool isForced() const { return mode == Mode::Required || mode == Mode::Named; }
};

/// What a client says about how its chat becomes a prompt.
struct ChatForm {
  std::optional<bool> addsGenerationPrompt = {};
  bool continuesFinalMessage = false;
  /// Whether messages of a user in a row, or behind what tools gave, may be joined where the
  /// template takes none.
  bool joinsTurns = false;
  /// An object of variables for the template, and their names.
  jinja::Json variables = {};
  std::vector<std::string> variableNames = {};
  /// "" where nobody says, and the field that says so.
  std::string reasoningEffort = {};
  const char *effortField = "reasoning_effort";
  /// Whether there are to be thoughts, and the field that says so.
  std::optional<bool> thinks = {};
  const char *thinksField = "thinking";
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
  /// Tokens of thoughts, at most, and the field that says so.
  std::optional<uint32_t> thoughtBudget;
  const char *budgetField = "";
  /// Of /v1/responses; null elsewhere.
  std::shared_ptr<const ResponsesForm> responses;
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

  /// The fields that hold the prompt, and how many tokens there may be.
  const char *promptField() const;
  const char *maxTokensField() const;
};

/// Reads a body of any endpoint. `call` is whole when there is no error.
std::optional<ApiError> parseCall(Endpoint endpoint, std::string_view body,
                                  const GenerateDefaults &defaults, GenerateCall &call);
/// Reads one of OpenAI's completions or chats.
std::optional<ApiError> parseGenerateCall(Endpoint endpoint, std::string_view body,
                                          const GenerateDefaults &defaults, GenerateCall &call);

/// The sampling of requests that do not say otherwise.
void takeDefaults(const GenerateDefaults &defaults, runtime::SamplingParams &sampling);

/// Adds the fields of sampling, and those of how much is thought, which several endpoints have.
void addSamplingFields(std::vector<Field<GenerateCall>> &fields);
void addQueueFields(std::vector<Field<GenerateCall>> &fields);
void addReasoningFields(std::vector<Field<GenerateCall>> &fields);
/// An error where fields of `object` say different things about how much is thought.
std::optional<ApiError> checkEfforts(Endpoint endpoint, const Json &object);
/// Reads {"effort", "max_tokens", …}.
std::optional<Misfit> readReasoning(const Json &value, GenerateCall &call);
/// Takes a bound of thoughts; of several the lowest counts.
std::optional<Misfit> readBudget(const Json &value, const char *field, const std::string &place,
                                 GenerateCall &call);
/// An error where the thoughts are bounded of a model of which it is not known how it thinks.
/// Anthropic's clients bound them unasked, so there the bound has no effect then.
std::optional<ApiError> checkThoughts(GenerateCall &call, const ChatSettings &settings);

/// The fields of each of OpenAI's endpoints, for those who list them.
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

/// What a text may be a part of, by the word for it: its type, and the member that has it.
struct TextPart {
  const char *type, *member;
};
/// A text at `place`: a string, or parts, which are lines. `noun` is what the API calls parts.
std::optional<Misfit> readText(const Json &value, const std::string &place, const char *noun,
                               std::span<const TextPart> parts, std::string &text);

/// The member of an object, null where there is none.
Json memberOf(const Json &object, const char *name);
/// A value as an error shows it, also where there is none.
std::string shownOrMissing(const Json &value);

/// The names of an API for a tool's name and its schema.
struct ToolPlaces {
  const char *name, *schema;
};
/// What tools have beside name and schema: the template gets it as it is written, or nobody.
inline constexpr IdleMember idleOfTools[] = {{"cache_control", "an object", &Json::is_object},
                                             {"description", "a string", &Json::is_string},
                                             {"strict", "true or false", &Json::is_boolean}};
/// Adds a tool that stands at `place`, whose schema may be null.
std::optional<Misfit> addTool(const Json &name, const Json &schema, const std::string &place,
                              const ToolPlaces &places, ChatForm &form);
/// What a template gets of a tool that is no object of a chat: members of the function as they are
/// written, null ones left out.
std::string describeFunction(std::span<const std::pair<const char *, std::string_view>> members);
/// The most tools of a request: more would cost every request that has them.
inline constexpr size_t maxTools = 1024;
/// Fields of messages without effect that are listed.
inline constexpr size_t maxListed = 64;

/// Arguments of a call as a JSON object: a text that is one, or the object itself. Nothing where
/// they are something else.
std::optional<std::string> readArguments(const Json &value);
/// Reads the calls of an assistant's message, and a request's tools and which it wants.
std::optional<Misfit> readToolCalls(const Json &value, std::vector<ToolCall> &calls);
std::optional<Misfit> readTools(const Json &value, ChatForm &form);
std::optional<Misfit> readToolChoice(const Json &value, ToolChoice &choice);
/// An error where a model cannot do what is asked for, or the choice is none.
std::optional<ApiError> checkTools(const GenerateCall &call, const ChatSettings &settings);

/// Reads the variables of a chat's template. `body` is the request that has them, in which they
/// stand in their order.
std::optional<Misfit> readVariables(const Json &value, ChatForm &form);
std::optional<ApiError> completeForm(std::string_view body, ChatForm &form);

/// Where a value asks for what cannot be done yet: its field's name and what may stand there.
std::optional<ApiError> findUnsupported(Endpoint endpoint, const Json &object);
/// Reads the fields of `object`, refuses what cannot be done yet, and notes which have no effect.
std::optional<ApiError> readCallFields(const Json &object,
                                       const std::vector<Field<GenerateCall>> &fields,
                                       GenerateCall &call);

} // namespace moec::server

#endif // MOEC_SERVER_REQUEST_GENERATECALL_H
