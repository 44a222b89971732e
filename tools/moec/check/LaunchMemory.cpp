//===- LaunchMemory.cpp - Arrays of a plan on a device --------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "LaunchMemory.h"

#include "moec/Dialect/MX/MX.h"

#include <algorithm>

using namespace moec;
using namespace moec::runtime;
using reference::Encoded;
using reference::Tensor;

/// As bf16, f32 and i32: NaN, NaN and −1; as a power of two: NaN.
static constexpr uint8_t poisonByte = 0xff;

static uint32_t partsOf(const Place &place) {
  return mlir::isa<mx::BlockType>(place.element) ? 2 : 1;
}

uint64_t LaunchMemory::sizeOf(const Place &place, uint32_t part, int64_t count) const {
  if (place.kind == plan::ArgKind::Buffer)
    return executor.variant().buffers()->Get(place.index + part)->bytes();
  Encoded encoded = reference::makeFilled(count, place.element, poisonByte);
  return part ? encoded.scales.size() : encoded.data.size();
}

Error LaunchMemory::writeBytes(const Place &place, uint32_t part, std::vector<uint8_t> bytes) {
  DeviceAddress address = executor.addressOf(place.kind, place.index + part);
  if (Error error = executor.queue().copyToDevice(address, std::as_bytes(std::span(bytes))))
    return error;
  return executor.queue().synchronize();
}

Expected<std::vector<uint8_t>> LaunchMemory::readBytes(const Place &place, uint32_t part,
                                                       uint64_t size) {
  std::vector<uint8_t> bytes(size);
  DeviceAddress address = executor.addressOf(place.kind, place.index + part);
  if (Error error = executor.queue().copyToHost(std::as_writable_bytes(std::span(bytes)), address))
    return error;
  if (Error error = executor.queue().synchronize())
    return error;
  return bytes;
}

Error LaunchMemory::poison(const Place &place, int64_t count) {
  for (uint32_t part = 0; part < partsOf(place); ++part)
    if (Error error =
            writeBytes(place, part, std::vector<uint8_t>(sizeOf(place, part, count), poisonByte)))
      return error;
  return Error::success();
}

Error LaunchMemory::write(const Place &place, const Tensor &tensor) {
  Encoded encoded = reference::encode(tensor, place.element);
  for (uint32_t part = 0; part < partsOf(place); ++part) {
    std::vector<uint8_t> bytes = part ? encoded.scales : encoded.data;
    uint64_t room = place.kind == plan::ArgKind::Buffer ? sizeOf(place, part, 0) : bytes.size();
    if (bytes.size() > room)
      return Error::make("a value of ", bytes.size(), " bytes does not fit its buffer of ", room);
    bytes.resize(room, poisonByte);
    if (Error error = writeBytes(place, part, std::move(bytes)))
      return error;
  }
  return Error::success();
}

Expected<Tensor> LaunchMemory::read(const Place &place, int64_t count, bool &intact) {
  Encoded wanted = reference::makeFilled(count, place.element, poisonByte);
  for (uint32_t part = 0; part < partsOf(place); ++part) {
    std::vector<uint8_t> &target = part ? wanted.scales : wanted.data;
    auto bytes = readBytes(place, part, sizeOf(place, part, count));
    if (!bytes)
      return bytes.takeError();
    auto end = bytes->begin() + static_cast<ptrdiff_t>(target.size());
    intact &= std::all_of(end, bytes->end(), [](uint8_t byte) { return byte == poisonByte; });
    target.assign(bytes->begin(), end);
  }
  return reference::decode(wanted.data, wanted.scales, place.element);
}

Error LaunchMemory::writeCache(const Place &place, const Encoded &rows) {
  for (uint32_t part = 0; part < partsOf(place); ++part)
    if (Error error = writeBytes(place, part, part ? rows.scales : rows.data))
      return error;
  return Error::success();
}

Expected<Encoded> LaunchMemory::readCache(const Place &place, const Encoded &like) {
  Encoded rows;
  for (uint32_t part = 0; part < partsOf(place); ++part) {
    auto bytes = readBytes(place, part, (part ? like.scales : like.data).size());
    if (!bytes)
      return bytes.takeError();
    (part ? rows.scales : rows.data) = std::move(*bytes);
  }
  return rows;
}
