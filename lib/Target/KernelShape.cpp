//===- KernelShape.cpp - What schedules and costs depend on ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Values of choices, and the keys that a step's tokens see.
//
//===----------------------------------------------------------------------===//

#include "moec/Target/KernelShape.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "llvm/Support/ErrorHandling.h"

#include <algorithm>

using namespace moec;

bool ScheduleKey::accepts(mlir::Attribute value) const {
  auto number = mlir::dyn_cast<mlir::IntegerAttr>(value);
  switch (type) {
  case ScheduleValue::Extent:
    return number && number.getInt() >= 1;
  case ScheduleValue::Switch:
    return number && number.getInt() == 1;
  case ScheduleValue::Axes:
    // #tile.schedule holds no text but axes.
    return mlir::isa<mlir::StringAttr>(value);
  }
  llvm_unreachable("covered switch");
}

llvm::StringRef ScheduleKey::describeType() const {
  switch (type) {
  case ScheduleValue::Extent:
    return "a positive integer";
  case ScheduleValue::Switch:
    return "1, or is not chosen";
  case ScheduleValue::Axes:
    return "axes of the grid";
  }
  llvm_unreachable("covered switch");
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
