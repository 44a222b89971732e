//===- ExecuteNative.cpp - Kernels of the tests as native code ------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The arrays go to memory and back. An element that was not written is a pattern that no kernel
// writes, so that one which did not write all of its result is found.
//
//===----------------------------------------------------------------------===//

#include "KernelTest.h"
#include "NativeKernel.h"

#include "moec/Support/Scalar.h"

#include <cstring>

using namespace mlir;
using namespace moec;
using namespace moec::test;

/// What an element holds that nobody wrote: a NaN, or a very negative integer.
static constexpr uint32_t unwritten = 0xffa5a5a5;

static unsigned getWidth(Type element) { return element.getIntOrFloatBitWidth() / 8; }

static uint32_t encode(std::optional<double> value, Type element) {
  if (!value)
    return element.getIntOrFloatBitWidth() == 32 ? unwritten : unwritten >> 16;
  if (element.isInteger(32))
    return static_cast<uint32_t>(static_cast<int32_t>(*value));
  if (element.isBF16())
    return f32ToBf16(static_cast<float>(*value));
  if (element.isF16())
    return f32ToF16(static_cast<float>(*value));
  return std::bit_cast<uint32_t>(static_cast<float>(*value));
}

static std::optional<double> decode(uint32_t bits, Type element) {
  if (bits == encode(std::nullopt, element))
    return std::nullopt;
  if (element.isInteger(32))
    return static_cast<int32_t>(bits);
  if (element.isBF16())
    return bf16ToF32(static_cast<uint16_t>(bits));
  if (element.isF16())
    return f16ToF32(static_cast<uint16_t>(bits));
  return std::bit_cast<float>(bits);
}

std::string moec::test::execute(tile::KernelOp kernel, llvm::ArrayRef<Argument> arguments) {
  OwningOpRef<ModuleOp> module = ModuleOp::create(kernel.getLoc());
  OpBuilder::atBlockEnd(module->getBody()).clone(*kernel);
  // Cases that differ in their batch only share a kernel.
  static NativeTarget target;
  const NativeKernel *native = target.compile(*module);
  if (!native)
    return "does not compile";

  std::vector<std::vector<uint8_t>> memory(arguments.size());
  std::vector<Word> words;
  auto getElement = [&](size_t number) {
    return cast<tile::RefType>(kernel.getKernelArguments()[number].getType()).getElementType();
  };
  for (auto [number, argument] : llvm::enumerate(arguments)) {
    if (const auto *index = std::get_if<int64_t>(&argument)) {
      words.push_back({.index = *index});
      continue;
    }
    Type element = getElement(number);
    for (const std::optional<double> &value : *std::get<Array *>(argument)) {
      uint32_t bits = encode(value, element);
      const auto *bytes = reinterpret_cast<const uint8_t *>(&bits);
      memory[number].insert(memory[number].end(), bytes, bytes + getWidth(element));
    }
    memory[number].reserve(64);
    words.push_back({.address = memory[number].data(), .bytes = memory[number].size()});
  }
  native->run(kernel, words, 2);
  for (auto [number, argument] : llvm::enumerate(arguments)) {
    auto *const *array = std::get_if<Array *>(&argument);
    if (!array)
      continue;
    Type element = getElement(number);
    for (auto [place, value] : llvm::enumerate(**array)) {
      uint32_t bits = 0;
      std::memcpy(&bits, memory[number].data() + place * getWidth(element), getWidth(element));
      value = decode(bits, element);
    }
  }
  return "";
}
