//===- Turns.h - What templates have no place for ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_CHAT_TURNS_H
#define MOEC_SERVER_CHAT_TURNS_H

#include "runtime/server/request/GenerateCall.h"

#include <span>

namespace moec::server {

/// The messages of a chat for templates that demand turns: what a user says in several messages in
/// a row is one, and what stands behind the results of tools belongs to the last of them.
std::vector<Message> joinTurns(std::span<const Message> messages);

/// Tools, as JSON, with what some templates take for granted: a description, and parameters with
/// properties.
std::string completeTools(std::string_view tools);

/// The parts of a call's messages that the model's template leaves out, as its API names them:
/// thoughts, and names of who speaks.
std::vector<std::string> findUnreadParts(const ChatSettings &settings, const GenerateCall &call);

} // namespace moec::server

#endif // MOEC_SERVER_CHAT_TURNS_H
