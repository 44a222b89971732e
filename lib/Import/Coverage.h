//===- Coverage.h - Every tensor of the checkpoint accounted for *- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the model does not use is either known and said, or an error.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_COVERAGE_H
#define MOEC_LIB_IMPORT_COVERAGE_H

#include "Decoder.h"

#include <functional>
#include <string>

namespace moec::import {

/// Declares the weights of multi-token-prediction layers, and checks that every other tensor of
/// `checkpoint` is bound or is known to be of no use; `note` is called with which. `allLayers` is
/// the number of layers that the configuration states, before a cut.
Error coverCheckpoint(ModelBuilder &model, const Checkpoint &checkpoint, const DecoderSpec &spec,
                      int64_t allLayers, const std::function<void(const std::string &)> &note);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_COVERAGE_H
