//===- OutputItems.h - What a response consists of --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_SERVER_RESPONSES_OUTPUTITEMS_H
#define MOEC_SERVER_RESPONSES_OUTPUTITEMS_H

#include "runtime/server/responses/ResponsesCall.h"

#include "moec/runtime/parser/AnswerParser.h"

namespace moec::server {

/// Makes items of the events of an answer: thoughts, messages and calls, in their order, and the
/// events of a stream that tells of them.
class OutputItems {
public:
  /// `id` is that of the response, without what says so.
  OutputItems(std::string id, std::shared_ptr<const ResponsesForm> form)
      : id(std::move(id)), form(std::move(form)) {}

  /// Takes an event, and appends what a stream says of it.
  void add(const parser::AnswerEvent &event, std::vector<OrderedJson> &told);
  /// Ends the item that is open; `isCut` says that the model did not.
  void close(bool isCut, std::vector<OrderedJson> &told);
  /// The items that are whole. A call that turned out to be none is not among them.
  const OrderedJson &items() const { return list; }

private:
  bool isText() const { return *open <= parser::EventKind::Reasoning; }
  OrderedJson tell(const char *type) const;
  OrderedJson part() const;
  void begin(parser::EventKind kind, OrderedJson item, std::vector<OrderedJson> &told);
  void beginText(parser::EventKind kind, std::vector<OrderedJson> &told);
  void beginCall(const parser::AnswerEvent &event, std::vector<OrderedJson> &told);
  void endText(std::vector<OrderedJson> &told);
  void endCall(std::vector<OrderedJson> &told);
  void end(const char *status, std::vector<OrderedJson> &told);

  std::string id;
  std::shared_ptr<const ResponsesForm> form;
  OrderedJson list = OrderedJson::array();
  /// The item that is open, what it is, and its text or arguments so far.
  std::optional<parser::EventKind> open;
  OrderedJson item;
  std::string text;
  bool isCustom = false;
  size_t index = 0; ///< of the item that is open, or comes next
};

} // namespace moec::server

#endif // MOEC_SERVER_RESPONSES_OUTPUTITEMS_H
