//===- StopStrings.h - Texts that end a text --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Which text may be given out while a later piece of it could still complete a stop string.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_SERVICE_STOPSTRINGS_H
#define MOEC_RUNTIME_SERVICE_STOPSTRINGS_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moec::runtime {

/// Watches a text that comes in pieces for the first of several strings to be complete; of two that
/// are complete at the same byte, the longer one. Where the pieces are cut makes no difference.
class StopStrings {
public:
  /// `stops`: valid UTF-8, none empty. With `include`, the string that is found belongs to the
  /// text.
  StopStrings(std::vector<std::string> stops, bool include)
      : stops(std::move(stops)), include(include) {}

  /// The text that the next piece makes final; nothing follows once a string was found.
  std::string push(std::string_view piece);
  /// Text in which no string ends, whatever it contains.
  std::string pass(std::string_view piece);
  /// What was held back, at the end of the text.
  std::string finish();

  /// The string that was found.
  const std::optional<std::string> &found() const { return match; }

private:
  const std::string *findEnding() const;
  size_t countOpen() const;

  std::vector<std::string> stops;
  bool include;
  std::string held; ///< the longest end of the text that begins a stop string
  std::optional<std::string> match;
};

} // namespace moec::runtime

#endif // MOEC_RUNTIME_SERVICE_STOPSTRINGS_H
