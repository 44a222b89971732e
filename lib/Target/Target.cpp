//===- Target.cpp - The machines of this build ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The registry of machines.
//
//===----------------------------------------------------------------------===//

#include "moec/Target/Target.h"

#include <algorithm>

using namespace moec;

Target::~Target() = default;

std::vector<tile::ScheduleAttr> Target::candidates(mlir::MLIRContext *context,
                                                   const KernelShape &shape) const {
  tile::ScheduleAttr only = chooseSchedule(context, shape);
  return only ? std::vector{only} : std::vector<tile::ScheduleAttr>();
}

double StepSize::countKeys(int64_t limit) const {
  // Token i of the last `each` of a sequence sees context - each + i + 1 keys.
  int64_t each = tokens / std::max<int64_t>(sequences, 1), first = context - each + 1;
  auto sum = [](double from, double to, double count) { return (from + to) / 2 * count; };
  if (limit == 0 || context <= limit)
    return double(sequences) * sum(double(first), double(context), double(each));
  // Some see all that there are, the rest see the limit.
  int64_t under = std::max<int64_t>(0, std::min(each, limit - first));
  return double(sequences) * (sum(double(first), double(first + under - 1), double(under)) +
                              double(each - under) * double(limit));
}

std::vector<std::string> TargetRegistry::names() const {
  std::vector<std::string> result;
  for (const auto &[name, factory] : factories)
    result.push_back(name);
  return result;
}

Expected<std::unique_ptr<Target>> TargetRegistry::create(const std::string &name,
                                                         const std::string &chip) const {
  auto found = factories.find(name);
  if (found != factories.end())
    return found->second(chip);
  std::string known;
  for (const std::string &candidate : names())
    known += (known.empty() ? "" : ", ") + candidate;
  return Error::make("no target is called '", name, "'; this build has: ", known);
}
