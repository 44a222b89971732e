//===- Harness.h - Building and running test kernels ------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Compiles C and assembles text with LLVM's own tools, and runs the result on the emulator.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_UNITTESTS_EMULATOR_HARNESS_H
#define MOEC_UNITTESTS_EMULATOR_HARNESS_H

#include "moec/emulator/gfx950/Launch.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace moec::gfx950::test {

/// A directory that vanishes with the object.
class TempDir {
public:
  TempDir();
  ~TempDir();
  std::string path(const std::string &name) const { return dir + "/" + name; }

private:
  std::string dir;
};

/// Runs a command; fails the test and answers false on a non-zero exit status.
bool run(const std::string &command);
std::vector<std::byte> readBytes(const std::string &path);
void writeText(const std::string &path, const std::string &text);

/// Device memory and one loaded module.
class Device {
public:
  /// Compiles a C file of Inputs/ at an optimisation level.
  bool compile(const std::string &file, int level, const std::string &flags = "");
  /// Compiles C text.
  bool compileText(const std::string &source, int level, const std::string &flags = "");
  /// Assembles text that defines whole kernels.
  bool assemble(const std::string &text);

  /// A buffer with these values.
  template <typename T> T *buffer(const std::vector<T> &values) {
    T *p = static_cast<T *>(memory.allocate(values.size() * sizeof(T)));
    std::copy(values.begin(), values.end(), p);
    return p;
  }
  /// Launches; the error text is empty on success.
  std::string launch(const std::string &kernel, std::vector<uint32_t> grid,
                     std::vector<uint32_t> block, const std::vector<std::byte> &arguments,
                     unsigned threads = 1);
  /// Classes of findings on which launches go on, by findingBit, and those of the last launch.
  unsigned allowed = 0;
  std::vector<Finding> findings;
  uint64_t turn = 0;            ///< Of launches' options,
  bool checkGroups = false;     ///< as this,
  std::vector<uint64_t> groups; ///< these,
  bool profiled = false;        ///< and whether `profile` is wanted.
  Profile profile;
  /// Counters of the last launch.
  Counters counters;
  AllocationTable memory;
  std::unique_ptr<Module> module;

private:
  bool load(const std::string &path);
  TempDir dir;
};

/// Packs arguments with the alignment of their types.
template <typename... Ts> std::vector<std::byte> pack(Ts... values) {
  std::vector<std::byte> bytes;
  auto put = [&](auto value) {
    bytes.resize((bytes.size() + sizeof value - 1) / sizeof value * sizeof value);
    auto *p = reinterpret_cast<const std::byte *>(&value);
    bytes.insert(bytes.end(), p, p + sizeof value);
  };
  (put(values), ...);
  return bytes;
}

/// Assembly of a kernel with 256 VGPRs, 256 AGPRs, 64 KiB of LDS and 64 bytes of arguments; s[0:1]
/// is the kernarg pointer, s2 the workgroup's number, v0 the work item.
std::string asmKernel(const std::string &name, const std::string &body);

/// One instruction (or a few) to run on values of every lane.
struct Snippet {
  std::string text;
  unsigned inputs = 0;  ///< Dwords of a lane, in v[48…]. A multiple of 4 is loaded.
  unsigned outputs = 1; ///< Dwords of a lane, from v[8…]; cleared before.
};

/// Runs snippets in one code object: each gets `input[snippet][register][lane]` and gives the same
/// shape.
class SnippetRunner {
public:
  explicit SnippetRunner(std::vector<Snippet> snippets);
  bool ok() const { return good; }
  /// Input registers of snippet `i`, by register and lane; the result registers. On a fault, an
  /// empty result and the message.
  std::vector<std::vector<uint32_t>> operator()(size_t i,
                                                const std::vector<std::vector<uint32_t>> &input);
  std::string message;

private:
  std::vector<Snippet> snippets;
  Device device;
  bool good = false;
};

/// One register of all lanes.
using Row = std::vector<uint32_t>;
/// What the result registers hold before a case runs.
constexpr uint32_t kOld = 0x11223344;

/// An instruction and the value that it must give in each lane, from the four input registers.
struct Case {
  std::string text; ///< Result v8 (old value kOld), sources v48 … v51.
  std::function<uint32_t(const std::vector<Row> &in, unsigned lane)> want;
  double ulps = -1; ///< If not negative: results are f32 that may differ by so many units.
};

/// Runs all cases on random inputs in one code object. `make` turns random bits into an input.
void check(const std::vector<Case> &cases, unsigned seed,
           std::function<uint32_t(uint32_t)> make = nullptr);

} // namespace moec::gfx950::test

#endif // MOEC_UNITTESTS_EMULATOR_HARNESS_H
