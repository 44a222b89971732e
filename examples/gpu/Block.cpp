//===- Block.cpp - A block of lanes on the host ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A lane runs until it asks for something that others have a part in, says so in its state and
// gives the thread back. Once no lane of a subgroup can go on, its exchange or product is carried
// out; once all lanes of the block are at the barrier, it opens. It does not matter from where in
// the code lanes ask: LLVM may make two calls of one.
//
//===----------------------------------------------------------------------===//
#include "examples/gpu/Block.h"

#include <algorithm>
#include <bit>
#include <memory>
#include <optional>
#include <ucontext.h>
#include <vector>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/common_interface_defs.h>
#define MOEC_GPU_ADDRESS_SANITIZER 1
#endif
#endif

using namespace moec;
using namespace moec::skeleton;

static constexpr size_t stackBytes = 256 * 1024;

namespace {
/// What a lane waits for, or that it does not.
enum class Wait { Nothing, Barrier, Exchange, Product, Ended };

struct Lane {
  ucontext_t context = {};
  std::unique_ptr<std::byte[]> stack;
  Wait wait = Wait::Nothing;
  /// Of an exchange: the word that is given, then the one that is got.
  uint32_t word = 0, bit = 0;
  /// Of a product: its operands as f32, and where the sum is.
  float first[8], second[4];
  float *sum = nullptr;
};

/// One block that runs.
class Block {
public:
  Block(Entry entry, const uint64_t *words, std::array<uint32_t, 3> id, unsigned threads)
      : entry(entry), words(words), id(id), lanes(threads) {}

  Error run();

  /// The lane that runs gives the thread back until it may go on.
  void suspend(Wait wait);

  const Entry entry;
  const uint64_t *const words;
  const std::array<uint32_t, 3> id;
  std::vector<Lane> lanes;
  unsigned current = 0;

private:
  void start(unsigned number);
  void resume(unsigned number);
  bool openBarrier();
  bool serveSubgroup(std::span<Lane> subgroup);
  Error describeDeadlock() const;

  ucontext_t scheduler = {};
#ifdef MOEC_GPU_ADDRESS_SANITIZER
  const void *ownStack = nullptr;
  size_t ownBytes = 0;
  friend void finishSwitch(Block &block);
#endif
};
} // namespace

/// The block of this thread; null outside of kernels.
static thread_local Block *running = nullptr;

// AddressSanitizer is told about each change of stacks: before it, and first thing on the other
// side.
#ifdef MOEC_GPU_ADDRESS_SANITIZER
namespace {
void finishSwitch(Block &block) {
  __sanitizer_finish_switch_fiber(nullptr, &block.ownStack, &block.ownBytes);
}
} // namespace
#endif

static void runLane() {
#ifdef MOEC_GPU_ADDRESS_SANITIZER
  finishSwitch(*running);
#endif
  running->entry(running->words);
  running->suspend(Wait::Ended);
}

void Block::start(unsigned number) {
  Lane &lane = lanes[number];
  lane.stack = std::make_unique_for_overwrite<std::byte[]>(stackBytes);
  getcontext(&lane.context);
  lane.context.uc_stack.ss_sp = lane.stack.get();
  lane.context.uc_stack.ss_size = stackBytes;
  lane.context.uc_link = nullptr;
  makecontext(&lane.context, runLane, 0);
}

void Block::resume(unsigned number) {
  current = number;
#ifdef MOEC_GPU_ADDRESS_SANITIZER
  void *saved = nullptr;
  __sanitizer_start_switch_fiber(&saved, lanes[number].stack.get(), stackBytes);
#endif
  swapcontext(&scheduler, &lanes[number].context);
#ifdef MOEC_GPU_ADDRESS_SANITIZER
  __sanitizer_finish_switch_fiber(saved, nullptr, nullptr);
#endif
}

void Block::suspend(Wait wait) {
  Lane &lane = lanes[current];
  lane.wait = wait;
#ifdef MOEC_GPU_ADDRESS_SANITIZER
  void *saved = nullptr;
  // A stack that ends gives up what the sanitizer keeps for it.
  __sanitizer_start_switch_fiber(wait == Wait::Ended ? nullptr : &saved, ownStack, ownBytes);
#endif
  swapcontext(&lane.context, &scheduler);
#ifdef MOEC_GPU_ADDRESS_SANITIZER
  __sanitizer_finish_switch_fiber(saved, nullptr, nullptr);
#endif
}

bool Block::openBarrier() {
  auto isThere = [](const Lane &lane) { return lane.wait == Wait::Barrier; };
  if (!std::ranges::all_of(lanes, isThere))
    return false;
  for (Lane &lane : lanes)
    lane.wait = Wait::Nothing;
  return true;
}

/// Each lane's word to the lane beside it.
static void exchange(std::span<Lane> subgroup) {
  std::array<uint32_t, lanesPerSubgroup> words;
  for (unsigned lane = 0; lane < lanesPerSubgroup; ++lane)
    words[lane] = subgroup[lane].word;
  for (unsigned lane = 0; lane < lanesPerSubgroup; ++lane)
    subgroup[lane].word = words[lane ^ 1u << subgroup[lane].bit];
}

/// One product, from the registers of all lanes. Which lane has what, HostLanes.cpp states as
/// layouts; this is the second statement.
static void multiply(std::span<Lane> subgroup) {
  float a[productRows][productDepth], b[productColumns][productDepth];
  for (unsigned lane = 0; lane < lanesPerSubgroup; ++lane)
    for (unsigned reg = 0; reg < 8; ++reg) {
      unsigned k = reg % 4 + lane / 8 * 4, row = lane % 8;
      a[row + reg / 4 * 8][k] = subgroup[lane].first[reg];
      if (reg < 4)
        b[row][k] = subgroup[lane].second[reg];
    }
  for (unsigned lane = 0; lane < lanesPerSubgroup; ++lane)
    for (unsigned reg = 0; reg < 8; ++reg) {
      unsigned row = reg % 4 + lane / 8 * 4 + reg / 4 * 8, column = lane % 8;
      float &sum = subgroup[lane].sum[reg];
      for (unsigned k = 0; k < productDepth; ++k)
        sum += a[row][k] * b[column][k];
    }
}

bool Block::serveSubgroup(std::span<Lane> subgroup) {
  Wait wait = subgroup.front().wait;
  auto isAsFirst = [&](const Lane &lane) { return lane.wait == wait; };
  if ((wait != Wait::Exchange && wait != Wait::Product) ||
      !std::ranges::all_of(subgroup, isAsFirst))
    return false;
  wait == Wait::Exchange ? exchange(subgroup) : multiply(subgroup);
  for (Lane &lane : subgroup)
    lane.wait = Wait::Nothing;
  return true;
}

Error Block::describeDeadlock() const {
  auto count = [&](Wait wait) {
    return std::ranges::count_if(lanes, [&](const Lane &lane) { return lane.wait == wait; });
  };
  return Error::make("lanes wait for each other in block (", id[0], ", ", id[1], ", ", id[2],
                     "): of ", lanes.size(), " lanes ", count(Wait::Barrier), " are at a barrier, ",
                     count(Wait::Exchange), " at an exchange, ", count(Wait::Product),
                     " at a product and ", count(Wait::Ended), " have ended");
}

Error Block::run() {
  for (unsigned number = 0; number < lanes.size(); ++number)
    start(number);
  while (true) {
    for (unsigned number = 0; number < lanes.size(); ++number)
      if (lanes[number].wait == Wait::Nothing)
        resume(number);
    auto hasEnded = [](const Lane &lane) { return lane.wait == Wait::Ended; };
    if (std::ranges::all_of(lanes, hasEnded))
      return Error::success();
    bool goesOn = openBarrier();
    for (size_t first = 0; first < lanes.size(); first += lanesPerSubgroup)
      goesOn |= serveSubgroup(std::span(lanes).subspan(first, lanesPerSubgroup));
    if (!goesOn)
      return describeDeadlock();
  }
}

Error skeleton::runKernel(Entry entry, std::span<const uint64_t> words,
                          std::span<const uint32_t, 3> grid, unsigned threads) {
  if (threads == 0 || threads % lanesPerSubgroup != 0)
    return Error::make("a block has ", threads, " threads, but a subgroup has ", lanesPerSubgroup);
  for (uint32_t z = 0; z < grid[2]; ++z)
    for (uint32_t y = 0; y < grid[1]; ++y)
      for (uint32_t x = 0; x < grid[0]; ++x) {
        Block block(entry, words.data(), {x, y, z}, threads);
        running = &block;
        Error error = block.run();
        running = nullptr;
        if (error)
          return error;
      }
  return Error::success();
}

uint32_t moec_gpu_block_id(uint32_t axis) { return running->id[axis]; }

uint32_t moec_gpu_thread_id() { return running->current; }

void moec_gpu_barrier() { running->suspend(Wait::Barrier); }

uint32_t moec_gpu_exchange(uint32_t word, uint32_t bit) {
  Lane &lane = running->lanes[running->current];
  lane.word = word;
  lane.bit = bit;
  running->suspend(Wait::Exchange);
  return lane.word;
}

template <typename T> static void product(const T *first, const T *second, float *sum) {
  Lane &lane = running->lanes[running->current];
  auto widen = [](T number) {
    if constexpr (std::is_same_v<T, float>)
      return number;
    else
      return std::bit_cast<float>(uint32_t(number) << 16);
  };
  std::transform(first, first + std::size(lane.first), lane.first, widen);
  std::transform(second, second + std::size(lane.second), lane.second, widen);
  lane.sum = sum;
  running->suspend(Wait::Product);
}

void moec_gpu_product_f32(const float *first, const float *second, float *sum) {
  product(first, second, sum);
}

void moec_gpu_product_bf16(const uint16_t *first, const uint16_t *second, float *sum) {
  product(first, second, sum);
}
