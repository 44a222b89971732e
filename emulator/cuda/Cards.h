//===- Cards.h - Facts of the emulated cards --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One card for each architecture that code is generated for. A library emulates cards of one kind.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_CUDA_CARDS_H
#define MOEC_EMULATOR_CUDA_CARDS_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace moec::cuda {

/// What the driver says of a card.
struct CardFacts {
  const char *name;
  int major, minor;     ///< Compute capability.
  int multiprocessors;  ///
  size_t memoryBytes;   ///
  int sharedBytes;      ///< Shared memory of a multiprocessor.
  int blockSharedBytes; ///< Of it a block may have, where it asks for more than 48 KiB.
  int threads;          ///< Of a multiprocessor.
  int blocks;           ///< Of a multiprocessor.
  int level2Bytes;      ///
  int kilohertz;        ///
};

/// What a block has of shared memory without asking.
constexpr int kUsualSharedBytes = 48 * 1024;

/// The card that this library emulates.
const CardFacts &card();

/// The value of a CUdevice_attribute; none for those that the emulated cards do not know.
std::optional<int> attribute(const CardFacts &card, int number);

/// Whether PTX for a target, such as sm_90 or sm_90a, runs on the card: on the same or a newer one,
/// with an `a` on the same alone, with an `f` on the same family.
bool runsTarget(const CardFacts &card, std::string_view target);

} // namespace moec::cuda

#endif // MOEC_EMULATOR_CUDA_CARDS_H
