//===- Linker.h - From objects to what a device loads -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The one place where lld is driven.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_CODEGEN_LINKER_H
#define MOEC_CODEGEN_LINKER_H

#include "moec/Support/Error.h"

#include <string>
#include <vector>

namespace moec {

/// Links relocatable ELF objects (their bytes) to a shared object and gives its bytes. `name` is
/// the file's name while it is linked; with `setName` the result carries it, too (DT_SONAME). May
/// be called from any thread; links wait for each other, since lld keeps its state in globals.
Expected<std::string> linkSharedObject(const std::vector<std::string> &objects,
                                       const std::string &name, bool setName = false);

} // namespace moec

#endif // MOEC_CODEGEN_LINKER_H
