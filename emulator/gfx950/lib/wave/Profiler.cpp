//===- Profiler.cpp - Counting loop by loop ---------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What an instruction does to the counters of its wave goes to the part of the code that it is in.
//
//===----------------------------------------------------------------------===//

#include "Profiler.h"

#include "Issue.h"
#include "emulator/gfx950/lib/memory/MemoryOps.h"

#include <algorithm>
#include <iterator>

namespace moec::gfx950 {

bool LineCache::touch(uint64_t line) {
  auto found = places.find(line);
  if (found != places.end()) {
    order.splice(order.begin(), order, found->second);
    return true;
  }
  if (places.size() == capacity) {
    places.erase(order.back());
    order.pop_back();
  }
  order.push_front(line);
  places[line] = order.begin();
  return false;
}

void LineCache::clear() {
  order.clear();
  places.clear();
}

Profiler::Profiler(const Program &program, const LoopForest &forest)
    : program(program), forest(forest) {
  const std::vector<Instruction> &code = program.instructions();
  for (const Loop &loop : forest.loops()) {
    const Instruction &last = code[size_t(loop.last)];
    profile.loops.push_back(
        {code[size_t(loop.first)].address, last.address + last.size, loop.parent, 0, 0, {}});
  }
}

void Profiler::beginGroup(size_t waves) {
  positions.assign(waves, -1);
  waited.assign(waves, 0);
  profile.waves += waves;
  ++profile.groups;
}

void Profiler::endGroup() {
  profile.groupReadLines += groupRead.size();
  profile.groupWrittenLines += groupWritten.size();
  read.insert(groupRead.begin(), groupRead.end());
  written.insert(groupWritten.begin(), groupWritten.end());
  groupRead.clear();
  groupWritten.clear();
  // The next workgroup of a unit finds another's lines at best.
  vectorCache.clear();
  scalarCache.clear();
}

static bool isLoad(const Outstanding &o) {
  return o.kind == Outstanding::Load || o.kind == Outstanding::Dma;
}

static uint64_t countLoads(const Wave &wave) {
  auto &queue = const_cast<Wave &>(wave).vmem;
  uint64_t loads = 0;
  for (unsigned i = 0; i < queue.size(); ++i)
    loads += isLoad(queue.at(i));
  return loads;
}

void Profiler::countUnderWay(const Wave &wave, const Instruction &inst) {
  auto &queue = const_cast<Wave &>(wave).vmem;
  uint64_t bytes = 0;
  loadsBefore.clear();
  for (unsigned i = 0; i < queue.size(); ++i)
    if (const Outstanding &o = queue.at(i); isLoad(o)) {
      loadsBefore.push_back(o.issued);
      bytes += o.askedBytes;
    }
  uint64_t loads = loadsBefore.size();
  uint64_t weight = inst.cls == InstructionClass::Mfma ? 4u * inst.passes : issueSlots(inst);
  current->weight += weight;
  current->underLoads += loads * weight;
  current->underBytes += bytes * weight;
  current->mostLoads = std::max(current->mostLoads, loads);
  current->mostBytes = std::max(current->mostBytes, bytes);
}

void Profiler::before(const Wave &wave, const Instruction &inst) {
  auto here = int32_t(&inst - program.instructions().data());
  int32_t innermost = forest.innermost(size_t(here)), &position = positions[wave.index];
  for (int32_t i = innermost; i >= 0; i = forest.loops()[size_t(i)].parent) {
    const Loop &loop = forest.loops()[size_t(i)];
    if (position >= 0 && loop.contains(position))
      break;
    ++profile.loops[size_t(i)].entries;
  }
  if (innermost >= 0 && forest.loops()[size_t(innermost)].first == here)
    ++profile.loops[size_t(innermost)].trips;
  position = here;
  current = &part(innermost);
  ++current->instructions;
  current->slots += issueSlots(inst);
  current->barriers += inst.cls == InstructionClass::Barrier;
  if (inst.cls == InstructionClass::Mfma)
    current->mfmaCycles += 4u * inst.passes;
  countUnderWay(wave, inst);
  countersBefore = wave.counters;
}

void Profiler::after(const Wave &wave, const Instruction &inst) {
  const Counters &now = wave.counters, &old = countersBefore;
  uint64_t asked = now.globalLoadBytes + now.dmaBytes - old.globalLoadBytes - old.dmaBytes;
  current->loadBytes += asked;
  current->loads += asked != 0;
  current->storeBytes +=
      now.globalStoreBytes + now.globalAtomicBytes - old.globalStoreBytes - old.globalAtomicBytes;
  current->scalarBytes += now.scalarBytes - old.scalarBytes;
  current->ldsCycles += now.ldsCycles - old.ldsCycles;
  current->ldsConflictCycles += now.ldsConflictCycles - old.ldsConflictCycles;
  if (inst.cls != InstructionClass::Wait)
    return;
  // Loads land in order, so the last that did is the latest issued. One that was under way at the
  // wait before has had its latency then.
  size_t landed = loadsBefore.size() - countLoads(wave);
  if (landed && loadsBefore[landed - 1] >= waited[wave.index]) {
    ++current->waits;
    waited[wave.index] = wave.waitStates;
  }
}

void Profiler::touch(std::span<const uint64_t> lines, bool store) {
  // Stores go through the first-level cache, and their lines are not kept there.
  if (store) {
    current->writtenLines += lines.size();
    groupWritten.insert(lines.begin(), lines.end());
    return;
  }
  for (uint64_t line : lines) {
    current->readLines += !vectorCache.touch(line);
    groupRead.insert(line);
  }
}

void Profiler::touchScalar(uint64_t address, uint64_t bytes) {
  for (uint64_t line = address / kLineBytes; line <= (address + bytes - 1) / kLineBytes; ++line) {
    current->readLines += !scalarCache.touch(line);
    groupRead.insert(line);
  }
}

Profile Profiler::take() {
  profile.readLines.assign(read.begin(), read.end());
  profile.writtenLines.assign(written.begin(), written.end());
  std::sort(profile.readLines.begin(), profile.readLines.end());
  std::sort(profile.writtenLines.begin(), profile.writtenLines.end());
  return std::move(profile);
}

static void unite(std::vector<uint64_t> &sum, const std::vector<uint64_t> &other) {
  std::vector<uint64_t> all;
  std::set_union(sum.begin(), sum.end(), other.begin(), other.end(), std::back_inserter(all));
  sum = std::move(all);
}

void addProfile(Profile &sum, const Profile &other) {
  if (sum.loops.empty()) {
    sum.loops = other.loops;
    for (LoopProfile &loop : sum.loops)
      loop.entries = loop.trips = 0, loop.own = {};
  }
  sum.groups += other.groups;
  sum.waves += other.waves;
  sum.outside.add(other.outside);
  for (size_t i = 0; i < other.loops.size(); ++i) {
    sum.loops[i].entries += other.loops[i].entries;
    sum.loops[i].trips += other.loops[i].trips;
    sum.loops[i].own.add(other.loops[i].own);
  }
  sum.groupReadLines += other.groupReadLines;
  sum.groupWrittenLines += other.groupWrittenLines;
  unite(sum.readLines, other.readLines);
  unite(sum.writtenLines, other.writtenLines);
}

void finishProfile(Profile &profile) {
  std::vector<int> moved(profile.loops.size(), -1);
  std::vector<LoopProfile> kept;
  for (size_t i = 0; i < profile.loops.size(); ++i)
    if (profile.loops[i].entries) {
      moved[i] = int(kept.size());
      kept.push_back(profile.loops[i]);
      int &parent = kept.back().parent;
      parent = parent < 0 ? -1 : moved[size_t(parent)]; // A loop around one that ran, ran, too.
    }
  profile.loops = std::move(kept);
}

} // namespace moec::gfx950
