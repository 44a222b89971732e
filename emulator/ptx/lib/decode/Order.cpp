//===- Order.cpp - Which block of parted lanes goes first -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Lanes that part meet soonest if those go first that have to run before the place where they meet.
// The text's order does not say so: LLVM puts guarded blocks behind their join. Reverse postorder
// of the flow graph does; edges out of a loop are walked first, so that a loop comes before what
// follows it. Any order gives the same results, as groups wait where lanes are named.
//
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/decode/Decoder.h"

#include "emulator/ptx/lib/alu/Lanes.h"

#include <algorithm>

namespace moec::ptx {

namespace {
/// The blocks of a program.
struct Flow {
  std::vector<uint32_t> begin;                   ///< First instruction, by block.
  std::vector<uint32_t> blockOf;                 ///< By instruction.
  std::vector<std::vector<uint32_t>> next, prev; ///< Blocks.
  std::vector<uint32_t> depth;                   ///< Loops around a block.
};

bool endsBlock(const Instruction &inst) {
  return inst.target >= 0 || inst.execute == &exitLanes || inst.execute == &branchByIndex ||
         (inst.gather != Gather::Free && inst.guarded);
}

bool fallsThrough(const Instruction &inst) {
  bool leaves = inst.target >= 0 || inst.execute == &exitLanes || inst.execute == &branchByIndex;
  return !leaves || inst.guarded;
}

Flow makeFlow(Program &program) {
  Flow flow;
  std::vector<Instruction> &code = program.code;
  code[0].leader = true;
  for (size_t i = 0; i < code.size(); ++i) {
    if (code[i].target >= 0)
      code[size_t(code[i].target)].leader = true;
    if (endsBlock(code[i]) && i + 1 < code.size())
      code[i + 1].leader = true;
  }
  for (const std::vector<uint32_t> &list : program.targets)
    for (uint32_t target : list)
      code[target].leader = true;
  for (size_t i = 0; i < code.size(); ++i) {
    if (code[i].leader)
      flow.begin.push_back(uint32_t(i));
    flow.blockOf.push_back(uint32_t(flow.begin.size() - 1));
  }
  flow.next.resize(flow.begin.size()), flow.prev.resize(flow.begin.size());
  flow.depth.resize(flow.begin.size());
  for (size_t b = 0; b < flow.begin.size(); ++b) {
    size_t last = (b + 1 < flow.begin.size() ? flow.begin[b + 1] : code.size()) - 1;
    const Instruction &inst = code[last];
    if (inst.target >= 0)
      flow.next[b].push_back(flow.blockOf[size_t(inst.target)]);
    if (inst.execute == &branchByIndex)
      for (uint32_t target : program.targets[inst.extra])
        flow.next[b].push_back(flow.blockOf[target]);
    if (fallsThrough(inst) && b + 1 < flow.begin.size())
      flow.next[b].push_back(uint32_t(b + 1));
    for (uint32_t to : flow.next[b])
      flow.prev[to].push_back(uint32_t(b));
  }
  return flow;
}

/// Walks the graph depth first. Answers the blocks in postorder, and edges to blocks on the path.
std::vector<uint32_t> walk(const Flow &flow, std::vector<std::pair<uint32_t, uint32_t>> *back) {
  std::vector<uint8_t> state(flow.next.size()); // 1: on the path, 2: done
  std::vector<std::pair<uint32_t, size_t>> path = {{0, 0}};
  std::vector<uint32_t> done;
  state[0] = 1;
  while (!path.empty()) {
    auto [block, at] = path.back();
    if (at == flow.next[block].size()) {
      state[block] = 2;
      done.push_back(block);
      path.pop_back();
      continue;
    }
    ++path.back().second;
    uint32_t to = flow.next[block][at];
    if (state[to] == 1 && back)
      back->push_back({block, to});
    if (state[to] == 0) {
      state[to] = 1;
      path.push_back({to, 0});
    }
  }
  return done;
}

void countLoops(Flow &flow) {
  std::vector<std::pair<uint32_t, uint32_t>> back;
  walk(flow, &back);
  uint64_t work = uint64_t(1) << 26; // What is left only costs speed.
  std::vector<uint32_t> seen(flow.next.size(), ~0u);
  for (uint32_t loop = 0; loop < back.size(); ++loop) {
    auto [latch, head] = back[loop];
    std::vector<uint32_t> open = {latch};
    seen[head] = loop;
    ++flow.depth[head];
    while (!open.empty() && work) {
      uint32_t block = open.back();
      open.pop_back();
      if (seen[block] == loop)
        continue;
      seen[block] = loop;
      ++flow.depth[block];
      for (uint32_t from : flow.prev[block])
        open.push_back(from), work -= work > 0;
    }
  }
}
} // namespace

void orderBlocks(Program &program) {
  Flow flow = makeFlow(program);
  countLoops(flow);
  for (auto &next : flow.next)
    std::stable_sort(next.begin(), next.end(),
                     [&](uint32_t a, uint32_t b) { return flow.depth[a] < flow.depth[b]; });
  std::vector<uint32_t> done = walk(flow, nullptr);
  std::vector<uint32_t> order(flow.next.size(), uint32_t(flow.next.size()));
  for (size_t i = 0; i < done.size(); ++i)
    order[done[i]] = uint32_t(done.size() - 1 - i);
  for (size_t i = 0; i < program.code.size(); ++i)
    program.code[i].order = order[flow.blockOf[i]];
}

} // namespace moec::ptx
