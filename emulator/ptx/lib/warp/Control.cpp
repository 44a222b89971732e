//===- Control.cpp - Branches, barriers, the end --------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/alu/Lanes.h"
#include "emulator/ptx/lib/decode/Decoder.h"
#include "emulator/ptx/lib/warp/Block.h"

#include <bit>

namespace moec::ptx {

void exitLanes(Warp &w, const Instruction &) { w.exitLanes(w.mask); }

static void branch(Warp &w, const Instruction &inst) { w.part(uint32_t(inst.target), w.mask); }

void branchByIndex(Warp &w, const Instruction &inst) {
  if (!w.checkPoison(inst.src[0], "the index of a branch"))
    return;
  const std::vector<uint32_t> &targets = w.block->context.program.targets[inst.extra];
  const uint32_t *index = w.row<uint32_t>(inst.src[0]);
  uint32_t left = w.mask;
  while (left) {
    int lane = std::countr_zero(left);
    if (index[lane] >= targets.size())
      return w.fail(lane, strCat("the branch's index is ", index[lane], ", there are ",
                                 targets.size(), " labels"));
    uint32_t alike = 0;
    for (uint32_t m = left; m; m &= m - 1)
      if (index[std::countr_zero(m)] == index[lane])
        alike |= m & -m;
    left &= ~alike;
    w.part(targets[index[lane]], alike);
  }
}

static void barrierSync(Warp &w, const Instruction &inst) {
  const Block &block = *w.block;
  if (!w.checkPoison(inst.src[0], "a barrier's number"))
    return;
  int lane = std::countr_zero(w.mask);
  uint32_t barrier = w.row<uint32_t>(inst.src[0])[lane];
  if (barrier > 15)
    return w.fail(lane, strCat("there is no barrier ", barrier, ", the last is 15"));
  if (inst.extra) {
    uint32_t threads = w.row<uint32_t>(inst.src[1])[lane];
    size_t all = block.warps.size() * kLanes;
    if (threads != all)
      return w.fail(lane, strCat("a barrier of ", threads, " of a block's ", all,
                                 " threads is not emulated"));
  }
  w.barrier = barrier;
  w.status = WarpStatus::AtBarrier;
  ++w.counters.barriers;
}

static void warpSync(Warp &w, const Instruction &) {
  w.block->laneRaces.syncLanes(w.index, w.mask, w.mask == w.began);
}

static void nothing(Warp &, const Instruction &) {}

static void trap(Warp &w, const Instruction &) {
  w.fail(std::countr_zero(w.mask), "the kernel traps");
}

static void electLane(Warp &w, const Instruction &inst) {
  uint32_t leader = uint32_t(std::countr_zero(w.mask));
  uint32_t *out = w.row<uint32_t>(inst.dst);
  for (uint32_t m = w.mask; m; m &= m - 1)
    out[std::countr_zero(m)] = leader;
  uint32_t &p = *w.row<uint32_t>(inst.src[0]);
  p = (p & ~w.mask) | 1u << leader;
  w.setPoison(inst.dst, 0), w.setPoison(inst.src[0], 0);
}

static void decodeBarrier(Decoder &d) {
  if (d.take("warp")) {
    if (!d.take("sync") || !d.wantOperands(1))
      return d.refuse();
    d.inst.members = d.src(0, Ty::B32);
    d.inst.gather = Gather::Members;
    return d.emit(&warpSync);
  }
  // A block's barrier; without .aligned a warp's lanes may come from several places, which the
  // emulator gathers at one all the same.
  d.take("cta");
  if (!d.take("sync"))
    return d.refuse();
  bool aligned = d.take("aligned");
  if (d.base == "barrier" && !aligned)
    return d.refuse();
  if (!d.wantOperands(1, 2))
    return;
  d.inst.src[0] = d.src(0, Ty::U32);
  if (d.operandCount() > 1)
    d.inst.src[1] = d.src(1, Ty::U32), d.inst.extra = 1;
  d.inst.gather = Gather::Warp;
  d.emit(&barrierSync);
}

static void decodeBranch(Decoder &d) {
  d.take("uni");
  if (!d.wantOperands(1))
    return;
  d.branchTo(d.operand(0).name);
  d.emit(&branch);
}

void addControl(FamilyTable &table) {
  table["bra"] = &decodeBranch;
  table["brx"] = [](Decoder &d) {
    if (!d.take("idx"))
      return d.refuse();
    d.take("uni");
    if (!d.wantOperands(2))
      return;
    d.inst.src[0] = d.src(0, Ty::U32);
    d.inst.extra = d.addTargets(d.operand(1).name);
    d.emit(&branchByIndex);
  };
  table["ret"] = table["exit"] = [](Decoder &d) {
    d.take("uni");
    if (d.wantOperands(0))
      d.emit(&exitLanes);
  };
  table["trap"] = [](Decoder &d) {
    if (d.wantOperands(0))
      d.emit(&trap);
  };
  table["bar"] = table["barrier"] = &decodeBarrier;
  // What is stored is seen by all at once, so these order nothing.
  table["fence"] = table["membar"] = table["griddepcontrol"] = table["nanosleep"] =
      table["prefetch"] = [](Decoder &d) {
        while (!d.takeNext().empty()) {
        }
        d.emit(&nothing);
      };
  table["elect"] = [](Decoder &d) {
    if (!d.take("sync") || !d.wantOperands(2))
      return d.refuse();
    d.inst.dst = d.dst(0, Ty::B32);
    d.inst.src[0] = d.predicateResult(d.operand(0).second);
    d.inst.members = d.src(1, Ty::B32);
    d.inst.gather = Gather::Members;
    d.emit(&electLane);
  };
}

} // namespace moec::ptx
