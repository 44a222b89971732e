//===- ReplyWriter.cpp - How an API writes answers --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/api/ReplyWriter.h"

using namespace moec;
using namespace moec::server;
using parser::AnswerEvent;
using parser::EventKind;

std::vector<AnswerEvent> server::eventsOf(const ChoicePart &part) {
  if (part.isRead)
    return part.events;
  return part.text.empty() ? std::vector<AnswerEvent>()
                           : std::vector<AnswerEvent>{{EventKind::Content, part.text}};
}

std::string server::typedEvent(const OrderedJson &event) {
  return "event: " + event["type"].get<std::string>() + "\ndata: " + dumpJson(event) + "\n\n";
}

bool ReplyWriter::isSilent(const ChoicePart &part) const {
  return part.isRead ? part.events.empty() : part.text.empty();
}
