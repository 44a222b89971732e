//===- FakeDevice.cpp - The tiny model's kernels, without any code --------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "FakeDevice.h"

#include "TinyModel.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::test;
using namespace moec::runtime;

/// Numbers in a row of the tiny model's buffers and cache; the fake kernels use the first.
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
  Error launch(Kernel &kernel, std::span<const moec_word> args, const Grid &grid) override;
  Error synchronize() override { return Error::success(); }

private:
  void embed(std::span<const moec_word> args, uint64_t tokens);
  void append(std::span<const moec_word> args);
  void context(std::span<const moec_word> args, uint64_t tokens);
  void head(std::span<const moec_word> args, uint64_t rows);

  FakeDevice &device;
};
} // namespace

/// ids, table, x: the id itself.
void FakeStream::embed(std::span<const moec_word> args, uint64_t tokens) {
  const int32_t *ids = device.at<int32_t>(args[0], tokens);
  int32_t *x = device.at<int32_t>(args[2], tokens * width);
  for (uint64_t t = 0; t < tokens; ++t)
    x[t * width] = ids[t];
}

/// x, slots, cache, tokens.
void FakeStream::append(std::span<const moec_word> args) {
  const int32_t *x = device.at<int32_t>(args[0], args[3] * width);
  const int32_t *slots = device.at<int32_t>(args[1], args[3]);
  for (uint64_t t = 0; t < args[3]; ++t)
    if (int32_t *row = device.at<int32_t>(args[2] + uint64_t(slots[t]) * width * 4, width))
      row[0] = x[t * width];
}

/// x, positions, token_sequence, block_table, cache, y, stride: the hash of the cached context.
void FakeStream::context(std::span<const moec_word> args, uint64_t tokens) {
  const int32_t *positions = device.at<int32_t>(args[1], tokens);
  const int32_t *sequences = device.at<int32_t>(args[2], tokens);
  uint64_t *y = device.at<uint64_t>(args[5], tokens * width / 2), stride = args[6];
  int64_t page = device.rowsPerPage();
  for (uint64_t t = 0; t < tokens; ++t) {
    ContextHash hash;
    const int32_t *table =
        device.at<int32_t>(args[3] + uint64_t(sequences[t]) * stride * 4, stride);
    for (int64_t p = 0; p <= positions[t]; ++p) {
      uint64_t row = uint64_t(table[p / page] * page + p % page);
      hash.add(*reinterpret_cast<const int32_t *>(args[4] + row * width * 4));
    }
    y[t * width / 2] = hash.value;
  }
}

/// y, logits_rows, head, logits: 1 for the token that follows.
void FakeStream::head(std::span<const moec_word> args, uint64_t rows) {
  const int32_t *which = device.at<int32_t>(args[1], rows);
  float *logits = device.at<float>(args[3], rows * TinyModel::vocab);
  std::fill_n(logits, rows * TinyModel::vocab, 0.0f);
  for (uint64_t r = 0; r < rows; ++r) {
    ContextHash hash{*device.at<uint64_t>(args[0] + uint64_t(which[r]) * width * 4, 1)};
    logits[r * TinyModel::vocab + uint32_t(hash.next(TinyModel::vocab))] = 1;
  }
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
