//===- Totals.cpp - What came of many programs ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Totals.h"

#include <algorithm>
#include <ostream>

using namespace moec;
using namespace moec::random;

void Totals::begin(const Program &program) { out << program.describe() << std::flush; }

void Totals::end(const Program &program, const Outcome &outcome, const std::string &folder) {
  rows += outcome.rows;
  leftOut += outcome.leftOut;
  if (outcome.kind == Outcome::Kind::Agrees) {
    ++agreed;
    if (program.isExact())
      worstExact = std::max(worstExact, outcome.worst);
    out << ": " << outcome.worst << "\n";
    return;
  }
  bool differs = outcome.kind == Outcome::Kind::Differs;
  ++(differs ? differed : refused);
  out << "\n  " << (differs ? "differs: " : "refused: ") << outcome.message
      << "\n  again: moec-random"
      << " --seed " << program.seed << "; its model is " << folder << "/model.mlir\n";
}

int Totals::finish() {
  out << agreed << " programs agree, " << differed << " differ, " << refused << " are refused; "
      << rows << " rows of logits compared, " << leftOut
      << " left out after an open choice; worst exact row " << worstExact << "\n";
  if (differed)
    return 3;
  return refused || leftOut > (rows + leftOut) / 5;
}
