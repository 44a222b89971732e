//===- Counters.cpp - What a launch did -----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/emulator/ptx/Launch.h"

namespace moec::ptx {

namespace {
struct Row {
  const char *name;
  uint64_t Counters::*value;
};
constexpr Row kRows[] = {{"blocks", &Counters::blocks},
                         {"warps", &Counters::warps},
                         {"instructions", &Counters::instructions},
                         {"active_lanes", &Counters::activeLanes},
                         {"products", &Counters::products},
                         {"product_flops", &Counters::productFlops},
                         {"global_load_bytes", &Counters::globalLoadBytes},
                         {"global_store_bytes", &Counters::globalStoreBytes},
                         {"global_atomic_bytes", &Counters::globalAtomicBytes},
                         {"shared_read_bytes", &Counters::sharedReadBytes},
                         {"shared_write_bytes", &Counters::sharedWriteBytes},
                         {"shared_atomic_bytes", &Counters::sharedAtomicBytes},
                         {"async_bytes", &Counters::asyncBytes},
                         {"barriers", &Counters::barriers},
                         {"splits", &Counters::splits}};
} // namespace

void Counters::add(const Counters &other) {
  for (const Row &row : kRows)
    this->*row.value += other.*row.value;
}

std::string countersJson(const std::string &kernel, const Counters &counters) {
  // A kernel's name has no quotes: it is a word of PTX.
  std::string text = strCat("{\"kernel\": \"", kernel, "\"");
  for (const Row &row : kRows)
    text += strCat(", \"", row.name, "\": ", counters.*row.value);
  return text + "}";
}

std::string countersTable(const std::string &kernel, const Counters &counters) {
  std::string text = kernel + "\n";
  for (const Row &row : kRows) {
    std::string name = row.name;
    for (char &c : name)
      c = c == '_' ? ' ' : c;
    name.resize(24, ' ');
    text += strCat("  ", name, counters.*row.value, "\n");
  }
  return text;
}

} // namespace moec::ptx
