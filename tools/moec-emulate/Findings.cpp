//===- Findings.cpp - Classes of findings on the command line ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// One line a finding, its class first.
//
//===----------------------------------------------------------------------===//

#include "Findings.h"

#include <cstdio>

namespace moec::emulate {

using namespace gfx950;

Error FindingOptions::apply(LaunchOptions &options) {
  for (const std::string &name : allow) {
    std::optional<FindingClass> c = findingClass(name);
    if (!c)
      return Error::make("\"", name, "\" is no class of findings: races, waits, windows, poison");
    allowed |= findingBit(*c);
  }
  options.checkBlocks = options.checkBlocks || report;
  options.allowed = report ? ~0u : allowed;
  options.findings = &findings;
  return Error::success();
}

bool FindingOptions::print() const {
  bool wrong = false;
  for (const Finding &f : findings) {
    std::fprintf(stderr, "%s: %s", findingName(f.cls), f.text.c_str());
    if (f.count > 1)
      std::fprintf(stderr, ", %llu times", static_cast<unsigned long long>(f.count));
    std::fputs("\n", stderr);
    wrong = wrong || !(allowed & findingBit(f.cls));
  }
  return wrong;
}

} // namespace moec::emulate
