//===- Depth.h - Bounded recursion of a rendering ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
#ifndef MOEC_TEMPLATE_EVAL_DEPTH_H
#define MOEC_TEMPLATE_EVAL_DEPTH_H

#include "runtime/template/eval/Interpreter.h"

namespace moec::jinja {

/// Counts expressions and statements in each other, which take the stack of the thread.
struct Interpreter::Depth {
  static constexpr unsigned most = 2500;

  explicit Depth(Interpreter &interpreter) : interpreter(interpreter) {
    if (++interpreter.depth > most)
      fail("what the template does is nested deeper than ", most);
  }
  ~Depth() { --interpreter.depth; }
  Depth(const Depth &) = delete;

  Interpreter &interpreter;
};

} // namespace moec::jinja

#endif // MOEC_TEMPLATE_EVAL_DEPTH_H
