//===- Thoughts.cpp - How thoughts end --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/parser/Grammar.h"

using namespace moec;
using namespace moec::parser;

std::string parser::closeThoughts(const ReasoningFormat &format) {
  return strCat(format.padding, format.end, format.padding, format.padding);
}

std::optional<ThoughtsEnd> parser::endOfThoughts(const Formats &formats) {
  if (!formats.reasoning)
    return std::nullopt;
  // The next message may call a tool, so its channel is the model's choice at first.
  if (isHarmony(formats))
    return ThoughtsEnd{"<|end|><|start|>assistant",
                       "<|end|><|start|>assistant<|channel|>final<|message|>"};
  const std::string end = closeThoughts(*formats.reasoning);
  return ThoughtsEnd{end, end};
}
