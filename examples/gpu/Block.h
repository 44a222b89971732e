//===- Block.h - A block of lanes on the host -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The machine itself: lanes are coroutines of one thread, which go on until they need each other.
// It calls no compiler, and knows nothing of kernels but their entry points.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_EXAMPLES_GPU_BLOCK_H
#define MOEC_EXAMPLES_GPU_BLOCK_H

#include "moec/Support/Error.h"

#include <cstdint>
#include <span>

namespace moec::skeleton {

/// Lanes of a subgroup.
inline constexpr unsigned lanesPerSubgroup = 16;

/// The product instruction: D[i][j] = C[i][j] + Σ_k A[i][k] · B[j][k] in f32, k from 0 on. A is
/// [rows, depth], B [columns, depth]; both are f32 or both bf16.
inline constexpr unsigned productRows = 16, productColumns = 8, productDepth = 8;

/// What one lane runs: a kernel, whose argument words are at `words`.
using Entry = void (*)(const uint64_t *words);

/// Runs a kernel on `grid` blocks of so many threads, whole subgroups, block by block. Fails where
/// lanes wait for each other for ever: some are at a barrier that others never reach.
Error runKernel(Entry entry, std::span<const uint64_t> words, std::span<const uint32_t, 3> grid,
                unsigned threads);

} // namespace moec::skeleton

// The instructions that need more than the lane itself. Code finds them by name when it is loaded,
// so the program exports them.
extern "C" {
/// The number of the block along an axis, and that of this thread in it.
uint32_t moec_gpu_block_id(uint32_t axis);
uint32_t moec_gpu_thread_id();
/// Until all lanes of the block are here.
void moec_gpu_barrier();
/// The word of the lane of this subgroup whose number differs in one bit.
uint32_t moec_gpu_exchange(uint32_t word, uint32_t bit);
/// One product of the subgroup. `first`, `second` and `sum` are the registers of this lane as the
/// layouts in HostLanes.cpp have them; the result goes to `sum`.
void moec_gpu_product_f32(const float *first, const float *second, float *sum);
void moec_gpu_product_bf16(const uint16_t *first, const uint16_t *second, float *sum);
}

#endif // MOEC_EXAMPLES_GPU_BLOCK_H
