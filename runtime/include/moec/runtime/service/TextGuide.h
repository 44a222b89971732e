//===- TextGuide.h - Who has a say in a text --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SERVICE_TEXTGUIDE_H
#define MOEC_RUNTIME_SERVICE_TEXTGUIDE_H

#include <cstdint>
#include <string_view>
#include <vector>

namespace moec::runtime {

/// Follows the text of one choice, and may decide how it goes on. What it decides follows from the
/// tokens of that choice alone, so that it is the same in every batch. Used on the engine's thread
/// once the choice was started.
class TextGuide {
public:
  virtual ~TextGuide() = default;
  /// The tokens with which the text must begin.
  virtual std::vector<int32_t> begin() = 0;
  /// Takes the text that one more token, a forced one too, has made whole, as it is before stop
  /// strings are looked for. Returns tokens that must come next, behind those of earlier calls.
  virtual std::vector<int32_t> push(std::string_view text) = 0;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_SERVICE_TEXTGUIDE_H
