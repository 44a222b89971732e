//===- ResultCheck.cpp - Results of launches against bounds ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "ResultCheck.h"

#include "moec/Dialect/MX/MX.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace mlir;
using namespace moec;
using reference::Tensor;

/// What quantised results may deviate by.
static constexpr double mostCodesOff = 0.005, mostScalesOff = 0.001;
/// How far an f32 scale may be off, in units of itself, beside what its block is off by.
static constexpr double scaleTolerance = 1e-5;
/// Sentences that are kept.
static constexpr size_t mostProblems = 5;

void ResultCounts::add(const ResultCounts &other) {
  launches += other.launches;
  numbers += other.numbers;
  outOfBounds += other.outOfBounds;
  worst = std::max(worst, other.worst);
  codes += other.codes;
  codesOff += other.codesOff;
  codesFar += other.codesFar;
  blocks += other.blocks;
  scalesOff += other.scalesOff;
  ids += other.ids;
  tied += other.tied;
  wrong += other.wrong;
}

void ResultCheck::begin(const std::string &family, const std::string &result) {
  counts = &families[family];
  label = result;
}

void ResultCheck::report(const std::string &problem) {
  ++problemCount;
  if (problems.size() < mostProblems)
    problems.push_back(strCat(label, ": ", problem));
}

static double boundAt(const Tensor &tensor, size_t i) {
  return tensor.bounds.empty() ? 0 : tensor.bounds[i];
}

/// Whether both are the same number, or both are none.
static bool isSame(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void ResultCheck::compareNumbers(Type element, const Tensor &got, const Tensor &want,
                                 const std::vector<bool> &skip) {
  int64_t width = want.rowSize();
  for (size_t i = 0; i < want.values.size(); ++i) {
    if (!skip.empty() && skip[i / width])
      continue;
    double a = got.values[i], b = want.values[i], bound = boundAt(want, i);
    // Infinite bounds of infinite numbers come from these.
    if (std::isinf(bound) && std::isfinite(b))
      continue;
    ++counts->numbers;
    if (isSame(a, b))
      continue;
    // Nothing else is near what is infinite or no number.
    if (std::isfinite(a) && std::isfinite(b)) {
      // What is off at all may fall to the other side of the last rounding.
      if (bound > 0)
        bound += reference::roundingStep(element, std::max(std::abs(a), std::abs(b)));
      double distance = std::abs(a - b);
      if (bound > 0)
        counts->worst = std::max(counts->worst, distance / bound);
      if (distance <= bound)
        continue;
    }
    ++counts->outOfBounds;
    report(strCat("row ", i / width, " element ", i % width, " is ", a, ", not ", b, " within ",
                  bound));
  }
}

/// The number of a code in the order of their values.
static int ordinalOf(uint8_t code, Type element) {
  if (element.isInteger(8))
    return int8_t(code);
  unsigned bits = element.getIntOrFloatBitWidth() - 1;
  int magnitude = code & ((1 << bits) - 1);
  return code >> bits & 1 ? -magnitude : magnitude;
}

void ResultCheck::compareBlocks(Type element, const Tensor &got, const Tensor &want) {
  auto type = cast<mx::BlockType>(element);
  size_t size = type.getBlockSize();
  for (size_t block = 0; block < want.scales.size(); ++block) {
    size_t begin = block * size, end = std::min(begin + size, want.codes.size());
    double tolerance = 0;
    if (!type.hasPowerOfTwoScale()) {
      tolerance = scaleTolerance * std::abs(double(want.scales[block]));
      for (size_t i = begin; i < end; ++i)
        tolerance = std::max(tolerance, boundAt(want, i) / 127);
    }
    ++counts->blocks;
    double scale = got.scales[block], wanted = want.scales[block];
    bool isFinite = std::isfinite(scale) && std::isfinite(wanted);
    if (!isSame(scale, wanted) && !(isFinite && std::abs(scale - wanted) <= tolerance)) {
      ++counts->scalesOff;
      continue;
    }
    counts->codes += end - begin;
    for (size_t i = begin; i < end; ++i) {
      int steps = std::abs(ordinalOf(got.codes[i], type.getElement()) -
                           ordinalOf(want.codes[i], type.getElement()));
      counts->codesOff += steps == 1;
      double step = reference::roundingStep(element, want.values[i], want.scales[block]);
      if (steps <= 1 || std::abs(double(got.values[i]) - want.values[i]) <= boundAt(want, i) + step)
        continue;
      ++counts->codesFar;
      report(strCat("element ", i, " has a code ", steps,
                    " steps from the reference's: ", got.values[i], ", not ", want.values[i]));
    }
  }
}

/// Whether the ids of a row are the reference's, or others whose scores could be equal.
bool ResultCheck::compareIds(const Tensor &got, const Tensor &want, int64_t row) {
  int64_t width = want.rowSize();
  ArrayRef<int32_t> a = ArrayRef(got.integers).slice(row * width, width);
  ArrayRef<int32_t> b = ArrayRef(want.integers).slice(row * width, width);
  counts->ids += width;
  if (a == b)
    return true;
  int64_t candidates = want.candidates.size() / want.shape[0];
  auto mayChange = [&](int32_t x, int32_t y) {
    if (x < 0 || y < 0 || x >= candidates || y >= candidates)
      return false;
    size_t i = row * candidates + x, j = row * candidates + y;
    return std::abs(double(want.candidates[i]) - want.candidates[j]) <=
           double(want.candidateBounds[i]) + want.candidateBounds[j];
  };
  // Lists in order of score may swap neighbours; sets may have others at the end.
  std::vector<int32_t> extra, missing;
  for (int32_t id : a)
    if (!llvm::is_contained(b, id))
      extra.push_back(id);
  for (int32_t id : b)
    if (!llvm::is_contained(a, id))
      missing.push_back(id);
  bool sound = extra.size() == missing.size();
  for (int32_t x : extra)
    for (int32_t y : missing)
      sound &= mayChange(x, y);
  if (extra.empty())
    for (auto [x, y] : llvm::zip(a, b))
      sound &= x == y || mayChange(x, y);
  counts->tied += sound;
  if (sound)
    return false;
  ++counts->wrong;
  int64_t at = std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin();
  report(strCat("row ", row, " chose ", a[at], ", not ", b[at], ", in place ", at));
  return false;
}

std::vector<bool> ResultCheck::compare(Type element, const Tensor &got, const Tensor &want,
                                       const std::vector<bool> &skip) {
  std::vector<bool> others(want.shape[0]);
  if (element.isInteger(32))
    for (int64_t row = 0; row < want.shape[0]; ++row)
      others[row] = !compareIds(got, want, row);
  else if (isa<mx::BlockType>(element))
    compareBlocks(element, got, want);
  else
    compareNumbers(element, got, want, skip);
  return others;
}

void ResultCheck::compareLists(const std::vector<int32_t> &got, const std::vector<int32_t> &want) {
  counts->ids += want.size();
  for (size_t i = 0; i < want.size(); ++i) {
    if (i < got.size() && got[i] == want[i])
      continue;
    ++counts->wrong;
    return report(strCat("entry ", i, " is ", i < got.size() ? got[i] : -1, ", not ", want[i]));
  }
}

ResultCounts ResultCheck::total() const {
  ResultCounts sum;
  for (const auto &[family, part] : families)
    sum.add(part);
  return sum;
}

static std::string formatCounts(const std::string &name, const ResultCounts &c) {
  char line[256];
  std::snprintf(line, sizeof line,
                "%-13s %8llu %10llu %8.3f %7llu %9llu %5llu %5llu %7llu %5llu %8llu %5llu %5llu\n",
                name.c_str(), (unsigned long long)c.launches, (unsigned long long)c.numbers,
                c.worst, (unsigned long long)c.outOfBounds, (unsigned long long)c.codes,
                (unsigned long long)c.codesOff, (unsigned long long)c.codesFar,
                (unsigned long long)c.blocks, (unsigned long long)c.scalesOff,
                (unsigned long long)c.ids, (unsigned long long)c.tied, (unsigned long long)c.wrong);
  return line;
}

std::string ResultCheck::text() const {
  std::string out =
      "family        launches    numbers |Δ|/bnd     out     codes   off   far  blocks   off  "
      "    ids  tied wrong\n";
  for (const auto &[family, part] : families)
    out += formatCounts(family, part);
  out += formatCounts("all", total());
  for (const std::string &problem : problems)
    out += problem + "\n";
  if (problemCount > problems.size())
    out += strCat("and ", problemCount - problems.size(), " more\n");
  return out;
}

static nlohmann::ordered_json toJson(const ResultCounts &c) {
  return {{"launches", c.launches},    {"numbers", c.numbers},
          {"worst", c.worst},          {"out_of_bounds", c.outOfBounds},
          {"codes", c.codes},          {"codes_off", c.codesOff},
          {"codes_far", c.codesFar},   {"blocks", c.blocks},
          {"scales_off", c.scalesOff}, {"ids", c.ids},
          {"ids_tied", c.tied},        {"ids_wrong", c.wrong}};
}

nlohmann::ordered_json ResultCheck::json() const {
  nlohmann::ordered_json report = toJson(total());
  report["problems"] = problems;
  for (const auto &[family, part] : families)
    report["families"][family] = toJson(part);
  return report;
}

Error ResultCheck::verdict() const {
  ResultCounts sum = total();
  if (problemCount > 0)
    return Error::make("check-launches found ", problemCount, " problems, the first is ",
                       problems.front());
  if (double(sum.codesOff) > mostCodesOff * double(sum.codes))
    return Error::make("check-launches found ", sum.codesOff, " of ", sum.codes,
                       " codes one step off, more than ", 100 * mostCodesOff, " %");
  if (double(sum.scalesOff) > mostScalesOff * double(sum.blocks))
    return Error::make("check-launches found ", sum.scalesOff, " of ", sum.blocks,
                       " blocks with another scale, more than ", 100 * mostScalesOff, " %");
  return Error::success();
}
