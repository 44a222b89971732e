//===- NativeKernel.h - One kernel as code in this process ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_MOETOTILE_HARNESS_NATIVEKERNEL_H
#define MOEC_UNITTESTS_MOETOTILE_HARNESS_NATIVEKERNEL_H

#include "moec/Kernel.h"
#include "moec/Target/Target.h"

#include <memory>
#include <vector>

namespace moec::test {

/// An address with the bytes that are there, or an index.
struct Word {
  void *address = nullptr;
  int64_t index = -1;
  size_t bytes = 0;
};

/// Block shapes, beside the target's choice, that its code generator takes: choices of a schedule.
const char *getOtherBlocks();

/// Whether a caller may run a grid in pieces, as a CPU's threads do; on other machines blocks are
/// the driver's.
bool takesPieces();

/// How much a factor of an f32 product loses at most, relative to it; zero where matrix
/// instructions take f32 as it is. Defined for the machines of FormatTest.
double getFactorError();

/// Code of one kernel, loaded.
class NativeKernel {
public:
  /// Fails the running test where the code cannot be loaded.
  explicit NativeKernel(const CodeObject &object);
  ~NativeKernel();

  /// Runs the whole grid, in so many pieces where takesPieces() and last piece first, with scratch
  /// that holds garbage.
  /// `kernel` is what was compiled, or its equal.
  void run(tile::KernelOp kernel, const std::vector<Word> &words, unsigned pieces) const;

private:
  [[maybe_unused]] void *library = nullptr;
  [[maybe_unused]] moec_kernel function = nullptr;
  [[maybe_unused]] uint64_t scratchBytes = 0;
  /// Where code does not run in this process but on an emulated device.
  CodeObject code;
};

/// The target whose code this process can run, the same in all of it.
class NativeTarget {
public:
  NativeTarget();
  const Target &get() const { return *target; }

  /// Compiles the only kernel of a module, or finds an equal one that this process has compiled.
  /// Fails the running test and returns null where it cannot.
  const NativeKernel *compile(mlir::ModuleOp module);

private:
  std::unique_ptr<Target> target;
  CodegenOptions options;
};

} // namespace moec::test

#endif // MOEC_UNITTESTS_MOETOTILE_HARNESS_NATIVEKERNEL_H
