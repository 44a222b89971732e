//===- MessagesCall.h - A request of Anthropic's API, parsed ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_MESSAGES_MESSAGESCALL_H
#define MOEC_SERVER_MESSAGES_MESSAGESCALL_H

#include "runtime/server/request/GenerateCall.h"

namespace moec::server {

/// Reads a body of /v1/messages, or of /v1/messages/count_tokens where `isCount`, as the chat that
/// it is. `call` is whole when there is no error.
std::optional<ApiError> parseMessagesCall(std::string_view body, const GenerateDefaults &defaults,
                                          bool isCount, GenerateCall &call);

} // namespace moec::server

#endif // MOEC_SERVER_MESSAGES_MESSAGESCALL_H
