//===- Tiles.cpp - Machine code with tiles for tests ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Tiles.h"

#include <cstring>

using namespace moec::amx;
using namespace moec::amx::test;

Config Product::getConfig() const {
  Config config;
  config.set(0, m, 4 * n);
  config.set(1, m, 4 * k);
  config.set(2, k, 4 * n);
  return config;
}

#define RUN_PRODUCT(INSTRUCTION)                                                                   \
  asm volatile("ldtilecfg (%0)\n\t"                                                                \
               "tileloadd (%1,%4,1), %%tmm0\n\t"                                                   \
               "tileloaddt1 (%2,%4,1), %%tmm1\n\t"                                                 \
               "tileloadd (%3,%4,1), %%tmm2\n\t" INSTRUCTION " %%tmm2, %%tmm1, %%tmm0\n\t"         \
               "tilestored %%tmm0, (%1,%4,1)\n\t"                                                  \
               "tilerelease"                                                                       \
               :                                                                                   \
               : "r"(config.bytes.data()), "r"(out.data()), "r"(left.data()), "r"(right.data()),   \
                 "r"(uint64_t(mostBytes))                                                          \
               : "memory")

Tile Product::run(Operation operation) const {
  Config config = getConfig();
  Tile out = sums;
  switch (operation) {
  case Operation::MultiplyBf16:
    RUN_PRODUCT("tdpbf16ps");
    break;
  case Operation::MultiplySignedSigned:
    RUN_PRODUCT("tdpbssd");
    break;
  case Operation::MultiplySignedUnsigned:
    RUN_PRODUCT("tdpbsud");
    break;
  case Operation::MultiplyUnsignedSigned:
    RUN_PRODUCT("tdpbusd");
    break;
  default:
    RUN_PRODUCT("tdpbuud");
    break;
  }
  return out;
}

Tile Product::interpret(Operation operation) const {
  Tiles tiles;
  Config config = getConfig();
  Tile out = sums;
  auto step = [&](Operation what, uint8_t tile, const void *memory) {
    Instruction instruction = {};
    instruction.operation = what;
    instruction.tile = tile;
    instruction.left = 1;
    instruction.right = 2;
    instruction.address = {0, uint8_t(what == Operation::LoadConfig ? Address::none : 1), 1, 0};
    uint64_t registers[16] = {reinterpret_cast<uint64_t>(memory), mostBytes};
    return execute(instruction, registers, 0, tiles).what == nullptr;
  };
  bool done = step(Operation::LoadConfig, 0, config.bytes.data()) &&
              step(Operation::Load, 0, sums.data()) && step(Operation::Load, 1, left.data()) &&
              step(Operation::Load, 2, right.data()) && step(operation, 0, nullptr) &&
              step(Operation::Store, 0, out.data());
  return done ? out : Tile();
}
