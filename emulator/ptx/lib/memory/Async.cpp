//===- Async.cpp - cp.async and its groups --------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A copy reads global memory when it is issued. Its bytes land in shared memory at the wait that
// guarantees them, and not before; until then nobody may touch the place.
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
/// Issues the copies of the active lanes. src[0] is where to, src[1] where from, src[2] how many
/// bytes come from there, zeros behind them.
void issueCopy(Warp &w, const Instruction &inst) {
  Addresses to, from;
  if (!readAddresses(w, inst.src[0], inst.addressBytes, inst.imm, to) ||
      !readAddresses(w, inst.src[1], 8, uint64_t(int64_t(int32_t(inst.extra))), from))
    return;
  const unsigned bytes = inst.bytes;
  if (inst.mode && !w.checkPoison(inst.src[2], "the number of bytes to copy"))
    return;
  const uint32_t all = w.mask;
  const uint32_t *limit = inst.mode ? w.row<uint32_t>(inst.src[2]) : nullptr;
  // Who copies nothing reads nothing.
  uint32_t reads = all;
  for (uint32_t m = limit ? all : 0; m; m &= m - 1)
    if (int i = std::countr_zero(m); limit[i] == 0)
      reads &= ~(1u << i);
  if (reads) {
    w.mask = reads;
    Addresses own = from;
    for (unsigned i = 0; i < kLanes; ++i)
      own.at[i] = from.at[reads >> i & 1 ? i : unsigned(std::countr_zero(reads))];
    bool good = checkGlobal(w, own, bytes, AccessKind::Read);
    w.mask = all;
    if (!good)
      return;
  }
  AsyncCopy &copy = w.copies.emplace_back();
  copy.bytes = bytes, copy.line = inst.line;
  for (uint32_t m = all; m; m &= m - 1) {
    int i = std::countr_zero(m);
    uint64_t place = to.at[i];
    if (!checkShared(w, i, place, bytes, AccessKind::Write) ||
        !checkLanes(w, i, place, bytes, AccessKind::Write))
      return;
    w.block->shared.beginCopy(uint32_t(place), bytes);
    unsigned count = limit ? std::min(limit[i], bytes) : bytes;
    std::memset(copy.data[i], 0, sizeof copy.data[i]);
    std::memcpy(copy.data[i], reinterpret_cast<const void *>(from.at[i]), count);
    copy.address[i] = uint32_t(place), copy.group[i] = w.committed[i];
    copy.mask |= 1u << i;
  }
  w.counters.asyncBytes += bytes * unsigned(std::popcount(all));
}

bool land(Warp &w, AsyncCopy &copy, int lane) {
  emulator::SharedMemory &shared = w.block->shared;
  uint32_t at = copy.address[lane];
  shared.endCopy(at, copy.bytes);
  copy.mask &= ~(1u << lane);
  std::memcpy(shared.data() + at, copy.data[lane], copy.bytes);
  shared.setPoison(at, copy.bytes, false);
  // The copy may have written at any time since it was issued, so also now.
  if (!checkLanes(w, lane, at, copy.bytes, AccessKind::Write))
    return false;
  if (shared.stamp(AccessKind::Write, at, copy.bytes, w.index) == emulator::SharedFault::None)
    return true;
  return w.finding(
      FindingClass::Race, lane,
      strCat("the cp.async of line ", copy.line, " races with warp ", shared.otherSubgroup()));
}

void commitGroup(Warp &w, const Instruction &) {
  for (uint32_t m = w.mask; m; m &= m - 1)
    ++w.committed[std::countr_zero(m)];
}

/// All groups but the last `imm` ones have landed; with `mode` also what is in no group yet.
void waitGroup(Warp &w, const Instruction &inst) {
  for (AsyncCopy &copy : w.copies)
    for (uint32_t m = copy.mask & w.mask; m; m &= m - 1) {
      int i = std::countr_zero(m);
      if ((inst.mode || copy.group[i] + inst.imm < w.committed[i]) && !land(w, copy, i))
        return;
    }
  while (!w.copies.empty() && !w.copies.front().mask)
    w.copies.pop_front();
}

void decodeCopy(Decoder &d) {
  const bool isWide = d.take("cg");
  if ((!isWide && !d.take("ca")) || (!d.take("shared") && !d.take("shared::cta")) ||
      !d.take("global"))
    return d.refuse();
  for (std::string_view each : {"L2::64B", "L2::128B", "L2::256B"})
    d.take(each);
  if (!d.wantOperands(3, 4))
    return;
  uint64_t bytes = d.number(2);
  if (bytes != 16 && (isWide || (bytes != 4 && bytes != 8)))
    return d.fail("cp.async does not copy ", bytes, " bytes");
  d.address(d.operand(1), Space::Global);
  if (d.inst.addressBytes != 8)
    return d.refuse();
  Slot from = d.inst.src[0];
  d.inst.extra = uint32_t(d.inst.imm);
  if (d.inst.imm != uint64_t(int64_t(int32_t(d.inst.extra))))
    return d.refuse();
  d.address(d.operand(0), Space::Shared);
  d.inst.src[1] = from;
  d.inst.bytes = uint8_t(bytes);
  if (d.operandCount() > 3)
    d.inst.src[2] = d.src(3, Ty::U32), d.inst.mode = 1;
  d.emit(&issueCopy);
}

void decodeCp(Decoder &d) {
  if (!d.take("async"))
    return d.refuse();
  if (d.take("commit_group")) {
    if (d.wantOperands(0))
      d.emit(&commitGroup);
  } else if (d.take("wait_group")) {
    if (!d.wantOperands(1))
      return;
    d.inst.imm = d.number(0);
    d.emit(&waitGroup);
  } else if (d.take("wait_all")) {
    d.inst.mode = 1;
    if (d.wantOperands(0))
      d.emit(&waitGroup);
  } else {
    decodeCopy(d);
  }
}
} // namespace

void addAsync(FamilyTable &table) { table["cp"] = &decodeCp; }

} // namespace moec::ptx
