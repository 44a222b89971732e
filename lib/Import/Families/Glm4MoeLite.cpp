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

DecoderSpec import::describeGlm4MoeLite(const Config &config) { return describeDeepseekV3(config); }
