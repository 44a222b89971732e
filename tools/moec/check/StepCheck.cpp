//===- StepCheck.cpp - The launches of one step ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "StepCheck.h"

#include "moec/Conversion/MoEToTile/Signature.h"
#include "moec/Dialect/Tile/Tile.h"
#include "moec/Reference/Encoding.h"
#include "moec/runtime/PlanSteps.h"

using namespace mlir;
using namespace moec;
using namespace moec::runtime;
using reference::Encoded;
using reference::Tensor;

/// What cache rows hold that no step wrote yet; a NaN in every float type.
static constexpr uint8_t poisonByte = 0xff;

std::vector<std::vector<int32_t>> StepCheck::makeExpertBlocks(Value expertBlocks,
                                                              int64_t blockRows) const {
  const std::vector<int32_t> &ids = values.at(expertBlocks).integers;
  std::vector<std::vector<int32_t>> lists(numExpertBlocksArrays);
  auto list = [&](ExpertBlocksArray array) -> std::vector<int32_t> & {
    return lists[unsigned(array)];
  };
  int64_t experts = cast<moe::ExpertBlocksType>(expertBlocks.getType()).getExperts();
  for (int32_t expert = 0; expert < experts; ++expert) {
    std::vector<int32_t> pairs;
    for (auto [pair, id] : llvm::enumerate(ids))
      if (id == expert)
        pairs.push_back(int32_t(pair));
    for (size_t begin = 0; begin < pairs.size(); begin += blockRows) {
      size_t live = std::min<size_t>(blockRows, pairs.size() - begin);
      for (size_t i = 0; i < size_t(blockRows); ++i)
        list(ExpertBlocksArray::Pairs).push_back(i < live ? pairs[begin + i] : -1);
      list(ExpertBlocksArray::BlockExpert).push_back(expert);
      list(ExpertBlocksArray::BlockPairs).push_back(int32_t(live));
    }
  }
  list(ExpertBlocksArray::BlockCount) = {int32_t(list(ExpertBlocksArray::BlockExpert).size())};
  return lists;
}

int64_t StepCheck::rowOf(const ScheduledChunk &chunk, size_t pool, int64_t position) const {
  return chunk.sequence->state[pool].row(rules[pool], uint32_t(position));
}

/// Copies row `source` of one cache to row `row` of another; `like` is a row.
static void copyRow(const Encoded &from, int64_t source, Encoded &to, int64_t row,
                    const Encoded &like) {
  auto copy = [&](const std::vector<uint8_t> &in, std::vector<uint8_t> &out, size_t bytes) {
    std::copy_n(in.begin() + ptrdiff_t(source * bytes), bytes,
                out.begin() + ptrdiff_t(row * bytes));
  };
  copy(from.data, to.data, like.data.size());
  copy(from.scales, to.scales, like.scales.size());
}

/// `count` rows of a cache, which nobody wrote yet.
static Encoded makeRows(Value kv, int64_t count) {
  auto type = cast<moe::KVType>(kv.getType());
  return reference::makeFilled(count * type.getKind().getWidth(), type.getElement(), poisonByte);
}

Encoded StepCheck::cacheImage(Value kv, Rows rows) const {
  Place place = map.state(kv);
  uint32_t pool = plan.states()->Get(place.index)->pool();
  Encoded row = makeRows(kv, 1);
  Encoded image = makeRows(kv, int64_t(plan.pools()->Get(pool)->page_size()) * poolSizes[pool]);
  for (const ScheduledChunk &chunk : chunks) {
    Tensor all = session.cacheRows(moe::getCacheSymbol(kv).getValue(), chunk.sequence->id);
    Encoded encoded = reference::encode(all, place.element);
    int64_t count = rows == Rows::After ? all.shape[0] : chunk.start;
    // What a window has given back is nobody's, and stays what no kernel may read.
    for (int64_t position = 0; position < count; ++position)
      if (int64_t place = rowOf(chunk, pool, position); place >= 0)
        copyRow(encoded, position, image, place, row);
  }
  return image;
}

int32_t StepCheck::slotOf(const ScheduledChunk &chunk, const Place &place) const {
  return chunk.sequence->state[plan.states()->Get(place.index)->pool()].slot;
}

Encoded StepCheck::stateImage(moe::StateUserOp user) const {
  Place place = map.state(user);
  FlatSymbolRefAttr symbol = user.getStateAttr();
  int64_t size = moe::lookupSymbol<moe::StateOp>(user, symbol).getTensorType().getNumElements();
  uint32_t slots = poolSizes[plan.states()->Get(place.index)->pool()];
  Encoded image = reference::makeFilled(slots * size, place.element, poisonByte);
  Encoded row = reference::makeFilled(size, place.element, poisonByte);
  for (const ScheduledChunk &chunk : chunks) {
    if (chunk.start == 0)
      continue;
    Tensor before = session.stateOf(symbol.getValue(), int64_t(chunk.sequence->id)).first;
    copyRow(reference::encode(before, place.element), 0, image, slotOf(chunk, place), row);
  }
  return image;
}

/// The ops of a group that use a state.
static auto stateUsersOf(moe::GroupOp group) {
  return group.getBody().front().getOps<moe::StateUserOp>();
}

/// The appends of a group.
static auto appendsOf(moe::GroupOp group) {
  return group.getBody().front().getOps<moe::CacheAppendOp>();
}

Error StepCheck::prepare(moe::GroupOp group, int64_t blockRows) {
  for (Value input : group.getInputs()) {
    if (isa<moe::KVType>(input.getType())) {
      if (Error error = memory.writeCache(map.state(input), cacheImage(input, Rows::After)))
        return error;
      continue;
    }
    ArrayRef<Place> places = map.places(input);
    if (isa<moe::ExpertBlocksType>(input.getType())) {
      auto lists = makeExpertBlocks(input, blockRows);
      for (auto [place, list] : llvm::zip(places, lists)) {
        Tensor tensor;
        tensor.integers = list;
        if (Error error = memory.write(place, tensor))
          return error;
      }
      continue;
    }
    for (const Place &place : places)
      if (Error error = memory.write(place, values.at(input)))
        return error;
  }
  for (moe::CacheAppendOp append : appendsOf(group))
    if (Error error = memory.writeCache(map.state(append.getResult()),
                                        cacheImage(append.getResult(), Rows::Before)))
      return error;
  for (moe::StateUserOp user : stateUsersOf(group))
    if (Error error = memory.writeCache(map.state(user), stateImage(user)))
      return error;
  for (Value result : group.getResults())
    for (const Place &place : map.places(result))
      if (Error error = memory.poison(place, values.at(result).size()))
        return error;
  return Error::success();
}

Error StepCheck::compareResult(moe::GroupOp group, OpResult result, int64_t blockRows) {
  ArrayRef<Place> places = map.places(result);
  bool intact = true;
  if (isa<moe::ExpertBlocksType>(result.getType())) {
    auto lists = makeExpertBlocks(result, blockRows);
    for (auto [place, list] : llvm::zip(places, lists)) {
      // Behind the blocks that there are, lists may hold anything.
      bool ignored = true;
      Expected<Tensor> got = memory.read(place, int64_t(list.size()), ignored);
      if (!got)
        return got.takeError();
      check.compareLists(got->integers, list);
    }
    return Error::success();
  }
  const Tensor &want = values.at(result);
  for (const Place &place : places) {
    Expected<Tensor> got = memory.read(place, want.size(), intact);
    if (!got)
      return got.takeError();
    std::vector<bool> others = check.compare(place.element, *got, want, otherRows);
    if (place.element.isInteger(32))
      otherRows = std::move(others);
    if (!intact)
      check.report("bytes behind its end were written");
  }
  return Error::success();
}

Error StepCheck::compareCache(moe::CacheAppendOp append, const std::string &label) {
  Value kv = append.getResult();
  Place place = map.state(kv);
  Encoded before = cacheImage(kv, Rows::Before), row = makeRows(kv, 1);
  auto after = memory.readCache(place, before);
  if (!after)
    return after.takeError();
  auto numbers = batch.cacheRows(int32_t(plan.states()->Get(place.index)->pool()));
  Encoded written = makeRows(kv, int64_t(numbers.size()));
  for (auto [i, number] : llvm::enumerate(numbers)) {
    copyRow(*after, number, written, int64_t(i), row);
    copyRow(before, number, *after, number, row);
  }
  check.compare(place.element, reference::decode(written.data, written.scales, place.element),
                values.at(kv));
  if (after->data != before.data || after->scales != before.scales)
    check.report(strCat(label, " wrote rows of cache ", append.getCache().str(),
                        " that belong to no token of the step"));
  return Error::success();
}

Error StepCheck::compareState(moe::StateUserOp user, const std::string &label) {
  Place place = map.state(user);
  Encoded before = stateImage(user);
  auto after = memory.readCache(place, before);
  if (!after)
    return after.takeError();
  for (const ScheduledChunk &chunk : chunks) {
    auto want = session.stateOf(user.getStateAttr().getValue(), int64_t(chunk.sequence->id)).second;
    Encoded row = reference::makeFilled(int64_t(want.values.size()), place.element, poisonByte);
    Encoded got = row;
    copyRow(*after, slotOf(chunk, place), got, 0, row);
    copyRow(before, slotOf(chunk, place), *after, slotOf(chunk, place), row);
    check.compare(place.element, reference::decode(got.data, got.scales, place.element), want);
  }
  if (after->data != before.data)
    check.report(strCat(label, " wrote slots of state ", user.getStateAttr().getValue().str(),
                        " that belong to no sequence of the step"));
  return Error::success();
}

Error StepCheck::run(size_t number) {
  auto [step, found, group] = map.launches()[number];
  const plan::Launch &launch = *found;
  int64_t blockRows = choice(launch, "BM", 1);
  std::string family = moe::stringifyKernelFamily(group.getFamily()).str();
  std::string label = strCat(launch.op() ? launch.op()->str() : family, " (launch ", number,
                             ", step of ", batch.tokens(), " tokens)");
  otherRows.clear();
  check.begin(family, label);
  check.countLaunch();
  if (Error error = prepare(group, blockRows))
    return error.addContext(label);
  if (Error error = executor.runStep(step))
    return error;
  if (Error error = executor.queue().synchronize())
    return error.addContext(label);
  for (OpResult result : group->getResults()) {
    check.begin(family, strCat(label, " result ", result.getResultNumber()));
    if (Error error = compareResult(group, result, blockRows))
      return error.addContext(label);
  }
  for (moe::CacheAppendOp append : appendsOf(group)) {
    check.begin(family, strCat(label, " cache ", append.getCache().str()));
    if (Error error = compareCache(append, label))
      return error.addContext(label);
  }
  for (moe::StateUserOp user : stateUsersOf(group)) {
    check.begin(family, strCat(label, " state ", user.getStateAttr().getValue().str()));
    if (Error error = compareState(user, label))
      return error.addContext(label);
  }
  return Error::success();
}
