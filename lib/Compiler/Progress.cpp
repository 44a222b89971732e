//===- Progress.cpp - How far a compilation is ----------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Progress.h"

#include <cstdio>

using namespace moec;

void Progress::finished(const std::string &step, const std::string &outcome) {
  char line[256];
  std::snprintf(line, sizeof line, "%-10s %6.2f s  %s\n", step.c_str(), lap(), outcome.c_str());
  log << line << std::flush;
}

void Progress::warn(const std::string &text) { log << "warning: " << text << "\n" << std::flush; }

void Progress::packed(uint64_t done, uint64_t total) {
  auto now = Clock::now();
  if (now - said < std::chrono::seconds(2))
    return;
  said = now;
  char line[128];
  std::snprintf(line, sizeof line, "%-10s %6.1f of %.1f MiB of weights\n", "packing",
                double(done) / 0x1p20, double(total) / 0x1p20);
  log << line << std::flush;
}

double Progress::lap() {
  auto now = Clock::now();
  double seconds = std::chrono::duration<double>(now - last).count();
  last = said = now;
  return seconds;
}
