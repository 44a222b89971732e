//===- InterpretedDevice.h - A device that interprets kernels ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Host memory behind the runtime's Device, in which every byte says whether somebody wrote it. A
// launch interprets the kernel, so each access is checked against the array that it is meant for.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_INTERPRET_INTERPRETEDDEVICE_H
#define MOEC_TOOLS_MOEC_INTERPRET_INTERPRETEDDEVICE_H

#include "moec/Interpreter/Interpreter.h"
#include "moec/runtime/Executor.h"

#include "mlir/IR/MLIRContext.h"

#include <map>

namespace moec {

/// Runs kernels whose code objects are those of InterpretedTarget.
class InterpretedDevice : public runtime::Device {
public:
  InterpretedDevice();
  ~InterpretedDevice() override;

  std::string description() const override { return "the interpreter of kernels"; }
  /// Machines' features count for nothing here.
  Error checkFeatures(const std::vector<std::string> &) const override { return Error::success(); }
  Expected<uint64_t> freeMemory() const override;
  Expected<runtime::DeviceAddress> allocate(uint64_t bytes) override;
  void deallocate(runtime::DeviceAddress address, uint64_t bytes) override;
  Expected<runtime::DeviceAddress> importHost(std::span<const std::byte> bytes) override;
  Expected<std::unique_ptr<runtime::CodeObject>>
  loadCode(const std::string &name, std::span<const std::byte> bytes) override;
  Expected<std::unique_ptr<runtime::Stream>> createStream() override;

  /// Takes from an executor, before it launches, how large each argument is, in place of what is
  /// left of the allocation there. For Executor::inspect.
  Error expect(const runtime::Executor &executor, const plan::Launch &launch);

private:
  friend class InterpretedStream;
  /// Zeroed bytes, and a mark for each.
  struct Allocation;

  /// The bytes from an address to the end of its allocation, with their marks.
  Expected<interpreter::HostArray> find(runtime::DeviceAddress address);
  /// The same for `count` bytes, all of which must be there.
  Expected<interpreter::HostArray> find(runtime::DeviceAddress address, uint64_t count);
  Error copy(runtime::DeviceAddress destination, const interpreter::HostArray &source);
  Error launch(tile::KernelOp kernel, std::span<const moec_word> args, const runtime::Grid &grid);

  std::unique_ptr<mlir::MLIRContext> context;
  std::map<runtime::DeviceAddress, Allocation> allocations;
  /// By argument word of the next launch; empty where nobody said.
  std::vector<uint64_t> limits;
};

} // namespace moec

#endif // MOEC_TOOLS_MOEC_INTERPRET_INTERPRETEDDEVICE_H
