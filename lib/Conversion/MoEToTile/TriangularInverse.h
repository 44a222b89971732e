//===- TriangularInverse.h - Inverses of unit triangles ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What a chunk of tokens that correct each other needs: all of them are solved for at once.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_CONVERSION_MOETOTILE_TRIANGULARINVERSE_H
#define MOEC_LIB_CONVERSION_MOETOTILE_TRIANGULARINVERSE_H

#include "Emitter.h"

namespace moec {

/// (1 + N)⁻¹ for N [size, size] in f32, which is zero on and above its diagonal; `size` is a power
/// of two and at least 8.
mlir::Value invertUnitTriangle(Emitter &e, mlir::Value n);

} // namespace moec

#endif // MOEC_LIB_CONVERSION_MOETOTILE_TRIANGULARINVERSE_H
