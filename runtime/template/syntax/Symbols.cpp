//===- Symbols.cpp - The names of a scope -----------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/template/syntax/Symbols.h"

#include <algorithm>

using namespace moec;
using namespace moec::jinja;

Symbols::Symbols(Syntax &syntax, Routine &routine, const Symbols *parent, bool isRoutine)
    : syntax(syntax), routine(routine), parent(parent),
      routineDepth(parent ? parent->routineDepth + isRoutine : 0),
      slots(std::make_shared<std::map<std::string, uint32_t>>()) {}

std::optional<Slot> Symbols::reference(const std::string &name) const {
  for (const Symbols *scope = this; scope; scope = scope->parent)
    if (auto found = scope->references.find(name); found != scope->references.end())
      return Slot{routineDepth - scope->routineDepth, found->second};
  return std::nullopt;
}

uint32_t Symbols::define(const std::string &name, Origin origin) {
  auto [entry, isNew] = slots->try_emplace(name, routine.slots);
  routine.slots += isNew;
  references[name] = entry->second;
  origins[entry->second] = origin;
  return entry->second;
}

Load Symbols::global(const std::string &name) {
  auto found = std::ranges::find(syntax.globals, name);
  auto index = static_cast<uint32_t>(found - syntax.globals.begin());
  if (found == syntax.globals.end())
    syntax.globals.push_back(name);
  return {Load::Global, {0, index}, 0};
}

uint32_t Symbols::declareParameter(const std::string &name) {
  stores.insert(name);
  return define(name, std::nullopt);
}

void Symbols::store(const std::string &name) {
  stores.insert(name);
  if (references.contains(name))
    return;
  std::optional<Slot> outer = parent ? reference(name) : std::nullopt;
  define(name, outer ? Load{Load::Alias, *outer, 0} : Load{Load::Unset, {}, 0});
}

void Symbols::load(const std::string &name) {
  if (!reference(name))
    define(name, global(name));
}

void Symbols::join(std::span<const Symbols> branches) {
  std::map<std::string, size_t> counts;
  for (const Symbols &branch : branches)
    for (const std::string &name : branch.stores)
      if (!stores.contains(name))
        ++counts[name];
  for (const Symbols &branch : branches) {
    for (const auto &[name, slot] : branch.references)
      references[name] = slot;
    for (const auto &[slot, origin] : branch.origins)
      origins[slot] = origin;
    stores.insert(branch.stores.begin(), branch.stores.end());
  }
  // What only some branches set is what it was before in the others.
  for (const auto &[name, count] : counts) {
    if (count == branches.size())
      continue;
    uint32_t slot = references.at(name);
    std::optional<Slot> outer;
    if (parent && (outer = parent->reference(name)))
      outer->hops = routineDepth - parent->routineDepth + outer->hops;
    origins[slot] = outer ? Load{Load::Alias, *outer, 0} : global(name);
  }
}

Loads Symbols::loads() const {
  Loads all;
  for (const auto &[slot, origin] : origins)
    if (origin) {
      all.push_back(*origin);
      all.back().target = slot;
    }
  return all;
}
