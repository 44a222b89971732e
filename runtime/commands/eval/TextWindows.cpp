//===- TextWindows.cpp - A text as sequences --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A window of n tokens makes n − 1 predictions.
//
//===----------------------------------------------------------------------===//

#include "TextWindows.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;

Expected<TextWindows> TextWindows::cut(const std::vector<int32_t> &tokens, size_t window) {
  if (window < 2)
    return Error::make("--window is ", window, ", it must be at least 2");
  if (tokens.size() < 2)
    return Error::make("the text has ", tokens.size(), " tokens, at least 2 are needed");
  TextWindows result;
  result.numTokens = tokens.size();
  result.width = window;
  for (size_t begin = 0; begin < tokens.size(); begin += window) {
    size_t end = std::min(begin + window, tokens.size());
    result.windows.emplace_back(tokens.begin() + static_cast<ptrdiff_t>(begin),
                                tokens.begin() + static_cast<ptrdiff_t>(end));
  }
  return result;
}

std::optional<size_t> TextWindows::predictionAt(size_t index, size_t position) const {
  if (position + 1 >= windows[index].size())
    return std::nullopt;
  return index * (width - 1) + position;
}

size_t TextWindows::placeOf(size_t prediction) const {
  return prediction / (width - 1) * width + prediction % (width - 1) + 1;
}

int32_t TextWindows::tokenOf(size_t prediction) const {
  size_t place = placeOf(prediction);
  return windows[place / width][place % width];
}
