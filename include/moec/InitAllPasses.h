//===- InitAllPasses.h - Every pass of this project -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// One function for tools that run passes by name.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_INITALLPASSES_H
#define MOEC_INITALLPASSES_H

#include "moec/Conversion/ExecToTile/ExecToTile.h"
#include "moec/Conversion/MoEToExec/MoEToExec.h"
#include "moec/Conversion/MoEToTile/MoEToTile.h"
#include "moec/Dialect/Exec/Passes.h"
#include "moec/Dialect/MoE/Transforms/Passes.h"
#include "moec/Simt/Passes.h"
#include "moec/Target/TargetResolver.h"

namespace moec {

/// Registers our passes with the pass manager's command line.
inline void registerAllPasses() {
  exec::registerExecPasses();
  moe::registerMoEPasses();
  registerExecToTilePasses();
  registerMoEToExecPasses();
  registerMoEToTilePass();
  registerTargetPasses();
  simt::registerSimtPasses();
}

} // namespace moec

#endif // MOEC_INITALLPASSES_H
