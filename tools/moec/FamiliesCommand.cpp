//===- FamiliesCommand.cpp - moec families --------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Which models can be imported, and what is read from their config.json.
//
//===----------------------------------------------------------------------===//

#include "CompilerCommands.h"

#include "moec/Import/Import.h"

#include <nlohmann/json.hpp>

#include <iomanip>
#include <iostream>

using namespace moec;
using nlohmann::ordered_json;

namespace {
struct FamiliesOptions {
  std::string family;
  bool json = false;
};
} // namespace

/// One line a key: its name, what its absence means, its other names.
static void printKeys(const ordered_json &keys) {
  for (const ordered_json &key : keys) {
    std::string meaning = key.contains("default") ? key["default"].dump() : "required";
    if (key.contains("aliases"))
      for (const ordered_json &alias : key["aliases"])
        meaning += ", also called " + alias.get<std::string>();
    if (key.contains("null_is_value"))
      meaning += ", may be null";
    std::cout << "  " << std::left << std::setw(34) << key["name"].get<std::string>() << meaning
              << "\n";
  }
}

static Error printFamilies(const FamiliesOptions &options) {
  const std::string text = describeConfigKeys();
  if (options.json) {
    std::cout << text << "\n";
    return Error::success();
  }
  if (options.family.empty()) {
    for (const std::string &family : importedFamilies())
      std::cout << family << "\n";
    return Error::success();
  }
  const ordered_json all = ordered_json::parse(text);
  std::cout << "keys of a config.json with model_type " << options.family
            << ", and what their absence means\n";
  printKeys(all[options.family]);
  std::cout << "inside of rope_parameters or rope_scaling\n";
  printKeys(all["rope_parameters"]);
  return Error::success();
}

void moec::addFamiliesCommand(runtime::CommandLine &line) {
  auto options = std::make_shared<FamiliesOptions>();
  CLI::App &command = line.add("families", "Print what can be imported and what a config.json says",
                               [options] { return printFamilies(*options); });
  command.add_option("family", options->family, "A model_type, whose keys are printed")
      ->check(CLI::IsMember(importedFamilies()));
  command.add_flag("--json", options->json, "Print the keys of all families as JSON");
}
