//===- RandomProgram.cpp - Small random models and how they are run -------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Options and inputs; the model itself is in RandomConfig.cpp.
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"

#include "moec/Formats/BlockFormat.h"
#include "moec/Support/Error.h"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace moec;
using namespace moec::random;

/// splitmix64.
uint64_t Draw::next() {
  uint64_t word = state += 0x9e3779b97f4a7c15u;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
  return word ^ (word >> 31);
}

bool Program::isExact() const {
  return options.activations == "f32" && options.kvCache == "f32" &&
         options.quantizeActivations.empty();
}

std::string Program::describe() const {
  std::string lengths;
  for (const std::vector<int32_t> &sequence : sequences)
    lengths += strCat(lengths.empty() ? "" : ",", sequence.size());
  std::string family = nlohmann::json::parse(config)["model_type"];
  return strCat("seed ", seed, ": ", family, ", chip ", options.chip, ", activations ",
                options.activations, ", kv ", options.kvCache, ", quantize '", options.quantize,
                "', quantized activations '", options.quantizeActivations, "', pages of ",
                options.pageSize, ", steps of ", options.maxTokens, ", chunk ", chunk, ", batch ",
                batch, ", sequences of ", lengths);
}

/// Adds `role=name` to a list of an option.
static void addRole(std::string &list, std::string_view role, std::string_view name) {
  list += strCat(list.empty() ? "" : ",", role, "=", name);
}

/// How values between ops, caches and weights are rounded.
static void chooseRounding(Draw &draw, CompileOptions &options) {
  // Half of all programs round nothing but weights, and so are compared to the last digits.
  bool exact = draw.chance(2);
  options.activations = exact ? "f32" : draw.oneOf({"f32", "bf16"});
  options.kvCache = exact ? "f32" : draw.oneOf({"f32", "bf16", "fp8", "int8"});
  options.rounding = draw.oneOf({"even", "ceil", "floor"});
  std::span<const NamedFormat> formats = namedFormats();
  std::string rows;
  for (std::string role : {"experts", "default"}) {
    if (draw.chance(2))
      continue;
    const NamedFormat &format = formats[draw.pick(0, int64_t(formats.size()) - 1)];
    addRole(options.quantize, role, format.name);
    // What the machine rounds rows to, whatever they are multiplied by; or a float type.
    addRole(rows, role, draw.oneOf<std::string_view>({"bf16", "int8", "mxfp4", "mxfp8"}));
  }
  if (!exact && draw.chance(2))
    options.quantizeActivations = rows;
}

Program random::makeProgram(uint64_t seed) {
  Draw draw(seed);
  Program program;
  program.seed = seed;
  CompileOptions &options = program.options;
  options.weights = strCat("random:", seed);
  options.jobs = 1;
  options.chip = draw.oneOf({"native", "native", "x86-64-v3"});
  chooseRounding(draw, options);
  options.pageSize = draw.oneOf<int64_t>({1, 2, 3, 5, 7, 8, 16, 64});
  options.maxTokens = draw.oneOf<int64_t>({1, 5, 8, 8, 17, 40});
  options.maxSequences = draw.pick(1, std::min<int64_t>(5, options.maxTokens));
  program.chunk =
      uint32_t(std::min<int64_t>(draw.oneOf<int64_t>({0, 0, 1, 3, 7}), options.maxTokens));
  program.batch = uint32_t(draw.pick(1, options.maxSequences));
  program.sparePages = uint32_t(draw.chance(2) ? draw.pick(0, 3) : 1000);

  int64_t vocabulary = draw.oneOf<int64_t>({2, 17, 17, 33, 100, 257});
  int64_t longest = draw.oneOf<int64_t>({1, 4, 12, 24, 40});
  program.config = makeConfig(draw, longest + draw.pick(0, 9), vocabulary);
  for (int64_t count = draw.pick(1, 4); count > 0; --count) {
    std::vector<int32_t> tokens(draw.pick(1, longest));
    for (int32_t &token : tokens)
      token = int32_t(draw.pick(0, vocabulary - 1));
    program.sequences.push_back(std::move(tokens));
  }
  return program;
}
