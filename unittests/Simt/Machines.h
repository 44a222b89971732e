//===- Machines.h - Machines unlike each other ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Geometries for tests: subgroups of 16 and of 32 lanes, with atoms that are square and that are
// not, and whose lanes have k or rows in their registers.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_SIMT_MACHINES_H
#define MOEC_UNITTESTS_SIMT_MACHINES_H

#include "moec/Simt/Geometry.h"

namespace moec::test {

/// 32 lanes with an atom of 16 by 8 by 16 bf16, of whose first operand a lane has two rows; it has
/// a read of 8 by 8 elements of 16 bits, transposed and not.
const simt::Geometry &getWide();
/// 16 lanes with an atom of 4 by 4 by 4 bf16 or f32.
const simt::Geometry &getNarrow();

} // namespace moec::test

#endif // MOEC_UNITTESTS_SIMT_MACHINES_H
