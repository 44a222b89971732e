//===- Diagnostics.cpp - What passes say, with its place ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/Diagnostics/Diagnostics.h"

#include "moec/Support/Error.h"

#include "mlir/IR/Location.h"

using namespace mlir;
using namespace moec;

std::string moec::describeLocation(Location location) {
  if (auto file = dyn_cast<FileLineColLoc>(location)) {
    std::string text = file.getFilename().str();
    // Line 0 stands for the file as a whole.
    return file.getLine() ? strCat(text, ":", file.getLine(), ":", file.getColumn()) : text;
  }
  if (auto named = dyn_cast<NameLoc>(location)) {
    std::string place = describeLocation(named.getChildLoc());
    std::string name = named.getName().str();
    return place.empty() ? name : strCat(place, " (", name, ")");
  }
  if (auto fused = dyn_cast<FusedLoc>(location))
    for (Location part : fused.getLocations())
      if (std::string place = describeLocation(part); !place.empty())
        return place;
  if (auto call = dyn_cast<CallSiteLoc>(location))
    return describeLocation(call.getCallee());
  return "";
}

static std::string describeOne(Diagnostic &diagnostic) {
  std::string place = describeLocation(diagnostic.getLocation()), text;
  llvm::raw_string_ostream(text) << diagnostic;
  return place.empty() ? text : strCat(place, ": ", text);
}

std::string moec::describeDiagnostic(Diagnostic &diagnostic) {
  std::string text = describeOne(diagnostic);
  for (Diagnostic &note : diagnostic.getNotes())
    text += strCat(" (note: ", describeOne(note), ")");
  return text;
}

DiagnosticCollector::DiagnosticCollector(MLIRContext *context, Warn warn)
    : handler(context, [this, warn](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error && first.empty())
          first = describeDiagnostic(diagnostic);
        if (diagnostic.getSeverity() == DiagnosticSeverity::Warning && warn)
          warn(describeDiagnostic(diagnostic));
        return success();
      }) {}
