//===- ReferenceRun.h - Logits and open choices of the reference *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOECRANDOM_REFERENCERUN_H
#define MOEC_TOOLS_MOECRANDOM_REFERENCERUN_H

#include "moec/Compiler/Options.h"
#include "moec/Support/Error.h"

#include <cstdint>
#include <vector>

namespace moec::random {

/// What the reference computed for one sequence.
struct ReferenceRun {
  /// [tokens, vocabulary].
  std::vector<float> logits;
  /// The first position of which a choice hung on less than the gap asked for; tokens if none.
  size_t firstOpen = 0;
};

/// Interprets the model `options.input` at the pack stage, one sequence after the other.
Expected<std::vector<ReferenceRun>> runReference(const CompileOptions &options,
                                                 const std::vector<std::vector<int32_t>> &sequences,
                                                 double tieGap);

} // namespace moec::random

#endif // MOEC_TOOLS_MOECRANDOM_REFERENCERUN_H
