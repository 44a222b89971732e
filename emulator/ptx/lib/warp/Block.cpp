//===- Block.cpp - One block of threads -----------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Warps run one after the other until all of them wait at the same barrier or have ended.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/warp/Block.h"

#include <algorithm>

namespace moec::ptx {

namespace {
/// Instructions of a turn where none are asked for: only warps that wait for each other notice.
constexpr uint64_t kTurn = 1 << 16;
} // namespace

static uint32_t countWarps(const uint32_t (&size)[3]) {
  return (size[0] * size[1] * size[2] + kLanes - 1) / kLanes;
}

Block::Block(LaunchContext &context)
    : context(context), shared(context.sharedBytes),
      laneRaces(context.sharedBytes, countWarps(context.shape.block)) {
  for (uint32_t i = 0; i < countWarps(context.shape.block); ++i)
    warps.push_back(std::make_unique<Warp>());
}

uint64_t Block::number() const {
  const uint32_t (&grid)[3] = context.shape.grid;
  return id[0] + uint64_t(grid[0]) * (id[1] + uint64_t(grid[1]) * id[2]);
}

void Block::start() {
  shared = emulator::SharedMemory(context.sharedBytes);
  laneRaces.startBlock();
  const uint32_t (&size)[3] = context.shape.block;
  uint32_t threads = size[0] * size[1] * size[2];
  for (unsigned i = 0; i < warps.size(); ++i) {
    uint32_t lanes = std::min<uint32_t>(kLanes, threads - i * kLanes);
    warps[i]->reset(*this, i, lanes == kLanes ? ~0u : (1u << lanes) - 1);
  }
}

Error Block::run(const uint32_t (&blockId)[3]) {
  std::copy(blockId, blockId + 3, id);
  start();
  ++counters.blocks;
  const uint64_t turn = context.options.turn ? context.options.turn : kTurn;
  auto count = [&](WarpStatus status) {
    return size_t(std::count_if(warps.begin(), warps.end(),
                                [&](const auto &warp) { return warp->status == status; }));
  };
  while (count(WarpStatus::Ended) < warps.size()) {
    for (auto &warp : warps) {
      if (warp->status == WarpStatus::Running)
        warp->run(turn);
      if (warp->failed())
        return Error::make(describe(*warp, warp->faultLane, warp->message));
      if (context.stop)
        return Error::success(); // Another block has failed.
    }
    if (count(WarpStatus::Running) == 0 && count(WarpStatus::AtBarrier))
      if (Error e = passBarrier())
        return e;
  }
  for (auto &warp : warps)
    counters.add(warp->counters);
  return Error::success();
}

std::string Block::place(const Warp &warp) const {
  const Instruction &inst = warp.current();
  // A warp that waits stands behind its barrier.
  uint32_t line =
      warp.status == WarpStatus::AtBarrier ? context.program.code[warp.pc - 1].line : inst.line;
  return lineText(line);
}

std::string Block::lineText(uint32_t line) const {
  return strCat("line ", line, " (", context.module.line(line), ")");
}

Error Block::passBarrier() {
  const Warp *first = nullptr;
  for (auto &warp : warps)
    if (warp->status == WarpStatus::AtBarrier) {
      if (first && warp->barrier != first->barrier)
        return Error::make(describe(*first, -1,
                                    strCat("warps wait for each other: warp ", first->index,
                                           " at barrier ", first->barrier, ", warp ", warp->index,
                                           " at barrier ", warp->barrier, ", ", place(*warp))));
      first = first ? first : warp.get();
    }
  for (auto &warp : warps)
    if (warp->status == WarpStatus::Ended)
      return Error::make(describe(
          *first, -1, strCat("the barrier waits for warp ", warp->index, ", which has ended")));
  for (auto &warp : warps)
    warp->status = WarpStatus::Running;
  shared.nextEpoch();
  laneRaces.syncBlock();
  return Error::success();
}

std::string Block::describe(const Warp &warp, int lane, const std::string &text) const {
  std::string where = strCat("kernel ", context.kernel.name, ", ", place(warp), ", block (", id[0],
                             ", ", id[1], ", ", id[2], "), warp ", warp.index);
  if (lane >= 0)
    where += strCat(", lane ", lane);
  return strCat(where, ": ", text);
}

void Block::note(const Warp &warp, FindingClass c, int lane, const std::string &text) {
  uint32_t line = warp.current().line;
  Finding &finding = findings[{line, c}];
  if (finding.count++ == 0) {
    finding.cls = c, finding.line = line, finding.block = number();
    finding.text = describe(warp, lane, text);
  }
}

} // namespace moec::ptx
