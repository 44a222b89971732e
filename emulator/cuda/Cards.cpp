//===- Cards.cpp - Facts of the emulated cards ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// From NVIDIA's data sheets and the table of technical specifications by compute capability in the
// CUDA programming guide; memory as nvidia-smi shows it for such cards.
//
//===----------------------------------------------------------------------===//

#include "Cards.h"

#include <charconv>

using namespace moec::cuda;

static constexpr size_t kMebi = size_t(1) << 20;
static constexpr int kKibi = 1024;

static constexpr CardFacts kCards[] = {
    {"NVIDIA A100-SXM4-80GB (emulated)", 8, 0, 108, 81920 * kMebi, 164 * kKibi, 163 * kKibi, 2048,
     32, 40 << 20, 1410000},
    {"NVIDIA H200 (emulated)", 9, 0, 132, 143771 * kMebi, 228 * kKibi, 227 * kKibi, 2048, 32,
     50 << 20, 1980000},
    {"NVIDIA B200 (emulated)", 10, 0, 148, 183359 * kMebi, 228 * kKibi, 227 * kKibi, 2048, 32,
     126 << 20, 1965000},
    {"NVIDIA GeForce RTX 5090 (emulated)", 12, 0, 170, 32607 * kMebi, 100 * kKibi, 99 * kKibi, 1536,
     24, 96 << 20, 2407000},
};

const CardFacts &moec::cuda::card() {
  for (const CardFacts &facts : kCards)
    if (facts.major * 10 + facts.minor == MOEC_EMULATED_ARCHITECTURE)
      return facts;
  static_assert(MOEC_EMULATED_ARCHITECTURE == 80 || MOEC_EMULATED_ARCHITECTURE == 90 ||
                MOEC_EMULATED_ARCHITECTURE == 100 || MOEC_EMULATED_ARCHITECTURE == 120);
  return kCards[0];
}

std::optional<int> moec::cuda::attribute(const CardFacts &card, int number) {
  switch (number) {
  case 19: // can map host memory
  case 31: // concurrent kernels
  case 41: // unified addressing
  case 15: // a copy and a kernel at once
    return 1;
  case 40: // copy engines
    return 3;
  case 1: // threads of a block
  case 2: // extents of a block
  case 3:
    return 1024;
  case 4:
    return 64;
  case 5: // extents of a grid
    return 2147483647;
  case 6:
  case 7:
    return 65535;
  case 8: // shared memory of a block
    return kUsualSharedBytes;
  case 9: // constant memory
    return 65536;
  case 10: // lanes of a warp
    return 32;
  case 12: // registers of a block
  case 82: // of a multiprocessor
    return 65536;
  case 13:
    return card.kilohertz;
  case 16:
    return card.multiprocessors;
  case 38:
    return card.level2Bytes;
  case 39:
    return card.threads;
  case 75:
    return card.major;
  case 76:
    return card.minor;
  case 81:
    return card.sharedBytes;
  case 97:
    return card.blockSharedBytes;
  case 106:
    return card.blocks;
  case 111: // shared memory of a block that the system takes
    return 1024;
  default:
    return std::nullopt;
  }
}

bool moec::cuda::runsTarget(const CardFacts &card, std::string_view target) {
  if (!target.starts_with("sm_"))
    return false;
  target.remove_prefix(3);
  int number = 0;
  auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), number);
  if (error != std::errc())
    return false;
  std::string_view suffix(end, size_t(target.data() + target.size() - end));
  int own = card.major * 10 + card.minor;
  if (suffix == "a")
    return number == own;
  if (suffix == "f")
    return number / 10 == card.major && number <= own;
  return suffix.empty() && number <= own;
}
