//===- moec-random.cpp - Random programs: CPU against reference -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Exit status: 0 where all agree, 1 for an error, 3 where logits differ (which is what a reduction
// looks for; see docs/Debugging.md).
//
//===----------------------------------------------------------------------===//

#include "Totals.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

using namespace moec;
using namespace moec::random;

int main(int argc, char **argv) {
  uint64_t seed = 1, count = 1;
  std::string model, work = "moec-random.work";
  bool keep = false;
  CLI::App app("Compiles random models for the CPU and compares them with the reference");
  app.add_option("--seed", seed, "the first seed")->capture_default_str();
  app.add_option("--count", count, "how many seeds")->capture_default_str();
  app.add_option("--model", model, "this model.mlir in place of the seed's");
  app.add_option("--work", work, "folder for artifacts")->capture_default_str();
  app.add_flag("--keep", keep, "leave the folder, with config.json and model.mlir of each seed");
  CLI11_PARSE(app, argc, argv);

  Totals totals(std::cout);
  for (uint64_t i = 0; i < count; ++i) {
    Program program = makeProgram(seed + i);
    std::string folder = work + "/" + std::to_string(program.seed);
    totals.begin(program);
    Outcome outcome = check(program, model, folder);
    totals.end(program, outcome, folder);
    if (!keep && outcome.kind == Outcome::Kind::Agrees)
      std::filesystem::remove_all(folder);
  }
  std::error_code notEmpty;
  std::filesystem::remove(work, notEmpty);
  return totals.finish();
}
