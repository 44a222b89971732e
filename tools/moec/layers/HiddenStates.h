//===- HiddenStates.h - What layers hand on ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The residual stream of a compiled model, found by what its ops do: names of groups and weights
// count for nothing.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_LAYERS_HIDDENSTATES_H
#define MOEC_TOOLS_MOEC_LAYERS_HIDDENSTATES_H

#include "moec/Support/Error.h"
#include "moec/runtime/Executor.h"

#include <string>
#include <vector>

namespace moec {

/// The states of `@forward` that launches of the artifact write to memory: the embedding, that
/// behind each layer, and what the head makes logits of. One that never leaves its kernel is left
/// out, as is that behind the last layer where it is normed at once. Fails where there is none.
Expected<std::vector<runtime::CapturedValue>> findHiddenStates(const std::string &artifact);

} // namespace moec

#endif // MOEC_TOOLS_MOEC_LAYERS_HIDDENSTATES_H
