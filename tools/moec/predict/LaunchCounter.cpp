//===- LaunchCounter.cpp - What the launches of a step do -----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Which numbers a kernel is given matters where they say what it reads: experts, and the keys that
// were selected. All others are zeros.
//
//===----------------------------------------------------------------------===//

#include "LaunchCounter.h"

#include "moec/Conversion/MoEToTile/Signature.h"
#include "moec/runtime/PlanSteps.h"

#include <algorithm>
#include <numeric>

using namespace mlir;
using namespace moec;
using cost::LaunchWork;
using emulator::GroupCounts;

/// Workgroups of a launch that are run; more of one over blocks of experts, since blocks differ by
/// the rows that an expert has left for its last.
static constexpr uint64_t mostSamples = 3, mostBlockSamples = 6;

/// The dimension of a grid that counts blocks of rows, which of products is the second.
static constexpr size_t rowDimension = 1;

// The inverse of simt::emitBlockOrder().
uint64_t CountedLaunch::findWorkgroup(std::array<uint64_t, 3> block) const {
  auto [column, row, plane] = block;
  uint64_t columns = grid[0], round = caches * bands, number = columns * row + column;
  if (uint64_t inRound = round ? row % round : 0; round && row - inRound + round <= grid[1])
    number =
        columns * (row - inRound) + (column * bands + inRound % bands) * caches + inRound / bands;
  return number + columns * grid[1] * plane;
}

std::vector<uint16_t> CountedLaunch::likesOf(const Routing &experts) const {
  std::vector<std::pair<uint64_t, uint16_t>> numbered;
  uint64_t block = 0;
  for (uint16_t sample : blocks.likes(experts)) {
    for (uint64_t plane = 0; plane < grid[2]; ++plane)
      for (uint64_t column = 0; column < grid[0]; ++column)
        numbered.emplace_back(findWorkgroup({column, block, plane}), sample);
    ++block;
  }
  std::sort(numbered.begin(), numbered.end());
  std::vector<uint16_t> likes;
  for (auto [number, sample] : numbered)
    likes.push_back(sample);
  return likes;
}

LaunchWork CountedLaunch::workWith(const Routing *experts, unsigned caches) const {
  LaunchWork work;
  work.samples = samples;
  work.groupsPerUnit = groupsPerUnit;
  work.groups = groups;
  double share = 1;
  std::vector<double> weights(samples.size(), 1 / double(samples.size()));
  if (experts && routing) {
    work.groups *= double(experts->blocks());
    share = double(experts->liveExperts) / double(routing->experts);
    work.likes = likesOf(*experts);
    weights = work.shares();
  }
  auto mean = [&](const std::vector<double> &bytes) {
    return std::inner_product(bytes.begin(), bytes.end(), weights.begin(), 0.0);
  };
  // No launch can want more of an array than there is in this step, and what workgroups write is
  // theirs alone.
  for (const Memory &one : memory) {
    double live = one.argument.liveBytes;
    if (one.argument.kind == plan::ArgKind::Weight)
      live *= share;
    double read = work.groups * mean(one.readBytes), written = work.groups * mean(one.writtenBytes);
    work.readBytes += std::min(read, live);
    work.fillBytes += std::min(read, caches * live);
    work.writtenBytes += std::min(written, live);
  }
  return work;
}

const Routing &LaunchCounter::routing(const RoutingShape &shape, const RoutingDraw &draw) {
  std::vector<uint64_t> key = {uint64_t(shape.tokens), uint64_t(shape.experts),
                               uint64_t(shape.topK),   uint64_t(shape.blockRows),
                               uint64_t(draw.seed),    uint64_t(draw.skewed)};
  auto place = drawn.find(key);
  if (place == drawn.end())
    place = drawn.emplace(std::move(key), drawRouting(shape, draw)).first;
  return place->second;
}

/// The blocks of experts that a launch goes over: those of all tokens or, behind the last layer's
/// attention, of those whose logits are wanted.
std::optional<RoutingShape> LaunchCounter::routingOf(const PlanMap::Launch &launch,
                                                     const runtime::Grid &grid) const {
  moe::GroupOp group = launch.group;
  for (Value input : group.getInputs())
    if (auto blocks = dyn_cast<moe::ExpertBlocksType>(input.getType()))
      for (int64_t tokens : {size.tokens, size.sequences}) {
        RoutingShape shape{tokens, blocks.getExperts(), blocks.getTopK(),
                           runtime::choice(*launch.launch, "BM", 1)};
        if (int64_t(grid[rowDimension]) == mostBlocks(shape))
          return shape;
      }
  return std::nullopt;
}

Error LaunchCounter::fill(Value value, std::span<const int32_t> numbers, size_t part) {
  ArrayRef<Place> places = map.places(value);
  if (part >= places.size())
    return Error::success(); // No launch reads it.
  return image.fill(places[part].kind, places[part].index, numbers);
}

/// What a selection of the best keys, or blocks of keys, may look like: spread over all that a
/// token sees.
std::vector<int32_t> LaunchCounter::selectionOf(moe::GroupOp group, int64_t width) const {
  int64_t block = 1;
  for (auto op : group.getBody().front().getOps<moe::BlockSelectOp>())
    block = op.getBlock();
  std::vector<int32_t> numbers;
  for (int32_t position : image.batch().positions()) {
    int64_t seen = (position + block) / block;
    for (int64_t i = 0; i < width; ++i)
      numbers.push_back(int32_t(seen <= width ? (i < seen ? i : -1) : i * seen / width));
  }
  return numbers;
}

Error LaunchCounter::prepare(const PlanMap::Launch &launch,
                             const std::optional<RoutingShape> &shape) {
  const RoutingDraw first;
  moe::GroupOp group = launch.group;
  for (Value input : group.getInputs()) {
    if (isa<moe::ExpertBlocksType>(input.getType())) {
      if (!shape)
        continue;
      const Routing &experts = routing(*shape, first);
      const int32_t count = int32_t(experts.blocks());
      std::span<const int32_t> lists[numExpertBlocksArrays];
      lists[unsigned(ExpertBlocksArray::Pairs)] = experts.pairs;
      lists[unsigned(ExpertBlocksArray::BlockExpert)] = experts.blockExpert;
      lists[unsigned(ExpertBlocksArray::BlockPairs)] = experts.blockPairs;
      lists[unsigned(ExpertBlocksArray::BlockCount)] = {&count, 1};
      for (size_t part = 0; part < numExpertBlocksArrays; ++part)
        if (Error error = fill(input, lists[part], part))
          return error;
      continue;
    }
    auto tensor = dyn_cast<RankedTensorType>(input.getType());
    auto maker = input.getDefiningOp<moe::GroupOp>();
    if (!tensor || !maker || !tensor.getElementType().isInteger(32) || tensor.getRank() < 2)
      continue;
    int64_t width = 1;
    for (int64_t extent : tensor.getShape().drop_front())
      width *= extent;
    std::vector<int32_t> numbers;
    if (maker.getFamily() == moe::KernelFamily::IndexSelect)
      numbers = selectionOf(maker, width);
    for (Operation *user : input.getUsers())
      if (auto sort = dyn_cast<moe::GroupOp>(user);
          sort && maker.getFamily() == moe::KernelFamily::Route)
        for (Value result : sort.getOutputs())
          if (auto blocks = dyn_cast<moe::ExpertBlocksType>(result.getType());
              blocks && blocks.getTopK() == width)
            numbers = routing({size.tokens, blocks.getExperts(), width, 1}, first).ids;
    if (Error error = fill(input, numbers))
      return error;
  }
  return Error::success();
}

Error LaunchCounter::runSamples(const PlanMap::Launch &launch, const LaunchArguments &arguments,
                                CountedLaunch &counted) {
  const plan::Kernel &kernel = *plan.kernels()->Get(launch.launch->kernel());
  emulator::LaunchRequest request{kernel.symbol()->str(), kernel.block_threads(),
                                  kernel.scratch_bytes(), arguments.words, arguments.grid};
  std::vector<emulator::AddressRange> ranges;
  for (const MemoryArgument &argument : arguments.memory) {
    ranges.push_back(argument.range);
    counted.memory.push_back({argument, {}, {}});
  }
  counted.grid = arguments.grid;
  counted.caches = caches;
  counted.bands = runtime::choice(*launch.launch, "bands", 0);
  // Workgroups that have work: of blocks of experts those that there are.
  std::array<uint64_t, 3> live = {arguments.grid[0], arguments.grid[1], arguments.grid[2]};
  if (counted.routing) {
    counted.blocks = BlockSamples(routing(*counted.routing, {}), counted.routing->blockRows,
                                  runtime::choice(*launch.launch, "short", 0), mostBlockSamples);
    live[rowDimension] = 1;
  }
  uint64_t all = live[0] * live[1] * live[2];
  uint64_t count = counted.routing ? counted.blocks.blocks().size() : std::min(all, mostSamples);
  counted.groups = double(all);
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t at = (2 * i + 1) * all / (2 * count);
    std::array<uint64_t, 3> place = {at % live[0], at / live[0] % live[1], at / live[0] / live[1]};
    if (counted.routing)
      place[rowDimension] = counted.blocks.blocks()[i];
    uint64_t number = counted.findWorkgroup(place);
    Expected<GroupCounts> counts = machine.run(request, number, ranges);
    if (!counts)
      return counts.takeError();
    counted.samples.push_back(std::move(counts->work));
    counted.groupsPerUnit = counts->groupsPerUnit;
    for (size_t j = 0; j < ranges.size(); ++j) {
      counted.memory[j].readBytes.push_back(counts->readBytes[j]);
      counted.memory[j].writtenBytes.push_back(counts->writtenBytes[j]);
    }
  }
  return Error::success();
}

Expected<const CountedLaunch *> LaunchCounter::count(const PlanMap::Launch &launch) {
  Expected<LaunchArguments> arguments = image.argumentsOf(*launch.launch);
  if (!arguments)
    return arguments.takeError();
  // Launches of one kernel over one grid with the same numbers do the same, wherever their arrays
  // are.
  std::vector<uint64_t> key = {launch.launch->kernel()};
  key.insert(key.end(), arguments->grid.begin(), arguments->grid.end());
  for (size_t i = 0; i < arguments->words.size(); ++i)
    if (launch.launch->args()->Get(uint32_t(i))->kind() == plan::ArgKind::Scalar)
      key.push_back(arguments->words[i]);
  auto place = found.find(key);
  if (place != found.end())
    return &place->second;
  CountedLaunch counted;
  counted.routing = routingOf(launch, arguments->grid);
  if (Error error = prepare(launch, counted.routing))
    return error;
  if (Error error = runSamples(launch, *arguments, counted))
    return error;
  return &found.emplace(std::move(key), std::move(counted)).first->second;
}
