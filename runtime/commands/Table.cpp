//===- Table.cpp - Tables for people ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Two passes: widths, then lines.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/commands/Table.h"

#include <algorithm>
#include <cassert>
#include <cstdio>

using namespace moec;
using namespace moec::runtime;

Table::Table(std::vector<std::string> titles) { rows.push_back(std::move(titles)); }

void Table::add(std::vector<std::string> row) {
  assert(row.size() == rows[0].size());
  rows.push_back(std::move(row));
}

/// Characters of UTF-8 text.
static size_t width(const std::string &text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

void Table::print() const {
  size_t columns = rows[0].size();
  std::vector<bool> right(columns);
  std::vector<size_t> widths(columns, 0);
  std::vector<std::vector<std::string>> cells = rows;
  for (size_t c = 0; c < columns; ++c) {
    right[c] = cells[0][c].starts_with(">");
    if (right[c])
      cells[0][c].erase(0, 1);
    for (const std::vector<std::string> &row : cells)
      widths[c] = std::max(widths[c], width(row[c]));
  }
  for (const std::vector<std::string> &row : cells) {
    std::string line;
    for (size_t c = 0; c < columns; ++c) {
      std::string padding(widths[c] - width(row[c]), ' ');
      line += (c ? "  " : "") + (right[c] ? padding + row[c] : row[c] + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::printf("%s\n", line.c_str());
  }
}

std::string runtime::formatFixed(double value, int digits) {
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), "%.*f", digits, value);
  return buffer;
}

std::string runtime::formatBytes(uint64_t bytes) {
  static constexpr const char *units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit)
    value /= 1024;
  return formatFixed(value, unit == 0 ? 0 : 1) + " " + units[unit];
}
