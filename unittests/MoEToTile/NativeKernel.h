//===- NativeKernel.h - One kernel as code in this process ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_MOETOTILE_NATIVEKERNEL_H
#define MOEC_UNITTESTS_MOETOTILE_NATIVEKERNEL_H

#include "moec/Kernel.h"
#include "moec/Target/Target.h"

#include <memory>
#include <vector>

namespace moec::test {

/// The target whose code this process can run.
class NativeTarget {
public:
  NativeTarget();
  const Target &get() const { return *target; }

private:
  std::unique_ptr<Target> target;
};

/// An address, or an index.
struct Word {
  void *address = nullptr;
  int64_t index = -1;
};

/// The only kernel of a module, compiled and loaded. Fails the running test where it cannot.
class NativeKernel {
public:
  NativeKernel(const NativeTarget &target, mlir::ModuleOp module);
  ~NativeKernel();

  /// Runs the whole grid in so many pieces, last piece first, with scratch that holds garbage.
  void run(const std::vector<Word> &words, unsigned pieces) const;

private:
  void *library = nullptr;
  moec_kernel function = nullptr;
  uint64_t scratchBytes = 0;
  mlir::OwningOpRef<mlir::ModuleOp> copy;
};

} // namespace moec::test

#endif // MOEC_UNITTESTS_MOETOTILE_NATIVEKERNEL_H
