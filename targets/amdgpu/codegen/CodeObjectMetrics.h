//===- CodeObjectMetrics.h - Numbers about finished kernels -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the register allocator and the scheduler made of a kernel, read off the code object itself.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_TARGETS_AMDGPU_CODEGEN_CODEOBJECTMETRICS_H
#define MOEC_TARGETS_AMDGPU_CODEGEN_CODEOBJECTMETRICS_H

#include "moec/Support/Error.h"

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <map>
#include <string>

namespace moec::amdgpu {

/// One kernel of a code object.
struct CodeObjectMetrics {
  /// Registers a lane has: all vector registers, those of them that are accumulators, and scalars.
  uint64_t vgprs = 0, agprs = 0, sgprs = 0;
  /// Registers that the allocator put into scratch, and bytes of scratch a lane has.
  uint64_t spills = 0, scratchBytes = 0;
  /// Matrix instructions in one iteration of the innermost loop that has most of them; of the whole
  /// kernel where no loop has any.
  uint64_t mfmasPerIteration = 0;
};

/// The kernels of `codeObject` by symbol, for the processor `chip`. Fails when it cannot be read.
Expected<std::map<std::string, CodeObjectMetrics>> readMetrics(llvm::StringRef codeObject,
                                                               const std::string &chip);

} // namespace moec::amdgpu

#endif // MOEC_TARGETS_AMDGPU_CODEGEN_CODEOBJECTMETRICS_H
