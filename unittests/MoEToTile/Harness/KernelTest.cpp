//===- KernelTest.cpp - Builds a group's kernel and runs it ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "KernelTest.h"

#include "moec/InitAllDialects.h"
#include "moec/Support/Scalar.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace moec;
using namespace moec::test;

Array Random::numbers(int64_t count, bool bf16) {
  Array array;
  for (int64_t i = 0; i != count; ++i) {
    double value = number();
    array.push_back(bf16 ? bf16ToF32(f32ToBf16(float(value))) : value);
  }
  return array;
}

//===----------------------------------------------------------------------===//
// Step
//===----------------------------------------------------------------------===//

Step::Step(ArrayRef<Sequence> sequences, int64_t pageSize, uint64_t seed)
    : sequences(sequences.vec()), pageSize(pageSize) {
  for (auto [number, sequence] : llvm::enumerate(sequences)) {
    int64_t pages = llvm::divideCeil(sequence.before + sequence.tokens, pageSize);
    tablePages = std::max(tablePages, pages);
    numPages += pages;
    for (int64_t token = 0; token != sequence.tokens; ++token) {
      positions.push_back(sequence.before + token);
      tokenSequence.push_back(int64_t(number));
    }
  }
  // One page and one column more than needed: neither is ever read.
  ++tablePages;
  ++numPages;
  std::vector<int64_t> pages(numPages);
  std::iota(pages.begin(), pages.end(), 0);
  std::shuffle(pages.begin(), pages.end(), std::mt19937_64(seed));
  table.assign(sequences.size() * tablePages, -1);
  for (auto [number, sequence] : llvm::enumerate(sequences))
    for (int64_t page = 0; page * pageSize < sequence.before + sequence.tokens; ++page) {
      table[number * tablePages + page] = pages.back();
      pages.pop_back();
    }
}

Array Step::makeCache(int64_t width, Random &random, bool bf16) const {
  Array cache(getNumRows() * width);
  for (auto [number, sequence] : llvm::enumerate(sequences))
    for (int64_t position = 0; position != sequence.before + sequence.tokens; ++position) {
      Array row = random.numbers(width, bf16);
      std::copy(row.begin(), row.end(), cache.begin() + getRow(number, position) * width);
    }
  return cache;
}

//===----------------------------------------------------------------------===//
// KernelTest
//===----------------------------------------------------------------------===//

KernelTest::KernelTest(const std::string &text, const std::string &schedule, int64_t pageSize) {
  DialectRegistry registry;
  registerAllDialects(registry);
  context.appendDialectRegistry(registry);
  context.loadAllAvailableDialects();
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    diagnostics += diagnostic.str() + "\n";
    return success();
  });
  module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    return;
  module->walk([&](moe::GroupOp group) { build(group, schedule, pageSize); });
}

void KernelTest::build(moe::GroupOp group, const std::string &schedule, int64_t pageSize) {
  auto attribute = dyn_cast_or_null<tile::ScheduleAttr>(
      parseAttribute("#tile.schedule<" + schedule + ">", &context));
  if (!attribute) {
    diagnostics += "bad schedule " + schedule;
    return;
  }
  auto weightType = [](Operation *reader, FlatSymbolRefAttr symbol) {
    RankedTensorType type = moe::lookupWeight(reader, symbol).getTensorType();
    return tile::RefType::get(type.getShape(), type.getElementType());
  };
  KernelSignature signature(group, weightType);
  OpBuilder builder = OpBuilder::atBlockEnd(module->getBody());
  KernelRequest request{builder, "kernel", group, signature, attribute, pageSize};
  FailureOr<BuiltKernel> result = buildKernel(request);
  if (failed(result))
    return;
  kernel = result->kernel;
  for (unsigned number : result->arguments)
    arguments.push_back(signature.getArguments()[number]);
  built = succeeded(verify(kernel));
}

std::string KernelTest::print() {
  std::string text;
  llvm::raw_string_ostream stream(text);
  kernel.print(stream);
  return text;
}

void KernelTest::setStep(const Step &step) {
  auto set = [&](StepInput array, ArrayRef<int64_t> values) {
    Array &target = steps[unsigned(array)];
    target.clear();
    for (int64_t value : values)
      target.push_back(value < 0 ? std::nullopt : std::optional<double>(double(value)));
  };
  std::vector<int64_t> starts{0}, lengths, slots;
  for (const Sequence &sequence : step.sequences) {
    starts.push_back(starts.back() + sequence.tokens);
    lengths.push_back(sequence.before + sequence.tokens);
  }
  for (int64_t token = 0; token != step.getNumTokens(); ++token)
    slots.push_back(step.getRow(step.tokenSequence[token], step.positions[token]));
  set(StepInput::Positions, step.positions);
  set(StepInput::TokenSequence, step.tokenSequence);
  set(StepInput::SequenceStart, starts);
  set(StepInput::ContextLength, lengths);
  set(StepInput::BlockTable, step.table);
  set(StepInput::CacheRows, slots);
  dims = {step.getNumTokens(), step.getNumTokens(), step.getNumSequences(), step.tablePages};
}

void KernelTest::setTokens(int64_t tokens, int64_t rows) {
  dims[unsigned(KernelDim::Tokens)] = tokens;
  dims[unsigned(KernelDim::Rows)] = rows;
}

void KernelTest::setLogitsRows(ArrayRef<int64_t> rows) {
  steps[unsigned(StepInput::LogitsRows)] = Array(rows.begin(), rows.end());
}

std::vector<Argument> KernelTest::getArguments() {
  using Kind = KernelArgument::Kind;
  std::vector<Argument> passed;
  for (const KernelArgument &argument : arguments) {
    switch (argument.kind) {
    case Kind::Input:
      passed.push_back(&inputs[{argument.index, argument.part}]);
      break;
    case Kind::Output:
      passed.push_back(&outputs[{argument.index, argument.part}]);
      break;
    case Kind::Weight:
    case Kind::Cache:
      passed.push_back(&weights[argument.symbol.getValue().str()]);
      break;
    case Kind::Step:
      passed.push_back(&steps[argument.index]);
      break;
    case Kind::Dim:
      passed.push_back(dims[argument.index]);
      break;
    }
  }
  return passed;
}

std::string KernelTest::run() { return execute(kernel, getArguments()); }

std::string moec::test::tokens(ArrayRef<int64_t> shape, const std::string &element) {
  std::string text = "tensor<?x";
  for (int64_t extent : shape)
    text += std::to_string(extent) + "x";
  return text + element + ">";
}

std::vector<double> moec::test::numbersOf(const Array &array) {
  std::vector<double> numbers;
  for (const std::optional<double> &number : array) {
    EXPECT_TRUE(number.has_value()) << "element " << numbers.size() << " was not written";
    numbers.push_back(number.value_or(0));
  }
  return numbers;
}
