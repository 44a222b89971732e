//===- Checkpoint.cpp - The tensors of a checkpoint folder ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One file, or shards with an index. The index is checked against what the shards hold.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Json.h"
#include "moec/Support/SafeTensors.h"

#include <algorithm>
#include <filesystem>
#include <set>

using namespace moec;
namespace fs = std::filesystem;

static constexpr uint64_t maxIndexBytes = 100'000'000;

namespace {
/// What an index says: names of tensors and of the files that hold them.
using WeightMap = std::vector<std::pair<std::string, std::string>>;
} // namespace

/// Reads `weight_map` of an index. File names that leave the folder are refused.
static Expected<WeightMap> readIndex(const std::string &path) {
  Expected<nlohmann::json> read = readJsonFile(path, maxIndexBytes);
  if (!read)
    return read.takeError();
  const nlohmann::json &root = *read;
  if (!root.is_object() || !root.contains("weight_map") || !root["weight_map"].is_object())
    return Error::make("'", path, "' has no object 'weight_map'");
  WeightMap map;
  for (const auto &[name, file] : root["weight_map"].items()) {
    if (!file.is_string())
      return Error::make("'", path, "': the file of tensor '", name, "' is not a string");
    std::string fileName = file.get<std::string>();
    if (fileName.empty() || fs::path(fileName).filename() != fileName || fileName == "..")
      return Error::make("'", path, "': '", fileName, "' of tensor '", name,
                         "' is not a plain file name");
    map.emplace_back(name, std::move(fileName));
  }
  return map;
}

Expected<Checkpoint> Checkpoint::open(const std::string &dir) {
  std::string indexPath = (fs::path(dir) / "model.safetensors.index.json").string();
  std::string singlePath = (fs::path(dir) / "model.safetensors").string();
  std::error_code ec;
  WeightMap map;
  std::set<std::string> files;
  if (fs::exists(indexPath, ec)) {
    Expected<WeightMap> index = readIndex(indexPath);
    if (!index)
      return index.takeError();
    map = std::move(*index);
    for (const auto &[name, file] : map)
      files.insert(file);
  } else if (fs::exists(singlePath, ec)) {
    files.insert("model.safetensors");
  } else {
    return Error::make("'", dir,
                       "' has neither model.safetensors nor model.safetensors.index.json");
  }

  Checkpoint checkpoint;
  for (const std::string &file : files) {
    Expected<SafeTensors> shard = SafeTensors::open((fs::path(dir) / file).string());
    if (!shard)
      return shard.takeError();
    checkpoint.shards.push_back(std::make_unique<SafeTensors>(std::move(*shard)));
    for (const TensorInfo &info : checkpoint.shards.back()->tensors())
      checkpoint.entries.push_back({checkpoint.shards.back().get(), &info});
  }
  std::vector<Entry> &entries = checkpoint.entries;
  std::sort(entries.begin(), entries.end(),
            [](const Entry &a, const Entry &b) { return a.info->name < b.info->name; });
  for (size_t i = 1; i < entries.size(); ++i)
    if (entries[i].info->name == entries[i - 1].info->name)
      return Error::make("tensor '", entries[i].info->name, "' is in both '",
                         entries[i - 1].file->path(), "' and '", entries[i].file->path(), "'");
  for (const auto &[name, file] : map) {
    std::optional<Entry> entry = checkpoint.find(name);
    if (!entry || fs::path(entry->file->path()).filename() != file)
      return Error::make("'", indexPath, "' says that tensor '", name, "' is in '", file,
                         "', which does not hold it");
  }
  return checkpoint;
}

std::optional<Checkpoint::Entry> Checkpoint::find(std::string_view name) const {
  auto it = std::lower_bound(
      entries.begin(), entries.end(), name,
      [](const Entry &entry, std::string_view key) { return entry.info->name < key; });
  if (it == entries.end() || it->info->name != name)
    return std::nullopt;
  return *it;
}
