//===- Checkpoint.cpp - The tensors of a checkpoint folder ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One file, or shards, mostly with an index, which is checked against what the shards hold.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Json.h"
#include "moec/Support/SafeTensors.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
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
  if (map.empty())
    return Error::make("'", path,
                       "': 'weight_map' names no tensor; take the index that was "
                       "published with the checkpoint");
  return map;
}

static constexpr const char *singleName = "model.safetensors";
static constexpr const char *indexName = "model.safetensors.index.json";

static bool isThere(const std::string &dir, const std::string &name) {
  std::error_code ec;
  return fs::exists(fs::path(dir) / name, ec);
}

/// The files model-00001-of-0000N.safetensors to N, if all are in folder `dir`; else none.
static std::set<std::string> findNumberedShards(const std::string &dir) {
  std::error_code ec;
  for (const fs::directory_entry &entry : fs::directory_iterator(dir, ec)) {
    std::string name = entry.path().filename().string();
    unsigned count = 0;
    int end = 0;
    if (std::sscanf(name.c_str(), "model-00001-of-%5u.safetensors%n", &count, &end) != 1 ||
        size_t(end) != name.size())
      continue;
    std::set<std::string> files;
    for (unsigned i = 1; i <= count; ++i) {
      char shard[64];
      std::snprintf(shard, sizeof shard, "model-%05u-of-%05u.safetensors", i, count);
      if (!isThere(dir, shard))
        return {};
      files.insert(shard);
    }
    return files;
  }
  return {};
}

bool Checkpoint::isIn(const std::string &dir) {
  return isThere(dir, singleName) || isThere(dir, indexName) || !findNumberedShards(dir).empty();
}

/// Drops the tensors that the index gives to other files or does not list.
static void followIndex(std::vector<Checkpoint::Entry> &entries, const WeightMap &map,
                        std::vector<std::string> &said) {
  std::set<std::pair<std::string, std::string>> listed(map.begin(), map.end());
  std::map<std::string, size_t> dropped;
  std::erase_if(entries, [&](const Checkpoint::Entry &entry) {
    std::string file = fs::path(entry.file->path()).filename().string();
    if (listed.count({entry.info->name, file}))
      return false;
    ++dropped[file];
    return true;
  });
  for (const auto &[file, count] : dropped)
    said.push_back(strCat(count, " tensor(s) of ", file, " do not count: ", indexName,
                          " takes them from another file or does not list them"));
}

void Checkpoint::add(SafeTensors file) {
  shards.push_back(std::make_unique<SafeTensors>(std::move(file)));
  for (const TensorInfo &info : shards.back()->tensors())
    entries.push_back({shards.back().get(), &info});
}

Checkpoint Checkpoint::of(SafeTensors file) {
  Checkpoint checkpoint;
  checkpoint.add(std::move(file));
  return checkpoint;
}

Expected<Checkpoint> Checkpoint::open(const std::string &dir) {
  const std::string indexPath = (fs::path(dir) / indexName).string();
  const bool single = isThere(dir, singleName);
  Checkpoint checkpoint;
  WeightMap map;
  std::set<std::string> files;
  if (isThere(dir, indexName)) {
    Expected<WeightMap> index = readIndex(indexPath);
    if (!index && !single)
      return index.takeError();
    if (index)
      map = std::move(*index);
    for (const auto &[name, file] : map)
      files.insert(file);
    bool whole = std::all_of(files.begin(), files.end(),
                             [&](const std::string &file) { return isThere(dir, file); });
    if (single && !(whole && files.count(singleName))) {
      map.clear();
      files = {singleName};
      checkpoint.said.push_back(
          strCat(indexName, " does not count: ", singleName, " beside it is the whole checkpoint"));
    }
  } else {
    files = single ? std::set<std::string>{singleName} : findNumberedShards(dir);
  }
  if (files.empty())
    return Error::make("'", dir, "' has neither ", singleName, " nor ", indexName);

  for (const std::string &file : files) {
    Expected<SafeTensors> shard = SafeTensors::open((fs::path(dir) / file).string());
    if (!shard)
      return shard.takeError();
    checkpoint.add(std::move(*shard));
  }
  std::vector<Entry> &entries = checkpoint.entries;
  if (!map.empty())
    followIndex(entries, map, checkpoint.said);
  std::sort(entries.begin(), entries.end(),
            [](const Entry &a, const Entry &b) { return a.info->name < b.info->name; });
  for (size_t i = 1; i < entries.size(); ++i)
    if (entries[i].info->name == entries[i - 1].info->name)
      return Error::make("tensor '", entries[i].info->name, "' is in both '",
                         entries[i - 1].file->path(), "' and '", entries[i].file->path(), "'");
  for (const auto &[name, file] : map)
    if (!checkpoint.find(name))
      return Error::make("'", indexPath, "' says that tensor '", name, "' is in '", file,
                         "', which does not hold it");
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
