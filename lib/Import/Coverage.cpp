//===- Coverage.cpp - Every tensor of the checkpoint accounted for *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sorts the tensors that no op uses by why that is so.
//
//===----------------------------------------------------------------------===//

#include "Coverage.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

#include <map>

using namespace moec;
using namespace moec::import;
using llvm::StringRef;

/// The N of `model.layers.N.`, or -1.
static int64_t layerOf(StringRef name) {
  int64_t layer;
  if (!name.consume_front("model.layers.") || name.consumeInteger(10, layer) ||
      !name.starts_with("."))
    return -1;
  return layer;
}

/// Splits `a.experts.7.b` into `a.experts.{e}.b` and 7; other names stay, with -1.
static std::pair<std::string, int64_t> expertPattern(StringRef name) {
  StringRef marker = ".experts.";
  size_t at = name.find(marker);
  if (at == StringRef::npos)
    return {name.str(), -1};
  StringRef rest = name.drop_front(at + marker.size());
  int64_t expert;
  if (rest.consumeInteger(10, expert) || !rest.starts_with("."))
    return {name.str(), -1};
  return {(name.take_front(at + marker.size()) + "{e}" + rest).str(), expert};
}

/// Whether a tensor that no op uses belongs to a multi-token-prediction layer.
static bool isMtp(StringRef name, const DecoderSpec &spec, int64_t allLayers) {
  if (spec.mtpLayers > 0 && !spec.mtpPrefix.empty())
    return name.starts_with(spec.mtpPrefix);
  int64_t layer = layerOf(name);
  return layer >= allLayers && layer < allLayers + spec.mtpLayers;
}

namespace {
/// The tensors of one weight of a multi-token-prediction layer.
struct MtpTensors {
  const TensorInfo *first = nullptr;
  int64_t experts = 0; ///< 0: one tensor that is not an expert's
};
} // namespace

Error import::coverCheckpoint(ModelBuilder &model, const Checkpoint &checkpoint,
                              const DecoderSpec &spec, int64_t allLayers,
                              const std::function<void(const std::string &)> &note) {
  int64_t frequencies = 0, cut = 0, mtp = 0;
  bool tiedHead = false;
  std::map<std::string, MtpTensors> mtpWeights;
  for (const Checkpoint::Entry &entry : checkpoint.tensors()) {
    StringRef name = entry.info->name;
    if (model.bound().count(entry.info->name))
      continue;
    int64_t layer = layerOf(name);
    if (name.ends_with("rotary_emb.inv_freq")) {
      ++frequencies;
    } else if (name == "lm_head.weight" && spec.tiedEmbeddings) {
      tiedHead = true;
    } else if (isMtp(name, spec, allLayers)) {
      auto [source, expert] = expertPattern(name);
      MtpTensors &tensors = mtpWeights[source];
      if (!tensors.first)
        tensors.first = entry.info;
      if (tensors.first->shape != entry.info->shape || tensors.first->dtype != entry.info->dtype)
        return Error::make(entry.file->path(), ": tensor '", entry.info->name,
                           "' differs in shape or type from '", tensors.first->name, "'");
      tensors.experts += expert >= 0;
      ++mtp;
    } else if (layer >= int64_t(spec.layers.size()) && layer < allLayers) {
      ++cut;
    } else {
      return Error::make(entry.file->path(), ": nothing in the model uses tensor '",
                         entry.info->name, "'");
    }
  }
  for (const auto &[source, tensors] : mtpWeights) {
    llvm::SmallVector<int64_t> shape(tensors.first->shape.begin(), tensors.first->shape.end());
    if (tensors.experts > 0)
      shape.insert(shape.begin(), tensors.experts);
    model.mtpWeight(source, shape, tensors.first->dtype);
  }
  if (!note)
    return Error::success();
  if (mtp > 0)
    note(strCat(
        mtp, " tensors of ", spec.mtpLayers,
        " multi-token-prediction layer(s) are kept as weights marked mtp, which nothing uses"));
  if (frequencies > 0)
    note(strCat(frequencies,
                " rotary_emb.inv_freq tensors are ignored: the frequencies follow from "
                "the configuration"));
  if (tiedHead)
    note("lm_head.weight is ignored: the configuration ties it to the embedding");
  if (cut > 0)
    note(strCat(cut, " tensors belong to layers ", spec.layers.size(), " to ", allLayers - 1,
                ", which are cut off"));
  return Error::success();
}
