//===- DeviceManifest.cpp - Which devices there are -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Reads the list, opens a plugin. Plugins stay loaded until the process ends: a device's code
// must outlive the device.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/DeviceManifest.h"
#include "moec/Support/File.h"

#include <algorithm>
#include <dlfcn.h>
#include <filesystem>
#include <nlohmann/json.hpp>

using namespace moec;
using namespace moec::runtime;
namespace fs = std::filesystem;

static constexpr uint64_t maxManifestBytes = 1 << 20;

Expected<DeviceManifest> DeviceManifest::loadDefault() {
  std::error_code ec;
  fs::path program = fs::read_symlink("/proc/self/exe", ec);
  if (ec)
    return Error::make("cannot find the running program's folder: ", ec.message());
  return load((program.parent_path().parent_path() / "lib/moec/devices.json").string());
}

Expected<DeviceManifest> DeviceManifest::load(const std::string &path) {
  Expected<std::string> text = readFile(path, maxManifestBytes);
  if (!text)
    return text.takeError().addContext("device manifest");
  nlohmann::json root = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object() || root.value("version", nlohmann::json()) != 1 ||
      !root.contains("devices") || !root["devices"].is_array())
    return Error::make("device manifest '", path,
                       "' is not an object with version 1 and an array of devices");
  DeviceManifest manifest;
  manifest.file = path;
  for (const nlohmann::json &item : root["devices"]) {
    Entry entry;
    if (!item.is_object() || !item.contains("kind") || !item["kind"].is_string() ||
        !item.contains("library") || !item["library"].is_string() || !item.contains("targets") ||
        !item["targets"].is_array())
      return Error::make("device manifest '", path, "': device ", manifest.devices.size(),
                         " has no kind, library or targets");
    entry.kind = item["kind"].get<std::string>();
    for (const nlohmann::json &target : item["targets"])
      if (target.is_string())
        entry.targets.push_back(target.get<std::string>());
    fs::path folder = fs::path(path).parent_path();
    entry.library = (folder / item["library"].get<std::string>()).string();
    if (item.contains("driver") && item["driver"].is_string())
      entry.driver = item["driver"].get<std::string>();
    entry.byName = item.contains("by_name") && item["by_name"] == true;
    if (entry.driver.find('/') != std::string::npos)
      entry.driver = (folder / entry.driver).lexically_normal().string();
    manifest.devices.push_back(std::move(entry));
  }
  return manifest;
}

Expected<std::unique_ptr<Device>> DeviceManifest::openEntry(const Entry &entry,
                                                            DeviceOptions options) const {
  void *library = dlopen(entry.library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return Error::make("cannot load device '", entry.kind, "': ", dlerror());
  auto entryPoint =
      reinterpret_cast<const DevicePlugin *(*)()>(dlsym(library, DevicePlugin::entryPoint));
  if (!entryPoint)
    return Error::make("'", entry.library, "' exports no ", DevicePlugin::entryPoint);
  const DevicePlugin *plugin = entryPoint();
  if (plugin->version != DevicePlugin::currentVersion)
    return Error::make("'", entry.library, "' has device version ", plugin->version,
                       ", this runtime needs ", DevicePlugin::currentVersion, "; rebuild it");
  if (options.driver.empty())
    options.driver = entry.driver;
  return plugin->create(options);
}

/// Whether the entry runs plans for `target`.
static bool runs(const DeviceManifest::Entry &entry, const std::string &target) {
  return std::find(entry.targets.begin(), entry.targets.end(), target) != entry.targets.end();
}

std::string DeviceManifest::otherKinds(const std::string &target, const Entry &except) const {
  std::string kinds;
  for (const Entry &entry : devices)
    if (runs(entry, target) && &entry != &except && !entry.byName)
      kinds += strCat(kinds.empty() ? "" : ", ", entry.kind);
  return kinds;
}

Expected<std::unique_ptr<Device>> DeviceManifest::open(const std::string &target,
                                                       const std::string &kind,
                                                       const DeviceOptions &options) const {
  std::string known;
  for (const Entry &entry : devices) {
    known += strCat(known.empty() ? "" : ", ", entry.kind);
    if (kind.empty() ? entry.byName : entry.kind != kind)
      continue;
    if (!runs(entry, target)) {
      if (kind.empty())
        continue;
      return Error::make("device '", kind, "' does not run code for target '", target,
                         "'; compile the model for it");
    }
    Expected<std::unique_ptr<Device>> device = openEntry(entry, options);
    std::string others = otherKinds(target, entry);
    if (device || !kind.empty() || others.empty())
      return device;
    return Error::make("device '", entry.kind, "': ", device.takeError().message(),
                       " (--device can be ", others, ")");
  }
  return Error::make("no device ", kind.empty() ? "" : strCat("'", kind, "' "),
                     "runs code for target '", target, "'; '", file, "' lists: ", known);
}
