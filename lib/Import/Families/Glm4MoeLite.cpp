//===- Glm4MoeLite.cpp - The glm4_moe_lite family ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Latent attention without an indexer, as deepseek_v3.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace moec;
using namespace moec::import;

static DecoderSpec describeGlm4MoeLite(const Config &config) { return describeDeepseekV3(config); }

void import::addGlm4MoeLite(std::vector<ModelFamily> &families) {
  families.push_back({"glm4_moe_lite", describeGlm4MoeLite});
}
