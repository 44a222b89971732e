//===- Memory.cpp - Global, flat, scratch and buffer accesses ---*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Addresses by addressing mode, then loads, stores, atomics and loads to LDS, a lane at a time.
//
//===----------------------------------------------------------------------===//

#include "Access.h"
#include "Atomic.h"
#include "Machine.h"

namespace moec::gfx950::test::reference {

Access::Access(const std::string &name) {
  std::string n = name;
  if (size_t at = n.find("lds_"); at != std::string::npos) {
    toLds = true;
    n.erase(at, 4);
  }
  size_t action = n.find('_') + 1;
  load = n.compare(action, 5, "load_") == 0, store = n.compare(action, 6, "store_") == 0;
  atomic = n.compare(action, 7, "atomic_") == 0;
  std::string what = n.substr(n.find('_', action) + 1);
  if (atomic) {
    bytes = 4;
    if (what.ends_with("_x2")) {
      bytes = 8;
      what.resize(what.size() - 3);
    } else if (what.ends_with("_f64") || (what.ends_with("_f32") && !what.starts_with("pk_"))) {
      type = what.ends_with("_f64") ? 'd' : 'f';
      bytes = type == 'd' ? 8 : 4;
      what.resize(what.size() - 4);
    }
    op = what;
    return;
  }
  high = what.ends_with("_d16_hi");
  half = high || what.ends_with("_d16");
  isSigned = what[0] == 's' && what != "short" && !what.starts_with("short_");
  if (what.find("byte") != std::string::npos)
    bytes = 1;
  else if (what.find("short") != std::string::npos)
    bytes = 2;
  else
    bytes = what == "dword" ? 4 : 4 * unsigned(what.back() - '0');
}

uint32_t Access::widened(uint32_t v) const {
  if (bytes >= 4)
    return v;
  v &= bytes == 1 ? 0xff : 0xffff;
  if (isSigned)
    v = bytes == 1 ? uint32_t(int8_t(v)) : uint32_t(int16_t(v));
  return v;
}

void Access::deliver(uint32_t &reg, uint32_t v) const {
  v = widened(v);
  if (half)
    reg = high ? (reg & 0xffff) | v << 16 : (reg & 0xffff0000) | (v & 0xffff);
  else
    reg = v;
}

namespace {

/// An instruction's operands by role.
struct Roles {
  const Operand *data = nullptr, *result = nullptr, *address = nullptr, *base = nullptr;
};

Roles rolesOf(const Text &t, const Access &a) {
  Roles r;
  bool buffer = t.mnemonic.starts_with("buffer_");
  bool returns = a.atomic && t.has("sc0") && !buffer;
  const auto &o = t.operands;
  unsigned i = 0;
  if (buffer) {
    if (!t.has("lds")) {
      r.data = &o[i++];
      r.result = a.atomic ? (t.has("sc0") ? r.data : nullptr) : a.load ? r.data : nullptr;
    }
    r.address = &o[i], r.base = &o[i + 1];
    return r;
  }
  if ((a.load && !a.toLds) || returns)
    r.result = &o[i++];
  r.address = &o[i++];
  if (a.store || a.atomic)
    r.data = &o[i++];
  if (i < o.size())
    r.base = &o[i];
  return r;
}

} // namespace

bool Machine::bufferAddress(const Text &t, const Access &a, unsigned first, unsigned lane,
                            uint64_t &address) const {
  const Operand &v = t.operands[first], &d = t.operands[first + 1], &s = t.operands[first + 2];
  uint64_t base = state.scalar[d.first] | uint64_t(state.scalar[d.first + 1] & 0xffff) << 32;
  uint64_t stride = state.scalar[d.first + 1] >> 16 & 0x3fff, records = state.scalar[d.first + 2];
  bool idxen = t.has("idxen"), offen = t.has("offen");
  uint64_t index = idxen ? state.vector[v.first][lane] : 0;
  uint64_t offset = offen ? state.vector[v.first + idxen][lane] : 0;
  offset += uint64_t(t.value("offset"));
  address = base + scalar(s) + index * stride + offset;
  return idxen ? index < records : offset + scalar(s) + a.bytes <= records;
}

bool Machine::executeMemory(const Text &t) {
  bool buffer = t.mnemonic.starts_with("buffer_"), scratch = t.mnemonic.starts_with("scratch_"),
       flat = t.mnemonic.starts_with("flat_"), global = t.mnemonic.starts_with("global_");
  if (!buffer && !scratch && !flat && !global)
    return false;
  if (t.mnemonic == "buffer_inv" || t.mnemonic == "buffer_wbl2")
    return true;
  Access a(t.mnemonic);
  a.toLds |= t.has("lds");
  Roles r = rolesOf(t, a);
  Image next = state;
  for (unsigned l = 0; l < 64; ++l) {
    if (!active(l))
      continue;
    bool valid = true;
    uint64_t address = uint64_t(int64_t(t.value("offset")));
    if (buffer) {
      valid = bufferAddress(t, a, t.has("lds") ? 0 : 1, l, address);
    } else {
      if (r.address->isVector()) {
        address += vector(*r.address, 0, l);
        if (r.address->count == 2)
          address += uint64_t(vector(*r.address, 1, l)) << 32;
      }
      if (r.base && r.base->kind != 'o')
        address += scalar(*r.base);
    }
    auto byteAt = [&](unsigned i) -> uint8_t & {
      if (scratch)
        return reinterpret_cast<uint8_t *>(&next.scratch[(address + i) / 4][l])[(address + i) % 4];
      return memory[address + i - memoryAddress];
    };
    auto read = [&](unsigned at, unsigned bytes) {
      uint64_t v = 0;
      for (unsigned i = 0; i < bytes && valid; ++i)
        v |= uint64_t(byteAt(at + i)) << (8 * i);
      return v;
    };
    auto write = [&](unsigned at, unsigned bytes, uint64_t v) {
      for (unsigned i = 0; i < bytes && valid; ++i)
        byteAt(at + i) = uint8_t(v >> (8 * i));
    };
    if (a.toLds) { // M0 + offset + lane · size, in dwords for the small ones.
      unsigned unit = std::max(a.bytes, 4u);
      for (unsigned i = 0; i < unit; i += 4) {
        uint32_t v = a.widened(uint32_t(read(i, std::min(a.bytes, 4u))));
        uint32_t at = (state.m0 & 0x3ffff) + uint32_t(t.value("offset")) + l * unit + i;
        __builtin_memcpy(reinterpret_cast<uint8_t *>(next.lds) + at, &v, 4);
      }
    } else if (a.load) {
      for (unsigned i = 0; i < a.bytes; i += 4)
        a.deliver(next.vector[row(*r.result) + i / 4][l], uint32_t(read(i, std::min(a.bytes, 4u))));
    } else if (a.store) {
      for (unsigned i = 0; i < a.bytes; i += 4)
        write(i, std::min(a.bytes, 4u), vector(*r.data, i / 4, l) >> (a.high ? 16 : 0));
    } else {
      auto data = [&](unsigned i) {
        uint64_t v = vector(*r.data, i, l);
        return a.bytes == 8 ? v | uint64_t(vector(*r.data, i + 1, l)) << 32 : v;
      };
      uint64_t old = read(0, a.bytes);
      auto v = atomicValue(a.op, a.type, a.bytes * 8, old, data(0),
                           a.op == "cmpswap" ? data(a.bytes / 4) : 0);
      if (!v)
        return false;
      write(0, a.bytes, *v);
      const char numbers = numbersOfAtomic(a.op, a.type);
      if (numbers != 'u' && valid)
        looseMemory[unsigned(address - memoryAddress)] = numbers;
      if (!r.result)
        continue;
      // What another lane left may be any NaN.
      if (numbers != 'u')
        loose[row(*r.result)] = {numbers, 0};
      for (unsigned i = 0; i < a.bytes / 4; ++i)
        next.vector[row(*r.result) + i][l] = uint32_t(old >> (32 * i));
    }
  }
  state = next;
  return true;
}

} // namespace moec::gfx950::test::reference
