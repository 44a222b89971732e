//===- GroupCheck.cpp - Groups as native code, against the reference ------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "GroupCheck.h"

#include "Memory.h"
#include "NativeKernel.h"

#include "moec/Conversion/MoEToExec/Schedules.h"
#include "moec/Conversion/MoEToTile/Builders.h"
#include "moec/Import/WeightReader.h"
#include "moec/InitAllDialects.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

using namespace mlir;
using namespace moec;
using namespace moec::test;
using reference::ReferenceSession;
using reference::SequenceStep;
using reference::Tensor;

namespace {

/// The arrays of a batch whose sequences have interleaved pages.
struct Batch {
  Batch(const std::vector<Share> &shares, int64_t pageSize) {
    std::vector<int32_t> starts{0}, lengths;
    for (const Share &share : shares) {
      lengths.push_back(int32_t(share.before + share.tokens));
      columns = std::max<int64_t>(columns, llvm::divideCeil(lengths.back(), pageSize));
    }
    sequences = int64_t(shares.size());
    rows = columns * sequences * pageSize;
    for (auto [sequence, share] : llvm::enumerate(shares)) {
      for (int64_t page = 0; page != columns; ++page)
        at(StepInput::BlockTable).push_back(int32_t(page * sequences + sequence));
      for (int64_t i = 0; i != share.tokens; ++i) {
        int64_t position = share.before + i;
        at(StepInput::Positions).push_back(int32_t(position));
        at(StepInput::TokenSequence).push_back(int32_t(sequence));
        at(StepInput::CacheRows).push_back(int32_t(getRow(sequence, position, pageSize)));
        at(StepInput::LogitsRows).push_back(int32_t(tokens++));
      }
      starts.push_back(int32_t(tokens));
      // Every second sequence keeps its state in another slot than it comes from.
      int32_t slot = int32_t(2 * sequence);
      at(StepInput::StateRead).push_back(share.before ? slot : -1);
      at(StepInput::StateWrite).resize(tokens, -1);
      if (share.tokens)
        at(StepInput::StateWrite).back() = getSlot(int64_t(sequence));
    }
    at(StepInput::SequenceStart) = starts;
    at(StepInput::ContextLength) = lengths;
  }

  std::vector<int32_t> &at(StepInput array) { return arrays[unsigned(array)]; }
  /// The cache row of a position.
  int64_t getRow(int64_t sequence, int64_t position, int64_t pageSize) const {
    return (position / pageSize * sequences + sequence) * pageSize + position % pageSize;
  }

  /// The slot that keeps a sequence's state.
  static int32_t getSlot(int64_t sequence) { return int32_t(2 * sequence + sequence % 2); }

  int64_t tokens = 0, sequences = 0, columns = 0, rows = 0;
  std::array<std::vector<int32_t>, numStepInputs> arrays;
};

/// One model and one step of it.
class Check {
public:
  Check(ModuleOp module, const std::string &folder, const std::vector<Share> &shares,
        const CheckOptions &options, NativeTarget &native, Comparisons &comparisons)
      : module(module), context(*module.getContext()), folder(folder), shares(shares),
        options(options), comparisons(comparisons), native(native),
        batch(shares, options.pageSize) {}

  void run();

private:
  bool runReference();
  void checkGroup(moe::GroupOp group);
  /// Runs it on arguments made for it, and returns them.
  std::vector<Memory> runKernel(const NativeKernel &kernel, moe::GroupOp group,
                                const KernelSignature &signature, const BuiltKernel &built,
                                tile::ScheduleAttr schedule, unsigned pieces);
  tile::ScheduleAttr chooseSchedule(moe::GroupOp group);
  tile::RefType getWeightType(Operation *reader, FlatSymbolRefAttr symbol);
  Memory makeWeight(tile::RefType type, FlatSymbolRefAttr symbol);
  Memory makeCache(FlatSymbolRefAttr symbol, tile::RefType type, bool withStep);
  /// Slots with the states before the step.
  Memory makeState(FlatSymbolRefAttr symbol, tile::RefType type);
  std::array<Memory, numExpertBlocksArrays> makeExpertBlocks(Value expertBlocks, int64_t blockRows);
  void compareState(const std::string &name, const Memory &memory, FlatSymbolRefAttr symbol,
                    tile::RefType type);
  void compare(const std::string &name, Type element, ArrayRef<float> got, ArrayRef<float> want,
               int64_t rowSize);

  ModuleOp module;
  MLIRContext &context;
  const std::string &folder;
  const std::vector<Share> &shares;
  const CheckOptions &options;
  Comparisons &comparisons;
  NativeTarget &native;
  Batch batch;
  std::unique_ptr<WeightReader> weights;
  /// What the step computed, and the caches' rows of each sequence after it.
  DenseMap<Value, Tensor> values;
  std::map<std::string, std::vector<Tensor>> caches;
  /// The states of each sequence before the step and behind it.
  std::map<std::string, std::vector<std::pair<Tensor, Tensor>>> states;
};

} // namespace

bool Check::runReference() {
  auto session = ReferenceSession::create(module, folder);
  if (!session) {
    ADD_FAILURE() << session.takeError().message();
    return false;
  }
  std::mt19937 random(7);
  // At most the models' 97; a model of fewer repeats its tokens.
  int64_t vocabulary = 97;
  module.walk([&](moe::EmbedOp op) {
    RankedTensorType table = moe::lookupWeight(op, op.getWeightAttr()).getTensorType();
    vocabulary = std::min(vocabulary, table.getDimSize(0));
  });
  std::vector<SequenceStep> step;
  Tensor ids;
  for (auto [number, share] : llvm::enumerate(shares)) {
    auto draw = [&](int64_t count) {
      SequenceStep part;
      part.sequence = int64_t(number);
      for (int64_t i = 0; i != count; ++i)
        part.tokens.push_back(int32_t(random() % vocabulary));
      return part;
    };
    if (share.before > 0)
      if (auto before = session->forward({draw(share.before)}); !before) {
        ADD_FAILURE() << before.takeError().message();
        return false;
      }
    step.push_back(draw(share.tokens));
    llvm::append_range(ids.integers, step.back().tokens);
  }
  session->observe([&](Value value, const Tensor &tensor) { values[value] = tensor; });
  if (auto result = session->forward(step); !result) {
    ADD_FAILURE() << result.takeError().message();
    return false;
  }
  for (auto cache : module.getOps<moe::CacheOp>())
    for (size_t sequence = 0; sequence != shares.size(); ++sequence)
      caches[cache.getSymName().str()].push_back(
          session->cacheRows(cache.getSymName(), int64_t(sequence)));
  for (auto state : module.getOps<moe::StateOp>())
    for (size_t sequence = 0; sequence != shares.size(); ++sequence)
      states[state.getSymName().str()].push_back(
          session->stateOf(state.getSymName(), int64_t(sequence)));
  return true;
}

//===----------------------------------------------------------------------===//
// What a kernel is passed
//===----------------------------------------------------------------------===//

tile::ScheduleAttr Check::chooseSchedule(moe::GroupOp group) {
  KernelShape shape = getKernelShape(group, batch.tokens);
  std::vector<tile::ScheduleAttr> all = native.get().candidates(&context, shape);
  NamedAttrList choices(all[options.candidate < all.size() ? options.candidate : 0].getChoices());
  auto other = dyn_cast_or_null<tile::ScheduleAttr>(
      parseAttribute("#tile.schedule<" + options.schedule + ">", &context));
  EXPECT_TRUE(other) << options.schedule;
  // A walk is over columns of all of K at once: what chooses other steps has none.
  bool walks = choices.get("walk") && (!other.getInt("BK", 0) || other.getInt("walk", 0));
  if (!walks)
    choices.erase("walk");
  for (NamedAttribute choice : other.getChoices())
    choices.set(choice.getName(), choice.getValue());
  return tile::ScheduleAttr::get(&context, choices.getDictionary(&context));
}

tile::RefType Check::getWeightType(Operation *reader, FlatSymbolRefAttr symbol) {
  RankedTensorType type = moe::lookupWeight(reader, symbol).getTensorType();
  tile::PackedAttr packed;
  if (isMatrixOperand(reader, symbol))
    packed = native.get().packedMap(type);
  return tile::RefType::get(type.getShape(), type.getElementType(), packed);
}

Memory Check::makeWeight(tile::RefType type, FlatSymbolRefAttr symbol) {
  auto weight = module.lookupSymbol<moe::WeightOp>(symbol.getValue());
  Tensor tensor;
  tensor.shape.assign(type.getShape().begin(), type.getShape().end());
  tensor.values.resize(tensor.size());
  int64_t columns = tensor.shape.back();
  int64_t rows = tensor.shape.size() > 1 ? tensor.shape[tensor.shape.size() - 2] : 1;
  for (int64_t i = 0; i * rows * columns != tensor.size(); ++i) {
    Error error = weights->readRounded(
        weight, i, {tensor.values.data() + i * rows * columns, size_t(rows * columns)});
    EXPECT_FALSE(bool(error)) << error.message();
  }
  std::optional<mx::Rounding> rounding = weight.getRounding();
  reference::roundTo(tensor, type.getElementType(),
                     rounding ? stringifyRounding(*rounding) : StringRef());
  return Memory::of(tensor, type);
}

Memory Check::makeCache(FlatSymbolRefAttr symbol, tile::RefType type, bool withStep) {
  int64_t width = type.getDim(1);
  Tensor all;
  all.shape = {batch.rows, width};
  all.values.assign(batch.rows * width, std::nanf(""));
  for (auto [sequence, rows] : llvm::enumerate(caches[symbol.getValue().str()])) {
    int64_t count = withStep ? rows.shape[0] : shares[sequence].before;
    for (int64_t position = 0; position != count; ++position)
      std::copy_n(rows.values.begin() + position * width, width,
                  all.values.begin() + batch.getRow(sequence, position, options.pageSize) * width);
  }
  return Memory::of(all, type.getElementType());
}

Memory Check::makeState(FlatSymbolRefAttr symbol, tile::RefType type) {
  int64_t width = type.getDim(1);
  Tensor all;
  all.shape = {2 * batch.sequences, width};
  all.values.assign(2 * batch.sequences * width, std::nanf(""));
  for (auto [sequence, tensors] : llvm::enumerate(states[symbol.getValue().str()]))
    if (shares[sequence].before)
      llvm::copy(tensors.first.values, all.values.begin() + 2 * int64_t(sequence) * width);
  return Memory::of(all, type.getElementType());
}

std::array<Memory, numExpertBlocksArrays> Check::makeExpertBlocks(Value expertBlocks,
                                                                  int64_t blockRows) {
  const std::vector<int32_t> &ids = values.at(expertBlocks).integers;
  std::array<std::vector<int32_t>, numExpertBlocksArrays> lists;
  auto list = [&](ExpertBlocksArray array) -> std::vector<int32_t> & {
    return lists[unsigned(array)];
  };
  int32_t blocks = 0;
  for (int32_t expert = 0;
       expert != cast<moe::ExpertBlocksType>(expertBlocks.getType()).getExperts(); ++expert) {
    std::vector<int32_t> mine;
    for (auto [pair, id] : llvm::enumerate(ids))
      if (id == expert)
        mine.push_back(int32_t(pair));
    for (size_t begin = 0; begin < mine.size(); begin += blockRows, ++blocks) {
      size_t live = std::min<size_t>(blockRows, mine.size() - begin);
      for (size_t i = 0; i != size_t(blockRows); ++i)
        list(ExpertBlocksArray::Pairs).push_back(i < live ? mine[begin + i] : -1);
      list(ExpertBlocksArray::BlockExpert).push_back(expert);
      list(ExpertBlocksArray::BlockPairs).push_back(int32_t(live));
    }
  }
  list(ExpertBlocksArray::BlockCount) = {blocks};
  std::array<Memory, numExpertBlocksArrays> memories;
  for (auto [memory, numbers] : llvm::zip(memories, lists))
    memory = Memory::of(numbers);
  return memories;
}

//===----------------------------------------------------------------------===//
// A group
//===----------------------------------------------------------------------===//

void Check::compare(const std::string &name, Type element, ArrayRef<float> got,
                    ArrayRef<float> want, int64_t rowSize) {
  Comparison &comparison = comparisons[name];
  comparison.element = element;
  double step = element.isF32() || element.isInteger(32) ? 0
                : element.isBF16()                       ? 0x1p-7
                : element.isF16()                        ? 0x1p-10
                                                         : 0.5;
  ASSERT_EQ(got.size(), want.size()) << name;
  for (size_t row = 0; row < want.size(); row += rowSize) {
    double largest = 1e-30;
    for (float value : want.slice(row, rowSize))
      largest = std::max(largest, std::abs(double(value)));
    for (int64_t i = 0; i != rowSize; ++i) {
      double a = got[row + i], b = want[row + i];
      ASSERT_TRUE(std::isfinite(a)) << name << " row " << row / rowSize << " element " << i;
      // Of a block-scaled number the code counts; an f32 scale may be a rounding off.
      double slack = isa<mx::BlockType>(element) ? 1e-6 * std::abs(b) : 0;
      comparison.unequal += std::abs(a - b) > slack;
      comparison.worst =
          std::max(comparison.worst, (std::abs(a - b) - step * std::abs(b)) / largest);
    }
    comparison.count += rowSize;
  }
}

/// The slots that the batch keeps hold the state behind the step, all others what they held.
void Check::compareState(const std::string &name, const Memory &memory, FlatSymbolRefAttr symbol,
                         tile::RefType type) {
  std::vector<float> after = memory.read(type.getElementType());
  std::vector<float> before = makeState(symbol, type).read(type.getElementType());
  size_t width = size_t(type.getDim(1));
  for (auto [sequence, tensors] : llvm::enumerate(states[symbol.getValue().str()])) {
    if (shares[sequence].tokens == 0)
      continue;
    size_t slot = size_t(batch.getSlot(int64_t(sequence)));
    ArrayRef<float> got = ArrayRef(after).slice(slot * width, width);
    compare(name + symbol.getValue().str(), type.getElementType(), got, tensors.second.values,
            int64_t(width));
    std::copy_n(before.begin() + slot * width, width, after.begin() + slot * width);
  }
  for (size_t i = 0; i != after.size(); ++i)
    ASSERT_TRUE(after[i] == before[i] || (std::isnan(after[i]) && std::isnan(before[i])))
        << name << " slot " << i / width << " is nobody's";
}

std::vector<Memory> Check::runKernel(const NativeKernel &kernel, moe::GroupOp group,
                                     const KernelSignature &signature, const BuiltKernel &built,
                                     tile::ScheduleAttr schedule, unsigned pieces) {
  using Kind = KernelArgument::Kind;
  std::vector<Memory> memory;
  std::vector<Word> words;
  memory.resize(built.arguments.size());
  for (auto [slot, number] : llvm::zip_equal(memory, built.arguments)) {
    const KernelArgument &argument = signature.getArguments()[number];
    auto ref = dyn_cast<tile::RefType>(argument.type);
    switch (argument.kind) {
    case Kind::Input: {
      Value value = group.getInputs()[argument.index];
      if (isa<moe::ExpertBlocksType>(value.getType()))
        slot = std::move(makeExpertBlocks(value, schedule.getInt("BM"))[argument.part]);
      else if (isa<moe::KVType>(value.getType()))
        slot = makeCache(moe::getCacheSymbol(value), ref, /*withStep=*/true);
      else
        slot = Memory::of(values.at(value), ref.getElementType());
      break;
    }
    case Kind::Step:
      slot = Memory::of(batch.arrays[argument.index]);
      break;
    case Kind::Weight:
      slot = makeWeight(ref, argument.symbol);
      break;
    case Kind::Cache:
      slot = makeCache(argument.symbol, ref, /*withStep=*/false);
      break;
    case Kind::State:
      slot = makeState(argument.symbol, ref);
      break;
    case Kind::Output:
      slot =
          Memory::unwritten(batch.tokens * ShapedType::getNumElements(ref.getShape().drop_front()),
                            ref.getElementType());
      break;
    case Kind::Dim:
      words.push_back(
          {.index = std::array<int64_t, numKernelDims>{batch.tokens, batch.tokens, batch.sequences,
                                                       batch.columns}[argument.index]});
      continue;
    }
    words.push_back({.address = slot.data.data(), .bytes = slot.data.size()});
    if (ref.getBlock())
      words.push_back({.address = slot.scales.data(), .bytes = slot.scales.size()});
  }
  kernel.run(built.kernel, words, pieces);
  return memory;
}

void Check::checkGroup(moe::GroupOp group) {
  using Kind = KernelArgument::Kind;
  SCOPED_TRACE(group.getName().value_or("group").str());
  KernelSignature signature(group, [&](Operation *reader, FlatSymbolRefAttr symbol) {
    return getWeightType(reader, symbol);
  });
  OwningOpRef<ModuleOp> kernels = ModuleOp::create(group.getLoc());
  OpBuilder builder = OpBuilder::atBlockEnd(kernels->getBody());
  tile::ScheduleAttr schedule = chooseSchedule(group);
  KernelRequest request{builder, "kernel", group, signature, schedule, options.pageSize};
  FailureOr<BuiltKernel> built = buildKernel(request);
  ASSERT_TRUE(succeeded(built));
  OwningOpRef<ModuleOp> compiled(kernels->clone());
  const NativeKernel *kernel = native.compile(*compiled);
  if (!kernel)
    return;

  // Whole, and in pieces where the machine lets a caller split the grid, each with memory of its
  // own.
  std::vector<Memory> memory = runKernel(*kernel, group, signature, *built, schedule, 1);
  std::vector<Memory> pieces;
  if (takesPieces())
    pieces = runKernel(*kernel, group, signature, *built, schedule, 3);
  for (auto [slot, number] : llvm::enumerate(built->arguments)) {
    const Memory &whole = memory[slot];
    const KernelArgument &argument = signature.getArguments()[number];
    EXPECT_TRUE(whole.isIntact()) << "argument " << number << " is overrun";
    if (takesPieces()) {
      EXPECT_TRUE(whole == pieces[slot]) << "a split of the grid changes argument " << number;
      EXPECT_TRUE(pieces[slot].isIntact()) << "argument " << number << " is overrun";
    }
    auto ref = dyn_cast<tile::RefType>(argument.type);
    std::string name = group.getName().value_or("group").str() + ".";
    if (argument.kind == Kind::Output) {
      const Tensor &want = values.at(group.getResult(argument.index));
      std::vector<float> numbers = want.values;
      numbers.insert(numbers.end(), want.integers.begin(), want.integers.end());
      compare(name + std::to_string(argument.index), ref.getElementType(),
              whole.read(ref.getElementType()), numbers, want.rowSize());
    } else if (argument.kind == Kind::Cache) {
      // The rows of the step's tokens; all others stay as they were.
      std::vector<float> after = whole.read(ref.getElementType());
      std::vector<float> expected =
          makeCache(argument.symbol, ref, /*withStep=*/true).read(ref.getElementType());
      std::vector<float> got, want;
      for (size_t i = 0; i != after.size(); ++i) {
        EXPECT_EQ(std::isnan(after[i]), std::isnan(expected[i])) << "cache element " << i;
        if (std::isnan(expected[i]))
          continue;
        got.push_back(after[i]);
        want.push_back(expected[i]);
      }
      compare(name + argument.symbol.getValue().str(), ref.getElementType(), got, want,
              ref.getDim(1));
    } else if (argument.kind == Kind::State) {
      compareState(name, whole, argument.symbol, ref);
    }
  }
}

void Check::run() {
  if (!runReference())
    return;
  auto reader = WeightReader::open(module, folder);
  ASSERT_TRUE(bool(reader)) << reader.takeError().message();
  weights = std::move(*reader);
  module.walk([&](moe::GroupOp group) {
    // Expert blocks have no one right layout; what reads it is passed one made here.
    if (group.getFamily() != moe::KernelFamily::SortByExpert)
      checkGroup(group);
  });
}

void moec::test::checkGroups(ModuleOp module, const std::string &folder,
                             const std::vector<Share> &step, const CheckOptions &options,
                             NativeTarget &native, Comparisons &comparisons) {
  Check(module, folder, step, options, native, comparisons).run();
}

void moec::test::expectClose(const Comparisons &comparisons, double tolerance) {
  EXPECT_FALSE(comparisons.empty());
  for (auto &[name, comparison] : comparisons) {
    double unequal = double(comparison.unequal) / double(comparison.count);
    if (isa<mx::BlockType>(comparison.element)) {
      EXPECT_LE(unequal, 0.005) << name;
      continue;
    }
    EXPECT_LE(comparison.worst, tolerance) << name;
    if (comparison.element.isInteger(32))
      EXPECT_EQ(comparison.unequal, 0) << name;
    else if (!comparison.element.isF32())
      EXPECT_LE(unequal, 0.02) << name;
  }
}

std::vector<std::vector<Share>> moec::test::getUsualSteps() {
  return {{{0, 1}}, {{5, 1}, {0, 2}}, {{3, 9}, {40, 1}, {0, 7}}};
}

void moec::test::expectGroups(const std::string &text, double tolerance,
                              const std::vector<std::string> &schedules,
                              const std::vector<std::vector<Share>> &steps) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module);
  NativeTarget native;
  Comparisons comparisons;
  for (const std::vector<Share> &step : steps)
    for (const std::string &schedule : schedules)
      checkGroups(*module, ".", step, {schedule, 0, /*pageSize=*/step.size() == 2 ? 1 : 16}, native,
                  comparisons);
  expectClose(comparisons, tolerance);
}
