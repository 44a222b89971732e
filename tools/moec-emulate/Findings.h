//===- Findings.h - Classes of findings on the command line -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What --report and --allow mean, and the list that they print.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATE_FINDINGS_H
#define MOEC_EMULATE_FINDINGS_H

#include "moec/emulator/gfx950/Launch.h"

#include <string>
#include <vector>

namespace moec::emulate {

/// Which findings do not stop the launch.
class FindingOptions {
public:
  bool report = false;            ///< List all classes.
  std::vector<std::string> allow; ///< Names of classes that are listed and count as right.

  /// Tells the launch; errors name the class that does not exist.
  Error apply(gfx950::LaunchOptions &options);
  /// Prints what was found to stderr. True if something is of a class that `allow` does not name.
  bool print() const;

private:
  unsigned allowed = 0;
  std::vector<gfx950::Finding> findings;
};

} // namespace moec::emulate

#endif // MOEC_EMULATE_FINDINGS_H
