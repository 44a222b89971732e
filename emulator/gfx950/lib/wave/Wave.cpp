//===- Wave.cpp - State of one wave -----------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Outstanding memory operations. Vector memory finishes in order; so does LDS. Scalar loads finish
// in any order, so a wait for fewer than all of a mixed queue guarantees nothing about them.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/gfx950/Wave.h"

#include "Workgroup.h"

namespace moec::gfx950 {

namespace {
constexpr unsigned kRows = 512;
/// What an uninitialised register holds.
constexpr uint32_t kJunk = 0xdeadbeef;
} // namespace

Wave::Wave() {
  size_t bytes = kRows * (sizeof(VectorRow) + sizeof(PoisonRow)) + 64;
  registerStorage = std::make_unique_for_overwrite<std::byte[]>(bytes);
  auto raw = reinterpret_cast<uintptr_t>(registerStorage.get());
  vector = reinterpret_cast<VectorRow *>((raw + 63) / 64 * 64);
  vectorPoison = reinterpret_cast<PoisonRow *>(vector + kRows);
}

Wave::~Wave() = default;

void Wave::reset(Workgroup &owner, unsigned waveIndex, unsigned vgprs, unsigned agprs) {
  group = &owner;
  index = waveIndex;
  vgprCount = vgprs, agprCount = agprs;
  for (unsigned row = 0; row < kRows; ++row)
    if (row < vgprs + agprs)
      for (uint32_t &lane : vector[row])
        lane = kJunk;
  std::memset(vectorPoison, 0xff, kRows * sizeof(PoisonRow));
  for (uint32_t &s : scalar)
    s = kJunk;
  std::memset(scalarPoison, 0xff, sizeof scalarPoison);
  std::memset(pendingVector, 0, sizeof pendingVector);
  std::memset(pendingScalar, 0, sizeof pendingScalar);
  pending = 0;
  scc = false, sccPoison = true;
  vmem.clear();
  lgkm.clear();
  status = WaveStatus::Running;
  skipVector = false;
  gprIndexMode = 0;
  waitStates = hazardUntil = 0;
  mfmaHead = 0;
  for (MfmaResult &m : mfma)
    m = {};
  message.clear();
  faultLane = -1;
  counters = {};
}

void Wave::fail(int lane, std::string text) {
  if (status == WaveStatus::Failed)
    return;
  status = WaveStatus::Failed;
  faultLane = lane;
  message = std::move(text);
}

bool Wave::finding(FindingClass c, int lane, std::string text) {
  if (failed())
    return false;
  if (!(group->context.options.allowed & findingBit(c))) {
    fail(lane, std::move(text));
    return false;
  }
  group->note(*this, c, lane, text);
  return true;
}

Outstanding &Wave::issue(OutstandingQueue &queue, Outstanding::Kind kind) {
  if (&queue == &vmem && queue.size() >= 63)
    waitVmem(62);
  else if (&queue == &lgkm && queue.full()) {
    waitLgkm(queue.size() - 1);
    if (queue.full())
      waitLgkm(0);
  }
  Outstanding &o = queue.free();
  o.kind = kind;
  o.alsoOther = o.late = false;
  o.dwords = 0;
  o.byteMask = 15;
  o.ldsBytes = o.ldsParts = 0;
  o.askedBytes = 0;
  o.issued = waitStates;
  o.exec = exec();
  o.instruction = pc;
  return o;
}

void Wave::commit(OutstandingQueue &queue, Outstanding &operation) {
  queue.commit();
  if (operation.kind == Outstanding::Scalar)
    for (unsigned i = 0; i < operation.dwords; ++i)
      ++pendingScalar[operation.reg + i], ++pending;
  else
    for (unsigned i = 0; i < operation.dwords; ++i)
      ++pendingVector[operation.reg + i], ++pending;
}

void Wave::land(Outstanding &o) {
  switch (o.kind) {
  case Outstanding::Scalar:
    for (unsigned i = 0; i < o.dwords; ++i) {
      setScalar(o.reg + i, o.data[0][i]);
      --pendingScalar[o.reg + i], --pending;
    }
    return;
  case Outstanding::Dma: {
    Lds &lds = group->lds;
    for (uint64_t lanes = o.exec; lanes; lanes &= lanes - 1) {
      unsigned lane = unsigned(std::countr_zero(lanes));
      uint32_t address = o.ldsAddress[0][lane];
      lds.endCopy(address, o.ldsBytes);
      for (unsigned i = 0; i < o.ldsBytes; ++i)
        lds.data()[address + i] = uint8_t(o.data[i / 4][lane] >> (i % 4 * 8));
      lds.setPoison(address, o.ldsBytes, false);
      if (lds.stamp(LdsAccess::Write, address, o.ldsBytes, index) == LdsFault::Race)
        finding(FindingClass::Race, int(lane),
                "race on LDS byte " + std::to_string(address) +
                    ": a load to LDS lands while wave " + std::to_string(lds.otherSubgroup()) +
                    " uses it without a barrier in between");
    }
    return;
  }
  case Outstanding::Load:
  case Outstanding::LdsRead:
    for (unsigned d = 0; d < o.dwords; ++d) {
      unsigned row = o.reg + d;
      for (uint64_t lanes = o.exec; lanes; lanes &= lanes - 1) {
        unsigned lane = unsigned(std::countr_zero(lanes));
        uint32_t keep = 0;
        for (unsigned b = 0; b < 4; ++b)
          keep |= (o.byteMask >> b & 1) ? 0 : 0xffu << (8 * b);
        vector[row][lane] = (vector[row][lane] & keep) | (o.data[d][lane] & ~keep);
      }
      for (unsigned b = 0; b < 4; ++b)
        if (o.byteMask >> b & 1)
          vectorPoison[row].byte[b] =
              (vectorPoison[row].byte[b] & ~o.exec) | (o.poison[d].byte[b] & o.exec);
      --pendingVector[row], --pending;
    }
    return;
  case Outstanding::Store:
  case Outstanding::LdsWrite:
    return;
  }
}

void Wave::landRegister(unsigned reg, bool isScalar) {
  const uint8_t &under = isScalar ? pendingScalar[reg] : pendingVector[reg];
  for (unsigned i = vmem.size(); i-- > 0 && under && !isScalar;)
    if (const Outstanding &o = vmem.at(i); o.reg <= reg && reg < unsigned(o.reg) + o.dwords)
      waitVmem(vmem.size() - i - 1), i = vmem.size();
  if (under)
    waitLgkm(0);
}

void Wave::waitVmem(unsigned limit) {
  while (vmem.size() > limit) {
    land(vmem.at(0));
    vmem.pop();
  }
}

void Wave::waitLgkm(unsigned limit) {
  if (limit == 0) {
    while (lgkm.size()) {
      land(lgkm.at(0));
      lgkm.pop();
    }
    return;
  }
  // Only LDS operations at the head, and only as many as must be done if scalar loads finish first.
  unsigned scalars = 0;
  for (unsigned i = 0; i < lgkm.size(); ++i)
    scalars += lgkm.at(i).kind == Outstanding::Scalar;
  while (lgkm.size() - scalars > limit && lgkm.size() && lgkm.at(0).kind != Outstanding::Scalar) {
    land(lgkm.at(0));
    lgkm.pop();
  }
}

} // namespace moec::gfx950
