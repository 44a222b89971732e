//===- CompiledModels.h - Artifacts that tests share ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef UNITTESTS_FUNCTIONS_COMPILEDMODELS_H
#define UNITTESTS_FUNCTIONS_COMPILEDMODELS_H

#include "moec/Compiler/Compiler.h"

#include <string>

namespace moec::test {

/// The folder of a model that is compiled with these options but for `output`, for this processor:
/// once for all tests of the program, which only read it. It goes when the last one is through. Two
/// sets of options differ in input, size of pages or type of caches, or are taken for the same.
const std::string &compileOnce(CompileOptions options);

} // namespace moec::test

#endif // UNITTESTS_FUNCTIONS_COMPILEDMODELS_H
