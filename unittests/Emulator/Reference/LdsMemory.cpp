//===- LdsMemory.cpp - DS instructions --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// LDS reads, writes, atomics, permutes, swizzles and transposed reads.
//
//===----------------------------------------------------------------------===//

#include "Access.h"
#include "Atomic.h"
#include "Conversion.h"
#include "Machine.h"

#include <cstring>

namespace moec::gfx950::test::reference {

namespace {

unsigned bytesOf(const std::string &m) {
  for (auto [suffix, bytes] : {std::pair{"b128", 16u}, {"b96", 12u}, {"64", 8u}, {"32", 4u}})
    if (m.ends_with(suffix))
      return bytes;
  return m.find("8") != std::string::npos ? 1 : 2; // i8, u8_d16, b16_d16_hi.
}

/// The lane that a swizzle reads: bit masks in groups of 32, or four lanes of a quad.
int swizzleLane(const Text &t, unsigned lane) {
  std::string v = t.word("offset", "0"); // swizzle(KIND,…)
  size_t open = v.find('(');
  if (open == std::string::npos)
    return -1;
  std::vector<std::string> args = splitCommas(v.substr(open + 1, v.size() - open - 2));
  auto number = [&](unsigned i) { return unsigned(std::atoi(args[i].c_str())); };
  if (args[0] == "QUAD_PERM")
    return int(lane / 4 * 4 + number(1 + lane % 4));
  if (args[0] == "SWAP")
    return int(lane ^ number(1));
  if (args[0] == "REVERSE")
    return int(lane ^ (number(1) - 1));
  if (args[0] == "BROADCAST")
    return int(lane / number(1) * number(1) + number(2));
  if (args[0] == "BITMASK_PERM") { // Highest bit first: 0, 1, preserve, invert.
    unsigned r = lane & 32;
    for (unsigned bit = 0; bit < 5; ++bit) {
      char c = args[1][5 - bit]; // Behind the opening quote.
      unsigned old = lane >> bit & 1;
      r |= (c == '0' ? 0 : c == '1' ? 1 : c == 'p' ? old : 1 - old) << bit;
    }
    return int(r);
  }
  return -1;
}

/// Names of LDS atomics as global memory has them.
std::string atomicName(std::string op, char &type) {
  type = 'u';
  for (const char *s : {"_rtn"})
    if (size_t at = op.find(s); at != std::string::npos)
      op.erase(at, 4);
  if (op.starts_with("pk_add_"))
    return op;
  size_t last = op.rfind('_');
  std::string kind = op.substr(last + 1), name = op.substr(0, last);
  if (kind[0] == 'f')
    type = kind == "f64" ? 'd' : 'f';
  else if (name == "min" || name == "max")
    return (kind[0] == 'i' ? "s" : "u") + name;
  return name == "wrxchg" ? "swap" : name == "cmpst" ? "cmpswap" : name;
}

} // namespace

bool Machine::executeLds(const Text &t) {
  if (!t.mnemonic.starts_with("ds_"))
    return false;
  if (t.mnemonic == "ds_nop")
    return true;
  std::string op = t.mnemonic.substr(3);
  const auto &o = t.operands;
  Image next = state;
  uint8_t *lds = reinterpret_cast<uint8_t *>(next.lds);
  unsigned bytes = bytesOf(op), offset = unsigned(t.value("offset"));
  if (op == "bpermute_b32" || op == "permute_b32" || op == "swizzle_b32") {
    if (op == "permute_b32") // Lanes that nobody writes to get zero.
      for (unsigned l = 0; l < 64; ++l)
        if (active(l))
          next.vector[row(o[0])][l] = 0;
    for (unsigned l = 0; l < 64; ++l) {
      if (!active(l))
        continue;
      if (op == "swizzle_b32") {
        int from = swizzleLane(t, l);
        if (from < 0)
          return false;
        next.vector[row(o[0])][l] = active(unsigned(from)) ? vector(o[1], 0, unsigned(from)) : 0;
        continue;
      }
      unsigned other = (vector(o[1], 0, l) + offset) / 4 % 64;
      if (op == "bpermute_b32")
        next.vector[row(o[0])][l] = active(other) ? vector(o[2], 0, other) : 0;
      else if (active(other))
        next.vector[row(o[0])][other] = vector(o[2], 0, l);
    }
    state = next;
    return true;
  }
  if (size_t tr = op.find("_tr_b"); tr != std::string::npos) {
    // Lanes i of a group of 16 hold a matrix row by row; each gets column i.
    unsigned bits = unsigned(std::stoi(op.substr(tr + 5))),
             total = op.starts_with("read_b96") ? 96 : 64;
    unsigned perLane = total / bits;
    for (unsigned l = 0; l < 64; ++l) {
      uint32_t out[3] = {};
      for (unsigned e = 0; e < perLane; ++e) {
        unsigned flat = e * 16 + l % 16;
        uint32_t words[3];
        std::memcpy(words, lds + vector(o[1], 0, l / 16 * 16 + flat / perLane) + offset, total / 8);
        setBits(out, e * bits, bits, getBits(words, flat % perLane * bits, bits));
      }
      for (unsigned d = 0; d < total / 32; ++d)
        next.vector[row(o[0]) + d][l] = out[d];
    }
    state = next;
    return true;
  }
  bool read = op.starts_with("read"), write = op.starts_with("write"),
       two = op.starts_with("read2") || op.starts_with("write2"),
       addTid = op.find("addtid") != std::string::npos;
  bool returns = op.find("_rtn_") != std::string::npos;
  unsigned unit = two ? bytes * (op.find("st64") != std::string::npos ? 64 : 1) : 0;
  for (unsigned l = 0; l < 64; ++l) {
    if (!active(l))
      continue;
    const Operand *address = addTid ? nullptr : &o[(read || returns) ? 1 : 0];
    uint32_t base = addTid ? (state.m0 & 0xffff) + 4 * l : vector(*address, 0, l);
    if (read) {
      Access a;
      a.bytes = bytes, a.isSigned = op[5] == 'i';
      a.high = op.ends_with("_d16_hi"), a.half = a.high || op.ends_with("_d16");
      for (unsigned part = 0; part < (two ? 2u : 1u); ++part) {
        uint32_t at =
            base + (two ? unit * unsigned(t.value(part ? "offset1" : "offset0")) : offset);
        for (unsigned i = 0; i < bytes; i += 4) {
          uint32_t v = 0;
          std::memcpy(&v, lds + at + i, std::min(bytes, 4u));
          a.deliver(next.vector[row(o[0]) + part * bytes / 4 + i / 4][l], v);
        }
      }
    } else if (write) {
      bool high = op.ends_with("_d16_hi");
      for (unsigned part = 0; part < (two ? 2u : 1u); ++part) {
        uint32_t at =
            base + (two ? unit * unsigned(t.value(part ? "offset1" : "offset0")) : offset);
        const Operand &data = o[addTid ? 0 : 1 + part];
        for (unsigned i = 0; i < bytes; i += 4) {
          uint32_t v = vector(data, i / 4, l) >> (high ? 16 : 0);
          std::memcpy(lds + at + i, &v, std::min(bytes, 4u));
        }
      }
    } else {
      char type;
      std::string name = atomicName(op, type);
      if (name.starts_with("pk_"))
        bytes = 4;
      auto data = [&](unsigned i) {
        const Operand &d = o[(returns ? 2 : 1) + i];
        uint64_t v = vector(d, 0, l);
        return bytes == 8 ? v | uint64_t(vector(d, 1, l)) << 32 : v;
      };
      bool third = name == "cmpswap" || name == "mskor";
      uint64_t old = 0, first = data(0), second = third ? data(1) : 0;
      if (name == "cmpswap") // LDS names the comparand first.
        std::swap(first, second);
      std::memcpy(&old, lds + base + offset, bytes);
      auto v = atomicValue(name, type, bytes * 8, old, first, second);
      if (!v)
        return false;
      std::memcpy(lds + base + offset, &*v, bytes);
      const char numbers = numbersOfAtomic(name, type);
      if (numbers != 'u')
        looseLds[base + offset] = numbers;
      if (!returns)
        continue;
      // What another lane left may be any NaN.
      if (numbers != 'u')
        loose[row(o[0])] = {numbers, 0};
      for (unsigned i = 0; i < bytes / 4; ++i)
        next.vector[row(o[0]) + i][l] = uint32_t(old >> (32 * i));
    }
  }
  state = next;
  return true;
}

} // namespace moec::gfx950::test::reference
