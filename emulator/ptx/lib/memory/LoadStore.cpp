//===- LoadStore.cpp - ld and st ------------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A lane's elements go through a row of at most 32 bytes a lane, between memory and registers.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/decode/Decoder.h"
#include "emulator/ptx/lib/memory/Access.h"
#include "emulator/ptx/lib/warp/Block.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace moec::ptx {

using emulator::AccessKind;

namespace {
constexpr unsigned kMostBytes = 32;
/// What the lanes of an instruction load or store, and a bit for each of the bytes that is poison.
struct LaneBytes {
  alignas(64) uint8_t data[kLanes][kMostBytes];
  uint32_t poison[kLanes] = {};
  bool anyPoison = false;
};

/// Rows from lanes: element k of each lane, zero or sign extended to its register.
template <typename D, typename E>
void takeElement(Warp &w, Slot slot, const LaneBytes &lanes, unsigned k) {
  writeLanes<D>(w, slot, [&](unsigned i) {
    E value;
    std::memcpy(&value, lanes.data[i] + k * sizeof(E), sizeof(E));
    return D(value);
  });
}

template <typename D>
void takeElementOf(Warp &w, const Instruction &inst, Slot slot, const LaneBytes &lanes,
                   unsigned k) {
  switch (inst.bytes) {
  case 1:
    return inst.isSigned ? takeElement<D, int8_t>(w, slot, lanes, k)
                         : takeElement<D, uint8_t>(w, slot, lanes, k);
  case 2:
    return inst.isSigned ? takeElement<D, int16_t>(w, slot, lanes, k)
                         : takeElement<D, uint16_t>(w, slot, lanes, k);
  case 4:
    return inst.isSigned ? takeElement<D, int32_t>(w, slot, lanes, k)
                         : takeElement<D, uint32_t>(w, slot, lanes, k);
  default:
    return takeElement<D, uint64_t>(w, slot, lanes, k);
  }
}

/// The poison bits of element k in its register; those of a sign go to all its copies.
void setElementPoison(Warp &w, const Instruction &inst, const LaneBytes &lanes, unsigned k) {
  uint64_t bits[kLanes] = {};
  const unsigned bytes = inst.bytes;
  for (unsigned i = 0; i < kLanes; ++i) {
    for (unsigned b = 0; b < bytes; ++b)
      bits[i] |= lanes.poison[i] >> (k * bytes + b) & 1 ? uint64_t(255) << 8 * b : 0;
    if (inst.isSigned && bytes < 8 && bits[i] >> (8 * bytes - 1) & 1)
      bits[i] |= ~0ull << 8 * bytes;
  }
  w.setPoisonBits(inst.list[k], inst.registerBytes, bits);
}

void writeRegisters(Warp &w, const Instruction &inst, const LaneBytes &lanes) {
  for (unsigned k = 0; k < inst.count; ++k) {
    Slot slot = inst.list[k];
    if (inst.registerBytes == 8)
      takeElementOf<uint64_t>(w, inst, slot, lanes, k);
    else if (inst.registerBytes == 4)
      takeElementOf<uint32_t>(w, inst, slot, lanes, k);
    else if (inst.registerBytes == 2)
      takeElementOf<uint16_t>(w, inst, slot, lanes, k);
    else
      takeElementOf<uint8_t>(w, inst, slot, lanes, k);
    lanes.anyPoison ? setElementPoison(w, inst, lanes, k) : w.setPoison(slot, 0);
  }
}

template <typename R>
void giveElement(const Warp &w, const Instruction &inst, unsigned k, LaneBytes &lanes) {
  const R *row = w.row<R>(inst.list[k]);
  for (unsigned i = 0; i < kLanes; ++i)
    std::memcpy(lanes.data[i] + k * inst.bytes, &row[i], std::min<size_t>(inst.bytes, sizeof(R)));
}

void readRegisters(const Warp &w, const Instruction &inst, LaneBytes &lanes) {
  for (unsigned k = 0; k < inst.count; ++k) {
    if (inst.registerBytes == 8)
      giveElement<uint64_t>(w, inst, k, lanes);
    else if (inst.registerBytes == 4)
      giveElement<uint32_t>(w, inst, k, lanes);
    else if (inst.registerBytes == 2)
      giveElement<uint16_t>(w, inst, k, lanes);
    else
      giveElement<uint8_t>(w, inst, k, lanes);
    uint32_t poison = w.poisonLanes(inst.list[k]) & w.mask;
    lanes.anyPoison |= poison != 0;
    for (; poison; poison &= poison - 1) {
      unsigned i = unsigned(std::countr_zero(poison));
      uint64_t bits = w.poisonBits(inst.list[k], inst.registerBytes, i);
      for (unsigned b = 0; b < inst.bytes; ++b)
        lanes.poison[i] |= uint32_t((bits >> 8 * b & 255) != 0) << (k * inst.bytes + b);
    }
  }
}

bool loadGlobal(Warp &w, const Instruction &inst, const Addresses &addresses, LaneBytes &lanes) {
  const unsigned bytes = inst.bytes * inst.count;
  if (!checkGlobal(w, addresses, bytes, inst.kind))
    return false;
  for (uint32_t m = w.mask; m; m &= m - 1) {
    int i = std::countr_zero(m);
    std::memcpy(lanes.data[i], reinterpret_cast<const void *>(addresses.at[i]), bytes);
  }
  w.counters.globalLoadBytes += bytes * unsigned(std::popcount(w.mask));
  return true;
}

bool loadShared(Warp &w, const Instruction &inst, const Addresses &addresses, LaneBytes &lanes) {
  const unsigned bytes = inst.bytes * inst.count;
  emulator::SharedMemory &shared = w.block->shared;
  for (uint32_t m = w.mask; m; m &= m - 1) {
    int i = std::countr_zero(m);
    if (!checkShared(w, i, addresses.at[i], bytes, AccessKind::Read) ||
        !checkLanes(w, i, addresses.at[i], bytes, AccessKind::Read, inst.mode))
      return false;
    std::memcpy(lanes.data[i], shared.data() + addresses.at[i], bytes);
    lanes.poison[i] = shared.poison(uint32_t(addresses.at[i]), bytes);
    lanes.anyPoison |= lanes.poison[i] != 0;
  }
  w.counters.sharedReadBytes += bytes * unsigned(std::popcount(w.mask));
  return true;
}

bool loadLocal(Warp &w, const Instruction &inst, const Addresses &addresses, LaneBytes &lanes) {
  const unsigned bytes = inst.bytes * inst.count;
  const size_t size = w.block->context.kernel.localBytes;
  for (uint32_t m = w.mask; m; m &= m - 1) {
    int i = std::countr_zero(m);
    if (!checkLocal(w, i, addresses.at[i], bytes))
      return false;
    size_t at = size * unsigned(i) + addresses.at[i];
    std::memcpy(lanes.data[i], w.local.data() + at, bytes);
    lanes.poison[i] = 0;
    for (unsigned b = 0; b < bytes; ++b)
      lanes.poison[i] |= uint32_t(w.localPoison[at + b]) << b;
    lanes.anyPoison |= lanes.poison[i] != 0;
  }
  return true;
}

bool storeGlobal(Warp &w, const Instruction &inst, const Addresses &addresses,
                 const LaneBytes &lanes) {
  const unsigned bytes = inst.bytes * inst.count;
  if (!checkGlobal(w, addresses, bytes, inst.kind))
    return false;
  for (uint32_t m = w.mask; m; m &= m - 1) {
    int i = std::countr_zero(m);
    if (lanes.poison[i] && !w.finding(FindingClass::Poison, i,
                                      "what is stored to global memory is a value that nothing "
                                      "wrote"))
      return false;
    std::memcpy(reinterpret_cast<void *>(addresses.at[i]), lanes.data[i], bytes);
  }
  w.counters.globalStoreBytes += bytes * unsigned(std::popcount(w.mask));
  return true;
}

bool storeShared(Warp &w, const Instruction &inst, const Addresses &addresses,
                 const LaneBytes &lanes) {
  const unsigned bytes = inst.bytes * inst.count;
  emulator::SharedMemory &shared = w.block->shared;
  for (uint32_t m = w.mask; m; m &= m - 1) {
    int i = std::countr_zero(m);
    if (!checkShared(w, i, addresses.at[i], bytes, AccessKind::Write) ||
        !checkLanes(w, i, addresses.at[i], bytes, AccessKind::Write, inst.mode, lanes.data[i]))
      return false;
    uint32_t at = uint32_t(addresses.at[i]);
    std::memcpy(shared.data() + at, lanes.data[i], bytes);
    shared.setPoison(at, bytes, false);
    for (uint32_t p = lanes.poison[i]; p; p &= p - 1)
      shared.setPoison(at + unsigned(std::countr_zero(p)), 1, true);
  }
  w.counters.sharedWriteBytes += bytes * unsigned(std::popcount(w.mask));
  return true;
}

bool storeLocal(Warp &w, const Instruction &inst, const Addresses &addresses,
                const LaneBytes &lanes) {
  const unsigned bytes = inst.bytes * inst.count;
  const size_t size = w.block->context.kernel.localBytes;
  for (uint32_t m = w.mask; m; m &= m - 1) {
    int i = std::countr_zero(m);
    if (!checkLocal(w, i, addresses.at[i], bytes))
      return false;
    size_t at = size * unsigned(i) + addresses.at[i];
    std::memcpy(w.local.data() + at, lanes.data[i], bytes);
    for (unsigned b = 0; b < bytes; ++b)
      w.localPoison[at + b] = lanes.poison[i] >> b & 1;
  }
  return true;
}

/// Calls `access` for the active lanes of each space of generic addresses.
template <typename F> bool bySpace(Warp &w, Addresses &addresses, F access) {
  const uint32_t all = w.mask;
  uint32_t lanes[3] = {};
  constexpr Space spaces[3] = {Space::Global, Space::Shared, Space::Local};
  for (unsigned i = 0; i < kLanes; ++i) {
    Space space = resolveSpace(addresses.at[i]);
    lanes[space == Space::Global ? 0 : space == Space::Shared ? 1 : 2] |= 1u << i;
  }
  bool good = true;
  for (unsigned s = 0; s < 3 && good; ++s) {
    w.mask = lanes[s] & all;
    if (!w.mask)
      continue;
    Addresses own = addresses;
    for (unsigned i = 0; i < kLanes; ++i)
      own.at[i] = addresses.at[w.mask >> i & 1 ? i : unsigned(std::countr_zero(w.mask))];
    good = access(spaces[s], own);
  }
  w.mask = all;
  return good;
}

void load(Warp &w, const Instruction &inst) {
  Addresses addresses;
  if (!readAddresses(w, inst.src[0], inst.addressBytes, inst.imm, addresses))
    return;
  LaneBytes lanes;
  auto from = [&](Space space, const Addresses &own) {
    if (space == Space::Shared)
      return loadShared(w, inst, own, lanes);
    return space == Space::Local ? loadLocal(w, inst, own, lanes) : loadGlobal(w, inst, own, lanes);
  };
  if (inst.space == Space::Generic ? bySpace(w, addresses, from) : from(inst.space, addresses))
    writeRegisters(w, inst, lanes);
}

void store(Warp &w, const Instruction &inst) {
  Addresses addresses;
  if (!readAddresses(w, inst.src[0], inst.addressBytes, inst.imm, addresses))
    return;
  LaneBytes lanes;
  readRegisters(w, inst, lanes);
  auto to = [&](Space space, const Addresses &own) {
    if (space == Space::Shared)
      return storeShared(w, inst, own, lanes);
    return space == Space::Local ? storeLocal(w, inst, own, lanes)
                                 : storeGlobal(w, inst, own, lanes);
  };
  if (inst.space == Space::Generic)
    bySpace(w, addresses, to);
  else
    to(inst.space, addresses);
}

/// A parameter: the same for all lanes unless its address differs.
void loadParameter(Warp &w, const Instruction &inst) {
  Addresses addresses;
  if (!readAddresses(w, inst.src[0], inst.addressBytes, inst.imm, addresses))
    return;
  LaneBytes lanes;
  const unsigned bytes = inst.bytes * inst.count;
  std::span<const std::byte> parameters = w.block->context.parameters;
  for (uint32_t m = w.mask; m; m &= m - 1) {
    int i = std::countr_zero(m);
    uint64_t at = addresses.at[i];
    if (at + bytes > w.block->context.kernel.parameterBytes || at + bytes < at)
      return w.fail(i,
                    strCat("a load of ", bytes, " bytes at ", at, " of the parameters, which have ",
                           w.block->context.kernel.parameterBytes));
    std::memcpy(lanes.data[i], parameters.data() + at, bytes);
  }
  writeRegisters(w, inst, lanes);
}

struct SpaceName {
  std::string_view name;
  Space space;
};
constexpr SpaceName kSpaces[] = {{"global", Space::Global},      {"shared", Space::Shared},
                                 {"shared::cta", Space::Shared}, {"const", Space::Const},
                                 {"local", Space::Local},        {"param", Space::Param}};

/// Modifiers that change nothing here: caches don't exist, and what is stored is seen at once.
void takeCaching(Decoder &d) {
  for (std::string_view each : {"nc",
                                "ca",
                                "cg",
                                "cs",
                                "lu",
                                "cv",
                                "wb",
                                "wt",
                                "weak",
                                "cta",
                                "cluster",
                                "gpu",
                                "sys",
                                "L1::evict_normal",
                                "L1::evict_unchanged",
                                "L1::evict_first",
                                "L1::evict_last",
                                "L1::no_allocate",
                                "L2::64B",
                                "L2::128B",
                                "L2::256B"})
    d.take(each);
}

void decodeAccess(Decoder &d) {
  const bool isLoad = d.base != "st";
  bool ordered = false;
  for (std::string_view each : {"volatile", "relaxed", "acquire", "release"})
    ordered |= d.take(each);
  Space space = Space::Generic;
  for (const SpaceName &each : kSpaces)
    if (d.take(each.name))
      space = each.space;
  takeCaching(d);
  unsigned count = d.take("v2") ? 2 : d.take("v4") ? 4 : d.take("v8") ? 8 : 1;
  Ty type = d.takeType();
  if (d.failed() || !d.wantOperands(2))
    return;
  const unsigned bits = bitsOf(type);
  const bool isNumber = type == Ty::F32 || type == Ty::F64;
  const bool known = facts(type).kind == 'b' || isInteger(type) || isNumber;
  if (!known || bits < 8 || bits > 64 || bits / 8 * count > kMostBytes ||
      (space != Space::Global && d.opcode().find(".nc") != std::string_view::npos) ||
      (!isLoad && (space == Space::Const || space == Space::Param)))
    return d.refuse();
  d.address(d.operand(isLoad ? 1 : 0), space);
  const SyntaxOperand &value = d.operand(isLoad ? 0 : 1);
  std::vector<SyntaxOperand> elements =
      value.form == Form::Vector ? value.parts : std::vector<SyntaxOperand>{value};
  if (elements.size() != count)
    return d.fail("'", d.opcode(), "' has ", elements.size(), " elements instead of ", count);
  // Registers may be wider than elements; all of one instruction are of one kind.
  unsigned registerBits = bits;
  for (const SyntaxOperand &each : elements)
    if (const Register *found = each.form == Form::Name ? d.find(each.name) : nullptr)
      registerBits = std::max<unsigned>(registerBits, found->bits);
  Ty registerType = registerBits == 8    ? Ty::B8
                    : registerBits == 16 ? Ty::B16
                    : registerBits == 32 ? Ty::B32
                                         : Ty::B64;
  if (isLoad && value.form == Form::Sink)
    return d.fail("the result of '", d.opcode(), "' is not left out");
  std::vector<Slot> slots;
  for (const SyntaxOperand &each : elements)
    slots.push_back(isLoad ? d.dst(each, registerType)
                           : d.src(each, each.form == Form::Name ? registerType : type));
  for (const SyntaxOperand &each : elements)
    if (!isLoad && each.form != Form::Name && registerBits != bits)
      return d.refuse();
  for (const SyntaxOperand &each : elements)
    d.checkKind(each, type);
  d.setList(slots, {});
  d.inst.bytes = uint8_t(bits / 8), d.inst.count = uint8_t(count);
  d.inst.registerBytes = uint8_t(registerBits / 8);
  d.inst.isSigned = isSigned(type);
  // What orders blocks among each other counts as an atomic in the table of their races.
  d.inst.mode = ordered;
  d.inst.kind = isLoad ? AccessKind::Read : ordered ? AccessKind::Atomic : AccessKind::Write;
  d.emit(!isLoad ? &store : space == Space::Param ? &loadParameter : &load);
}
} // namespace

void addMemory(FamilyTable &table) { table["ld"] = table["st"] = table["ldu"] = &decodeAccess; }

} // namespace moec::ptx
