//===- Warp.cpp - Running a warp ------------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The loop over instructions, and which lanes go together.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/ptx/Warp.h"

#include "emulator/ptx/lib/warp/Block.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace moec::ptx {

const Instruction &Warp::current() const { return block->context.program.code[pc]; }

void Warp::run(uint64_t budget) {
  const LaunchContext &context = block->context;
  const Instruction *code = context.program.code.data();
  const bool tracing = bool(context.options.trace);
  const uint64_t limit = context.options.instructionLimit;
  for (; status == WarpStatus::Running; --budget) {
    if (budget == 0)
      return rotate();
    if (code[pc].leader && !others.empty())
      meet();
    const Instruction &inst = code[pc];
    mask = active;
    if (inst.guarded && !applyGuard(inst))
      return;
    if (inst.gather != Gather::Free && mask && !gatherLanes(inst))
      continue;
    next = pc + 1;
    if (tracing) {
      std::lock_guard lock(block->context.traceMutex);
      context.options.trace(*this, inst);
    }
    ++counters.instructions;
    counters.activeLanes += unsigned(std::popcount(mask));
    if (mask)
      inst.execute(*this, inst);
    if (++executed == limit)
      return fail(-1, strCat("the limit of ", limit, " instructions is reached"));
    if (status == WarpStatus::Failed)
      return;
    pc = next;
    if (!active)
      switchGroup();
  }
}

bool Warp::applyGuard(const Instruction &inst) {
  uint32_t value = *row<uint32_t>(inst.guard);
  if (poisonLanes(inst.guard) & active && !checkPoison(inst.guard, "a guard"))
    return false;
  mask = active & (inst.guardNegated ? ~value : value);
  return true;
}

void Warp::part(uint32_t target, uint32_t lanes) {
  if (lanes == active) {
    next = target;
    return;
  }
  ++counters.splits;
  others.push_back({target, lanes, false});
  active &= ~lanes;
}

void Warp::exitLanes(uint32_t lanes) { live &= ~lanes, active &= ~lanes; }

// At the first instruction of a block: take along who is here, and let who is behind catch up.
void Warp::meet() {
  const Instruction *code = block->context.program.code.data();
  for (size_t i = 0; i < others.size();) {
    if (others[i].pc != pc || others[i].waits) {
      ++i;
      continue;
    }
    active |= others[i].mask;
    others[i] = others.back();
    others.pop_back();
  }
  if (!inOrder)
    return;
  LaneGroup *first = nullptr;
  for (LaneGroup &group : others)
    if (!group.waits && code[group.pc].order < code[pc].order &&
        (!first || code[group.pc].order < code[first->pc].order))
      first = &group;
  if (first) {
    LaneGroup mine{pc, active, false};
    pc = first->pc, active = first->mask;
    *first = mine;
    meet();
  }
}

/// Lanes that have to be at an instruction before it executes; 0 after a fault.
uint32_t Warp::wantedLanes(const Instruction &inst) {
  if (inst.gather == Gather::Members) {
    if (!checkPoison(inst.members, "a mask of lanes"))
      return 0;
    const uint32_t *masks = row<uint32_t>(inst.members);
    int first = std::countr_zero(mask);
    uint32_t members = masks[first];
    for (uint32_t m = mask; m; m &= m - 1) {
      int lane = std::countr_zero(m);
      if (masks[lane] != members) {
        fail(lane, "lanes name different masks of lanes, which is not emulated");
        return 0;
      }
      if (!(members >> lane & 1)) {
        fail(lane, "the lane is not in the mask of lanes that it names");
        return 0;
      }
    }
    return members & live;
  }
  uint32_t all = inst.gather == Gather::Full ? ~0u : began;
  if (all & ~live) {
    int lane = std::countr_zero(all & ~live);
    fail(lane, strCat("all lanes have to be here, lane ", lane, " has ended or never was"));
    return 0;
  }
  return all;
}

bool Warp::gatherLanes(const Instruction &inst) {
  if (mask != active) {
    // Those whose guard is false go on without the others.
    others.push_back({pc + 1, active & ~mask, false});
    active = mask;
  }
  for (size_t i = 0; i < others.size();) {
    if (others[i].pc != pc) {
      ++i;
      continue;
    }
    active |= others[i].mask;
    others[i] = others.back();
    others.pop_back();
  }
  mask = active;
  if (inst.guarded && !applyGuard(inst))
    return false;
  if (mask != active) {
    others.push_back({pc + 1, active & ~mask, false});
    active = mask;
  }
  uint32_t wanted = wantedLanes(inst);
  if (failed())
    return false;
  if (!(wanted & ~mask))
    return true;
  others.push_back({pc, active, true});
  active = 0;
  switchGroup();
  return false;
}

/// Goes on with another group: the first that does not wait, else one whose lanes are there now.
void Warp::switchGroup() {
  const Instruction *code = block->context.program.code.data();
  if (others.empty()) {
    status = live ? status : WarpStatus::Ended;
    return;
  }
  size_t best = others.size();
  for (size_t i = 0; i < others.size(); ++i)
    if (!others[i].waits &&
        (best == others.size() || code[others[i].pc].order < code[others[best].pc].order))
      best = i;
  for (size_t i = 0; best == others.size() && i < others.size(); ++i) {
    mask = others[i].mask, pc = others[i].pc;
    uint32_t wanted = wantedLanes(code[pc]);
    if (failed())
      return;
    if (!(wanted & ~mask))
      best = i;
  }
  if (best == others.size())
    return failWaiting();
  pc = others[best].pc, active = others[best].mask;
  others[best] = others.back();
  others.pop_back();
}

/// Lets another group run for a while, as a lane may wait for one of another group.
void Warp::rotate() {
  auto runs = std::find_if(others.begin(), others.end(), [](auto &g) { return !g.waits; });
  inOrder = !inOrder || runs == others.end();
  if (inOrder || runs == others.end())
    return;
  LaneGroup mine{pc, active, false};
  pc = runs->pc, active = runs->mask;
  others.erase(runs);
  others.push_back(mine);
}

static std::string laneList(uint32_t lanes) {
  std::string text;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if (!(lanes >> lane & 1))
      continue;
    unsigned last = lane;
    while (last + 1 < kLanes && lanes >> (last + 1) & 1)
      ++last;
    text += strCat(text.empty() ? "" : ", ", lane);
    if (last > lane)
      text += strCat("-", last);
    lane = last;
  }
  return text;
}

void Warp::failWaiting() {
  const LaunchContext &context = block->context;
  std::string text = "lanes wait for each other:";
  for (const LaneGroup &group : others) {
    uint32_t line = context.program.code[group.pc].line;
    text += strCat(&group == &others.front() ? " " : "; ", "lanes ", laneList(group.mask),
                   " at line ", line, " (", context.module.line(line), ")");
  }
  pc = others.front().pc;
  fail(std::countr_zero(others.front().mask), text);
}

bool Warp::checkPoison(Slot slot, const char *use) {
  uint32_t lanes = poisonLanes(slot) & mask;
  if (!lanes)
    return true;
  return finding(FindingClass::Poison, std::countr_zero(lanes),
                 strCat(use, " is a value that nothing wrote"));
}

uint64_t Warp::poisonBits(Slot slot, unsigned bytes, unsigned lane) const {
  const uint64_t lanes = poison[slot.index] >> lane;
  if (!(lanes & 1))
    return 0;
  if (!(lanes >> 32 & 1))
    return ~0ull >> (64 - 8 * bytes);
  uint64_t bits = 0;
  std::memcpy(&bits, poisonFile + slot.offset + lane * bytes, bytes);
  return bits;
}

void Warp::setPoisonBits(Slot dst, unsigned bytes, const uint64_t (&bits)[kLanes]) {
  const uint64_t all = ~0ull >> (64 - 8 * bytes);
  uint32_t any = 0, some = 0;
  for (uint32_t m = mask; m; m &= m - 1) {
    unsigned lane = unsigned(std::countr_zero(m));
    uint64_t own = bits[lane] & all;
    any |= uint32_t(own != 0) << lane;
    if (own == 0 || own == all)
      continue;
    some |= 1u << lane;
    std::memcpy(poisonFile + dst.offset + lane * bytes, &own, bytes);
  }
  uint64_t both = mask | uint64_t(mask) << 32;
  poison[dst.index] = (poison[dst.index] & ~both) | any | uint64_t(some) << 32;
}

void Warp::fail(int lane, std::string text) {
  if (failed())
    return;
  status = WarpStatus::Failed;
  faultLane = lane;
  message = std::move(text);
}

bool Warp::finding(FindingClass c, int lane, std::string text) {
  if (block->context.options.allowed & findingBit(c)) {
    block->note(*this, c, lane, text);
    return true;
  }
  fail(lane, std::move(text));
  return false;
}

static uint32_t specialValue(Special special, const LaunchContext &context, const Block &block,
                             unsigned thread) {
  const uint32_t (&size)[3] = context.shape.block;
  const uint32_t lane = thread % kLanes;
  const unsigned s = unsigned(special);
  switch (special) {
  case Special::ThreadX:
    return thread % size[0];
  case Special::ThreadY:
    return thread / size[0] % size[1];
  case Special::ThreadZ:
    return thread / size[0] / size[1];
  case Special::BlockX:
  case Special::BlockY:
  case Special::BlockZ:
    return block.id[s - unsigned(Special::BlockX)];
  case Special::BlockSizeX:
  case Special::BlockSizeY:
  case Special::BlockSizeZ:
    return size[s - unsigned(Special::BlockSizeX)];
  case Special::GridSizeX:
  case Special::GridSizeY:
  case Special::GridSizeZ:
    return context.shape.grid[s - unsigned(Special::GridSizeX)];
  case Special::Lane:
    return lane;
  case Special::WarpNumber:
    return thread / kLanes;
  case Special::WarpCount:
    return (size[0] * size[1] * size[2] + kLanes - 1) / kLanes;
  case Special::LanesEqual:
    return 1u << lane;
  case Special::LanesLess:
    return (1u << lane) - 1;
  case Special::LanesLessEqual:
    return (2u << lane) - 1;
  case Special::LanesGreater:
    return ~((2u << lane) - 1);
  case Special::LanesGreaterEqual:
    return ~((1u << lane) - 1);
  case Special::DynamicShared:
    return context.shape.dynamicShared;
  case Special::TotalShared:
    return context.sharedBytes;
  case Special::Zero:
    return 0;
  }
  return 0;
}

void Warp::startFile() {
  const Program &program = block->context.program;
  if (!storage) {
    storage = std::make_unique<std::byte[]>(program.fileBytes + 64);
    poisonStorage = std::make_unique<uint64_t[]>(program.poison.size());
    auto start = reinterpret_cast<uintptr_t>(storage.get());
    file = storage.get() + ((start + 63) / 64 * 64 - start);
    poison = poisonStorage.get();
    // No bit of it counts before setPoisonBits has written it.
    poisonFileStorage = std::make_unique_for_overwrite<std::byte[]>(program.fileBytes);
    poisonFile = poisonFileStorage.get();
    for (const ConstantRow &constant : program.constants) {
      if (constant.bytes == 0)
        *row<uint32_t>(constant.slot) = uint32_t(constant.value);
      for (unsigned lane = 0; lane < kLanes * constant.bytes; lane += constant.bytes)
        std::memcpy(row<std::byte>(constant.slot) + lane, &constant.value, constant.bytes);
    }
  }
  for (const SpecialRow &special : program.specials)
    for (unsigned lane = 0; lane < kLanes; ++lane)
      row<uint32_t>(special.slot)[lane] =
          specialValue(special.special, block->context, *block, index * kLanes + lane);
  std::copy(program.poison.begin(), program.poison.end(), poison);
}

void Warp::reset(Block &owner, unsigned number, uint32_t lanes) {
  block = &owner, index = number;
  active = live = began = lanes;
  mask = pc = next = barrier = 0;
  executed = 0;
  status = WarpStatus::Running;
  inOrder = true;
  others.clear(), copies.clear(), message.clear();
  std::fill(std::begin(committed), std::end(committed), 0);
  counters = {};
  ++counters.warps;
  const size_t bytes = size_t(kLanes) * owner.context.kernel.localBytes;
  local.assign(bytes, 0), localPoison.assign(bytes, 1);
  startFile();
}

} // namespace moec::ptx
