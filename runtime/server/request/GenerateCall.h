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
enum class Endpoint : uint8_t { Completions, Chat };

/// A text, or the ids that it is.
using Prompt = std::variant<std::string, std::vector<int32_t>>;

/// One message of a chat; `role` is system, user or assistant.
struct Message {
  std::string role, content;
};

/// What a client says about how its chat becomes a prompt.
struct ChatForm {
  std::optional<bool> addsGenerationPrompt;
  bool continuesFinalMessage = false;
  /// An object of variables for the template, and their names.
  jinja::Json variables;
  std::vector<std::string> variableNames;

  /// Whether the prompt ends with the beginning of an answer.
  bool beginsAnswer() const { return addsGenerationPrompt.value_or(!continuesFinalMessage); }
};

/// A request for text.
struct GenerateCall {
  Endpoint endpoint = Endpoint::Completions;
  std::string model; ///< "" for the one that is served
  /// Of completions.
  std::vector<Prompt> prompts;
  bool echo = false, addSpecialTokens = true;
  /// Of chats.
  std::vector<Message> messages;
  ChatForm form;
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

/// The fields of each endpoint, for those who list them.
const std::vector<Field<GenerateCall>> &generateFields(Endpoint endpoint);

/// Adds a message of a chat; a misfit where it is none. Fields that it has without effect go to
/// `ignored`.
std::optional<Misfit> readMessages(const Json &value, std::vector<Message> &messages,
                                   std::vector<std::string> &ignored);

/// Reads the variables of a chat's template. `body` is the request that has them, in which they
/// stand in their order.
std::optional<Misfit> readVariables(const Json &value, ChatForm &form);
std::optional<ApiError> completeForm(std::string_view body, ChatForm &form);

/// Where a value asks for what cannot be done yet: its field's name and what may stand there.
std::optional<ApiError> findUnsupported(const Json &object);
/// Whether findUnsupported knows a field.
bool isUnsupportedField(std::string_view name);

} // namespace moec::server

#endif // MOEC_SERVER_REQUEST_GENERATECALL_H
