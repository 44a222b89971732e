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
  auto hasPages = [](const PoolRule &rule) { return rule.hasPages(); };
  uint64_t tokens = 1;
  if (!rules.empty() && std::ranges::all_of(rules, hasPages))
    for (const PoolRule &rule : rules)
      // Beyond any sequence there is no use in a larger one.
      tokens = std::min<uint64_t>(std::lcm<uint64_t>(tokens, rule.pageSize), UINT32_MAX);
  else
    limits.bytes = 0;
  block = static_cast<uint32_t>(tokens);
  firstPage.push_back(0);
  if (isOn())
    for (const PoolRule &rule : rules)
      firstPage.push_back(firstPage.back() + block / rule.pageSize);
  windows.resize(rules.size());
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
  node.windowsUsed.assign(windows.size(), 0);
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

void PrefixCache::touchWindow(uint32_t node, size_t pool) {
  forgetWindow(node, pool);
  nodes[node].windowsUsed[pool] = ++clock;
  windows[pool].insert({clock, node});
}

void PrefixCache::forgetWindow(uint32_t node, size_t pool) {
  windows[pool].erase({nodes[node].windowsUsed[pool], node});
  nodes[node].windowsUsed[pool] = 0;
}

//===----------------------------------------------------------------------===//
// Sequences
//===----------------------------------------------------------------------===//

bool PrefixCache::hasWindows(std::span<const uint32_t> path) const {
  for (size_t pool = 0; pool < windows.size(); ++pool) {
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
  while (!path.empty() && !hasWindows(path))
    path.pop_back();
  if (path.empty())
    return;
  sequence.computed = nodes[path.back()].end;
  sequence.state.resize(windows.size());
  for (size_t pool = 0; pool < windows.size(); ++pool) {
    const PoolRule &rule = pools.rules()[pool];
    size_t each = block / rule.pageSize, behind = rule.pagesBehind(sequence.computed);
    std::vector<int32_t> &pages = sequence.state[pool].pages;
    pages.assign(path.size() * each, noUnit);
    for (size_t page = behind; page < pages.size(); ++page) {
      pages[page] = pagesOf(path[page / each], pool)[page % each];
      pools.numbersOf(pool).retain(pages[page]);
    }
    if (rule.allocation == Allocation::Window)
      for (size_t i = behind / each; i < path.size(); ++i)
        if (nodes[path[i]].windowsUsed[pool] != 0)
          touchWindow(path[i], pool);
  }
  move(sequence, path.back());
}

void PrefixCache::exchangePages(uint32_t node, Sequence &sequence) {
  uint32_t begin = nodes[node].end - block;
  for (size_t pool = 0; pool < windows.size(); ++pool) {
    const PoolRule &rule = pools.rules()[pool];
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
      touchWindow(node, pool);
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
    }
    exchangePages(node, sequence);
    move(sequence, node);
  }
}

void PrefixCache::move(Sequence &sequence, uint32_t to) {
  uint32_t from = std::exchange(sequence.node, to);
  if (to != noNode) {
    leaves.erase({nodes[to].used, to});
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
// Eviction
//===----------------------------------------------------------------------===//

void PrefixCache::settle(uint32_t node) {
  while (node != noNode && nodes[node].children.empty() && nodes[node].users == 0) {
    if (hasPages(nodes[node])) {
      leaves.insert({nodes[node].used, node});
      return;
    }
    node = remove(node);
  }
}

uint32_t PrefixCache::remove(uint32_t number) {
  Node &node = nodes[number];
  leaves.erase({node.used, number});
  for (size_t pool = 0; pool < windows.size(); ++pool) {
    if (node.windowsUsed[pool] != 0)
      forgetWindow(number, pool);
    for (int32_t page : pagesOf(number, pool))
      if (page != noUnit) {
        pools.numbersOf(pool).drop(page);
        ++evicted;
      }
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

void PrefixCache::evictWindow(size_t pool) {
  PagePool &numbers = pools.numbersOf(pool);
  for (bool found = false; !found;) {
    assert(!windows[pool].empty() && "there is a page that can go");
    uint32_t node = windows[pool].begin()->second;
    bool holdsMore = false;
    for (int32_t &page : pagesOf(node, pool)) {
      if (page == noUnit)
        continue;
      if (!numbers.isIdle(page)) {
        holdsMore = true;
        continue;
      }
      numbers.drop(page);
      page = noUnit;
      ++evicted;
      found = true;
    }
    if (holdsMore) {
      // It is being used.
      touchWindow(node, pool);
      continue;
    }
    forgetWindow(node, pool);
    settle(node);
  }
}

void PrefixCache::makeRoom(const PoolCounts &counts) {
  for (size_t pool = 0; pool < counts.size(); ++pool)
    while (pools.numbersOf(pool).freePages() < counts[pool])
      if (pools.rules()[pool].allocation == Allocation::Window)
        evictWindow(pool);
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
    size_t window = windows.size();
    for (size_t pool = 0; pool < windows.size(); ++pool)
      if (!windows[pool].empty() && pools.numbersOf(pool).idlePages() != 0 &&
          windows[pool].begin()->first < oldest) {
        oldest = windows[pool].begin()->first;
        window = pool;
      }
    if (window == windows.size())
      evictLeaf();
    else
      evictWindow(window);
  }
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

std::vector<std::vector<int32_t>> PrefixCache::pages() const {
  std::vector<std::vector<int32_t>> result(windows.size());
  for (const Node &node : nodes)
    for (size_t pool = 0; pool < windows.size() && !node.pages.empty(); ++pool)
      std::ranges::copy_if(pagesOf(node, pool), std::back_inserter(result[pool]),
                           [](int32_t page) { return page != noUnit; });
  return result;
}

Error PrefixCache::checkNode(uint32_t number, uint32_t users) const {
  const Node &node = nodes[number];
  auto fail = [&](const auto &...parts) { return Error::make("node ", number, " ", parts...); };
  if (node.users != users)
    return fail("counts ", node.users, " sequences but has ", users);
  if (isEvictable(node) != (leaves.count({node.used, number}) != 0))
    return fail("is ", isEvictable(node) ? "not " : "", "among the leaves that can go");
  if (isEvictable(node) && !hasPages(node))
    return fail("is a leaf that holds nothing");
  if (isRoot(node))
    return node.children.empty() ? fail("is a root without children") : Error::success();
  if (findChild(node.parent, node.tokens) != number)
    return fail("is not among the children of node ", node.parent);
  if (node.end != nodes[node.parent].end + block)
    return fail("ends at ", node.end, " but its parent at ", nodes[node.parent].end);
  for (size_t pool = 0; pool < windows.size(); ++pool) {
    auto lost = std::ranges::count(pagesOf(node, pool), noUnit);
    bool isWindow = pools.rules()[pool].allocation == Allocation::Window;
    if (lost != 0 && !isWindow)
      return fail("has lost ", lost, " pages of pool ", pool);
    bool isListed = windows[pool].count({node.windowsUsed[pool], number}) != 0;
    if (isListed != (isWindow && size_t(lost) != pagesOf(node, pool).size()))
      return fail("is ", isListed ? "" : "not ", "among those with pages of the window ", pool);
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
    for (size_t pool = 0; pool < windows.size(); ++pool) {
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
  std::vector<size_t> held(windows.size(), 0);
  for (uint32_t number = 0; number < nodes.size(); ++number) {
    if (nodes[number].pages.empty())
      continue; // not in use
    if (Error error = checkNode(number, users[number]))
      return error;
    evictable += isEvictable(nodes[number]);
    for (size_t pool = 0; pool < windows.size(); ++pool)
      held[pool] += nodes[number].windowsUsed[pool] != 0;
  }
  if (leaves.size() != evictable)
    return Error::make(leaves.size(), " leaves are listed but there are ", evictable);
  for (size_t pool = 0; pool < windows.size(); ++pool)
    if (windows[pool].size() != held[pool])
      return Error::make(windows[pool].size(), " nodes are listed with pages of the window ", pool,
                         " but there are ", held[pool]);
  return Error::success();
}
