//===- Totals.h - What came of many programs --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOECRANDOM_TOTALS_H
#define MOEC_TOOLS_MOECRANDOM_TOTALS_H

#include "Check.h"

#include <iosfwd>

namespace moec::random {

/// Counts outcomes and says what was wrong.
class Totals {
public:
  /// `out` outlives this.
  explicit Totals(std::ostream &out) : out(out) {}

  /// Before a program is checked: a crash leaves its description as the last line.
  void begin(const Program &program);
  /// After it. `folder` is where its model.mlir is.
  void end(const Program &program, const Outcome &outcome, const std::string &folder);

  /// Prints the totals. 0 where all agreed, 3 where logits differed, else 1. More than a fifth of
  /// all rows left out is a failure too: then nothing would be compared.
  int finish();

private:
  std::ostream &out;
  size_t agreed = 0, refused = 0, differed = 0, rows = 0, leftOut = 0;
  double worstExact = 0;
};

} // namespace moec::random

#endif // MOEC_TOOLS_MOECRANDOM_TOTALS_H
