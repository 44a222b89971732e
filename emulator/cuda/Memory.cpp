//===- Memory.cpp - Memory, copies and fills --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An address on the card is one in this process, so every copy is the same one; its name says which
// side must be memory of a card.
//
//===----------------------------------------------------------------------===//

#include "Runtime.h"

using namespace moec::cuda;
using namespace moec::emulator;

namespace {
void *at(CUdeviceptr pointer) { return reinterpret_cast<void *>(pointer); }

/// Which side of a copy is a card's.
enum Side : unsigned { To = 1, From = 2 };

CUresult copy(void *to, const void *from, size_t bytes, CUstream stream, unsigned sides) {
  return inContext([&](Runtime &r) {
    bool inside;
    if (bytes && (((sides & To) && !r.isOnCard(to, bytes, inside)) ||
                  ((sides & From) && !r.isOnCard(from, bytes, inside))))
      return kInvalidValue;
    return r.copy(stream, to, from, bytes);
  });
}
/// The same in the null stream, done on return.
CUresult copyNow(void *to, const void *from, size_t bytes, unsigned sides) {
  CUresult status = copy(to, from, bytes, nullptr, sides);
  return status ? status : Runtime::get().synchronize(CUstream(nullptr));
}
CUresult fill(CUdeviceptr pointer, uint32_t value, size_t width, size_t count, CUstream stream) {
  return inContext([&](Runtime &r) {
    return pointer % width ? kInvalidValue : r.fill(stream, at(pointer), value, width, count);
  });
}
} // namespace

extern "C" {

CUresult cuMemGetInfo_v2(size_t *free, size_t *total) {
  return inContext([&](Runtime &r) { return r.readMemory(free, total); });
}
CUresult cuMemAlloc_v2(CUdeviceptr *pointer, size_t bytes) {
  return inContext([&](Runtime &r) {
    if (!pointer || bytes == 0)
      return kInvalidValue;
    void *memory = nullptr;
    CUresult status = r.allocate(&memory, bytes);
    *pointer = reinterpret_cast<CUdeviceptr>(memory);
    return status;
  });
}
CUresult cuMemFree_v2(CUdeviceptr pointer) {
  return inContext([&](Runtime &r) { return r.release(at(pointer)); });
}
CUresult cuMemHostAlloc(void **pointer, size_t bytes, unsigned) {
  return inContext(
      [&](Runtime &r) { return bytes ? r.allocateHost(pointer, bytes) : kInvalidValue; });
}
CUresult cuMemAllocHost_v2(void **pointer, size_t bytes) {
  return cuMemHostAlloc(pointer, bytes, 0);
}
CUresult cuMemFreeHost(void *pointer) {
  return inContext([&](Runtime &r) { return r.releaseHost(pointer); });
}

CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return copyNow(at(to), at(from), bytes, 0);
}
CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return copy(at(to), at(from), bytes, stream, 0);
}
CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes) {
  return copyNow(at(to), from, bytes, To);
}
CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes) {
  return copyNow(to, at(from), bytes, From);
}
CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
  return copyNow(at(to), at(from), bytes, To | From);
}
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream) {
  return copy(at(to), from, bytes, stream, To);
}
CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return copy(to, at(from), bytes, stream, From);
}
CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  return copy(at(to), at(from), bytes, stream, To | From);
}

CUresult cuMemsetD8_v2(CUdeviceptr pointer, unsigned char value, size_t count) {
  return fill(pointer, value, 1, count, nullptr);
}
CUresult cuMemsetD16_v2(CUdeviceptr pointer, unsigned short value, size_t count) {
  return fill(pointer, value, 2, count, nullptr);
}
CUresult cuMemsetD32_v2(CUdeviceptr pointer, unsigned value, size_t count) {
  return fill(pointer, value, 4, count, nullptr);
}
CUresult cuMemsetD8Async(CUdeviceptr pointer, unsigned char value, size_t count, CUstream stream) {
  return fill(pointer, value, 1, count, stream);
}
CUresult cuMemsetD16Async(CUdeviceptr pointer, unsigned short value, size_t count,
                          CUstream stream) {
  return fill(pointer, value, 2, count, stream);
}
CUresult cuMemsetD32Async(CUdeviceptr pointer, unsigned value, size_t count, CUstream stream) {
  return fill(pointer, value, 4, count, stream);
}
}
