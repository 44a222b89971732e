//===- OpcodeName.cpp - Reading LLVM's opcode names -------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Strips suffixes of generations, encodings and addressing modes.
//
//===----------------------------------------------------------------------===//

#include "OpcodeName.h"

namespace moec::gfx950 {

static bool takeEnd(std::string &name, std::string_view suffix) {
  if (!std::string_view(name).ends_with(suffix))
    return false;
  name.resize(name.size() - suffix.size());
  return true;
}

OpcodeName splitOpcodeName(std::string_view full) {
  OpcodeName r;
  r.base = full;
  static constexpr std::string_view kGenerations[] = {
      "_vi", "_gfx9", "_gfx90a", "_gfx940", "_gfx950", "_acd", "_vcd", "_agpr", "_opsel", "_alt"};
  for (bool again = true; again;) {
    again = false;
    for (std::string_view suffix : kGenerations)
      again = takeEnd(r.base, suffix) || again;
  }
  if (takeEnd(r.base, "_e32"))
    r.encoding = Encoding::E32;
  else if (takeEnd(r.base, "_e64"))
    r.encoding = Encoding::E64;
  else if (takeEnd(r.base, "_sdwa"))
    r.encoding = Encoding::Sdwa;
  else if (takeEnd(r.base, "_dpp"))
    r.encoding = Encoding::Dpp;
  std::string_view view = r.base;
  if (view.starts_with("V_CMPX_")) {
    r.base = "V_CMP_" + r.base.substr(7);
    r.compareExec = true;
  } else if (view.starts_with("GLOBAL_") || view.starts_with("FLAT_") ||
             view.starts_with("SCRATCH_") || view.starts_with("BUFFER_")) {
    bool returns = takeEnd(r.base, "_RTN");
    static constexpr std::string_view kModes[] = {"_SADDR",  "_OFFEN", "_OFFSET", "_IDXEN",
                                                  "_BOTHEN", "_ST",    "_SVS",    "_VE"};
    for (std::string_view mode : kModes)
      if (takeEnd(r.base, mode)) {
        r.offen = mode == "_OFFEN" || mode == "_BOTHEN";
        r.idxen = mode == "_IDXEN" || mode == "_BOTHEN";
        break;
      }
    if (returns)
      r.base += "_RTN";
  } else if (view.starts_with("S_LOAD") || view.starts_with("S_STORE") ||
             view.starts_with("S_ATOMIC") || view.starts_with("S_BUFFER")) {
    bool returns = takeEnd(r.base, "_RTN");
    r.immediateOffset = takeEnd(r.base, "_IMM");
    takeEnd(r.base, "_SGPR");
    if (returns)
      r.base += "_RTN";
  } else if (view.starts_with("V_MFMA") && view.find("F8F6F4_f") != std::string_view::npos) {
    r.base.resize(r.base.find("_f", r.base.find("F8F6F4")));
  }
  return r;
}

} // namespace moec::gfx950
