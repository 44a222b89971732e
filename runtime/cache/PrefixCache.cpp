//===- PrefixCache.cpp - Computed prefixes that outlive sequences ---------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A sequence that holds a node's pages holds those of all nodes above, so a leaf that no sequence
// stands at is held by the cache alone. Blocks are compared by their tokens, so there are no
// collisions.
//
//===----------------------------------------------------------------------===//

#include "moec/runtime/cache/PrefixCache.h"

#include <algorithm>
#include <cassert>
#include <numeric>
#include <utility>

using namespace moec;
using namespace moec::runtime;
using plan::Allocation;

PrefixCache::PrefixCache(StatePools &pools, PrefixCacheLimits given)
    : pools(pools), limits(std::move(given)) {
  const std::vector<PoolRule> &rules = pools.rules();
  uint64_t tokens = 1;
  for (const PoolRule &rule : rules) {
    needsSlots = needsSlots || !rule.hasPages();
    uint32_t least = rule.hasPages() ? rule.pageSize : limits.snapshotGrid;
    // Beyond any sequence there is no use in a larger one.
    tokens = std::min<uint64_t>(std::lcm<uint64_t>(tokens, least), INT32_MAX);
  }
  if (rules.empty())
    limits.bytes = 0;
  block = static_cast<uint32_t>(tokens);
  uint64_t interval = (uint64_t(limits.snapshotInterval) + block - 1) / block * block;
  limits.snapshotInterval = static_cast<uint32_t>(std::min<uint64_t>(interval, INT32_MAX));
  firstPage.push_back(0);
  if (isOn())
    for (const PoolRule &rule : rules)
      firstPage.push_back(firstPage.back() + (rule.hasPages() ? block / rule.pageSize : 1));
  loose.resize(rules.size());
}

//===----------------------------------------------------------------------===//
// The tree
//===----------------------------------------------------------------------===//

std::vector<uint32_t>::const_iterator
PrefixCache::findPlace(uint32_t parent, std::span<const int32_t> tokens) const {
  return std::ranges::lower_bound(nodes[parent].children, tokens,
                                  std::ranges::lexicographical_compare,
                                  [&](uint32_t child) { return std::span(nodes[child].tokens); });
}

uint32_t PrefixCache::findChild(uint32_t parent, std::span<const int32_t> tokens) const {
  auto it = findPlace(parent, tokens);
  bool found = it != nodes[parent].children.end() && std::ranges::equal(nodes[*it].tokens, tokens);
  return found ? *it : noNode;
}

uint32_t PrefixCache::addNode(uint32_t parent) {
  if (unusedNodes.empty()) {
    unusedNodes.push_back(static_cast<uint32_t>(nodes.size()));
    nodes.emplace_back();
  }
  uint32_t number = unusedNodes.back();
  unusedNodes.pop_back();
  Node &node = nodes[number];
  node.parent = parent;
  node.pages.assign(firstPage.back(), noUnit);
  node.looseUsed.assign(loose.size(), 0);
  return number;
}

uint32_t PrefixCache::rootOf(const std::string &salt) {
  auto it = roots.find(salt);
  if (it != roots.end())
    return it->second;
  uint32_t root = addNode(noNode);
  nodes[root].salt = salt;
  roots.emplace(salt, root);
  return root;
}

std::span<int32_t> PrefixCache::pagesOf(uint32_t node, size_t pool) {
  return std::span(nodes[node].pages)
      .subspan(firstPage[pool], firstPage[pool + 1] - firstPage[pool]);
}

std::span<const int32_t> PrefixCache::pagesOf(const Node &node, size_t pool) const {
  return std::span(node.pages).subspan(firstPage[pool], firstPage[pool + 1] - firstPage[pool]);
}

bool PrefixCache::hasPages(const Node &node) const {
  return std::ranges::any_of(node.pages, [](int32_t page) { return page != noUnit; });
}

void PrefixCache::touchLoose(uint32_t node, size_t pool) {
  forgetLoose(node, pool);
  nodes[node].looseUsed[pool] = ++clock;
  loose[pool].insert({clock, node});
}

void PrefixCache::forgetLoose(uint32_t node, size_t pool) {
  loose[pool].erase({nodes[node].looseUsed[pool], node});
  nodes[node].looseUsed[pool] = 0;
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

bool PrefixCache::hasSlots(const Node &node) const {
  for (size_t pool = 0; pool < loose.size(); ++pool)
    if (!pools.rules()[pool].hasPages() && pagesOf(node, pool)[0] == noUnit)
      return false;
  return true;
}

bool PrefixCache::canContinue(std::span<const uint32_t> path) const {
  if (!hasSlots(nodes[path.back()]))
    return false;
  for (size_t pool = 0; pool < loose.size(); ++pool) {
    const PoolRule &rule = pools.rules()[pool];
    if (rule.allocation != Allocation::Window)
      continue;
    size_t each = block / rule.pageSize;
    for (size_t page = path.size() * each; page-- > rule.pagesBehind(nodes[path.back()].end);)
      if (pagesOf(nodes[path[page / each]], pool)[page % each] == noUnit)
        return false;
  }
  return true;
}

void PrefixCache::adopt(Sequence &sequence) {
  assert(sequence.state.empty() && sequence.computed == 0 && "only who holds nothing is given");
  sequence.junction = 0;
  auto root = roots.find(sequence.salt);
  if (root == roots.end())
    return;
  std::vector<uint32_t> path;
  uint32_t node = root->second;
  for (uint64_t begin = 0; begin + block <= sequence.skippable(); begin += block) {
    node = findChild(node, std::span(sequence.tokens).subspan(begin, block));
    if (node == noNode)
      break;
    path.push_back(node);
  }
  size_t length = path.size();
  while (!path.empty() && !canContinue(path))
    path.pop_back();
  if (needsSlots && path.size() < length)
    sequence.junction = static_cast<uint32_t>(length) * block;
  if (path.empty())
    return;
  sequence.computed = nodes[path.back()].end;
  sequence.state.resize(loose.size());
  for (size_t pool = 0; pool < loose.size(); ++pool)
    share(path, pool, sequence);
  // Where its next turn will branch off is as much in use as where it goes on.
  if (size_t turn = sequence.turnEnd / block; needsSlots && turn != 0 && turn <= path.size())
    for (size_t pool = 0; pool < loose.size(); ++pool)
      if (!pools.rules()[pool].hasPages() && nodes[path[turn - 1]].looseUsed[pool] != 0)
        touchLoose(path[turn - 1], pool);
  move(sequence, path.back());
}

void PrefixCache::share(std::span<const uint32_t> path, size_t pool, Sequence &sequence) {
  const PoolRule &rule = pools.rules()[pool];
  PagePool &numbers = pools.numbersOf(pool);
  if (!rule.hasPages()) {
    int32_t slot = sequence.state[pool].slot = pagesOf(path.back(), pool)[0];
    numbers.retain(slot);
    return touchLoose(path.back(), pool);
  }
  size_t each = block / rule.pageSize, behind = rule.pagesBehind(sequence.computed);
  std::vector<int32_t> &pages = sequence.state[pool].pages;
  pages.assign(path.size() * each, noUnit);
  for (size_t page = behind; page < pages.size(); ++page) {
    pages[page] = pagesOf(path[page / each], pool)[page % each];
    numbers.retain(pages[page]);
  }
  if (rule.allocation == Allocation::Window)
    for (size_t i = behind / each; i < path.size(); ++i)
      if (nodes[path[i]].looseUsed[pool] != 0)
        touchLoose(path[i], pool);
}

void PrefixCache::exchangePages(uint32_t node, Sequence &sequence) {
  uint32_t begin = nodes[node].end - block;
  for (size_t pool = 0; pool < loose.size(); ++pool) {
    const PoolRule &rule = pools.rules()[pool];
    if (!rule.hasPages())
      continue;
    PagePool &numbers = pools.numbersOf(pool);
    std::span<int32_t> kept = pagesOf(node, pool);
    int32_t *own = &sequence.state[pool].pages[begin / rule.pageSize];
    bool hasAny = false;
    for (size_t i = 0; i < kept.size(); ++i) {
      // A window may have given it back before the block was whole.
      if (own[i] != noUnit && kept[i] == noUnit) {
        numbers.keep(own[i]);
        kept[i] = own[i];
      } else if (own[i] != noUnit) {
        numbers.retain(kept[i]);
        numbers.release(own[i]);
        own[i] = kept[i];
      }
      hasAny = hasAny || own[i] != noUnit;
    }
    if (hasAny && rule.allocation == Allocation::Window)
      touchLoose(node, pool);
  }
}

void PrefixCache::remember(Sequence &sequence) {
  if (!isOn())
    return;
  uint64_t begin = sequence.node == noNode ? 0 : nodes[sequence.node].end;
  for (; begin + block <= sequence.computed; begin += block) {
    auto tokens = std::span(sequence.tokens).subspan(begin, block);
    uint32_t parent = sequence.node == noNode ? rootOf(sequence.salt) : sequence.node;
    uint32_t node = findChild(parent, tokens);
    if (node == noNode) {
      node = addNode(parent);
      nodes[node].tokens.assign(tokens.begin(), tokens.end());
      nodes[node].end = static_cast<uint32_t>(begin) + block;
      nodes[parent].children.insert(findPlace(parent, tokens), node);
      if (nodes[parent].isTurnEnd && nodes[parent].children.size() > 1)
        demoteTurn(parent, node);
    }
    exchangePages(node, sequence);
    if (needsSlots)
      keepSlots(node, sequence);
    move(sequence, node);
  }
}

void PrefixCache::move(Sequence &sequence, uint32_t to) {
  uint32_t from = std::exchange(sequence.node, to);
  if (to != noNode) {
    leaves.erase(useOf(to));
    ++nodes[to].users;
  }
  if (from != noNode) {
    --nodes[from].users;
    nodes[from].used = ++clock;
    settle(from);
  }
}

void PrefixCache::leave(Sequence &sequence) { move(sequence, noNode); }

//===----------------------------------------------------------------------===//
// Snapshots
//===----------------------------------------------------------------------===//

bool PrefixCache::isPassing(const Sequence &sequence, uint32_t position) const {
  return position > sequence.promptTokens && position != sequence.junction &&
         (limits.snapshotInterval == 0 || position % limits.snapshotInterval != 0);
}

bool PrefixCache::isWanted(const Sequence &sequence, uint32_t position) const {
  // Of an answer the last state is what its next turn begins with.
  if (isPassing(sequence, position))
    return position + block > sequence.tokens.size();
  uint32_t prompt = sequence.promptTokens;
  // The same prompt can only skip what is before its last token.
  return position > prompt || position == sequence.junction || position == floorBlock(prompt) ||
         position == floorBlock(prompt - 1) || position == floorBlock(sequence.turnEnd) ||
         (limits.snapshotInterval != 0 && position % limits.snapshotInterval == 0);
}

std::vector<uint32_t> PrefixCache::wantedWithin(const Sequence &sequence, uint32_t count) const {
  std::vector<uint32_t> wanted;
  uint32_t node = sequence.node;
  if (auto root = roots.find(sequence.salt); node == noNode && root != roots.end())
    node = root->second;
  uint64_t begin = node == noNode ? 0 : nodes[node].end;
  for (; begin + block < uint64_t(sequence.computed) + count; begin += block) {
    if (node != noNode)
      node = findChild(node, std::span(sequence.tokens).subspan(begin, block));
    auto position = static_cast<uint32_t>(begin) + block;
    if ((node == noNode || !hasSlots(nodes[node])) && isWanted(sequence, position))
      wanted.push_back(position);
  }
  return wanted;
}

void PrefixCache::keepSlots(uint32_t number, Sequence &sequence) {
  uint32_t end = nodes[number].end;
  bool isKept = false;
  leaves.erase(
      useOf(number)); // before its place there changes; the sequence is going to stand here
  for (size_t pool = 0; pool < loose.size(); ++pool) {
    if (pools.rules()[pool].hasPages())
      continue;
    const PoolShare &share = sequence.state[pool];
    auto at = std::ranges::find(share.snapshots, end, &PoolShare::Snapshot::position);
    int32_t slot = at != share.snapshots.end() ? at->slot : noUnit;
    if (end == sequence.computed && isWanted(sequence, end))
      slot = share.slot;
    int32_t &kept = pagesOf(number, pool)[0];
    if (slot == noUnit || kept != noUnit)
      continue;
    pools.numbersOf(pool).keep(slot);
    kept = slot;
    touchLoose(number, pool);
    isKept = true;
  }
  nodes[number].isTurnEnd = nodes[number].isTurnEnd || end == floorBlock(sequence.turnEnd);
  if (!isKept)
    return;
  demoteBefore(number);
  // That of an answer's last block is not even left for who comes that way by chance.
  uint32_t parent = nodes[number].parent;
  if (!isPassing(sequence, end) || !isPassing(sequence, nodes[parent].end))
    return;
  for (size_t pool = 0; pool < loose.size(); ++pool) {
    int32_t &slot = pagesOf(parent, pool)[0];
    if (pools.rules()[pool].hasPages() || slot == noUnit || !pools.numbersOf(pool).isIdle(slot))
      continue;
    pools.numbersOf(pool).drop(slot);
    slot = noUnit;
    forgetLoose(parent, pool);
  }
}

void PrefixCache::demoteSlots(uint32_t node) {
  for (size_t pool = 0; pool < loose.size(); ++pool) {
    uint64_t &used = nodes[node].looseUsed[pool];
    if (used == 0)
      continue;
    loose[pool].erase({used, node});
    used &= ~inUse;
    loose[pool].insert({used, node});
  }
}

void PrefixCache::demoteBefore(uint32_t number) {
  for (uint32_t node = nodes[number].parent; !isRoot(nodes[node]); node = nodes[node].parent) {
    if (nodes[node].children.size() > 1 || nodes[node].isTurnEnd)
      return;
    if (hasSlots(nodes[node]))
      return demoteSlots(node);
  }
}

void PrefixCache::demoteTurn(uint32_t node, uint32_t turn) {
  demoteSlots(node);
  std::vector<uint32_t> open;
  std::ranges::copy_if(nodes[node].children, std::back_inserter(open),
                       [&](uint32_t child) { return child != turn; });
  while (!open.empty()) {
    uint32_t number = open.back();
    open.pop_back();
    bool isLeaf = leaves.erase(useOf(number)) != 0;
    nodes[number].used &= ~inUse;
    if (isLeaf)
      leaves.insert(useOf(number));
    demoteSlots(number);
    open.insert(open.end(), nodes[number].children.begin(), nodes[number].children.end());
  }
}

void PrefixCache::yieldSlots(Sequence &sequence, const PoolCounts &counts) {
  for (size_t pool = 0; pool < sequence.state.size(); ++pool) {
    PagePool &numbers = pools.numbersOf(pool);
    int32_t slot = sequence.state[pool].slot;
    if (slot == noUnit || counts[pool] <= pools.freeUnits(pool) || !numbers.isKept(slot) ||
        numbers.users(slot) > 1)
      continue;
    int32_t &kept = pagesOf(sequence.node, pool)[0];
    assert(kept == slot && "a sequence stands where its state is");
    drop(pool, kept);
    forgetLoose(sequence.node, pool);
  }
}

//===----------------------------------------------------------------------===//
// Eviction
//===----------------------------------------------------------------------===//

PrefixCache::Use PrefixCache::useOf(uint32_t node) const {
  return {hasSlots(nodes[node]) ? nodes[node].used : 0, node};
}

void PrefixCache::drop(size_t pool, int32_t &unit) {
  ++(pools.rules()[pool].hasPages() ? evicted : droppedSlots);
  pools.numbersOf(pool).drop(std::exchange(unit, noUnit));
}

void PrefixCache::settle(uint32_t node) {
  while (node != noNode && nodes[node].children.empty() && nodes[node].users == 0) {
    if (hasPages(nodes[node])) {
      leaves.insert(useOf(node));
      return;
    }
    node = remove(node);
  }
}

uint32_t PrefixCache::remove(uint32_t number) {
  Node &node = nodes[number];
  leaves.erase(useOf(number));
  for (size_t pool = 0; pool < loose.size(); ++pool) {
    if (node.looseUsed[pool] != 0)
      forgetLoose(number, pool);
    for (int32_t &page : pagesOf(number, pool))
      if (page != noUnit)
        drop(pool, page);
  }
  uint32_t parent = node.parent;
  if (parent == noNode) {
    roots.erase(node.salt);
  } else {
    nodes[parent].children.erase(findPlace(parent, node.tokens));
    // Whoever used the child used the parent, too.
    nodes[parent].used = std::max(nodes[parent].used, node.used);
  }
  node = Node();
  unusedNodes.push_back(number);
  return parent;
}

void PrefixCache::evictLeaf() {
  assert(!leaves.empty() && "there is a leaf that can go");
  settle(remove(leaves.begin()->second));
}

void PrefixCache::evictLoose(size_t pool) {
  PagePool &numbers = pools.numbersOf(pool);
  for (bool found = false; !found;) {
    assert(!loose[pool].empty() && "there is a page that can go");
    uint32_t node = loose[pool].begin()->second;
    bool holdsMore = false;
    leaves.erase(useOf(node)); // its place among them depends on what it holds
    for (int32_t &page : pagesOf(node, pool)) {
      if (page == noUnit)
        continue;
      if (!numbers.isIdle(page)) {
        holdsMore = true;
        continue;
      }
      drop(pool, page);
      found = true;
    }
    if (holdsMore) // it is being used
      touchLoose(node, pool);
    else
      forgetLoose(node, pool);
    settle(node);
  }
}

void PrefixCache::makeRoom(const PoolCounts &counts) {
  for (size_t pool = 0; pool < counts.size(); ++pool)
    while (pools.numbersOf(pool).freePages() < counts[pool])
      if (isLoose(pool))
        evictLoose(pool);
      else
        evictLeaf();
}

uint64_t PrefixCache::idleBytes() const {
  uint64_t bytes = 0;
  for (size_t pool = 0; pool < limits.pageBytes.size(); ++pool)
    bytes += pools.numbersOf(pool).idlePages() * limits.pageBytes[pool];
  return bytes;
}

void PrefixCache::enforceLimit() {
  while (limits.bytes != UINT64_MAX && idleBytes() > limits.bytes) {
    uint64_t oldest = leaves.empty() ? UINT64_MAX : leaves.begin()->first;
    size_t window = loose.size();
    for (size_t pool = 0; pool < loose.size(); ++pool)
      if (!loose[pool].empty() && pools.numbersOf(pool).idlePages() != 0 &&
          loose[pool].begin()->first < oldest) {
        oldest = loose[pool].begin()->first;
        window = pool;
      }
    if (window == loose.size())
      evictLeaf();
    else
      evictLoose(window);
  }
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

std::vector<std::vector<int32_t>> PrefixCache::pages() const {
  std::vector<std::vector<int32_t>> result(loose.size());
  for (const Node &node : nodes)
    for (size_t pool = 0; pool < loose.size() && !node.pages.empty(); ++pool)
      std::ranges::copy_if(pagesOf(node, pool), std::back_inserter(result[pool]),
                           [](int32_t page) { return page != noUnit; });
  return result;
}

Error PrefixCache::checkNode(uint32_t number, uint32_t users) const {
  const Node &node = nodes[number];
  auto fail = [&](const auto &...parts) { return Error::make("node ", number, " ", parts...); };
  if (node.users != users)
    return fail("counts ", node.users, " sequences but has ", users);
  if (isEvictable(node) != (leaves.count(useOf(number)) != 0))
    return fail("is ", isEvictable(node) ? "not " : "", "among the leaves that can go");
  if (isEvictable(node) && !hasPages(node))
    return fail("is a leaf that holds nothing");
  if (isRoot(node))
    return node.children.empty() ? fail("is a root without children") : Error::success();
  if (findChild(node.parent, node.tokens) != number)
    return fail("is not among the children of node ", node.parent);
  if (node.end != nodes[node.parent].end + block)
    return fail("ends at ", node.end, " but its parent at ", nodes[node.parent].end);
  for (size_t pool = 0; pool < loose.size(); ++pool) {
    auto lost = std::ranges::count(pagesOf(node, pool), noUnit);
    if (lost != 0 && !isLoose(pool))
      return fail("has lost ", lost, " pages of pool ", pool);
    bool isListed = loose[pool].count({node.looseUsed[pool], number}) != 0;
    if (isListed != (isLoose(pool) && size_t(lost) != pagesOf(node, pool).size()))
      return fail("is ", isListed ? "" : "not ", "among those that hold something of pool ", pool);
  }
  return Error::success();
}

Error PrefixCache::checkSequence(const Sequence &sequence) const {
  for (uint32_t number = sequence.node; number != noNode; number = nodes[number].parent) {
    const Node &node = nodes[number];
    if (node.end > sequence.computed)
      return Error::make("sequence ", sequence.id, " has computed ", sequence.computed,
                         " tokens and stands at a node that ends at ", node.end);
    if (isRoot(node)) {
      if (node.salt != sequence.salt)
        return Error::make("sequence ", sequence.id, " shares with another salt");
      continue;
    }
    uint32_t begin = node.end - block;
    if (!std::ranges::equal(std::span(sequence.tokens).subspan(begin, block), node.tokens))
      return Error::make("sequence ", sequence.id, " stands below node ", number,
                         ", which has other tokens");
    for (size_t pool = 0; pool < loose.size(); ++pool) {
      const PoolRule &rule = pools.rules()[pool];
      std::span<const int32_t> own = sequence.state[pool].pages, kept = pagesOf(node, pool);
      if (rule.allocation == Allocation::Paged &&
          !std::ranges::equal(own.subspan(begin / rule.pageSize, kept.size()), kept))
        return Error::make("sequence ", sequence.id, " does not have the pages of node ", number);
    }
  }
  return Error::success();
}

Error PrefixCache::checkIntegrity(std::span<const Sequence *const> sequences) const {
  std::vector<uint32_t> users(nodes.size(), 0);
  for (const Sequence *sequence : sequences) {
    if (sequence->node != noNode)
      ++users[sequence->node];
    if (Error error = checkSequence(*sequence))
      return error;
  }
  size_t evictable = 0;
  std::vector<size_t> held(loose.size(), 0);
  for (uint32_t number = 0; number < nodes.size(); ++number) {
    if (nodes[number].pages.empty())
      continue; // not in use
    if (Error error = checkNode(number, users[number]))
      return error;
    evictable += isEvictable(nodes[number]);
    for (size_t pool = 0; pool < loose.size(); ++pool)
      held[pool] += nodes[number].looseUsed[pool] != 0;
  }
  if (leaves.size() != evictable)
    return Error::make(leaves.size(), " leaves are listed but there are ", evictable);
  for (size_t pool = 0; pool < loose.size(); ++pool)
    if (loose[pool].size() != held[pool])
      return Error::make(loose[pool].size(), " nodes are listed that hold something of pool ", pool,
                         " but there are ", held[pool]);
  return Error::success();
}
