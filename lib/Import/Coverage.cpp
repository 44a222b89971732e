//===- Coverage.cpp - Every tensor of the checkpoint accounted for *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sorts the tensors that no op uses by why that is so.
//
//===----------------------------------------------------------------------===//

#include "Coverage.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"

#include <algorithm>
#include <map>
#include <set>

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

namespace {
/// The tensors of one weight of a multi-token-prediction layer.
struct MtpTensors {
  const TensorInfo *first = nullptr;
  int64_t count = 0;
  bool stacked = false; ///< one tensor an expert
  bool alike = true;    ///< in shape and type
};

/// Tensors that are left out for one reason; those of all layers and experts are said in one.
class LeftOut {
public:
  void add(StringRef name, int64_t tensors = 1) {
    count += tensors;
    std::string expert = expertPattern(name).first;
    llvm::SmallVector<StringRef> parts;
    llvm::SplitString(expert, parts, ".");
    for (size_t i = 1; i < parts.size(); ++i)
      if ((parts[i - 1] == "layers" || parts[i - 1] == "blocks") &&
          llvm::all_of(parts[i], llvm::isDigit))
        parts[i] = "{n}";
    patterns.insert(llvm::join(parts, "."));
  }
  /// Says them, if there are any.
  void say(ModelBuilder &model, const std::string &why) const {
    constexpr size_t most = 20;
    if (count == 0)
      return;
    std::string list;
    for (const std::string &pattern : llvm::make_range(
             patterns.begin(), std::next(patterns.begin(), std::min(most, patterns.size()))))
      list += strCat(list.empty() ? "" : ", ", pattern);
    if (patterns.size() > most)
      list += strCat(" and ", patterns.size() - most, " more names");
    model.note(
        strCat(count, count == 1 ? " tensor is" : " tensors are", " left out (", why, "): ", list));
  }

private:
  int64_t count = 0;
  std::set<std::string> patterns;
};

/// Sorts the tensors that no op uses.
class Coverage {
public:
  Coverage(ModelBuilder &model, const DecoderSpec &spec, int64_t allLayers)
      : model(model), spec(spec), allLayers(allLayers) {}
  void add(const TensorInfo &info);
  void finish();

private:
  bool isAnnouncedMtp(StringRef name) const;
  bool belongsToUsedModule(StringRef name) const;

  ModelBuilder &model;
  const DecoderSpec &spec;
  int64_t allLayers;
  std::map<std::string, MtpTensors> mtp;
  LeftOut empty, others, rotary, tied, cut, beyond, unlike, unannounced, unknown;
};
} // namespace

/// Whether a tensor that no op uses belongs to a multi-token-prediction layer that the
/// configuration states.
bool Coverage::isAnnouncedMtp(StringRef name) const {
  if (spec.mtpLayers > 0 && !spec.mtpPrefix.empty())
    return name.starts_with(spec.mtpPrefix);
  int64_t layer = layerOf(name);
  return layer >= allLayers && layer < allLayers + spec.mtpLayers;
}

/// Whether the model uses the weight beside a bias or a scale, so that leaving it out may be wrong.
bool Coverage::belongsToUsedModule(StringRef name) const {
  return model.bound().count((name.rsplit('.').first + ".weight").str()) != 0;
}

void Coverage::add(const TensorInfo &info) {
  StringRef name = info.name;
  const std::string plain = spec.names.plain(name);
  int64_t layer = layerOf(plain);
  if (llvm::is_contained(info.shape, 0)) {
    empty.add(name);
  } else if (spec.names.isOther(name)) {
    others.add(name);
  } else if (name.contains("rotary_emb.")) {
    rotary.add(name);
  } else if (plain == "lm_head.weight" && spec.tiedEmbeddings) {
    tied.add(name);
  } else if (isAnnouncedMtp(plain)) {
    auto [source, expert] = expertPattern(name);
    MtpTensors &tensors = mtp[source];
    if (!tensors.first)
      tensors.first = &info;
    tensors.alike &= tensors.first->shape == info.shape && tensors.first->dtype == info.dtype;
    tensors.stacked = expert >= 0;
    ++tensors.count;
  } else if (layer >= allLayers) {
    beyond.add(name);
  } else if (layer >= int64_t(spec.layers.size())) {
    cut.add(name);
  } else if (belongsToUsedModule(name)) {
    unannounced.add(name);
  } else {
    unknown.add(name);
  }
}

void Coverage::finish() {
  int64_t kept = 0;
  for (const auto &[source, tensors] : mtp) {
    llvm::SmallVector<int64_t> shape(tensors.first->shape.begin(), tensors.first->shape.end());
    if (tensors.stacked)
      shape.insert(shape.begin(), tensors.count);
    if (tensors.alike && model.mtpWeight(source, shape, tensors.first->dtype))
      kept += tensors.count;
    else
      unlike.add(tensors.first->name, tensors.count);
  }
  if (kept > 0)
    model.note(strCat(
        kept, " tensors of ", spec.mtpLayers,
        " multi-token-prediction layer(s) are kept as weights marked mtp, which nothing uses",
        model.hasFunction("draft") || !spec.draft ? "" : " without --draft"));
  unlike.say(model, "multi-token prediction, which nothing uses");
  beyond.say(model, strCat("layers beyond the ", allLayers, " of the configuration"));
  cut.say(model,
          strCat("layers ", spec.layers.size(), " to ", allLayers - 1, ", which are cut off"));
  rotary.say(model, "frequencies, which follow from the configuration");
  others.say(model, "of other modalities than text");
  tied.say(model, "the embedding again, to which the configuration ties it");
  empty.say(model, "no elements");
  unannounced.say(model, "not in the configuration, although the weights beside are used");
  unknown.say(model, "nothing in the model uses this");
}

/// Tools write a bias of zeros beside every weight that they quantise; another one would be lost.
static Error checkBias(const ModelBuilder &model, const StoredTensors &tensors,
                       const Checkpoint::Entry &entry) {
  StringRef module = entry.info->name;
  if (!module.consume_back(".bias") ||
      llvm::all_of(entry.data(), [](std::byte byte) { return byte == std::byte(0); }))
    return Error::success();
  Expected<std::optional<StoredTensor>> weight = tensors.find((module + ".weight").str());
  if (!weight || !*weight || !(*weight)->format ||
      !model.bound().count((*weight)->codes().info->name))
    return Error::success();
  return Error::make("'", entry.file->path(), "': tensor '", entry.info->name,
                     "' is not zero, and by config.json the model has no bias there; "
                     "take the config.json that was published with the checkpoint");
}

Error import::coverCheckpoint(ModelBuilder &model, const StoredTensors &tensors,
                              const DecoderSpec &spec, int64_t allLayers) {
  Coverage coverage(model, spec, allLayers);
  LeftOut asides;
  std::set<std::string_view> isAside;
  for (const Checkpoint::Entry &entry : tensors.asides())
    if (isAside.insert(entry.info->name).second)
      asides.add(entry.info->name);
  for (const Checkpoint::Entry &entry : tensors.checkpoint().tensors())
    if (!model.bound().count(entry.info->name) && !isAside.count(entry.info->name)) {
      if (Error error = checkBias(model, tensors, entry))
        return error;
      coverage.add(*entry.info);
    }
  coverage.finish();
  asides.say(model, "scales of activations and caches, which no weight is made of");
  return Error::success();
}
