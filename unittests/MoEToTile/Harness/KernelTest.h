//===- KernelTest.h - Builds a group's kernel and runs it -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What the tests of kernel builders share: a ragged batch with shuffled pages, and the kernel of a
// group with the arrays it is launched with.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_MOETOTILE_HARNESS_KERNELTEST_H
#define MOEC_UNITTESTS_MOETOTILE_HARNESS_KERNELTEST_H

#include "moec/Conversion/MoEToTile/Builders.h"

#include "mlir/IR/OwningOpRef.h"

#include <map>
#include <optional>
#include <random>
#include <variant>

namespace moec::test {

/// An array of a kernel: its numbers in row-major order, empty where nothing was written yet.
using Array = std::vector<std::optional<double>>;

/// What a launch passes for one argument: an array, whose size gives the extent of its first
/// dimension, or an index.
using Argument = std::variant<Array *, int64_t>;

/// Random numbers that are the same on every machine.
class Random {
public:
  explicit Random(uint64_t seed) : engine(seed) {}

  /// In [-1, 1), on a grid of 2^-10.
  double number() { return double(int64_t(engine() % 2048) - 1024) / 1024; }
  int64_t below(int64_t bound) { return int64_t(engine() % bound); }
  /// Numbers, rounded to bf16 if asked.
  Array numbers(int64_t count, bool bf16 = false);

private:
  std::mt19937_64 engine;
};

/// A sequence of a step: how many positions it had before, and how many tokens it gets.
struct Sequence {
  int64_t before, tokens;
};

/// A ragged batch. Pages lie in shuffled order, and rows that no sequence has are never written.
class Step {
public:
  Step(llvm::ArrayRef<Sequence> sequences, int64_t pageSize, uint64_t seed = 1);

  int64_t getNumTokens() const { return int64_t(positions.size()); }
  int64_t getNumSequences() const { return int64_t(sequences.size()); }
  int64_t getNumRows() const { return numPages * pageSize; }
  /// The cache row of a position, or its page's first row.
  int64_t getRow(int64_t sequence, int64_t position) const {
    return table[sequence * tablePages + position / pageSize] * pageSize + position % pageSize;
  }
  /// A cache in which each position that a sequence has holds random numbers.
  Array makeCache(int64_t width, Random &random, bool bf16) const;

  std::vector<Sequence> sequences;
  int64_t pageSize, tablePages = 0, numPages = 0;
  std::vector<int64_t> positions, tokenSequence, table;
};

/// The kernel of the only group of a module, and its arrays by what they are.
class KernelTest {
public:
  /// `schedule` is the text between `<` and `>` of a `#tile.schedule`.
  KernelTest(const std::string &module, const std::string &schedule, int64_t pageSize = 16);

  /// Whether the kernel was built; what was said if not.
  bool isBuilt() const { return built; }
  const std::string &getDiagnostics() const { return diagnostics; }
  std::string print();

  Array &input(unsigned number, unsigned part = 0) { return inputs[{number, part}]; }
  /// Results are as large as the test makes them.
  Array &output(unsigned number, unsigned part = 0) { return outputs[{number, part}]; }
  Array &weight(const std::string &name) { return weights[name]; }
  void setStep(const Step &step);
  /// Sets T, and rows of the result, where there is no batch.
  void setTokens(int64_t tokens, int64_t rows);
  void setLogitsRows(llvm::ArrayRef<int64_t> rows);

  /// Executes all blocks, those from the middle on first. Returns what went wrong, or nothing.
  std::string run();

  tile::KernelOp getKernel() { return kernel; }
  /// What a launch passes, in the kernel's order.
  std::vector<Argument> getArguments();

private:
  void build(moe::GroupOp group, const std::string &schedule, int64_t pageSize);

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string diagnostics;
  bool built = false;
  tile::KernelOp kernel;
  std::vector<KernelArgument> arguments;

  std::map<std::pair<unsigned, unsigned>, Array> inputs, outputs;
  std::map<std::string, Array> weights;
  std::array<Array, numStepInputs> steps;
  std::array<int64_t, numKernelDims> dims{};
};

/// Executes the kernel's blocks, those from the middle on first, on the machine that the test
/// program is for. Returns what went wrong, or nothing.
std::string execute(tile::KernelOp kernel, llvm::ArrayRef<Argument> arguments);

/// A tensor type of tokens, for module texts: `tensor<?x4x8xf32>`.
std::string tokens(llvm::ArrayRef<int64_t> shape, const std::string &element = "f32");

/// The numbers of an array, all of which must have been written.
std::vector<double> numbersOf(const Array &array);

} // namespace moec::test

#endif // MOEC_UNITTESTS_MOETOTILE_HARNESS_KERNELTEST_H
