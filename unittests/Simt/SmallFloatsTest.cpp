//===- SmallFloatsTest.cpp - Codes by integer arithmetic ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The default hooks for small floats are emitted for constants, of which LLVM computes the results:
// every code, and every number at which rounding turns, against the table of formats.
//
//===----------------------------------------------------------------------===//
#include "moec/CodeGen/Emit.h"
#include "moec/Simt/Lanes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::simt;

namespace {

/// A machine with nothing but the defaults.
class Plain : public Lanes {
public:
  Plain() : Lanes({}) {}
  void declareKernel(LLVM::LLVMFuncOp, unsigned) const override {}
  llvm::StringRef getSharedScope() const override { return ""; }
  Value emitBlockId(Builder &, unsigned) const override { return {}; }
  Value emitThreadId(Builder &) const override { return {}; }
  void emitBarrier(Builder &, Memory) const override {}
  Value emitExchange(Builder &, Value, Value, unsigned) const override { return {}; }
  Value openWindow(Builder &, Value, Value &) const override { return {}; }
  Value emitPlace(Builder &, Value, Value, int64_t, Value) const override { return {}; }
  Value emitLoad(Builder &, const WindowPlace &, Type) const override { return {}; }
  void emitStore(Builder &, const WindowPlace &, Value, Value) const override {}
  Value emitProduct(Builder &, const Atom &, const ProductOperand &, const ProductOperand &,
                    Value) const override {
    return {};
  }
};

/// Functions without arguments, and what they return.
class Constants {
public:
  Constants() : builder(UnknownLoc::get(&context), &context) {
    context.loadDialect<arith::ArithDialect, LLVM::LLVMDialect>();
    module = ModuleOp::create(builder.getLoc());
  }

  /// Adds one that returns what `make` emits.
  void add(llvm::function_ref<Value(ImplicitLocOpBuilder &)> make) {
    builder.setInsertionPointToEnd(module->getBody());
    auto empty = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&context), {});
    auto function = LLVM::LLVMFuncOp::create(builder, "f" + std::to_string(count++), empty);
    builder.setInsertionPointToStart(function.addEntryBlock(builder));
    Value value = make(builder);
    LLVM::ReturnOp::create(builder, value);
    function.setFunctionType(LLVM::LLVMFunctionType::get(value.getType(), {}));
  }

  /// The bits of all that the functions return, element by element.
  std::vector<std::vector<uint32_t>> evaluate();

  MLIRContext context;
  ImplicitLocOpBuilder builder;

private:
  OwningOpRef<ModuleOp> module;
  unsigned count = 0;
};

std::vector<std::vector<uint32_t>> Constants::evaluate() {
  PassManager passes(&context);
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  EXPECT_TRUE(succeeded(passes.run(*module)));
  llvm::InitializeNativeTarget();
  auto machine = createTargetMachine({llvm::sys::getDefaultTargetTriple(), "x86-64"});
  llvm::LLVMContext own;
  auto ir = translateToLLVM(*module, own);
  std::vector<std::vector<uint32_t>> results;
  if (!machine || !ir) {
    ADD_FAILURE() << "LLVM cannot take the functions";
    return results;
  }
  optimize(**ir, **machine, llvm::OptimizationLevel::O1);
  auto getBits = [](const llvm::Constant *value) -> uint32_t {
    if (const auto *number = llvm::dyn_cast<llvm::ConstantFP>(value))
      return number->getValueAPF().bitcastToAPInt().getZExtValue();
    if (const auto *number = llvm::dyn_cast<llvm::ConstantInt>(value))
      return number->getZExtValue();
    return 0;
  };
  for (unsigned i = 0; i < count; ++i) {
    llvm::Instruction *last = (*ir)->getFunction("f" + std::to_string(i))->front().getTerminator();
    const auto *value = llvm::dyn_cast<llvm::Constant>(last->getOperand(0));
    results.emplace_back();
    if (!value)
      ADD_FAILURE() << "function " << i << " returns no constant";
    else if (auto *vector = llvm::dyn_cast<llvm::FixedVectorType>(value->getType()))
      for (unsigned j = 0; j < vector->getNumElements(); ++j)
        results.back().push_back(getBits(value->getAggregateElement(j)));
    else
      results.back().push_back(getBits(value));
  }
  return results;
}

Value makeWord(ImplicitLocOpBuilder &builder, uint32_t word) {
  return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(int32_t(word)));
}

Value makeNumber(ImplicitLocOpBuilder &builder, float number) {
  return arith::ConstantOp::create(builder, builder.getF32FloatAttr(number));
}

Value makeVector(ImplicitLocOpBuilder &builder, llvm::ArrayRef<uint32_t> words, Type element) {
  auto type = VectorType::get({int64_t(words.size())}, builder.getI32Type());
  Value value = arith::ConstantOp::create(builder, DenseElementsAttr::get(type, words));
  return LLVM::BitcastOp::create(builder, type.clone(element), value);
}

/// A factor, by its exponent field.
float getFactor(unsigned field) { return std::bit_cast<float>(field << 23); }

/// What the field stands for.
float getScale(unsigned field) { return field == 255 ? NAN : std::ldexp(1.0f, int(field) - 127); }

bool isSame(float a, float b) {
  return std::isnan(a) ? std::isnan(b) : std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b);
}

/// The least and the largest scale, no scale, one, and others.
constexpr unsigned fields[] = {0, 100, 127, 254, 255};
constexpr CodeType bytesAndNibbles[] = {CodeType::E2M1, CodeType::E4M3, CodeType::E5M2};
constexpr CodeType sixBits[] = {CodeType::E2M3, CodeType::E3M2};

TEST(SmallFloats, DecodesEveryCodeAsF32) {
  for (CodeType code : bytesAndNibbles)
    for (unsigned field : fields) {
      unsigned bits = code == CodeType::E2M1 ? 4 : 8, codes = 1u << bits, parts = 16 / bits;
      Constants constants;
      Type pair = VectorType::get({2}, constants.builder.getF32Type());
      // Each code is first and second, and is in each part, beside others.
      for (unsigned first = 0; first < codes; ++first)
        constants.add([&](ImplicitLocOpBuilder &builder) {
          unsigned part = first % parts, second = codes - 1 - first;
          uint64_t both = uint64_t(second) << bits | first, around = 0x5a5a5a5a;
          uint64_t mask = (uint64_t(1) << 2 * bits) - 1;
          uint32_t word = (around & ~(mask << 2 * bits * part)) | both << 2 * bits * part;
          return Plain().emitDecodedPair(builder, code, pair, makeWord(builder, word),
                                         makeNumber(builder, getFactor(field)), part);
        });
      auto results = constants.evaluate();
      ASSERT_EQ(results.size(), codes);
      for (unsigned first = 0; first < codes; ++first)
        for (unsigned i = 0; i < 2; ++i) {
          float expected = decodeCode(code, i ? codes - 1 - first : first) * getScale(field);
          EXPECT_TRUE(isSame(std::bit_cast<float>(results[first][i]), expected))
              << int(code) << ": " << first << ", " << field;
        }
    }
}

TEST(SmallFloats, DecodesEveryCodeAsBf16) {
  for (CodeType code : bytesAndNibbles) {
    unsigned bits = code == CodeType::E2M1 ? 4 : 8, codes = 1u << bits;
    for (unsigned field : {120u, 127u}) {
      Constants constants;
      Type pair = VectorType::get({2}, constants.builder.getBF16Type());
      for (unsigned first = 0; first < codes; ++first)
        constants.add([&](ImplicitLocOpBuilder &builder) {
          return Plain().emitDecodedPair(builder, code, pair, makeWord(builder, first),
                                         makeNumber(builder, getFactor(field)), 0);
        });
      auto results = constants.evaluate();
      ASSERT_EQ(results.size(), codes);
      for (unsigned first = 0; first < codes; ++first)
        EXPECT_TRUE(isSame(std::bit_cast<float>(results[first][0] << 16),
                           decodeCode(code, first) * getScale(field)))
            << int(code) << ": " << first << ", " << field;
    }
  }
}

TEST(SmallFloats, DecodesRunsOfSixBits) {
  for (CodeType code : sixBits)
    for (unsigned field : {0u, 127u, 130u}) {
      Constants constants;
      // Codes 0 … 31, and 32 … 63.
      for (unsigned half = 0; half < 2; ++half)
        constants.add([&](ImplicitLocOpBuilder &builder) {
          std::vector<uint32_t> words(6, 0);
          for (unsigned i = 0; i < 32 * 6; ++i)
            words[i / 32] |= ((i / 6 + 32 * half) >> i % 6 & 1) << i % 32;
          return Plain().emitDecodedRun(builder, code, VectorType::get({32}, builder.getF32Type()),
                                        makeVector(builder, words, builder.getI32Type()),
                                        makeNumber(builder, getFactor(field)));
        });
      auto results = constants.evaluate();
      ASSERT_EQ(results.size(), 2u);
      for (unsigned i = 0; i < 64; ++i)
        EXPECT_TRUE(isSame(std::bit_cast<float>(results[i / 32][i % 32]),
                           decodeCode(code, i) * getScale(field)))
            << int(code) << ": " << i << ", " << field;
    }
}

TEST(SmallFloats, DecodesScales) {
  Constants constants;
  for (unsigned code = 0; code < 256; ++code)
    constants.add([&](ImplicitLocOpBuilder &builder) {
      return Plain().emitDecodedScale(builder, makeWord(builder, code));
    });
  auto results = constants.evaluate();
  ASSERT_EQ(results.size(), 256u);
  for (unsigned code = 0; code < 256; ++code)
    EXPECT_TRUE(isSame(std::bit_cast<float>(results[code][0]), decodeCode(CodeType::E4M3, code)))
        << code;
}

/// Every number that has a code, the middles between neighbours, and what is next to each of these.
std::vector<float> getTurningPoints(CodeType code, unsigned codes) {
  std::vector<float> numbers;
  float largest = largestCode(code);
  auto add = [&](float number) {
    for (float near : {std::nextafter(number, -INFINITY), number, std::nextafter(number, INFINITY)})
      // Only codes of less than eight bits saturate.
      if (std::abs(near) <= largest || codes < 256)
        numbers.push_back(near);
  };
  for (unsigned i = 0; i < codes / 2; ++i)
    for (float sign : {1.0f, -1.0f}) {
      float number = decodeCode(code, i), next = decodeCode(code, i + 1);
      if (std::isfinite(number))
        add(sign * number);
      if (std::isfinite(number) && std::isfinite(next) && next > number)
        add(sign * (number + next) / 2);
    }
  if (codes < 256)
    numbers.insert(numbers.end(), {1e30f, -1e30f, 2 * largest});
  return numbers;
}

TEST(SmallFloats, EncodesAtEveryTurningPoint) {
  for (CodeType code : bytesAndNibbles)
    for (unsigned field : {60u, 180u}) {
      unsigned bits = code == CodeType::E2M1 ? 4 : 8;
      std::vector<float> numbers = getTurningPoints(code, 1u << bits);
      Constants constants;
      for (float number : numbers)
        constants.add([&](ImplicitLocOpBuilder &builder) {
          // The other part stays.
          Value scaled = makeNumber(builder, number * getScale(field));
          return Plain().emitEncodedPair(builder, code, makeWord(builder, 0xffffffff), scaled,
                                         makeNumber(builder, -getScale(field)),
                                         makeNumber(builder, getFactor(field)), 1);
        });
      auto results = constants.evaluate();
      ASSERT_EQ(results.size(), numbers.size());
      uint32_t mask = (1u << bits) - 1;
      for (size_t i = 0; i < numbers.size(); ++i) {
        uint32_t expected = encodeCode(code, numbers[i]) | uint32_t(encodeCode(code, -1)) << bits;
        uint32_t kept = ~((mask << bits | mask) << 2 * bits);
        EXPECT_EQ(results[i][0], kept | expected << 2 * bits) << int(code) << ": " << numbers[i];
      }
    }
}

TEST(SmallFloats, EncodesRunsOfSixBits) {
  for (CodeType code : sixBits) {
    std::vector<float> numbers = getTurningPoints(code, 64);
    while (numbers.size() % 32)
      numbers.push_back(0);
    Constants constants;
    for (size_t first = 0; first < numbers.size(); first += 32)
      constants.add([&](ImplicitLocOpBuilder &builder) {
        std::vector<uint32_t> words;
        for (size_t i = first; i < first + 32; ++i)
          words.push_back(std::bit_cast<uint32_t>(4 * numbers[i]));
        llvm::ArrayRef<uint32_t> all = words;
        Type f32 = builder.getF32Type();
        return Plain().emitEncodedRun(builder, code, makeVector(builder, all.take_front(16), f32),
                                      makeVector(builder, all.drop_front(16), f32),
                                      makeNumber(builder, 4));
      });
    auto results = constants.evaluate();
    ASSERT_EQ(results.size(), numbers.size() / 32);
    for (size_t i = 0; i < numbers.size(); ++i) {
      uint32_t found = 0;
      for (unsigned bit = 0; bit < 6; ++bit) {
        unsigned at = i % 32 * 6 + bit;
        found |= (results[i / 32][at / 32] >> at % 32 & 1) << bit;
      }
      EXPECT_EQ(found, encodeCode(code, numbers[i])) << int(code) << ": " << numbers[i];
    }
  }
}

} // namespace
