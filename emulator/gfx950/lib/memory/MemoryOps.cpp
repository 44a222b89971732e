//===- MemoryOps.cpp - Memory operations ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Parses opcode names and computes atomics.
//
//===----------------------------------------------------------------------===//

#include "MemoryOps.h"

#include "emulator/gfx950/lib/vector/Valu.h"
#include "moec/emulator/gfx950/Numbers.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <string>

namespace moec::gfx950 {

namespace {

// Opcodes are known by LLVM's names for them, and the names are regular: space, action, width,
// suffixes. Parsing them covers hundreds of opcodes with a few tables, and a name that leaves a
// rest is unknown, which stops the program that has it.
bool take(std::string_view &name, std::string_view prefix) {
  if (!name.starts_with(prefix))
    return false;
  name.remove_prefix(prefix.size());
  return true;
}

bool takeEnd(std::string_view &name, std::string_view suffix) {
  if (!name.ends_with(suffix))
    return false;
  name.remove_suffix(suffix.size());
  return true;
}

/// DWORD, DWORDX2, UBYTE, SSHORT, … Loads of bytes and shorts say whether they extend the sign,
/// stores have no such letter.
bool parseWidth(std::string_view text, MemoryOp &op) {
  struct Row {
    std::string_view name;
    uint8_t bytes;
    bool sign;
  };
  static constexpr Row kRows[] = {
      {"UBYTE", 1, false},    {"SBYTE", 1, true},    {"BYTE", 1, false},  {"USHORT", 2, false},
      {"SSHORT", 2, true},    {"SHORT", 2, false},   {"DWORD", 4, false}, {"DWORDX2", 8, false},
      {"DWORDX3", 12, false}, {"DWORDX4", 16, false}};
  for (const Row &row : kRows)
    if (row.name == text) {
      op.bytes = row.bytes, op.signExtend = row.sign;
      return true;
    }
  return false;
}

struct AtomicRow {
  std::string_view name;
  AtomicFunction function;
  uint8_t bytes;
};

// Integer functions have 32 bits, and 64 with the suffix X2. Floating ones carry their width in the
// name.
bool parseGlobalAtomic(std::string_view text, MemoryOp &op) {
  using F = AtomicFunction;
  static constexpr AtomicRow kRows[] = {{"SWAP", F::Swap, 4},
                                        {"CMPSWAP", F::CompareSwap, 4},
                                        {"ADD", F::Add, 4},
                                        {"SUB", F::Sub, 4},
                                        {"SMIN", F::SignedMin, 4},
                                        {"UMIN", F::UnsignedMin, 4},
                                        {"SMAX", F::SignedMax, 4},
                                        {"UMAX", F::UnsignedMax, 4},
                                        {"AND", F::And, 4},
                                        {"OR", F::Or, 4},
                                        {"XOR", F::Xor, 4},
                                        {"INC", F::Inc, 4},
                                        {"DEC", F::Dec, 4},
                                        {"ADD_F32", F::AddF32, 4},
                                        {"ADD_F64", F::AddF64, 8},
                                        {"MIN_F64", F::MinF64, 8},
                                        {"MAX_F64", F::MaxF64, 8},
                                        {"PK_ADD_F16", F::PkAddF16, 4},
                                        {"PK_ADD_BF16", F::PkAddBf16, 4}};
  bool wide = takeEnd(text, "_X2");
  for (const AtomicRow &row : kRows)
    if (row.name == text) {
      op.function = row.function;
      op.bytes = wide ? 8 : row.bytes;
      return true;
    }
  return false;
}

// DS instructions name the width always, and some functions differently.
bool parseLdsAtomic(std::string_view text, MemoryOp &op) {
  using F = AtomicFunction;
  static constexpr AtomicRow kRows[] = {{"ADD_U32", F::Add, 4},
                                        {"SUB_U32", F::Sub, 4},
                                        {"RSUB_U32", F::ReverseSub, 4},
                                        {"INC_U32", F::Inc, 4},
                                        {"DEC_U32", F::Dec, 4},
                                        {"MIN_I32", F::SignedMin, 4},
                                        {"MAX_I32", F::SignedMax, 4},
                                        {"MIN_U32", F::UnsignedMin, 4},
                                        {"MAX_U32", F::UnsignedMax, 4},
                                        {"AND_B32", F::And, 4},
                                        {"OR_B32", F::Or, 4},
                                        {"XOR_B32", F::Xor, 4},
                                        {"MSKOR_B32", F::MaskOr, 4},
                                        {"WRXCHG_B32", F::Swap, 4},
                                        {"CMPST_B32", F::CompareSwap, 4},
                                        {"ADD_F32", F::AddF32, 4},
                                        {"MIN_F32", F::MinF32, 4},
                                        {"MAX_F32", F::MaxF32, 4},
                                        {"PK_ADD_F16", F::PkAddF16, 4},
                                        {"PK_ADD_BF16", F::PkAddBf16, 4},
                                        {"ADD_U64", F::Add, 8},
                                        {"SUB_U64", F::Sub, 8},
                                        {"RSUB_U64", F::ReverseSub, 8},
                                        {"INC_U64", F::Inc, 8},
                                        {"DEC_U64", F::Dec, 8},
                                        {"MIN_I64", F::SignedMin, 8},
                                        {"MAX_I64", F::SignedMax, 8},
                                        {"MIN_U64", F::UnsignedMin, 8},
                                        {"MAX_U64", F::UnsignedMax, 8},
                                        {"AND_B64", F::And, 8},
                                        {"OR_B64", F::Or, 8},
                                        {"XOR_B64", F::Xor, 8},
                                        {"MSKOR_B64", F::MaskOr, 8},
                                        {"WRXCHG_B64", F::Swap, 8},
                                        {"CMPST_B64", F::CompareSwap, 8},
                                        {"ADD_F64", F::AddF64, 8},
                                        {"MIN_F64", F::MinF64, 8},
                                        {"MAX_F64", F::MaxF64, 8}};
  for (const AtomicRow &row : kRows)
    if (row.name == text) {
      op.function = row.function, op.bytes = row.bytes;
      return true;
    }
  return false;
}

/// READ_B32, WRITE_B64, READ2ST64_B32, READ_U8_D16_HI, …
bool parseLdsTransfer(std::string_view text, MemoryOp &op) {
  // The 2 and 2ST64 forms make two accesses of a lane; D16 forms use half a register.
  bool write = text.starts_with("WRITE");
  text.remove_prefix(write ? 5 : 4);
  op.action = write ? Action::Store : Action::Load;
  if (take(text, "2ST64"))
    op.accesses = 2, op.stride = 64;
  else if (take(text, "2"))
    op.accesses = 2;
  op.addTid = take(text, "_ADDTID");
  if (!take(text, "_"))
    return false;
  op.high = takeEnd(text, "_D16_HI");
  op.half = op.high || takeEnd(text, "_D16");
  struct Row {
    std::string_view name;
    uint8_t bytes;
    bool sign;
  };
  static constexpr Row kRows[] = {{"B8", 1, false},   {"U8", 1, false},  {"I8", 1, true},
                                  {"B16", 2, false},  {"U16", 2, false}, {"I16", 2, true},
                                  {"B32", 4, false},  {"B64", 8, false}, {"B96", 12, false},
                                  {"B128", 16, false}};
  for (const Row &row : kRows)
    if (row.name == text) {
      op.bytes = row.bytes, op.signExtend = row.sign;
      return true;
    }
  return false;
}

std::optional<MemoryOp> parseLds(std::string_view name) {
  MemoryOp op;
  op.space = Space::Lds;
  if (name.starts_with("READ") || name.starts_with("WRITE"))
    return parseLdsTransfer(name, op) ? std::optional(op) : std::nullopt;
  op.action = Action::Atomic;
  std::string text(name);
  // RTN stands in the middle of some names and at the end of others.
  if (size_t at = text.find("_RTN"); at != std::string::npos) {
    text.erase(at, 4);
    op.returns = true;
  }
  return parseLdsAtomic(text, op) ? std::optional(op) : std::nullopt;
}

} // namespace

std::optional<MemoryOp> parseMemoryOp(std::string_view name) {
  MemoryOp op;
  if (take(name, "DS_"))
    return parseLds(name);
  if (take(name, "GLOBAL_"))
    op.space = Space::Global;
  else if (take(name, "FLAT_"))
    op.space = Space::Flat;
  else if (take(name, "SCRATCH_"))
    op.space = Space::Scratch;
  else if (take(name, "BUFFER_"))
    op.space = Space::Buffer;
  else
    return std::nullopt;
  if (take(name, "ATOMIC_")) {
    op.action = Action::Atomic;
    op.returns = takeEnd(name, "_RTN");
    return parseGlobalAtomic(name, op) ? std::optional(op) : std::nullopt;
  }
  op.high = takeEnd(name, "_D16_HI");
  op.half = op.high || takeEnd(name, "_D16");
  if (take(name, "LOAD_LDS_")) {
    op.action = Action::LoadToLds;
  } else if (take(name, "LOAD_")) {
    op.action = takeEnd(name, "_LDS") ? Action::LoadToLds : Action::Load;
  } else if (take(name, "STORE_")) {
    op.action = Action::Store;
  } else {
    return std::nullopt;
  }
  return parseWidth(name, op) ? std::optional(op) : std::nullopt;
}

// Each half is rounded by itself; nothing carries from the lower one to the upper one.
static uint64_t packedAdd(uint64_t old, uint64_t data, bool bfloat) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 32; shift += 16) {
    uint32_t a = uint32_t(old >> shift) & 0xffff, b = uint32_t(data >> shift) & 0xffff;
    uint32_t r = bfloat ? floatToBf16(bf16ToFloat(a) + bf16ToFloat(b))
                        : floatToF16(f16ToFloat(uint16_t(a)) + f16ToFloat(uint16_t(b)));
    result |= uint64_t(r) << shift;
  }
  return result;
}

// Minimum and maximum treat NaN and signed zeros as the vector ALU does.
template <typename T, typename B>
static uint64_t floatAtomic(AtomicFunction f, uint64_t old, uint64_t data) {
  T a = std::bit_cast<T>(B(old)), b = std::bit_cast<T>(B(data));
  using F = AtomicFunction;
  T r = f == F::AddF32 || f == F::AddF64   ? a + b
        : f == F::MinF32 || f == F::MinF64 ? lanes::minNum(a, b)
                                           : lanes::maxNum(a, b);
  return std::bit_cast<B>(r);
}

uint64_t applyAtomic(AtomicFunction function, bool wide, uint64_t old, uint64_t data,
                     uint64_t compare) {
  using F = AtomicFunction;
  // All values come in 64 bits, of which a 32-bit function has the upper half clear.
  uint64_t mask = wide ? ~0ull : 0xffffffffull;
  auto sign = [&](uint64_t v) { return wide ? int64_t(v) : int64_t(int32_t(uint32_t(v))); };
  switch (function) {
  case F::Swap:
    return data;
  case F::CompareSwap:
    return old == compare ? data : old;
  case F::Add:
    return (old + data) & mask;
  case F::Sub:
    return (old - data) & mask;
  case F::ReverseSub:
    return (data - old) & mask;
  case F::SignedMin:
    return sign(old) < sign(data) ? old : data;
  case F::SignedMax:
    return sign(old) > sign(data) ? old : data;
  case F::UnsignedMin:
    return std::min(old, data);
  case F::UnsignedMax:
    return std::max(old, data);
  case F::And:
    return old & data;
  case F::Or:
    return old | data;
  case F::Xor:
    return old ^ data;
  // Counters that wrap around at the limit `data`: up to it and on to 0, down to 0 and on to it.
  case F::Inc:
    return old >= data ? 0 : old + 1;
  case F::Dec:
    return old == 0 || old > data ? data : old - 1;
  case F::MaskOr:
    return ((old & ~data) | compare) & mask;
  case F::AddF32:
  case F::MinF32:
  case F::MaxF32:
    return floatAtomic<float, uint32_t>(function, old, data);
  case F::AddF64:
  case F::MinF64:
  case F::MaxF64:
    return floatAtomic<double, uint64_t>(function, old, data);
  case F::PkAddF16:
    return packedAdd(old, data, false);
  case F::PkAddBf16:
    return packedAdd(old, data, true);
  }
  return old;
}

// Workgroups run on several host threads, so an atomic is one of the host, too. Few of its
// functions exist there as such, so all are a loop around a compare-and-swap. Relaxed, since a
// workgroup's order comes from its waits and barriers.
template <typename T>
static uint64_t replaceCell(uint8_t *bytes, AtomicFunction f, uint64_t data, uint64_t compare) {
  std::atomic_ref<T> cell(*reinterpret_cast<T *>(bytes));
  T old = cell.load(std::memory_order_relaxed);
  while (!cell.compare_exchange_weak(old, T(applyAtomic(f, sizeof(T) == 8, old, data, compare))))
    ;
  return old;
}

uint64_t atomicOnMemory(uint8_t *bytes, bool wide, AtomicFunction function, uint64_t data,
                        uint64_t compare) {
  return wide ? replaceCell<uint64_t>(bytes, function, data, compare)
              : replaceCell<uint32_t>(bytes, function, data, compare);
}

} // namespace moec::gfx950
