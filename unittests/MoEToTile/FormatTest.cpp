//===- FormatTest.cpp - Products by weights in every format ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Each row is a one at some place and zeros, so that the product is a column of the weight, bit for
// bit what lib/Formats says of its codes unless the machine takes factors apart.
//
//===----------------------------------------------------------------------===//

#include "Harness/NativeKernel.h"

#include "moec/Dialect/MX/MX.h"
#include "moec/Formats/StoredMatrix.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>

using namespace mlir;
using namespace moec;
using namespace moec::test;

namespace {

constexpr int64_t numRows = 16, numColumns = 64, depth = 1024, step = 256, numMatrices = 2;

using Bytes = std::vector<uint8_t>;

std::string print(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

/// Random codes that are numbers, with the scales and zero points of random numbers.
StoredMatrix makeRandom(const BlockFormat &format, int64_t rows, unsigned seed) {
  std::mt19937 engine(seed);
  std::vector<float> numbers(rows * depth);
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = std::ldexp(float(engine() % 4096) / 2048 - 1, int(i / 16 * 5 % 7) - 3);
  StoredMatrix matrix = quantize(format, ScaleRounding::Even, rows, depth, numbers);
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t column = 0; column < depth; ++column) {
      auto code = uint8_t(engine() & ((1u << format.codeBits()) - 1));
      if (std::isfinite(decodeCode(format.code, code)))
        matrix.setCode(row, column, code);
    }
  return matrix;
}

/// Where the one of a row is: in every step, and all over blocks.
int64_t placeOf(int64_t row) { return row * 331 % depth; }

/// The bytes of a stream of row-major elements as `layout` has them.
void appendArranged(Bytes &bytes, const tile::PackedLayout &layout, unsigned bits, int64_t columns,
                    ArrayRef<uint8_t> rowMajor) {
  if (layout.getDigits().empty()) {
    bytes.insert(bytes.end(), rowMajor.begin(), rowMajor.end());
    return;
  }
  Bytes arranged((layout.getSize(numColumns, columns) * bits + 7) / 8);
  tile::packElements(layout, bits, numColumns, columns, rowMajor, arranged);
  bytes.insert(bytes.end(), arranged.begin(), arranged.end());
}

/// The streams of a ref of `matrices`, in the order of a kernel's words.
std::vector<Bytes> makeStreams(tile::RefType type, ArrayRef<StoredMatrix> matrices) {
  mx::BlockType block = type.getBlock();
  tile::PackedLayout codes, scales;
  if (tile::PackedAttr packed = type.getPacked()) {
    codes = packed.getLayout();
    scales = packed.getScaleLayout();
  }
  int64_t columns = type.getShape().back(), blocks = columns / block.getBlockSize();
  std::vector<Bytes> streams;
  for (mx::BlockStream stream : block.getStreams()) {
    Bytes &bytes = streams.emplace_back();
    for (const StoredMatrix &matrix : matrices)
      switch (stream) {
      case mx::BlockStream::Codes:
        appendArranged(bytes, codes, type.getElementBits(), columns, matrix.codes);
        break;
      case mx::BlockStream::Scales:
        appendArranged(bytes, scales, block.getScaleBits(), blocks, matrix.scales);
        break;
      case mx::BlockStream::Zeros:
        appendArranged(
            bytes, scales, 8, blocks,
            {reinterpret_cast<const uint8_t *>(matrix.zeros.data()), matrix.zeros.size()});
        break;
      case mx::BlockStream::Global:
        bytes.resize(bytes.size() + sizeof(float));
        std::memcpy(bytes.data() + bytes.size() - sizeof(float), &matrix.global, sizeof(float));
        break;
      }
  }
  return streams;
}

/// Rows with a one each: as numbers, or as codes of a format.
std::vector<Bytes> makeRows(Type type) {
  if (auto block = dyn_cast<mx::BlockType>(type)) {
    StoredMatrix matrix(block.getFormat(), numRows, depth);
    for (int64_t row = 0; row < numRows; ++row) {
      matrix.setCode(row, placeOf(row), encodeCode(matrix.format.code, 1));
      matrix.setScale(matrix.blockOf(row, placeOf(row)), matrix.format.neutralScale());
    }
    return makeStreams(tile::RefType::get({numRows, depth}, type), matrix);
  }
  // The high half of an f32 is a bf16.
  size_t bytes = type.getIntOrFloatBitWidth() / 8;
  Bytes numbers(numRows * depth * bytes);
  for (int64_t row = 0; row < numRows; ++row) {
    auto one = std::bit_cast<uint32_t>(1.f) >> (32 - 8 * bytes);
    std::memcpy(&numbers[(row * depth + placeOf(row)) * bytes], &one, bytes);
  }
  return {std::move(numbers)};
}

/// A product of `rows` by the second matrix of `weight`, in steps that a loop takes.
std::string makeKernel(tile::RefType rows, tile::RefType weight) {
  mx::BlockType block = weight.getBlock();
  Type row = rows.getElementType();
  std::string product, a = print(RankedTensorType::get({numRows, step}, row)),
                       b = print(RankedTensorType::get({numColumns, step}, block));
  if (isa<mx::BlockType>(row)) {
    product = "%d = tile.mma_scaled %a, %b, %acc : " + a + ", " + b + ", tensor<16x64xf32>";
  } else {
    // The number type that kernels choose.
    bool isShort = block.hasPowerOfTwoScale();
    std::string plain = "tensor<64x256x" + std::string(isShort ? "bf16>" : "f32>");
    product = "%p = tile.dequantize %b : " + b + " -> " + plain +
              "\n  %d = tile.mma %a, %p, %acc b = nk : " + a + ", " + plain + ", tensor<16x64xf32>";
  }
  return "tile.kernel @product(%x: " + print(rows) + ", %w: " + print(weight) +
         R"(, %y: !tile.ref<16x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %step = arith.constant 256 : index
  %end = arith.constant 1024 : index
  %zero = arith.constant dense<0.0> : tensor<16x64xf32>
  %sum = scf.for %k = %c0 to %end step %step iter_args(%acc = %zero) -> tensor<16x64xf32> {
  %a = tile.load %x[%c0, %k] : )" +
         print(rows) + " -> " + a + "\n  %b = tile.load %w[%c1, %c0, %k] : " + print(weight) +
         " -> " + b + "\n  " + product + R"(
  scf.yield %d : tensor<16x64xf32>
  }
  tile.store %sum, %y[%c0, %c0] : tensor<16x64xf32>, !tile.ref<16x64xf32>
  tile.return
})";
}

class Format : public ::testing::TestWithParam<NamedFormat> {
protected:
  Format() {
    context.loadDialect<tile::TileDialect, mx::MXDialect, arith::ArithDialect, scf::SCFDialect>();
  }

  /// The product of rows by the second matrix of `weight`.
  std::vector<float> multiply(Type row, std::vector<Bytes> arrays, tile::RefType weight,
                              ArrayRef<StoredMatrix> matrices) {
    std::vector<float> sums(numRows * numColumns, NAN);
    std::string text = makeKernel(tile::RefType::get({numRows, depth}, row), weight);
    auto module = parseSourceString<ModuleOp>(text, &context);
    auto source = parseSourceString<ModuleOp>(text, &context);
    const NativeKernel *kernel = module && source ? native.compile(*module) : nullptr;
    EXPECT_TRUE(kernel) << text;
    if (!kernel)
      return sums;
    llvm::append_range(arrays, makeStreams(weight, matrices));
    std::vector<Word> words;
    for (Bytes &array : arrays)
      words.push_back({array.data(), -1, array.size()});
    words.push_back({sums.data(), -1, sums.size() * sizeof(float)});
    kernel->run(*source->getOps<tile::KernelOp>().begin(), words, 1);
    return sums;
  }

  /// Expects a product by random codes to be what their numbers give, but for rounding.
  void expectSums(mx::BlockType row, tile::RefType weight, ArrayRef<StoredMatrix> matrices) {
    StoredMatrix codes = makeRandom(row.getFormat(), numRows, 3);
    std::vector<float> sums = multiply(
        row, makeStreams(tile::RefType::get({numRows, depth}, row), codes), weight, matrices);
    std::vector<float> x(numRows * depth), w(numColumns * depth);
    dequantize(codes, x);
    dequantize(matrices[1], w);
    for (int64_t m = 0; m < numRows; ++m)
      for (int64_t n = 0; n < numColumns; ++n) {
        double sum = 0, magnitude = 0;
        for (int64_t k = 0; k < depth; ++k) {
          double product = double(x[m * depth + k]) * w[n * depth + k];
          sum += product;
          magnitude += std::fabs(product);
        }
        ASSERT_NEAR(sums[m * numColumns + n], sum, 1e-5 * magnitude)
            << print(row) << " by " << print(weight) << ": row " << m << ", column " << n;
      }
  }

  /// Expects the product to be columns of the second matrix of `weight`.
  void expectColumns(Type row, tile::RefType weight, ArrayRef<StoredMatrix> matrices) {
    std::vector<float> sums = multiply(row, makeRows(row), weight, matrices);
    std::vector<float> numbers(numColumns * depth);
    dequantize(matrices[1], numbers);
    int different = 0;
    for (int64_t m = 0; m < numRows; ++m)
      for (int64_t n = 0; n < numColumns; ++n) {
        float expected = numbers[n * depth + placeOf(m)];
        double error = std::fabs(double(sums[m * numColumns + n]) - expected);
        bool isExpected = error <= getFactorError() * std::fabs(expected);
        different += !isExpected;
        if (!isExpected && different < 4)
          ADD_FAILURE() << print(row) << " by " << print(weight) << ": row " << m << ", column "
                        << n << " is " << sums[m * numColumns + n] << ", not " << expected;
      }
    EXPECT_EQ(different, 0);
  }

  /// The same for such rows and weights of the test's format, packed and row-major.
  void expectColumns(Type row) {
    BlockFormat format = fitted(GetParam().format, numColumns, depth);
    auto block = mx::BlockType::get(&context, format).getRowForm(depth);
    ASSERT_TRUE(native.get().multiplies(row, block));
    std::vector<StoredMatrix> matrices;
    for (unsigned seed : {1, 2})
      matrices.push_back(refine(makeRandom(format, numColumns, seed), block.getBlockSize()));
    std::vector<int64_t> shape{numMatrices, numColumns, depth};
    expectColumns(row, tile::RefType::get(shape, block), matrices);
    if (tile::PackedAttr packed = native.get().packedMap(RankedTensorType::get(shape, block)))
      expectColumns(row, tile::RefType::get(shape, block, packed), matrices);
    if (auto codes = dyn_cast<mx::BlockType>(row))
      expectSums(codes, tile::RefType::get(shape, block), matrices);
  }

  MLIRContext context;
  NativeTarget native;
};

INSTANTIATE_TEST_SUITE_P(All, Format, ::testing::ValuesIn(namedFormats()),
                         [](const auto &info) { return std::string(info.param.name); });

TEST_P(Format, GivesItsNumbersToF32) { expectColumns(Float32Type::get(&context)); }
TEST_P(Format, GivesItsNumbersToBf16) { expectColumns(BFloat16Type::get(&context)); }

/// The formats of blocks of 32 with codes and scales alone, whose codes are multiplied as such.
std::vector<NamedFormat> getCommonFormats() {
  std::vector<NamedFormat> common;
  for (const NamedFormat &named : namedFormats())
    if (named.format.blockRows == 1 && named.format.blockColumns == 32 && !named.format.hasZero)
      common.push_back(named);
  return common;
}

class CommonFormat : public Format {};
INSTANTIATE_TEST_SUITE_P(All, CommonFormat, ::testing::ValuesIn(getCommonFormats()),
                         [](const auto &info) { return std::string(info.param.name); });

// Where both have an instruction, and where they are multiplied as numbers.
TEST_P(CommonFormat, MeetsCodes) {
  int met = 0;
  for (const NamedFormat &named : getCommonFormats()) {
    auto row = mx::BlockType::get(&context, named.format);
    if (!native.get().multiplies(row, mx::BlockType::get(&context, GetParam().format)))
      continue;
    expectColumns(row);
    ++met;
  }
  EXPECT_GE(met, 3);
}

} // namespace
