//===- StoredTensors.cpp - The tensors that a checkpoint stands for -------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sorts stored tensors by the modules that they are of. What they say together is found out when
// somebody asks, so that what a model does not need cannot be in its way.
//
//===----------------------------------------------------------------------===//

#include "moec/Checkpoint/StoredTensors.h"
#include "TensorResolver.h"

#include "moec/Support/File.h"

#include <filesystem>
#include <map>
#include <set>

using namespace moec;
using namespace moec::checkpoint;

namespace fs = std::filesystem;

struct StoredTensors::Index {
  /// By the name of the tensor in the unquantised model.
  std::map<std::string, StoredParts, std::less<>> quantised;
  /// The last parts of the names of quantised modules.
  std::set<std::string, std::less<>> kinds;
  /// Stored tensors that are no tensor of the model by themselves.
  std::set<std::string_view> taken;
};

StoredTensors::StoredTensors() = default;
StoredTensors::StoredTensors(StoredTensors &&) = default;
StoredTensors::~StoredTensors() = default;

std::vector<Checkpoint::Entry> StoredTensor::parts() const {
  std::vector<Checkpoint::Entry> entries;
  for (const auto &entry : stored)
    if (entry)
      entries.push_back(*entry);
  return entries;
}

int64_t StoredTensor::matrices() const {
  int64_t count = 1;
  for (size_t i = 0; i + 2 < shape.size(); ++i)
    count *= shape[i];
  return count;
}

/// The text of a file that may be absent.
static Expected<std::string> readOptional(const fs::path &path) {
  std::error_code ec;
  if (!fs::exists(path, ec))
    return std::string();
  constexpr uint64_t maxBytes = 100'000'000;
  return readFile(path.string(), maxBytes);
}

Expected<StoredTensors> StoredTensors::open(const std::string &folder) {
  Expected<Checkpoint> files = Checkpoint::open(folder);
  if (!files)
    return files.takeError();
  Expected<std::string> config = readOptional(fs::path(folder) / "config.json");
  if (!config)
    return config.takeError();
  Expected<std::string> modelOpt = readOptional(fs::path(folder) / "hf_quant_config.json");
  if (!modelOpt)
    return modelOpt.takeError();
  NamedText older;
  for (const Method *method : {&gptq, &awq}) {
    std::string name(method->olderFile);
    Expected<std::string> text = readOptional(fs::path(folder) / name);
    if (!text)
      return text.takeError();
    if (older.text.empty())
      older = {std::move(name), std::move(*text)};
  }
  return make(std::move(*files), folder, *config, *modelOpt, older);
}

Expected<StoredTensors> StoredTensors::make(Checkpoint checkpoint, const std::string &folder,
                                            std::string_view config, std::string_view modelOpt,
                                            const NamedText &older) {
  Expected<std::unique_ptr<Quantization>> quantization =
      readQuantization(folder, config, modelOpt, older);
  if (!quantization)
    return quantization.takeError();
  StoredTensors tensors;
  tensors.files = std::move(checkpoint);
  tensors.quantization = std::move(*quantization);
  tensors.index = std::make_unique<Index>();
  tensors.buildIndex();
  return tensors;
}

std::string_view StoredTensors::method() const {
  return quantization ? quantization->method->name : std::string_view();
}

static std::string_view lastPart(std::string_view module) {
  return module.substr(module.rfind('.') + 1);
}

void StoredTensors::buildIndex() {
  const Method *method = quantization ? quantization->method : nullptr;
  for (const Checkpoint::Entry &entry : files.tensors()) {
    std::string_view name = entry.info->name;
    if (std::optional<ForeignSuffix> suffix = findForeign(method, name)) {
      std::string module(name.substr(0, name.size() - suffix->text.size()));
      index->quantised[strCat(module, suffix->plainSuffix)].foreign = entry;
      continue;
    }
    const Suffix *suffix = method ? findSuffix(*method, name) : nullptr;
    if (!suffix)
      continue;
    if (suffix->part == Part::Aside) {
      others.push_back(entry);
      index->taken.insert(name);
      continue;
    }
    std::string module(name.substr(0, name.size() - suffix->text.size()));
    StoredParts &stored = index->quantised[strCat(module, method->plainSuffix)];
    stored.module = std::move(module);
    auto &place = stored.parts[size_t(suffix->part)];
    if (place)
      stored.duplicatePart = suffix->part;
    (place ? stored.duplicate : place) = entry;
  }
  std::erase_if(index->quantised, [](const auto &item) {
    return !item.second.isQuantised() && !item.second.foreign;
  });
  for (const auto &[name, stored] : index->quantised) {
    if (!stored.isQuantised())
      continue;
    index->kinds.emplace(lastPart(stored.module));
    for (const auto &part : stored.parts)
      if (part)
        index->taken.insert(part->info->name);
    if (stored.duplicate)
      index->taken.insert(stored.duplicate->info->name);
  }
}

std::vector<std::string> StoredTensors::names() const {
  std::set<std::string> all;
  for (const Checkpoint::Entry &entry : files.tensors())
    if (!index->taken.contains(entry.info->name))
      all.insert(entry.info->name);
  for (const auto &[name, stored] : index->quantised)
    all.insert(name);
  return {all.begin(), all.end()};
}

/// Fails where the configuration says that a tensor of plain numbers is quantised.
static Error checkPlain(const Quantization &quantization, const Checkpoint::Entry &entry,
                        const std::set<std::string, std::less<>> &kinds) {
  std::string_view module = entry.info->name;
  if (!module.ends_with(quantization.method->plainSuffix) || entry.info->shape.size() < 2)
    return Error::success();
  module.remove_suffix(quantization.method->plainSuffix.size());
  Expected<const Rule *> rule = quantization.find(module);
  if (!rule)
    return rule.takeError().addContext(strCat("'", entry.file->path(), "'"));
  if (!*rule || !(*rule)->scheme || !(*rule)->demands)
    return Error::success();
  if ((*rule)->pattern.text() != module && !kinds.contains(lastPart(module)))
    return Error::success();
  const std::string &pattern = (*rule)->pattern.text();
  return Error::make(placeOf(entry), " has type ", entry.info->typeName(), " and no scales, but ",
                     pattern.empty() ? "" : strCat("'", pattern, "' of "), (*rule)->key, " names '",
                     module, "' as quantised by ", quantization.schemes[*(*rule)->scheme].words);
}

/// The sentence about a tensor of a method that the configuration does not name.
static Error refuseForeign(const Quantization *quantization, const Checkpoint::Entry &entry) {
  const Method *method = quantization ? quantization->method : nullptr;
  std::string methods = findForeign(method, entry.info->name)->methods;
  std::string owners = methods.empty() ? "" : strCat(", but one of ", methods);
  if (!method)
    return Error::make(placeOf(entry), " is of a quantised module", methods.empty() ? "" : " of ",
                       methods,
                       ", and config.json has no quantization_config that says how it was "
                       "quantised; take the config.json that was published with it");
  return Error::make(placeOf(entry), " would change the numbers, and is nothing that quant_method ",
                     method->name, " of quantization_config has", owners, "; ", wayOut);
}

Expected<std::optional<StoredTensor>> StoredTensors::find(const std::string &name) const {
  std::optional<Checkpoint::Entry> plain = files.find(name);
  if (auto it = index->quantised.find(name); it != index->quantised.end()) {
    if (it->second.foreign)
      return refuseForeign(quantization.get(), *it->second.foreign);
    if (plain && !index->taken.contains(name))
      return Error::make(placeOf(*plain), " is there beside a quantised one of that name");
    Expected<StoredTensor> tensor = TensorResolver(*quantization, it->second, name).resolve();
    if (!tensor)
      return tensor.takeError();
    return std::optional<StoredTensor>(std::move(*tensor));
  }
  if (!plain)
    return std::optional<StoredTensor>();
  if (quantization)
    if (Error error = checkPlain(*quantization, *plain, index->kinds))
      return error;
  StoredTensor tensor;
  tensor.name = name;
  tensor.shape = plain->info->shape;
  tensor.dtype = plain->info->dtype;
  tensor.stored.front() = *plain;
  return std::optional<StoredTensor>(std::move(tensor));
}
