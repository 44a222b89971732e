//===- FakeDevice.cpp - The tiny model's kernels, without any code --------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "FakeDevice.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::test;
using namespace moec::runtime;

/// Numbers in a row of the tiny model's buffers and states; the fake kernels use the first, of
/// hidden states and slots the first two as one.
static constexpr uint64_t width = TinyModel::width;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

FakeDevice::~FakeDevice() {
  EXPECT_TRUE(memory.empty()) << memory.size() << " allocations are left";
}

Expected<DeviceAddress> FakeDevice::allocate(uint64_t bytes) {
  std::vector<std::byte> block(std::max<uint64_t>(bytes, 1));
  DeviceAddress address = reinterpret_cast<DeviceAddress>(block.data());
  memory.emplace(address, std::move(block));
  return address;
}

void FakeDevice::deallocate(DeviceAddress address, uint64_t bytes) {
  auto it = memory.find(address);
  ASSERT_NE(it, memory.end()) << "what was never allocated is given back";
  EXPECT_EQ(it->second.size(), std::max<uint64_t>(bytes, 1));
  memory.erase(it);
}

Expected<DeviceAddress> FakeDevice::importHost(std::span<const std::byte> bytes) {
  return reinterpret_cast<DeviceAddress>(bytes.data()); // no kernel here reads weights
}

void *FakeDevice::find(DeviceAddress address, uint64_t bytes) {
  auto it = memory.upper_bound(address);
  bool inside = it != memory.begin();
  if (inside) {
    --it;
    inside = address + bytes <= it->first + it->second.size();
  }
  EXPECT_TRUE(inside) << bytes << " bytes are not in one allocation";
  return inside ? reinterpret_cast<void *>(address) : nullptr;
}

//===----------------------------------------------------------------------===//
// Kernels
//===----------------------------------------------------------------------===//

namespace {
struct FakeKernel : Kernel {
  std::string symbol;
};

struct FakeCode : CodeObject {
  Expected<std::unique_ptr<Kernel>> kernel(const KernelInfo &info) override {
    auto made = std::make_unique<FakeKernel>();
    made->symbol = info.symbol;
    return std::unique_ptr<Kernel>(std::move(made));
  }
};

/// Executes everything when it is asked for.
class FakeStream : public Stream {
public:
  explicit FakeStream(FakeDevice &device) : device(device) {}

  Error copyToDevice(DeviceAddress destination, std::span<const std::byte> source) override {
    if (!source.empty())
      std::memcpy(device.at<std::byte>(destination, source.size()), source.data(), source.size());
    return Error::success();
  }
  Error copyToHost(std::span<std::byte> destination, DeviceAddress source) override {
    std::memcpy(destination.data(), device.at<std::byte>(source, destination.size()),
                destination.size());
    return Error::success();
  }
  Error copyOnDevice(DeviceAddress destination, DeviceAddress source, uint64_t bytes) override {
    std::memcpy(device.at<std::byte>(destination, bytes), device.at<std::byte>(source, bytes),
                bytes);
    return Error::success();
  }
  Error launch(Kernel &kernel, std::span<const moec_word> args, const Grid &grid) override;
  Error synchronize() override { return Error::success(); }

private:
  void embed(std::span<const moec_word> args, uint64_t tokens);
  void append(std::span<const moec_word> args);
  void context(std::span<const moec_word> args, uint64_t tokens);
  void head(std::span<const moec_word> args, uint64_t rows);
  void fold(std::span<const moec_word> args, uint64_t sequences);
  void turn(std::span<const moec_word> args, uint64_t tokens);

  FakeDevice &device;
};
} // namespace

/// ids, table, x: the id itself.
void FakeStream::embed(std::span<const moec_word> args, uint64_t tokens) {
  const int32_t *ids = device.at<int32_t>(args[0], tokens);
  int32_t *x = device.at<int32_t>(args[2], tokens * width);
  std::fill_n(x, tokens * width, 0);
  for (uint64_t t = 0; t < tokens; ++t)
    x[t * width] = ids[t];
}

/// x, cache_rows, cache, tokens.
void FakeStream::append(std::span<const moec_word> args) {
  const int32_t *x = device.at<int32_t>(args[0], args[3] * width);
  const int32_t *rows = device.at<int32_t>(args[1], args[3]);
  for (uint64_t t = 0; t < args[3]; ++t)
    if (int32_t *row = device.at<int32_t>(args[2] + uint64_t(rows[t]) * width * 4, width))
      row[0] = x[t * width];
}

/// positions, token_sequence, block_table, cache, y, stride, page size, window: mixes the hash of
/// the cached context into y.
void FakeStream::context(std::span<const moec_word> args, uint64_t tokens) {
  const int32_t *positions = device.at<int32_t>(args[0], tokens);
  const int32_t *sequences = device.at<int32_t>(args[1], tokens);
  uint64_t *y = device.at<uint64_t>(args[4], tokens * width / 2), stride = args[5];
  int64_t page = int64_t(args[6]), window = int64_t(args[7]);
  for (uint64_t t = 0; t < tokens; ++t) {
    ContextHash hash, mixed{y[t * width / 2]};
    const int32_t *table =
        device.at<int32_t>(args[2] + uint64_t(sequences[t]) * stride * 4, stride);
    for (int64_t p = window ? std::max<int64_t>(0, positions[t] + 1 - window) : 0;
         p <= positions[t]; ++p) {
      uint64_t row = uint64_t(table[p / page] * page + p % page);
      hash.add(*reinterpret_cast<const int32_t *>(args[3] + row * width * 4));
    }
    mixed.mix(hash.value);
    y[t * width / 2] = mixed.value;
  }
}

void FakeDevice::giveLogits(uint64_t hidden, std::span<float> logits) const {
  if (head)
    return head(hidden, logits);
  std::ranges::fill(logits, 0.0f);
  logits[uint32_t(TinyContext::next(hidden))] = 1;
}

/// y, logits_rows, head, logits.
void FakeStream::head(std::span<const moec_word> args, uint64_t rows) {
  const int32_t *which = device.at<int32_t>(args[1], rows);
  uint64_t vocab = device.vocabulary();
  float *logits = device.at<float>(args[3], rows * vocab);
  for (uint64_t r = 0; r < rows; ++r) {
    uint64_t hidden = *device.at<uint64_t>(args[0] + uint64_t(which[r]) * width * 4, 1);
    device.giveLogits(hidden, {logits + r * vocab, vocab});
  }
}

/// x, sequence_start, state_read, state_write, state, y: goes on with the hash in a slot.
void FakeStream::fold(std::span<const moec_word> args, uint64_t sequences) {
  const int32_t *start = device.at<int32_t>(args[1], sequences + 1);
  const int32_t *read = device.at<int32_t>(args[2], sequences);
  uint64_t tokens = uint64_t(start[sequences]);
  const int32_t *x = device.at<int32_t>(args[0], tokens * width);
  const int32_t *write = device.at<int32_t>(args[3], tokens);
  uint64_t *y = device.at<uint64_t>(args[5], tokens * width / 2);
  auto slot = [&](int32_t number) {
    return device.at<uint64_t>(args[4] + uint64_t(number) * width * 4, width / 2);
  };
  for (uint64_t s = 0; s < sequences; ++s) {
    ContextHash hash{read[s] < 0 ? 0 : *slot(read[s])};
    for (int32_t t = start[s]; t < start[s + 1]; ++t) {
      hash.add(x[uint64_t(t) * width]);
      ContextHash mixed{y[uint64_t(t) * width / 2]};
      mixed.mix(hash.value);
      y[uint64_t(t) * width / 2] = mixed.value;
      if (write[t] >= 0)
        *slot(write[t]) = hash.value;
    }
  }
}

/// hidden, y.
void FakeStream::turn(std::span<const moec_word> args, uint64_t tokens) {
  const uint64_t *hidden = device.at<uint64_t>(args[0], tokens * width / 2);
  uint64_t *y = device.at<uint64_t>(args[1], tokens * width / 2);
  for (uint64_t t = 0; t < tokens; ++t)
    y[t * width / 2] = TinyContext::drafted(hidden[t * width / 2]);
}

uint64_t TinyContext::hidden() const {
  ContextHash mixed{uint64_t(uint32_t(tokens.back()))};
  for (const PoolRule &rule : pools) {
    ContextHash part = all;
    if (rule.window != 0 && rule.window < tokens.size()) {
      part = {};
      for (size_t p = tokens.size() - rule.window; p < tokens.size(); ++p)
        part.add(tokens[p]);
    }
    mixed.mix(part.value);
  }
  return mixed.value;
}

int32_t TinyContext::next(uint64_t hidden) {
  ContextHash mixed{hidden};
  mixed.mix(1);
  return int32_t((mixed.value >> 20) % TinyModel::vocab);
}

Error FakeStream::launch(Kernel &kernel, std::span<const moec_word> args, const Grid &grid) {
  const std::string &symbol = static_cast<FakeKernel &>(kernel).symbol;
  if (symbol == "embed")
    embed(args, grid[0]);
  else if (symbol == "append")
    append(args);
  else if (symbol == "context")
    context(args, grid[0]);
  else if (symbol == "head")
    head(args, grid[0]);
  else if (symbol == "fold")
    fold(args, grid[0]);
  else if (symbol == "turn")
    turn(args, grid[0]);
  else
    return Error::make("no kernel '", symbol, "'");
  return Error::success();
}

Expected<std::unique_ptr<CodeObject>> FakeDevice::loadCode(const std::string &,
                                                           std::span<const std::byte>) {
  return std::unique_ptr<CodeObject>(std::make_unique<FakeCode>());
}

Expected<std::unique_ptr<Stream>> FakeDevice::createStream() {
  return std::unique_ptr<Stream>(std::make_unique<FakeStream>(*this));
}
