//===- InterpretedDevice.cpp - A device that interprets kernels -----------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Everything is synchronous: when launch() returns, the launch is done.
//
//===----------------------------------------------------------------------===//

#include "InterpretedDevice.h"

#include "moec/Compiler/Compiler.h"
#include "moec/Diagnostics/Diagnostics.h"

#include "mlir/Parser/Parser.h"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

using namespace mlir;
using namespace moec;
using namespace moec::runtime;
using interpreter::HostArray;

struct InterpretedDevice::Allocation {
  struct Free {
    void operator()(uint8_t *memory) const { std::free(memory); }
  };
  std::unique_ptr<uint8_t, Free> memory, marks;
  uint64_t bytes;
};

namespace {
class InterpretedKernel : public Kernel {
public:
  explicit InterpretedKernel(tile::KernelOp op) : op(op) {}
  tile::KernelOp op;
};

/// A module of kernels.
class KernelModule : public runtime::CodeObject {
public:
  KernelModule(std::string name, OwningOpRef<ModuleOp> module)
      : name(std::move(name)), module(std::move(module)) {}

  Expected<std::unique_ptr<Kernel>> kernel(const KernelInfo &info) override {
    auto op = module->lookupSymbol<tile::KernelOp>(info.symbol);
    if (!op)
      return Error::make("'", name, "' has no kernel '", info.symbol, "'");
    return std::make_unique<InterpretedKernel>(op);
  }

private:
  std::string name;
  OwningOpRef<ModuleOp> module;
};
} // namespace

namespace moec {
class InterpretedStream : public Stream {
public:
  explicit InterpretedStream(InterpretedDevice &device) : device(device) {}

  Error copyToDevice(DeviceAddress destination, std::span<const std::byte> source) override {
    auto *bytes = reinterpret_cast<uint8_t *>(const_cast<std::byte *>(source.data()));
    return device.copy(destination, {MutableArrayRef(bytes, source.size())});
  }
  Error copyToHost(std::span<std::byte> destination, DeviceAddress source) override {
    Expected<HostArray> array = device.find(source, destination.size());
    if (!array)
      return array.takeError();
    std::transform(array->data.begin(), array->data.end(), destination.begin(),
                   [](uint8_t byte) { return std::byte(byte); });
    return Error::success();
  }
  Error copyOnDevice(DeviceAddress destination, DeviceAddress source, uint64_t bytes) override {
    Expected<HostArray> array = device.find(source, bytes);
    return array ? device.copy(destination, *array) : array.takeError();
  }
  Error launch(Kernel &kernel, std::span<const moec_word> args, const Grid &grid) override {
    return device.launch(static_cast<InterpretedKernel &>(kernel).op, args, grid);
  }
  Error synchronize() override { return Error::success(); }

private:
  InterpretedDevice &device;
};
} // namespace moec

InterpretedDevice::InterpretedDevice() : context(createContext()) {}

InterpretedDevice::~InterpretedDevice() = default;

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

Expected<uint64_t> InterpretedDevice::freeMemory() const {
  // A byte takes another one for its mark.
  return uint64_t(sysconf(_SC_AVPHYS_PAGES)) * uint64_t(sysconf(_SC_PAGESIZE)) / 2;
}

Expected<DeviceAddress> InterpretedDevice::allocate(uint64_t bytes) {
  // Large zeroed memory is real only where it is touched. One more than asked for, so that no two
  // allocations have the same address; and what it takes to align it.
  Allocation allocation;
  allocation.memory.reset(static_cast<uint8_t *>(std::calloc(bytes + MOEC_BUFFER_ALIGNMENT, 1)));
  allocation.marks.reset(static_cast<uint8_t *>(std::calloc(bytes + 1, 1)));
  allocation.bytes = bytes;
  if (!allocation.memory || !allocation.marks)
    return Error::make("cannot allocate ", bytes, " bytes");
  auto address = reinterpret_cast<DeviceAddress>(allocation.memory.get());
  address = llvm::alignTo(address, MOEC_BUFFER_ALIGNMENT);
  allocations.emplace(address, std::move(allocation));
  return address;
}

void InterpretedDevice::deallocate(DeviceAddress address, uint64_t) { allocations.erase(address); }

Expected<DeviceAddress> InterpretedDevice::importHost(std::span<const std::byte> bytes) {
  Expected<DeviceAddress> address = allocate(bytes.size());
  if (!address)
    return address;
  if (Error error = InterpretedStream(*this).copyToDevice(*address, bytes))
    return error;
  return address;
}

Expected<HostArray> InterpretedDevice::find(DeviceAddress address) {
  auto next = allocations.upper_bound(address);
  if (next == allocations.begin() ||
      address - std::prev(next)->first > std::prev(next)->second.bytes)
    return Error::make("there is no memory at address ", address);
  auto &[begin, allocation] = *std::prev(next);
  uint64_t offset = address - begin, rest = allocation.bytes - offset;
  HostArray array;
  array.data = {reinterpret_cast<uint8_t *>(address), size_t(rest)};
  array.written = {allocation.marks.get() + offset, size_t(rest)};
  return array;
}

Expected<HostArray> InterpretedDevice::find(DeviceAddress address, uint64_t count) {
  Expected<HostArray> array = find(address);
  if (!array)
    return array;
  if (array->data.size() < count)
    return Error::make("there are ", array->data.size(), " bytes at address ", address, ", not ",
                       count);
  array->data = array->data.take_front(count);
  array->written = array->written.take_front(count);
  return array;
}

Error InterpretedDevice::copy(DeviceAddress destination, const HostArray &source) {
  Expected<HostArray> target = find(destination, source.data.size());
  if (!target)
    return target.takeError();
  llvm::copy(source.data, target->data.begin());
  if (source.written.empty())
    llvm::fill(target->written, 1);
  else
    llvm::copy(source.written, target->written.begin());
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

Expected<std::unique_ptr<runtime::CodeObject>>
InterpretedDevice::loadCode(const std::string &name, std::span<const std::byte> bytes) {
  DiagnosticCollector said(context.get());
  std::string text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
  auto module = parseSourceString<ModuleOp>(text, context.get(), name);
  if (!module)
    return Error::make("'", name, "' is no module of kernels: ", said.error());
  return std::make_unique<KernelModule>(name, std::move(module));
}

Expected<std::unique_ptr<Stream>> InterpretedDevice::createStream() {
  return std::make_unique<InterpretedStream>(*this);
}

Error InterpretedDevice::expect(const Executor &executor, const plan::Launch &launch) {
  limits.clear();
  for (const plan::Arg *arg : *launch.args()) {
    Expected<uint64_t> bytes = executor.bytesOf(arg->kind(), arg->index());
    if (!bytes)
      return bytes.takeError();
    limits.push_back(*bytes);
  }
  return Error::success();
}

Error InterpretedDevice::launch(tile::KernelOp kernel, std::span<const moec_word> args,
                                const Grid &grid) {
  std::vector<uint64_t> sizes = std::exchange(limits, {});
  if (args.size() != kernel.getNumWords() || (!sizes.empty() && sizes.size() != args.size()))
    return Error::make("kernel '", kernel.getSymName().str(), "' takes ", kernel.getNumWords(),
                       " words, ", args.size(), " are given");
  size_t word = 0;
  auto nextArray = [&]() -> Expected<HostArray> {
    size_t number = word++;
    return sizes.empty() ? find(args[number]) : find(args[number], sizes[number]);
  };
  std::vector<interpreter::Argument> arguments;
  for (Value value : kernel.getKernelArguments()) {
    auto type = dyn_cast<tile::RefType>(value.getType());
    if (!type) {
      arguments.push_back(int64_t(args[word++]));
      continue;
    }
    Expected<HostArray> array = nextArray();
    if (!array)
      return array.takeError();
    if (mx::BlockType block = type.getBlock()) {
      SmallVector<mx::BlockStream, 4> streams = block.getStreams();
      for (mx::BlockStream stream : ArrayRef(streams).drop_front()) {
        Expected<HostArray> part = nextArray();
        if (!part)
          return part.takeError();
        array->set(stream, part->data, part->written);
      }
    }
    arguments.push_back(*array);
  }
  auto own = interpreter::evaluateGrid(kernel, arguments);
  if (!own)
    return own.takeError();
  if (!std::equal(own->begin(), own->end(), grid.begin()))
    return Error::make("kernel '", kernel.getSymName().str(), "' is launched with a grid of ",
                       grid[0], " x ", grid[1], " x ", grid[2], ", but its own is ", (*own)[0],
                       " x ", (*own)[1], " x ", (*own)[2]);
  return interpreter::runKernel(kernel, arguments);
}
