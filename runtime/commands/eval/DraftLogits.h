//===- DraftLogits.h - Logits of a model's drafts ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the function draft of an artifact gives for recorded tokens.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_EVAL_DRAFTLOGITS_H
#define MOEC_RUNTIME_COMMANDS_EVAL_DRAFTLOGITS_H

#include "moec/runtime/commands/Commands.h"

#include <memory>

namespace moec::runtime {

/// A provider whose logits at position t are the draft's from the hidden state of token t and the
/// embedding of token t + 1: a sequence has one row less than tokens. Each step computes `forward`
/// first, for the same tokens. For function `draft_next` they are those of a second draft, from
/// what the first one leaves at t and the embedding of token t + 2, token by token: a sequence has
/// two rows less. Fails where the artifact has no such function.
Expected<std::unique_ptr<LogitsProvider>> makeDraftLogits(const EvalArguments &arguments);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_EVAL_DRAFTLOGITS_H
