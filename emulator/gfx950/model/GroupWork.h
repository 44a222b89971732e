//===- GroupWork.h - From a profile to the formula's numbers ----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_EMULATOR_GFX950_MODEL_GROUPWORK_H
#define MOEC_EMULATOR_GFX950_MODEL_GROUPWORK_H

#include "moec/CostModel/Time.h"
#include "moec/emulator/gfx950/Profile.h"

namespace moec::gfx950 {

/// The mean workgroup of a profile.
cost::GroupWork groupWorkOf(const Profile &profile);

} // namespace moec::gfx950

#endif // MOEC_EMULATOR_GFX950_MODEL_GROUPWORK_H
