/*===- Kernel.h - The calling convention of compiled kernels -----------------*- C -*-===*
 * Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
 *===----------------------------------------------------------------------===*
 *
 * The one header that compiled kernels and the runtime share.
 *
 * A kernel's arguments are an array of 8-byte words, in signature order: a device address for each
 * buffer (two for a block-scaled one: codes, then scales) and a signed 64-bit integer for each
 * index argument. Machines with their own launch mechanism pass these words as the argument segment
 * of the launch.
 *
 * On a CPU a code object is a shared library that exports each kernel as a C function of type
 * moec_kernel. It has no state and calls nothing but memcpy, memmove and memset.
 *
 *===----------------------------------------------------------------------===*/
#ifndef MOEC_KERNEL_H
#define MOEC_KERNEL_H

#include <stdint.h>

#ifdef __cplusplus
#define MOEC_STATIC_ASSERT static_assert
extern "C" {
#else
#define MOEC_STATIC_ASSERT _Static_assert
#endif

/** Raised whenever a compiled kernel of an older compiler could no longer be called. */
#define MOEC_KERNEL_ABI_VERSION 1

/** Every buffer, weight, state, input and output starts at a multiple of this many bytes. */
#define MOEC_BUFFER_ALIGNMENT 64

/** The scratch area of a worker starts at a multiple of this many bytes. */
#define MOEC_SCRATCH_ALIGNMENT 64

/** One argument: a device address or a signed 64-bit integer. */
typedef uint64_t moec_word;

/**
 * A kernel on a CPU. Runs the blocks of the grid whose linear index is in [begin, end); the linear
 * index is x + grid[0] * (y + grid[1] * z) unless the kernel's schedule reorders it. Blocks are
 * independent: any split of the grid over calls and threads gives the same bytes.
 *
 * args     the argument words, 8-byte aligned, not modified
 * grid     the extents of the grid
 * scratch  memory of this thread alone, as large as the plan says for this kernel; its contents are
 *          undefined on entry
 */
typedef void (*moec_kernel)(const moec_word *args, const uint32_t grid[3], uint64_t begin,
                            uint64_t end, void *scratch);

MOEC_STATIC_ASSERT(sizeof(moec_word) == 8, "an argument word has 8 bytes");
MOEC_STATIC_ASSERT(sizeof(void *) <= sizeof(moec_word), "an address fits an argument word");

#ifdef __cplusplus
}
#endif

#endif /* MOEC_KERNEL_H */
