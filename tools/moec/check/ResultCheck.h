//===- ResultCheck.h - Results of launches against bounds -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Compares what a kernel wrote with what the reference computed from the same inputs, and counts.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_CHECK_RESULTCHECK_H
#define MOEC_TOOLS_MOEC_CHECK_RESULTCHECK_H

#include "moec/Reference/Reference.h"
#include "moec/Support/Error.h"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace moec {

/// What was compared, and with which outcome.
struct ResultCounts {
  uint64_t launches = 0;
  /// Numbers of float results, how many of them are out of bounds, and the largest |Δ| in units of
  /// its bound.
  uint64_t numbers = 0, outOfBounds = 0;
  double worst = 0;
  /// Codes of block-scaled results: compared, one step off, further off; and blocks: compared, with
  /// another scale. Codes of a block with another scale are not compared.
  uint64_t codes = 0, codesOff = 0, codesFar = 0, blocks = 0, scalesOff = 0;
  /// Ids and lists: compared, other ones of equal score, wrong ones.
  uint64_t ids = 0, tied = 0, wrong = 0;

  void add(const ResultCounts &other);
};

/// Compares the results of launches, by family of kernels.
class ResultCheck {
public:
  /// Chooses the counts that comparisons go to, and their names in sentences: a family, a result.
  void begin(const std::string &family, const std::string &result);
  void countLaunch() { ++counts->launches; }

  /// Compares a result with the reference's. `got` and `want` have the same shape, that of `want`.
  /// Rows of `skip` (by number, none if empty) are left out. Returns the rows that chose other ids
  /// of equal score.
  std::vector<bool> compare(mlir::Type element, const reference::Tensor &got,
                            const reference::Tensor &want, const std::vector<bool> &skip = {});
  /// Compares lists that must be equal.
  void compareLists(const std::vector<int32_t> &got, const std::vector<int32_t> &want);
  /// Says that something else is wrong with the result.
  void report(const std::string &problem);

  /// A line a family, then what went wrong.
  std::string text() const;
  nlohmann::ordered_json json() const;
  /// Success when every result was within its bounds: no number out of them, ≤ 0.5 % of codes one
  /// step off and none further, ≤ 0.1 % of blocks with another scale, no wrong id.
  Error verdict() const;

private:
  void compareNumbers(mlir::Type element, const reference::Tensor &got,
                      const reference::Tensor &want, const std::vector<bool> &skip);
  void compareBlocks(mlir::Type element, const reference::Tensor &got,
                     const reference::Tensor &want);
  bool compareIds(const reference::Tensor &got, const reference::Tensor &want, int64_t row);
  ResultCounts total() const;

  std::map<std::string, ResultCounts> families;
  ResultCounts *counts = nullptr;
  std::string label;
  std::vector<std::string> problems; ///< the first few
  uint64_t problemCount = 0;
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_CHECK_RESULTCHECK_H
