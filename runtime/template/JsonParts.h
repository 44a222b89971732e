//===- JsonParts.h - The values of a JSON text ------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_JSONPARTS_H
#define MOEC_TEMPLATE_JSONPARTS_H

#include "moec/runtime/template/Template.h"
#include "runtime/template/value/Value.h"

namespace moec::jinja {

struct Json::Parts {
  /// Where the value lives, and what it is a part of.
  std::shared_ptr<const Arena> memory;
  Value value;
};

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_JSONPARTS_H
