//===- ScalarMemory.cpp - Scalar memory -------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Scalar loads, stores and atomics, by address and through a buffer's descriptor.
//
//===----------------------------------------------------------------------===//

#include "Atomic.h"
#include "Machine.h"

#include <cstring>

namespace moec::gfx950::test::reference {

namespace {

/// A kind of access, read off the mnemonic.
struct Kind {
  bool buffer, load, store, atomic;
  std::string rest; ///< dword, dwordx4, add, add_x2.
  explicit Kind(std::string name) {
    auto take = [&](const std::string &prefix) {
      bool found = name.starts_with(prefix);
      name = found ? name.substr(prefix.size()) : name;
      return found;
    };
    bool scalar = take("s_");
    buffer = take("buffer_");
    load = scalar && take("load_"), store = scalar && take("store_");
    atomic = scalar && take("atomic_");
    rest = name;
  }
  /// Of a load or a store.
  unsigned dwords() const {
    size_t x = rest.rfind('x');
    return x == std::string::npos ? 1 : unsigned(std::stoi(rest.substr(x + 1)));
  }
};

} // namespace

bool Machine::executeScalarMemory(const Text &t) {
  Kind kind(t.mnemonic);
  if (!kind.load && !kind.store && !kind.atomic)
    return false;
  const Operand &data = t.operands[0], &resource = t.operands[1], &o = t.operands[2];
  uint64_t base = scalar(resource), end = ~uint64_t(0);
  uint64_t offset = uint64_t(t.value("offset")) + (o.kind == 'k' ? o.constant('u') : scalar(o));
  if (kind.buffer) {
    uint32_t stride = state.scalar[resource.first + 1] >> 16 & 0x3fff;
    base &= 0xffffffffffff;
    end = uint64_t(state.scalar[resource.first + 2]) * (stride ? stride : 1);
  }
  offset &= ~uint64_t(3);
  uint8_t *place = &memory[base + offset - memoryAddress];
  uint32_t *registers = &state.scalar[data.first];
  if (kind.atomic) {
    bool wide = kind.rest.ends_with("_x2");
    std::string op = wide ? kind.rest.substr(0, kind.rest.size() - 3) : kind.rest;
    unsigned bytes = wide ? 8 : 4;
    uint64_t old = 0, value = 0, second = 0;
    std::memcpy(&old, place, bytes);
    std::memcpy(&value, registers, bytes);
    if (op == "cmpswap")
      std::memcpy(&second, registers + bytes / 4, bytes);
    auto v = atomicValue(op, 'u', 8 * bytes, old, value, second);
    if (!v)
      return false;
    std::memcpy(place, &*v, bytes);
    if (t.has("glc"))
      std::memcpy(registers, &old, bytes);
    return true;
  }
  for (unsigned d = 0; d < kind.dwords(); ++d) {
    bool inside = offset + 4 * d + 4 <= end;
    if (kind.load && !inside)
      registers[d] = 0;
    else if (kind.load)
      std::memcpy(registers + d, place + 4 * d, 4);
    else if (inside)
      std::memcpy(place + 4 * d, registers + d, 4);
  }
  return true;
}

} // namespace moec::gfx950::test::reference
