//===- Schedule.cpp - The CPU's cost model --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// A roofline of two numbers, streamed bytes and multiply-adds, and block shapes that keep the left
// operand's staged rows in the second-level cache while panels of the weight stream past.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/CpuTarget.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

#include <numeric>

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

/// What a core reads from memory, and how often it goes through an atom's cycle: usual ones, where
/// nobody has measured the machine. Times are predicted from them, and no schedule follows.
static constexpr double bytesPerMicrosecondOfCore = 17.5e3, cyclesPerMicrosecond = 3.4e3;

/// The rows of a block at most.
static constexpr int64_t mostRows = 128;

/// Rows of one block: those of a step, or with experts those that one expert is likely to get.
static int64_t chooseRows(const KernelShape &shape) {
  bool dense = shape.family != moe::KernelFamily::GroupedGemm;
  int64_t rows = std::max<int64_t>(shape.rows, 1);
  int64_t expected = dense ? rows : llvm::divideCeil(rows, std::max<int64_t>(shape.matrices, 1));
  int64_t bm = std::clamp<int64_t>(llvm::PowerOf2Ceil(expected), 1, mostRows);
  // Experts get uneven numbers of rows: a block of 8 costs little when it is not full, one of 128
  // a lot.
  return dense ? bm : std::clamp<int64_t>(bm, std::min<int64_t>(rows, 8), 64);
}

static double getMultiplyAddsPerMicrosecond(const Machine &machine, const KernelShape &shape) {
  std::optional<PanelFormat> format =
      shape.weight ? PanelFormat::get(machine, shape.weight, shape.k) : std::nullopt;
  // What has no panels is made into panels of f32.
  const ProductAtom &atom =
      format.value_or(PanelFormat()).getAtom(machine, shape.activation, chooseRows(shape));
  auto measured = machine.multiplyAddsPerSecond.find(atom.getName());
  if (measured != machine.multiplyAddsPerSecond.end())
    return 1e-6 * measured->second;
  return double(atom.rate) * cyclesPerMicrosecond * machine.cores;
}

/// Chunks of K as equal as whole blocks allow, those of rows (32 where they have none) and those of
/// weights; at most `most` long.
static int64_t chooseDepth(const KernelShape &shape, int64_t most) {
  auto rows = dyn_cast_or_null<mx::BlockType>(shape.activation);
  int64_t unit = rows ? std::lcm<int64_t>(32, rows.getBlockSize()) : 32;
  for (Type weight : {shape.weight, shape.otherWeight})
    if (auto block = dyn_cast_or_null<mx::BlockType>(weight))
      unit = std::lcm(unit, block.getRowForm(shape.k, getLongestBlock(block)).getBlockSize());
  int64_t chunks = llvm::divideCeil(shape.k, most);
  return llvm::alignTo(llvm::divideCeil(shape.k, chunks), unit);
}

static constexpr ScheduleKey orderKey{"order", "xyz", "axes of the grid, fastest first"};

namespace {
/// The choices of a schedule, as they are made.
class Choices {
public:
  explicit Choices(MLIRContext *context) : builder(context) {}

  Choices &set(StringRef name, int64_t value) {
    list.set(name, builder.getI64IntegerAttr(value));
    return *this;
  }
  Choices &setOrder(StringRef axes) {
    list.set(orderKey.name, builder.getStringAttr(axes));
    return *this;
  }
  tile::ScheduleAttr get() {
    return tile::ScheduleAttr::get(builder.getContext(), list.getDictionary(builder.getContext()));
  }

private:
  Builder builder;
  NamedAttrList list;
};
} // namespace

/// The K that the rows of the highest block are staged of at once: as f32 they take a half of the
/// second-level cache, of 1 MiB 1024, and the panels that stream past the other.
static int64_t getStagedDepth(const Machine &machine) {
  int64_t depth = machine.secondLevelBytes / 2 / (4 * mostRows);
  return std::clamp<int64_t>(llvm::bit_floor(uint64_t(depth)), 512, 2048);
}

static tile::ScheduleAttr chooseProduct(Choices choices, const Machine &machine,
                                        const KernelShape &shape) {
  int64_t rows = std::max<int64_t>(shape.rows, 1), bm = chooseRows(shape);
  double used = shape.matrices > 1 ? std::min<double>(shape.matrices, rows) : 1;
  // Few rows: memory is the limit. Each block reads a stream of its own, which is better long as
  // long as sixteen blocks remain, which share evenly. Many: staging the rows pays only if many
  // columns use them.
  int64_t bn = bm > 16 ? 256 : used * shape.n >= 16 * 128 ? 128 : 64;
  // Blocks of a few rows of different experts share nothing. Those of one expert go on where its
  // stream was left, which two weights of a block take turns in.
  bool areApart = shape.family == moe::KernelFamily::GroupedGemm && bm <= 8;
  double ofToken = double(rows) / double(std::max<int64_t>(shape.tokens, 1));
  if (areApart && shape.operands > 1 && ofToken * shape.n >= std::max(16u, 4 * machine.cores) * 256)
    bn = 256;
  bn = std::min<int64_t>(bn, llvm::alignTo(shape.n, panelRows));
  // Few rows fit in the cache with all of K, and the accumulator is then read and written once.
  return choices.set("BM", bm)
      .set("BN", bn)
      .set("BK", chooseDepth(shape, bm <= 16 ? 8192 : getStagedDepth(machine)))
      .setOrder(areApart ? "xy" : "yx")
      .get();
}

/// Rows of a block are heads of tokens, and share the work on their keys. BN shows in the result,
/// so it is one number for all variants.
static tile::ScheduleAttr chooseAttention(Choices choices, const KernelShape &shape) {
  int64_t tokens = shape.tokens <= 8 ? 1 : 8, heads = 16;
  // Large steps are prompts, whose tokens are neighbours: rows are many tokens of few heads, so
  // that heads that are no multiple of 16 leave few rows without work. Tokens that list their keys
  // share none.
  if (shape.tokens > StepSize::mostDecoding && shape.k == 0) {
    tokens = 32;
    heads = 4;
  }
  return choices.set("BQ", tokens).set("HB", heads).set("BN", 64).get();
}

tile::ScheduleAttr CpuTarget::chooseSchedule(MLIRContext *context, const KernelShape &shape) const {
  using moe::KernelFamily;
  Choices choices(context);
  // Blocks small enough to share a step evenly, and large enough for vectors.
  bool few = shape.tokens <= 8;
  switch (shape.family) {
  case KernelFamily::Gemm:
  case KernelFamily::GroupedGemm:
    return chooseProduct(choices, machine, shape);
  case KernelFamily::Row:
    return choices.set("BM", 1).get();
  case KernelFamily::SortByExpert: {
    // What is looked at at a time stays in the first-level cache, and is no more than a step has.
    int64_t pairs = llvm::PowerOf2Ceil(std::max<int64_t>(1, shape.tokens * shape.n));
    int64_t step = std::clamp<int64_t>(pairs, 16, 512);
    return choices.set("BM", 1).set("count", step).set("rank", step).get();
  }
  case KernelFamily::Route:
    return choices.set("BM", few ? 1 : 4).get();
  case KernelFamily::Attention:
    return chooseAttention(choices, shape);
  case KernelFamily::IndexSelect:
    return choices.set("BQ", 1).set("BN", 512).get();
  case KernelFamily::Embed:
  case KernelFamily::SelectRows:
    return choices.set("BM", 1).set("BN", 1024).get();
  case KernelFamily::CausalConv:
    return choices.set("BC", 64).get();
  case KernelFamily::GatedDelta:
    // A token at a time, a block's state, mostly of 128 keys in f32, should stay in three quarters
    // of the first-level cache; of a chunk, products of all columns share what depends on keys
    // alone.
    if (shape.tokens < moe::deltaChunk) {
      int64_t columns = machine.firstLevelBytes / 4 * 3 / (4 * 128);
      return choices.set("BV", std::clamp<int64_t>(llvm::bit_floor(uint64_t(columns)), 16, 64))
          .get();
    }
    return choices.set("BV", 128).set("chunks", 1).get();
  default:
    return {};
  }
}

ArrayRef<ScheduleKey> CpuTarget::scheduleKeys() const { return orderKey; }

double CpuTarget::predictMicroseconds(const KernelShape &shape, const KernelWork &work) const {
  double bytesPerMicrosecond = machine.bytesPerSecond ? 1e-6 * machine.bytesPerSecond
                                                      : bytesPerMicrosecondOfCore * machine.cores;
  return std::max((work.bytesRead() + work.bytesWritten) / bytesPerMicrosecond,
                  work.multiplyAdds / getMultiplyAddsPerMicrosecond(machine, shape));
}

namespace {
/// Variations of a schedule, each once.
class Variations {
public:
  explicit Variations(tile::ScheduleAttr predicted) : predicted(predicted) { add({}); }

  /// The predicted schedule with these numbers in place of its own.
  void add(std::initializer_list<std::pair<StringRef, int64_t>> numbers, StringRef order = "") {
    tile::ScheduleAttr schedule = predicted;
    for (auto [name, number] : numbers)
      schedule = schedule.with(name, number);
    if (!order.empty())
      schedule = schedule.with(orderKey.name, StringAttr::get(schedule.getContext(), order));
    if (!llvm::is_contained(all, schedule))
      all.push_back(schedule);
  }

  std::vector<tile::ScheduleAttr> take() { return std::move(all); }

private:
  tile::ScheduleAttr predicted;
  std::vector<tile::ScheduleAttr> all;
};
} // namespace

/// Blocks of other widths, depths and, where rows are not dealt to experts, heights.
static void varyProduct(Variations &variations, const KernelShape &shape,
                        tile::ScheduleAttr predicted) {
  int64_t bm = predicted.getInt("BM"), bn = predicted.getInt("BN");
  int64_t widest = llvm::alignTo(shape.n, panelRows);
  auto columns = [&](int64_t wanted) {
    return std::min<int64_t>(llvm::alignTo(wanted, panelRows), widest);
  };
  bool few = bm <= 16;
  variations.add({{"BN", columns(bn / 2)}});
  variations.add({{"BN", columns(2 * bn)}});
  if (few)
    variations.add({{"BN", columns(4 * bn)}});
  for (int64_t depth : {few ? 1024 : 512, 2048})
    variations.add({{"BK", chooseDepth(shape, depth)}});
  // With one block of rows there is one order.
  if (bm < shape.rows) {
    variations.add({}, "xy");
    variations.add({}, "yx");
  }
  // All products over the same expert blocks read blocks of one height.
  if (shape.family == moe::KernelFamily::Gemm && !few) {
    variations.add({{"BM", bm / 2}});
    variations.add({{"BM", bm / 2}, {"BN", columns(2 * bn)}});
  }
}

std::vector<tile::ScheduleAttr> CpuTarget::candidates(MLIRContext *context,
                                                      const KernelShape &shape) const {
  using moe::KernelFamily;
  tile::ScheduleAttr predicted = chooseSchedule(context, shape);
  if (!predicted)
    return {};
  Variations variations(predicted);
  int64_t bn = predicted.getInt("BN"), bq = predicted.getInt("BQ");
  if (shape.family == KernelFamily::Gemm || shape.family == KernelFamily::GroupedGemm)
    varyProduct(variations, shape, predicted);
  if (shape.family == KernelFamily::IndexSelect)
    for (int64_t keys : {bn / 2, 2 * bn, 4 * bn})
      variations.add({{"BN", keys}});
  // How many keys a step of the softmax takes shows in the result, and rows of a table are for one
  // variant: logits must not depend on which variant a step takes, so BN is never measured.
  if (shape.family == KernelFamily::Attention) {
    variations.add({{"HB", 8}});
    if (bq > 1) {
      variations.add({{"BQ", bq / 2}});
      variations.add({{"BQ", 2 * bq}});
    }
  }
  return variations.take();
}
