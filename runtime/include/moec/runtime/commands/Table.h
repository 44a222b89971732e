//===- Table.h - Tables for people ------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Aligned columns on stdout.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_RUNTIME_COMMANDS_TABLE_H
#define MOEC_RUNTIME_COMMANDS_TABLE_H

#include <cstdint>
#include <string>
#include <vector>

namespace moec::runtime {

/// Rows of text, printed with aligned columns. A column is aligned to the right when its title
/// begins with '>'.
class Table {
public:
  explicit Table(std::vector<std::string> titles);
  /// Adds a row; it must have as many cells as there are titles.
  void add(std::vector<std::string> row);
  /// Prints titles and rows to stdout.
  void print() const;

private:
  std::vector<std::vector<std::string>> rows; ///< the first holds the titles
};

/// "1.5 MiB".
std::string formatBytes(uint64_t bytes);
/// `value` with `digits` digits after the point.
std::string formatFixed(double value, int digits);

} // namespace moec::runtime

#endif // MOEC_RUNTIME_COMMANDS_TABLE_H
