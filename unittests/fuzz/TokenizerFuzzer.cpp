//===- TokenizerFuzzer.cpp - Hostile tokenizer.json -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An input is a tokenizer.json, then, behind a zero byte, a text. Whatever loads must encode and
// decode that text or say why not, and a stream must say what decode says.
//
//===----------------------------------------------------------------------===//

#include "FuzzTarget.h"

#include "moec/runtime/Tokenizer.h"

#include <string_view>

using namespace moec;
using moec::fuzz::require;
using runtime::Tokenizer;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string_view input(reinterpret_cast<const char *>(data), size);
  const size_t zero = input.find('\0');
  Expected<Tokenizer> tokenizer = Tokenizer::fromJson(input.substr(0, zero));
  if (!tokenizer) {
    require(!tokenizer.takeError().message().empty(), "an error has a message");
    return 0;
  }
  const std::string_view text = zero == input.npos ? " a" : input.substr(zero + 1);
  Expected<std::vector<int32_t>> ids = tokenizer->encode(text, true);
  if (!ids) {
    require(!ids.takeError().message().empty(), "an error has a message");
    return 0;
  }
  for (int32_t id : *ids)
    require(tokenizer->tokenOf(id).has_value(), "an encoded id has a token");
  Expected<std::string> whole = tokenizer->decode(*ids, true);
  runtime::StreamDecoder stream(*tokenizer, true);
  std::string streamed;
  bool failed = false;
  for (int32_t id : *ids) {
    Expected<std::string> part = stream.push(id);
    if (!(failed = !part))
      streamed += *part;
    if (failed)
      break;
  }
  if (!failed) {
    Expected<std::string> rest = stream.finish();
    if (!(failed = !rest))
      streamed += *rest;
  }
  require(failed == !whole, "a stream fails when decode does");
  require(failed || streamed == *whole, "a stream says what decode says");
  return 0;
}
