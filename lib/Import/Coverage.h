//===- Coverage.h - Every tensor of the checkpoint accounted for *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the model does not use never stops an import; it is said.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_COVERAGE_H
#define MOEC_LIB_IMPORT_COVERAGE_H

#include "Decoder.h"

namespace moec::import {

/// Declares the weights of multi-token-prediction layers, and notes every other tensor of
/// the checkpoint that is not bound. `allLayers` is the number of layers that the configuration
/// states, before a cut.
Error coverCheckpoint(ModelBuilder &model, const StoredTensors &tensors, const DecoderSpec &spec,
                      int64_t allLayers);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_COVERAGE_H
