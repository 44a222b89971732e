//===- CoverageTest.cpp - What the programs of moec-random are ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The programs that the tests compare have every family and every shape that is easily forgotten.
//
//===----------------------------------------------------------------------===//

#include "RandomProgram.h"

#include "moec/Import/Import.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>
#include <set>

using namespace moec;
using namespace moec::random;
using nlohmann::json;

/// The first of `keys` that the configuration has, or 0.
static int64_t valueOf(const json &config, std::initializer_list<const char *> keys) {
  for (const char *key : keys)
    if (config.contains(key) && config[key].is_number_integer())
      return config[key];
  return 0;
}

static std::set<std::string> traitsOf(const json &config) {
  std::set<std::string> traits;
  int64_t experts =
      valueOf(config, {"n_routed_experts", "num_local_experts", "num_experts", "moe_num_experts"});
  int64_t chosen = valueOf(config, {"num_experts_per_tok", "moe_k"});
  int64_t heads = valueOf(config, {"num_attention_heads"});
  auto note = [&](const char *trait, bool holds) {
    if (holds)
      traits.insert(trait);
  };
  note("one expert", experts == 1);
  note("all experts", experts > 1 && experts == chosen);
  note("some experts", experts > chosen);
  note("one head", heads == 1);
  note("heads share keys", heads > valueOf(config, {"num_key_value_heads"}));
  note("odd width", valueOf(config, {"hidden_size"}) % 2 == 1);
  note("odd expert", valueOf(config, {"moe_intermediate_size", "intermediate_size"}) % 2 == 1);
  note("17 ids", valueOf(config, {"vocab_size"}) == 17);
  for (const char *type : {"bfloat16", "float16", "float32"})
    note(type, config["dtype"] == type);
  return traits;
}

static std::map<std::string, std::set<std::string>> traitsByFamily(uint64_t programs) {
  std::map<std::string, std::set<std::string>> families;
  for (uint64_t seed = 1; seed <= programs; ++seed) {
    json config = json::parse(makeProgram(seed).config);
    families[config["model_type"]].merge(traitsOf(config));
  }
  return families;
}

TEST(CoverageTest, TheProgramsOfTheTestsHaveEveryFamilyAndOddShape) {
  std::set<std::string> drawn, traits;
  for (const auto &[family, found] : traitsByFamily(200)) {
    drawn.insert(family);
    traits.insert(found.begin(), found.end());
  }
  for (const std::string &family : importedFamilies())
    EXPECT_TRUE(drawn.count(family)) << family << " is not drawn by tools/moec-random";
  EXPECT_EQ(traits, (std::set<std::string>{"17 ids", "all experts", "bfloat16", "float16",
                                           "float32", "heads share keys", "odd expert", "odd width",
                                           "one expert", "one head", "some experts"}));
}

TEST(CoverageTest, ManyProgramsHaveEveryOddShapeInEveryFamily) {
  for (const auto &[family, found] : traitsByFamily(5000)) {
    // Dense families have no number of experts.
    const bool hasExperts = family != "llama" && family != "qwen3";
    EXPECT_EQ(found.size(), hasExperts ? 11u : 8u)
        << family << " lacks a shape; it has: " << ::testing::PrintToString(found);
  }
}
