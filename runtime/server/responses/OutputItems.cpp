//===- OutputItems.cpp - What a response consists of ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/responses/OutputItems.h"

#include "moec/Support/HugeNumbers.h"

using namespace moec;
using namespace moec::server;
using parser::AnswerEvent;
using parser::EventKind;
using Told = std::vector<OrderedJson>;

/// An event about the item that is open.
OrderedJson OutputItems::tell(const char *type) const {
  return {{"type", type}, {"item_id", item["id"]}, {"output_index", index}};
}

/// The only part of a message or of thoughts.
OrderedJson OutputItems::part() const {
  if (open == EventKind::Reasoning)
    return {{"type", "reasoning_text"}, {"text", text}};
  return {{"type", "output_text"},
          {"text", text},
          {"annotations", OrderedJson::array()},
          {"logprobs", OrderedJson::array()}};
}

void OutputItems::begin(EventKind kind, OrderedJson fresh, Told &told) {
  open = kind;
  item = std::move(fresh);
  text.clear();
  told.push_back({{"type", "response.output_item.added"}, {"output_index", index}, {"item", item}});
}

void OutputItems::beginText(EventKind kind, Told &told) {
  const std::string name = strCat("_", id, "_", index);
  if (kind == EventKind::Reasoning)
    begin(kind,
          {{"id", "rs" + name},
           {"type", "reasoning"},
           {"summary", OrderedJson::array()},
           {"content", OrderedJson::array()},
           {"status", "in_progress"}},
          told);
  else
    begin(kind,
          {{"id", "msg" + name},
           {"type", "message"},
           {"role", "assistant"},
           {"content", OrderedJson::array()},
           {"status", "in_progress"}},
          told);
  OrderedJson added = tell("response.content_part.added");
  added["content_index"] = 0;
  added["part"] = part();
  told.push_back(std::move(added));
}

void OutputItems::beginCall(const AnswerEvent &event, Told &told) {
  auto known = form->tools.find(event.text);
  const ResponsesTool tool =
      known == form->tools.end() ? ResponsesTool{event.text, ""} : known->second;
  isCustom = tool.isCustom;
  OrderedJson fresh = {{"id", strCat(isCustom ? "ctc_" : "fc_", id, "_", index)},
                       {"type", isCustom ? "custom_tool_call" : "function_call"},
                       {"call_id", event.id},
                       {"name", tool.name}};
  if (!tool.space.empty())
    fresh["namespace"] = tool.space;
  fresh[isCustom ? "input" : "arguments"] = "";
  fresh["status"] = "in_progress";
  begin(EventKind::CallBegin, std::move(fresh), told);
}

void OutputItems::end(const char *status, Told &told) {
  item["status"] = status;
  told.push_back({{"type", "response.output_item.done"}, {"output_index", index}, {"item", item}});
  list.push_back(std::move(item));
  open.reset();
  ++index;
}

void OutputItems::endText(Told &told) {
  const bool isMessage = open == EventKind::Content;
  OrderedJson done = tell(isMessage ? "response.output_text.done" : "response.reasoning_text.done");
  done["content_index"] = 0;
  done["text"] = text;
  if (isMessage)
    done["logprobs"] = OrderedJson::array();
  told.push_back(std::move(done));
  done = tell("response.content_part.done");
  done["content_index"] = 0;
  done["part"] = part();
  told.push_back(std::move(done));
  item["content"].push_back(part());
}

void OutputItems::endCall(Told &told) {
  if (!isCustom) {
    OrderedJson done = tell("response.function_call_arguments.done");
    done["name"] = item["name"];
    done["arguments"] = item["arguments"] = text;
    told.push_back(std::move(done));
    return;
  }
  const Json arguments = Json::parse(replaceHugeNumbers(text), nullptr, /*allow_exceptions=*/false);
  const Json input = memberOf(arguments, customArgument);
  // What has no such argument is passed on as it is.
  item["input"] = input.is_string() ? input.get<std::string>() : text;
  OrderedJson delta = tell("response.custom_tool_call_input.delta"),
              done = tell("response.custom_tool_call_input.done");
  delta["delta"] = done["input"] = item["input"];
  told.push_back(std::move(delta));
  told.push_back(std::move(done));
}

void OutputItems::close(bool isCut, Told &told) {
  if (!open)
    return;
  if (isText()) {
    endText(told);
    return end(isCut ? "incomplete" : "completed", told);
  }
  // A client may act on a call that is done, so one that broke off never is.
  open.reset();
  ++index;
}

void OutputItems::add(const AnswerEvent &event, Told &told) {
  switch (event.kind) {
  case EventKind::Content:
  case EventKind::Reasoning: {
    if (open != event.kind) {
      close(/*isCut=*/false, told);
      beginText(event.kind, told);
    }
    text += event.text;
    const bool isMessage = event.kind == EventKind::Content;
    OrderedJson delta =
        tell(isMessage ? "response.output_text.delta" : "response.reasoning_text.delta");
    delta["content_index"] = 0;
    delta["delta"] = event.text;
    if (isMessage)
      delta["logprobs"] = OrderedJson::array();
    return told.push_back(std::move(delta));
  }
  case EventKind::CallBegin:
    close(/*isCut=*/false, told);
    return beginCall(event, told);
  case EventKind::Arguments:
    text += event.text;
    if (!isCustom) {
      OrderedJson delta = tell("response.function_call_arguments.delta");
      delta["delta"] = event.text;
      told.push_back(std::move(delta));
    }
    return;
  case EventKind::CallEnd:
    endCall(told);
    return end("completed", told);
  case EventKind::CallBroken:
    return close(/*isCut=*/true, told);
  }
}
