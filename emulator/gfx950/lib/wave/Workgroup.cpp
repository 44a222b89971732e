//===- Workgroup.cpp - One workgroup ----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Initial state of waves, the instruction loop, and barriers.
//
//===----------------------------------------------------------------------===//

#include "Workgroup.h"

#include "Execute.h"
#include "Issue.h"
#include "emulator/gfx950/lib/memory/VectorMemory.h"

#include <cstdio>

namespace moec::gfx950 {

namespace {
/// Instructions that a wave runs before others get their turn: spinning on memory must not hang a
/// workgroup.
constexpr uint64_t kTurn = 20000;
/// The same where lines are followed: waves of a workgroup use a line at about the same time, which
/// the cache that they share depends on.
constexpr uint64_t kProfiledTurn = 16;
} // namespace

Workgroup::Workgroup(LaunchContext &context) : context(context), lds(context.ldsBytes) {
  const LaunchShape &s = context.shape;
  unsigned items = s.block[0] * s.block[1] * s.block[2];
  for (unsigned i = 0; i < (items + kLanes - 1) / kLanes; ++i)
    waves.push_back(std::make_unique<Wave>());
  if (context.loops)
    profiler = std::make_unique<Profiler>(context.program, *context.loops);
}

void Workgroup::startWave(Wave &w, unsigned index) {
  const KernelInfo &k = context.kernel;
  const LaunchShape &s = context.shape;
  w.reset(*this, index, k.vgprs, k.agprs);
  std::copy(groupId, groupId + 3, w.groupId);
  w.mode = k.mode;
  w.pc = w.next = context.program.at(k.start());
  // User SGPRs in the order of the ABI.
  unsigned reg = 0;
  auto put64 = [&](bool enabled, uint64_t value) {
    if (enabled)
      w.setScalar64(reg, value), reg += 2;
  };
  if (k.privateBuffer) { // Not used with architected flat scratch; zero traps any use.
    w.setScalar64(reg, 0), w.setScalar64(reg + 2, 0);
    reg += 4;
  }
  put64(k.dispatchPtr, context.dispatchPacket);
  put64(k.queuePtr, 0);
  put64(k.kernargPtr, context.kernarg);
  put64(k.dispatchId, 0);
  put64(k.flatScratchInit, 0);
  if (k.privateSize)
    w.setScalar(reg++, k.privateBytes);
  const auto *kernarg = reinterpret_cast<const uint32_t *>(context.kernarg);
  for (unsigned i = 0; i < k.preloadLength && reg < k.userSgprs; ++i)
    w.setScalar(reg++, kernarg[k.preloadOffset + i]);
  reg = k.userSgprs;
  bool enabled[3] = {k.groupIdX, k.groupIdY, k.groupIdZ};
  for (unsigned d = 0; d < 3; ++d)
    if (enabled[d])
      w.setScalar(reg++, groupId[d]);
  if (k.groupInfo)
    w.setScalar(reg++, 0);
  // Work-item ids are packed into v0, ten bits each.
  unsigned items = s.block[0] * s.block[1] * s.block[2];
  uint64_t exec = 0;
  for (unsigned l = 0; l < kLanes; ++l) {
    unsigned item = index * kLanes + l;
    if (item >= items)
      break;
    exec |= 1ull << l;
    unsigned x = item % s.block[0], y = item / s.block[0] % s.block[1],
             z = item / s.block[0] / s.block[1];
    w.vector[0][l] = x | y << 10 | z << 20;
  }
  for (uint64_t &p : w.vectorPoison[0].byte)
    p = ~exec;
  w.setScalar64(kExec, exec);
  w.setScalar64(kVcc, 0, ~0ull);
  // A kernel with a dynamic stack gets a generous one.
  w.privateBytes = k.privateBytes + (k.dynamicStack ? 16384 : 0);
  w.scratch.assign(size_t(w.privateBytes) * kLanes, 0xcd);
  w.scratchPoison.assign(size_t(w.privateBytes) * kLanes, 1);
  w.counters.waves = 1;
}

void Workgroup::start() {
  lds = Lds(context.ldsBytes);
  for (unsigned i = 0; i < waves.size(); ++i)
    startWave(*waves[i], i);
}

std::string Workgroup::describe(const Wave &w, int lane, const std::string &text) const {
  char place[160];
  std::snprintf(place, sizeof place, " at 0x%llx", static_cast<unsigned long long>(w.pc->address));
  return strCat("kernel ", context.kernel.name, place, ": ", context.program.print(*w.pc), ": ",
                text, " (workgroup ", groupId[0], ",", groupId[1], ",", groupId[2], ", wave ",
                w.index, lane >= 0 ? strCat(", lane ", lane) : std::string(), ")");
}

uint32_t Workgroup::number() const {
  const uint32_t *grid = context.shape.grid;
  return groupId[0] + grid[0] * (groupId[1] + grid[1] * groupId[2]);
}

void Workgroup::note(const Wave &w, FindingClass c, int lane, const std::string &text) {
  Finding &f = findings[{w.pc->address, c}];
  if (f.count++)
    return;
  f.cls = c, f.address = w.pc->address, f.group = number();
  f.text = describe(w, lane, text);
}

void Workgroup::landDma(uint32_t address, uint32_t count) {
  for (auto &w : waves)
    for (unsigned i = w->vmem.size(); i-- > 0;) {
      const Outstanding &o = w->vmem.at(i);
      bool covers = false;
      for (uint64_t m = o.kind == Outstanding::Dma ? o.exec : 0; m && !covers; m &= m - 1) {
        uint32_t at = o.ldsAddress[0][std::countr_zero(m)];
        covers = at < address + count && address < at + o.ldsBytes;
      }
      if (covers) { // And all before it.
        w->waitVmem(w->vmem.size() - i - 1);
        break;
      }
    }
}

void Workgroup::runWave(Wave &w, uint64_t budget) {
  const bool traced = bool(context.options.trace);
  Profiler *const profiled = profiler.get();
  const uint64_t limit = context.options.instructionLimit;
  FloatMode floatMode(w.mode);
  for (uint64_t i = 0; i < budget && w.status == WaveStatus::Running; ++i) {
    const Instruction &inst = *w.next;
    w.pc = &inst;
    w.next = &inst + 1;
    if (traced) [[unlikely]] {
      std::lock_guard lock(context.traceMutex);
      context.options.trace(w, inst);
    }
    if (w.skipVector && skippedByVskip(inst.cls)) [[unlikely]] {
      ++w.waitStates;
      continue;
    }
    if (!checkRegisters(w, inst))
      return;
    countIssue(w, inst);
    if (!floatMode.plain()) [[unlikely]]
      floatMode.prepare(inst);
    if (profiled) [[unlikely]]
      profiled->before(w, inst);
    inst.execute(w, inst);
    if (profiled) [[unlikely]]
      profiled->after(w, inst);
    if (inst.cls == InstructionClass::Mfma)
      noteMfma(w, inst);
    if (w.mode != floatMode.current()) [[unlikely]]
      floatMode.set(w.mode);
    w.waitStates += inst.cls == InstructionClass::Nop ? inst.imm + 1 : 1;
    if (limit && w.waitStates > limit) [[unlikely]]
      w.fail(-1, "the limit of " + std::to_string(limit) + " instructions is reached");
  }
}

void Workgroup::passBarrier() {
  lds.nextEpoch();
  for (auto &w : waves) {
    if (w->status != WaveStatus::AtBarrier)
      continue;
    w->status = WaveStatus::Running;
    ++w->counters.barriers;
  }
  // LDS operations that were not waited for before the barrier may happen behind it.
  for (auto &w : waves)
    for (unsigned i = 0; i < w->lgkm.size(); ++i) {
      Outstanding &o = w->lgkm.at(i);
      if (!o.ldsParts)
        continue;
      o.late = true;
      for (unsigned part = 0; part < o.ldsParts; ++part)
        for (uint64_t m = o.exec; m; m &= m - 1)
          if (lds.stamp(o.ldsAccess, o.ldsAddress[part][std::countr_zero(m)], o.ldsBytes,
                        w->index) == LdsFault::Race)
            w->finding(
                FindingClass::Race, std::countr_zero(m),
                "an LDS operation that was not waited for before the barrier races with wave " +
                    std::to_string(lds.otherSubgroup()));
    }
}

Error Workgroup::run(const uint32_t (&id)[3]) {
  std::copy(id, id + 3, groupId);
  start();
  if (profiler)
    profiler->beginGroup(waves.size());
  const uint64_t usual = profiler ? kProfiledTurn : kTurn;
  const uint64_t turn = context.options.turn ? context.options.turn : usual;
  for (;;) {
    bool running = false, waiting = false;
    for (auto &w : waves) {
      if (w->status == WaveStatus::Running)
        runWave(*w, turn);
      if (w->failed())
        return Error::make(describe(*w, w->faultLane, w->message));
      running |= w->status == WaveStatus::Running;
      waiting |= w->status == WaveStatus::AtBarrier;
    }
    if (context.stop.load(std::memory_order_relaxed))
      return Error::success();
    if (running)
      continue;
    if (!waiting)
      break;
    passBarrier(); // Waves that have ended do not take part.
    for (auto &w : waves)
      if (w->failed())
        return Error::make(describe(*w, w->faultLane, w->message));
  }
  for (auto &w : waves)
    counters.add(w->counters);
  ++counters.workgroups;
  if (profiler)
    profiler->endGroup();
  return Error::success();
}

} // namespace moec::gfx950
