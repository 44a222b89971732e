//===- DraftModel.cpp - Whether an artifact can draft -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Held against the model that it drafts for, before anything of it is loaded.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/File.h"
#include "moec/runtime/Tokenizer.h"
#include "moec/runtime/drafting/ArtifactDrafter.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;

/// A token for people: what is no printable ASCII, but for UTF-8, is a number.
static std::string quote(std::string_view token) {
  std::string text = "'";
  for (char c : token) {
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f)
      text += c;
    else
      text += strCat("\\x", "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]);
  }
  return text + "'";
}

static std::string describeToken(const Tokenizer &tokenizer, int32_t id) {
  std::optional<std::string> token = tokenizer.tokenOf(id);
  if (!token)
    return "no token";
  return tokenizer.isSpecial(id) ? strCat("the special token ", quote(*token)) : quote(*token);
}

/// Fails, naming the first difference, unless both have the same token, which is the same text, for
/// each id.
static Error compareTokenizers(const std::string &model, const std::string &draft) {
  Expected<Tokenizer> first = Tokenizer::fromFile(model), second = Tokenizer::fromFile(draft);
  if (!first)
    return first.takeError();
  if (!second)
    return second.takeError();
  int64_t bound = std::max(first->idBound(), second->idBound());
  for (int32_t id = 0; id < bound; ++id) {
    std::string one = describeToken(*first, id), other = describeToken(*second, id);
    if (one == other) {
      Expected<std::string> text = first->decode({&id, 1}), otherText = second->decode({&id, 1});
      if (!text || !otherText || *text == *otherText)
        continue;
      one += strCat(", which is the text ", quote(*text), ",");
      other += strCat(", which is ", quote(*otherText));
    }
    return Error::make("a draft model needs the same tokenizer, but token ", id, " is ", one,
                       " in '", model, "' and ", other, " in '", draft, "'");
  }
  return Error::success();
}

static Error compareVocabularies(const Artifact &model, const Artifact &draft) {
  uint32_t tokens = model.plan().vocab(), others = draft.plan().vocab();
  if (tokens != others)
    return Error::make("a draft model needs the same vocabulary, but '", draft.path(), "' has ",
                       others, " tokens and '", model.path(), "' has ", tokens);
  const std::string &file = model.tokenizerPath(), &other = draft.tokenizerPath();
  if (file.empty() && other.empty())
    return Error::success();
  if (file.empty() || other.empty())
    return Error::make(
        "a draft model needs the same tokenizer, but '", (file.empty() ? model : draft).path(),
        "' has no tokenizer.json to compare with '", file.empty() ? other : file, "'");
  Expected<MappedFile> bytes = MappedFile::open(file), otherBytes = MappedFile::open(other);
  if (bytes && otherBytes && std::ranges::equal(bytes->bytes(), otherBytes->bytes()))
    return Error::success();
  return compareTokenizers(file, other);
}

static Error checkDraftArtifact(const Artifact &model, const Artifact &draft) {
  const plan::Plan &plan = draft.plan();
  std::string_view target = model.plan().target()->string_view(),
                   other = plan.target()->string_view();
  if (target != other)
    return Error::make("a draft model needs the same target, but '", draft.path(),
                       "' was compiled for ", other, " and '", model.path(), "' for ", target);
  if (Error error = compareVocabularies(model, draft))
    return error;
  if (Error error = checkForward(plan))
    return error.addContext(strCat("draft model '", draft.path(), "'"));
  for (const PoolRule &rule : poolRules(plan))
    if (!rule.hasPages())
      return Error::make("'", draft.path(),
                         "' has recurrent states, which a draft model cannot "
                         "have: what it drafted is taken back token by token");
  return Error::success();
}

Expected<DraftModel> runtime::openDraftModel(const Artifact &model, const DraftOptions &options) {
  DraftModel opened;
  if (options.model.empty())
    return opened;
  Expected<std::unique_ptr<Artifact>> artifact = Artifact::open(options.model);
  if (!artifact)
    return artifact.takeError().addContext("--draft-model");
  if (Error error = checkDraftArtifact(model, **artifact))
    return error;
  opened.artifact = std::move(*artifact);
  opened.limits.drafts = options.tokens;
  return opened;
}

/// a * b / c without overflow on the way.
static uint64_t scaled(uint64_t a, uint64_t b, uint64_t c) {
  return c == 0 ? 0 : static_cast<uint64_t>(static_cast<unsigned __int128>(a) * b / c);
}

void DraftModel::takeShare(const plan::Plan &plan, const StateLimits &steps, uint64_t &memory,
                           uint64_t &cacheBytes) {
  const plan::Plan &own = artifact->plan();
  limits.maxSequences = steps.maxSequences;
  StateLimits ownSteps{own.max_tokens() + steps.maxSequences * steps.drafts, steps.maxSequences};
  uint64_t needed = fullStateBytes(own, ownSteps);
  uint64_t both = needed + fullStateBytes(plan, steps);
  limits.stateBytes = scaled(memory, needed, both);
  memory -= limits.stateBytes;
  limits.prefixCacheBytes = cacheBytes;
  if (cacheBytes != UINT64_MAX) {
    limits.prefixCacheBytes = scaled(cacheBytes, needed, both);
    cacheBytes -= limits.prefixCacheBytes;
  }
}
