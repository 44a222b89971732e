//===- Harness.h - Compiles kernels and runs them ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Tests write kernels as text, run them as native code in this process, and compare with plain
// loops in double precision.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_CPUCODEGEN_HARNESS_H
#define MOEC_UNITTESTS_CPUCODEGEN_HARNESS_H

#include "moec/Dialect/Tile/Tile.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace moec::cpu::test {

/// An argument of a kernel: the address of an array, or an index.
struct Word {
  Word(int64_t index) : value(static_cast<uint64_t>(index)), isIndex(true) {}
  Word(int index) : Word(static_cast<int64_t>(index)) {}
  template <typename T>
  Word(std::vector<T> &array) : value(reinterpret_cast<uint64_t>(array.data())) {}
  template <typename T> Word(T *array) : value(reinterpret_cast<uint64_t>(array)) {}

  uint64_t value;
  bool isIndex = false;
};

/// Kernels compiled for one chip and loaded.
class Program {
public:
  /// Fails the test and returns a program that runs nothing if the text does not compile. `change`
  /// may change the shared library's bytes before it is loaded.
  explicit Program(const std::string &text, const std::string &chip = "native",
                   const std::function<void(std::string &)> &change = {});
  ~Program();

  /// Runs the whole grid in `ranges` calls, in an order that is not that of the grid, each with a
  /// scratch area of its own that holds garbage.
  void run(const std::string &name, std::vector<Word> words, unsigned ranges = 1);

  /// Bytes of scratch the kernel asks for.
  uint64_t getScratchBytes(const std::string &name);

private:
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::vector<std::pair<std::string, uint64_t>> scratch;
  void *library = nullptr;
};

/// The kernels, as text, that builders make of the groups in a module of the model dialect.
std::string buildGroups(const std::string &text, const std::string &schedule);

/// The chips to run every test on: the machine's own and, where they differ, the baseline.
std::vector<std::string> getChips();

/// These, and one whose narrow vectors multiply bytes, which machines with AVX-512 have besides at
/// times.
std::vector<std::string> getProductChips();

/// The assembly of the kernels, for tests of structure.
std::string getAssembly(const std::string &text, const std::string &chip);

/// `count` numbers in [-1, 1).
std::vector<float> makeRandom(size_t count, unsigned seed);

std::vector<uint16_t> toBf16(const std::vector<float> &values);
std::vector<float> fromBf16(const std::vector<uint16_t> &values);

/// Grid text for a kernel whose grid is 1.
inline const char *oneBlock = "grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, "
                              "%bz = affine_map<() -> (1)>)";

} // namespace moec::cpu::test

#endif // MOEC_UNITTESTS_CPUCODEGEN_HARNESS_H
