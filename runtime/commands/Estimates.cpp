//===- Estimates.cpp - What the cost model expects --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Entries are ascending in tokens, then in context.
//
//===----------------------------------------------------------------------===//

#include "Estimates.h"

using namespace moec;
using namespace moec::runtime;

static LaunchEstimate toEstimate(const plan::Estimate &one) {
  return {one.microseconds(), double(one.bytes_read()), double(one.bytes_written())};
}

/// Between two entries of one number of tokens.
static LaunchEstimate interpolate(const plan::Estimate &below, const plan::Estimate &above,
                                  uint64_t context) {
  double share = double(context - below.context()) / double(above.context() - below.context());
  LaunchEstimate low = toEstimate(below), high = toEstimate(above);
  auto mix = [&](double a, double b) { return a + (b - a) * share; };
  return {mix(low.microseconds, high.microseconds), mix(low.bytesRead, high.bytesRead),
          mix(low.bytesWritten, high.bytesWritten)};
}

LaunchEstimate runtime::estimateFor(const plan::Launch &launch, uint64_t tokens, uint64_t context) {
  if (!launch.estimates() || launch.estimates()->size() == 0)
    return {};
  const auto &entries = *launch.estimates();
  uint32_t last = entries.size() - 1, first = 0;
  while (first < last && entries.Get(first)->tokens() < tokens)
    ++first;
  // Behind every number of tokens the last one counts, from its first context on.
  while (first > 0 && entries.Get(first - 1)->tokens() == entries.Get(first)->tokens())
    --first;
  uint32_t above = first;
  while (above < last && entries.Get(above + 1)->tokens() == entries.Get(first)->tokens() &&
         entries.Get(above)->context() < context)
    ++above;
  const plan::Estimate &found = *entries.Get(above);
  if (above == first || found.context() <= context)
    return toEstimate(found);
  return interpolate(*entries.Get(above - 1), found, context);
}
