//===- Precompiled.h - What most tests without MLIR include ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Precompiled once for the tests of all libraries without MLIR (see moec_add_unittest).
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_UNITTESTS_PRECOMPILED_H
#define MOEC_UNITTESTS_PRECOMPILED_H

#include "moec/PrecompiledStandard.h"

#include <gtest/gtest.h>

#endif // MOEC_UNITTESTS_PRECOMPILED_H
