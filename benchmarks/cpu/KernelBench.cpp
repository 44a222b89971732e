//===- KernelBench.cpp - How fast products run on this machine ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Compiles products of the shapes that models have, by the builders and schedules that models get,
// and prints multiply-adds and bytes per second on 1 and 2 threads, beside what the machine can do.
//
//   cpu-kernel-bench [chip [only=TEXT] [product=ROWS,WEIGHT,T,N,K [threads=N]] [name=value …]]
//
// Other names and values override those of every schedule. With `only` it runs the products whose
// rows or weight have that name. With `product` it runs that one alone, with weights taken in turn
// from at least 1 GiB of them, and prints as JSON what it does in a second on average, as
// `cpu-dnnl-bench` does.
//
// A star stands behind weights whose powers of two differ.
//
//===----------------------------------------------------------------------===//

#include "benchmarks/cpu/InTurn.h"
#include "moec/Conversion/MoEToTile/MoEToTile.h"
#include "moec/InitAllDialects.h"
#include "moec/Kernel.h"
#include "targets/cpu/codegen/CpuTarget.h"
#include "targets/cpu/device/CpuFeatures.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Builders.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <numeric>
#include <random>
#include <thread>
#include <unistd.h>

using namespace moec;
using bench::now;

namespace {

/// f32, bf16 or the name of a format, twice.
struct Case {
  std::string activation, weight;
  int64_t tokens, n, k;
  /// The weight's powers of two are those of Gaussian numbers, each k's times exp(0.7 · N), where N
  /// is Gaussian, too; else they are all the same.
  bool uneven = false;
};

/// A scale's bytes, as f32 (49) and as E8M0 (2^-61): no product of two is subnormal.
constexpr uint8_t scaleFill = 0x42;
/// Codes' and numbers' bytes: small and positive.
constexpr uint8_t codeFill = 0x3c;

/// Memory that no page fault will interrupt, filled with small positive numbers' bits.
void *allocate(size_t bytes, uint8_t fill) { return bench::allocateFilled(bytes, fill); }

/// The element that kernels see of a weight's rows of `columns` numbers, and of rows.
mlir::Type elementOf(mlir::MLIRContext &context, const std::string &name, int64_t columns,
                     bool isWeight = true) {
  const NamedFormat *named = findFormat(name);
  if (!named)
    return mlir::parseType(name, &context);
  BlockFormat format = fitted(named->format, /*rows=*/1, columns);
  // As `moec compile` has rows: as many whole runs of 32 as divide K.
  while (!isWeight && format.blockColumns > 32 && columns % format.blockColumns != 0)
    format.blockColumns -= 32;
  auto block = mx::BlockType::get(&context, format);
  return isWeight ? block.getRowForm(columns, cpu::getLongestBlock(block)) : block;
}

/// E8M0 bytes of an n x k weight with uneven k, in panels.
void fillUneven(char *scales, int64_t n, int64_t k) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> channels(k);
  for (float &channel : channels)
    channel = std::exp(0.7f * normal(random));
  for (int64_t panel = 0; panel != n / cpu::panelRows; ++panel)
    for (int64_t block = 0; block != k / 32; ++block)
      for (unsigned row = 0; row != cpu::panelRows; ++row) {
        float most = 0;
        for (int64_t i = block * 32; i != (block + 1) * 32; ++i)
          most = std::max(most, std::fabs(channels[i] * normal(random)));
        *scales++ = char(100 + std::ilogb(most));
      }
}

std::string print(mlir::Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// The bytes of each array of a ref.
std::vector<size_t> bytesOf(tile::RefType ref) {
  std::vector<size_t> bytes = {size_t(ref.getMatrixElements()) * ref.getElementBits() / 8};
  mx::BlockType block = ref.getBlock();
  if (!block)
    return bytes;
  bytes.push_back(ref.getMatrixScales() * block.getScaleBits() / 8);
  if (block.getZero())
    bytes.push_back(ref.getMatrixScales());
  if (block.getGlobal())
    bytes.push_back(sizeof(float));
  return bytes;
}

template <typename T> T check(Expected<T> value) {
  if (value)
    return std::move(*value);
  std::fprintf(stderr, "%s\n", value.takeError().message().c_str());
  std::exit(1);
}

/// A product by its text, ROWS,WEIGHT,T,N,K; a star behind the weight stands for uneven ones.
Case parseProduct(std::string_view text) {
  llvm::SmallVector<llvm::StringRef> parts;
  llvm::StringRef(text).split(parts, ',');
  Case result;
  bool isUneven = parts.size() > 1 && parts[1].consume_back("*");
  if (parts.size() != 5 || parts[2].getAsInteger(10, result.tokens) ||
      parts[3].getAsInteger(10, result.n) || parts[4].getAsInteger(10, result.k) ||
      std::min({result.tokens, result.n, result.k}) <= 0) {
    std::fprintf(stderr,
                 "product=%s is not ROWS,WEIGHT,T,N,K, for example bf16,mxfp4,64,3072,4096\n",
                 std::string(text).c_str());
    std::exit(1);
  }
  result.activation = parts[0].str();
  result.weight = parts[1].str();
  result.uneven = isUneven;
  return result;
}

/// Waits for the other threads without leaving the processor, as the runtime's do between launches:
/// until they have come here as often as this one, whose visits `times` counts.
void meet(std::atomic<size_t> &visits, size_t &times, unsigned threads) {
  visits.fetch_add(1);
  for (++times; visits.load() < times * threads;)
    __builtin_ia32_pause();
}

/// Seconds of one call of `run` on so many threads.
struct Seconds {
  double best = 1e9; ///< of a few
  double mean = 0;   ///< of all rounds behind the first `copies`
};

/// Measures `run` until `isDone`, of the rounds that there were and the seconds they took behind
/// the first `copies`.
template <typename F, typename D>
Seconds measure(unsigned threads, size_t copies, F run, D isDone) {
  std::atomic<size_t> visits = 0;
  bool done = false;
  auto work = [&](unsigned thread, auto after) {
    size_t times = 0;
    for (size_t round = 0;; ++round) {
      meet(visits, times, threads);
      if (done)
        return;
      double start = now(threads == 1);
      run(thread, round);
      meet(visits, times, threads);
      after(round, now(threads == 1) - start);
    }
  };
  std::vector<std::thread> workers;
  for (unsigned i = 1; i < threads; ++i)
    workers.emplace_back([&, i] { work(i, [](size_t, double) {}); });
  Seconds result;
  double spent = 0;
  work(0, [&](size_t round, double seconds) {
    result.best = std::min(result.best, seconds);
    if (round < copies)
      return;
    spent += seconds;
    result.mean = spent / double(round + 1 - copies);
    done = isDone(round + 1, spent);
  });
  for (std::thread &worker : workers)
    worker.join();
  return result;
}

/// Whether a few rounds are enough for the best of them.
bool isBestKnown(size_t rounds, double spent) {
  return rounds > 4 && (spent > 0.5 || rounds > 2000);
}

/// Prints a line about `c`; if `inTurn`, as JSON and for so many threads, as InTurn.h says.
void runCase(const Case &c, const std::string &chip, const std::string &overrides,
             unsigned inTurn = 0) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  context.loadAllAvailableDialects();
  cpu::CpuTarget target(check(cpu::Machine::get(chip)));
  mlir::Type activation = elementOf(context, c.activation, c.k, /*isWeight=*/false);
  auto weight = mlir::RankedTensorType::get({c.n, c.k}, elementOf(context, c.weight, c.k));
  tile::PackedAttr packed = target.packedMap(weight);
  KernelShape shape;
  shape.family = moe::KernelFamily::Gemm;
  shape.tokens = shape.rows = c.tokens;
  shape.n = c.n;
  shape.k = c.k;
  shape.activation = activation;
  shape.weight = weight.getElementType();
  tile::ScheduleAttr choice = target.chooseSchedule(&context, shape);
  std::string schedule;
  llvm::raw_string_ostream(schedule) << choice;
  schedule = schedule.substr(schedule.find('<') + 1);
  schedule.pop_back();
  if (!overrides.empty())
    schedule = overrides;

  std::string x = "tensor<?x" + std::to_string(c.k) + "x" + print(activation) + ">";
  mx::BlockType block = mx::getBlockElement(weight);
  std::string y = "tensor<?x" + std::to_string(c.n) + "xf32>", text;
  llvm::raw_string_ostream(text) << "moe.weight @w : " << weight << " from \"w\""
                                 << (block && block.hasPowerOfTwoScale() ? " rounding even" : "")
                                 << " {tile.packed = " << packed
                                 << "}\nfunc.func @forward(%x: " << x << ") -> " << y
                                 << " {\n  %y = moe.group gemm \"k\" (%a = %x : " << x << ") -> "
                                 << y << " {\n    %0 = moe.linear %a, @w : " << x << " -> " << y
                                 << "\n    moe.yield %0 : " << y << "\n  }\n  return %y : " << y
                                 << "\n}";
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  MoEToTileOptions options;
  options.schedule = schedule;
  mlir::PassManager passes(&context);
  passes.addPass(createMoEToTile(options));
  if (!module || mlir::failed(passes.run(*module)))
    std::exit(1);
  double start = now();
  CodeObject object = std::move(check(target.generateCode(*module, {})).front());
  double compileSeconds = now() - start;

  std::string path = "/tmp/cpu-kernel-bench-XXXXXX";
  int file = mkstemp(path.data());
  if (write(file, object.bytes.data(), object.bytes.size()) < 0)
    std::exit(1);
  close(file);
  void *library = dlopen(path.c_str(), RTLD_NOW);
  unlink(path.c_str());
  auto function = reinterpret_cast<moec_kernel>(dlsym(library, "k"));
  tile::KernelOp kernel = *module->getOps<tile::KernelOp>().begin();

  // Weights of several layers, so that none comes from a cache.
  tile::RefType ref = tile::RefType::get(weight.getShape(), weight.getElementType(), packed);
  std::vector<size_t> sizes = bytesOf(ref);
  size_t total = std::accumulate(sizes.begin(), sizes.end(), size_t(0));
  size_t copies = inTurn ? bench::countInTurn(total)
                         : std::max<size_t>(1, (c.tokens <= 16 ? 400u << 20 : 1) / total);
  std::vector<char *> arrays;
  for (size_t size : sizes)
    arrays.push_back(
        static_cast<char *>(allocate(size * copies, arrays.empty() ? codeFill : scaleFill)));
  if (c.uneven)
    for (size_t copy = 0; copy != copies; ++copy)
      fillUneven(arrays[1] + copy * sizes[1], c.n, c.k);
  std::vector<moec_word> words;
  auto addArray = [&](tile::RefType type) {
    for (auto [number, size] : llvm::enumerate(bytesOf(type)))
      words.push_back(reinterpret_cast<moec_word>(allocate(size, number ? scaleFill : codeFill)));
  };
  addArray(tile::RefType::get({c.tokens, c.k}, activation));
  size_t weightAt = words.size();
  words.insert(words.end(), sizes.size(), 0);
  addArray(tile::RefType::get({c.tokens, c.n}, mlir::Float32Type::get(&context)));
  for (int64_t extent : {c.tokens, c.tokens, int64_t(1), int64_t(1)})
    words.push_back(extent);
  auto extents = kernel.evaluateGrid({c.tokens, c.tokens, 1, 1});
  uint32_t grid[3] = {uint32_t(extents[0]), uint32_t(extents[1]), uint32_t(extents[2])};
  uint64_t blocks = uint64_t(grid[0]) * grid[1] * grid[2];
  if (!inTurn)
    std::printf("%8s x %-10s T %-4ld N %-5ld K %-5ld", c.activation.c_str(),
                (c.weight + (c.uneven ? "*" : "")).c_str(), c.tokens, c.n, c.k);
  for (unsigned threads : inTurn ? std::vector{inTurn} : std::vector{1u, 2u}) {
    std::vector<void *> scratch;
    for (unsigned i = 0; i != threads; ++i)
      scratch.push_back(allocate(object.kernels.front().scratchBytes, 0));
    // Each round reads another copy; the best round is one that nothing else disturbed.
    auto run = [&](unsigned thread, size_t round) {
      std::vector<moec_word> own = words;
      for (auto [number, array] : llvm::enumerate(arrays))
        own[weightAt + number] =
            reinterpret_cast<moec_word>(array + round % copies * sizes[number]);
      function(own.data(), grid, blocks * thread / threads, blocks * (thread + 1) / threads,
               scratch[thread]);
    };
    if (inTurn) {
      auto isDone = [&](size_t rounds, double spent) {
        return bench::isMeasured(rounds, copies, spent);
      };
      std::replace(schedule.begin(), schedule.end(), '"', '\'');
      bench::printInTurn(threads, c.tokens, c.n, c.k, total,
                         measure(threads, copies, run, isDone).mean, schedule.c_str());
    } else {
      double seconds = measure(threads, 0, run, isBestKnown).best;
      std::printf("  |%d: %8.1f us %7.1f Gop/s %6.1f GB/s", threads, seconds * 1e6,
                  2e-9 * c.tokens * c.n * c.k / seconds, 1e-9 * total / seconds);
    }
    for (void *memory : scratch)
      std::free(memory);
  }
  if (!inTurn)
    std::printf("  compile %.2f s  %s\n", compileSeconds, schedule.c_str());
  std::fflush(stdout);
  dlclose(library);
  for (size_t i = 0; i != words.size() - 4; ++i)
    std::free(reinterpret_cast<void *>(words[i]));
  for (char *array : arrays)
    std::free(array);
}

/// Bytes a second that plain reads reach.
void measureMemory() {
  size_t bytes = 512u << 20;
  auto *data = static_cast<uint64_t *>(allocate(bytes, 1));
  for (unsigned threads : {1u, 2u}) {
    volatile uint64_t sink[2];
    auto read = [&](unsigned thread, size_t) {
      size_t count = bytes / 8 / threads;
      const uint64_t *from = data + thread * count;
      uint64_t sums[8] = {};
      for (size_t i = 0; i != count; i += 8)
        for (int j = 0; j != 8; ++j)
          sums[j] += from[i + j];
      sink[thread] = sums[0] + sums[1] + sums[2] + sums[3] + sums[4] + sums[5] + sums[6] + sums[7];
    };
    double seconds = measure(threads, 0, read, isBestKnown).best;
    std::printf("memory read, %u threads: %.1f GB/s\n", threads, 1e-9 * bytes / seconds);
  }
  std::free(data);
}

} // namespace

int main(int argc, char **argv) {
  std::string chip = argc > 1 ? argv[1] : "native", overrides;
  std::string_view only, product;
  unsigned threads = 1;
  for (int i = 2; i < argc; ++i)
    if (std::string_view argument(argv[i]); argument.starts_with("only="))
      only = argument.substr(5);
    else if (argument.starts_with("product="))
      product = argument.substr(8);
    else if (argument.starts_with("threads="))
      threads = std::max(1, std::atoi(argv[i] + 8));
    else
      overrides += (overrides.empty() ? "" : ", ") + std::string(argv[i]);
  // What a device does for models.
  cpu::CpuFeatures::requestTiles();
  if (!product.empty()) {
    runCase(parseProduct(product), chip, overrides, threads);
    return 0;
  }
  measureMemory();
  for (const Case &c : {Case{"f32", "f32", 512, 2048, 2048},
                        Case{"f32", "bf16", 512, 2048, 2048},
                        Case{"bf16", "bf16", 512, 2048, 2048},
                        Case{"f32", "mxfp4", 512, 2048, 2048},
                        Case{"f32", "int8", 512, 2048, 2048},
                        Case{"mxfp4", "mxfp4", 512, 2048, 2048},
                        Case{"int8", "int8", 512, 2048, 2048},
                        Case{"int8", "mxfp4", 512, 2048, 2048},
                        Case{"int8", "mxfp4", 16, 4096, 4096},
                        Case{"int8", "mxfp4", 1, 4096, 4096},
                        Case{"mxfp4", "mxfp4", 1, 4096, 4096},
                        Case{"int8", "int8", 1, 4096, 4096},
                        Case{"int8", "int4", 1, 4096, 4096},
                        Case{"int8", "nvfp4", 1, 4096, 4096},
                        Case{"int8", "int4_zero", 1, 4096, 4096},
                        Case{"f32", "mxfp4", 8, 4096, 4096},
                        Case{"f32", "bf16", 8, 4096, 4096},
                        Case{"f32", "f32", 1, 4096, 4096},
                        Case{"f32", "bf16", 1, 4096, 4096},
                        Case{"bf16", "bf16", 8, 4096, 4096},
                        Case{"bf16", "bf16", 1, 4096, 4096},
                        Case{"bf16", "mxfp4", 1, 4096, 4096},
                        Case{"int8", "mxfp4", 64, 3072, 4096},
                        Case{"int8_256", "mxfp4", 64, 3072, 4096},
                        Case{"int8", "mxfp4", 128, 3072, 4096},
                        Case{"int8_256", "mxfp4", 128, 3072, 4096},
                        Case{"int8_256", "mxfp4", 64, 3072, 4096, true},
                        Case{"int8_256", "mxfp4", 128, 3072, 4096, true},
                        Case{"int8_256", "mxfp4", 16, 4096, 4096},
                        Case{"int8_256", "mxfp4", 1, 4096, 4096},
                        Case{"int8_256", "mxfp4", 1, 4096, 4096, true},
                        Case{"int8", "int8", 128, 3072, 4096},
                        Case{"int8_256", "int8_256", 128, 3072, 4096},
                        Case{"int8_256", "int8_256", 1, 4096, 4096},
                        Case{"bf16", "mxfp8", 1, 4096, 4096},
                        Case{"bf16", "mxfp4", 8, 4096, 4096}})
    if (only.empty() || c.activation == only || c.weight == only)
      runCase(c, chip, overrides);
  // One row by each form that kernels see of the formats that have names.
  mlir::MLIRContext context;
  context.loadDialect<mx::MXDialect>();
  llvm::DenseSet<mlir::Type> seen;
  for (const NamedFormat &named : namedFormats())
    if (seen.insert(elementOf(context, std::string(named.name), 4096)).second &&
        (only.empty() || named.name == only))
      runCase({"f32", std::string(named.name), 1, 4096, 4096}, chip, overrides);
  return 0;
}
