//===- ReadMatrixTest.cpp - Stored codes in one arrangement -----*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Layouts by hand, one number at a time; test/Checkpoint has whole checkpoints of other writers.
//
//===----------------------------------------------------------------------===//

#include "CheckpointFixture.h"

#include <algorithm>
#include <cmath>

using namespace moec;

namespace {
class ReadMatrixTest : public CheckpointTest {
protected:
  /// The numbers of `x.weight`, all rows at once, in pieces and every second, which have to agree.
  std::vector<float> numbers(int64_t pieceRows) {
    Expected<StoredTensors> tensors = open();
    if (!tensors) {
      ADD_FAILURE() << tensors.takeError().message();
      return {};
    }
    Expected<std::optional<StoredTensor>> found = tensors->find("x.weight");
    if (!found || !*found) {
      ADD_FAILURE() << (found ? "nothing" : found.takeError().message());
      return {};
    }
    tensor.emplace(**found);
    std::vector<float> whole = read(*tensors, tensor->rows()), pieces = read(*tensors, pieceRows);
    EXPECT_EQ(whole, pieces);
    for (int64_t first = 0; first < std::min<int64_t>(tensor->rows(), 2); ++first)
      expectApart(*tensors, {first, (tensor->rows() - first + 1) / 2, 2}, whole);
    return whole;
  }
  std::optional<StoredTensor> tensor;

private:
  std::vector<float> read(const StoredTensors &tensors, int64_t rows) {
    std::vector<float> values(tensor->rows() * tensor->columns());
    for (int64_t first = 0; first < tensor->rows(); first += rows) {
      Expected<StoredMatrix> part = tensors.read(*tensor, 0, first, rows);
      if (!part) {
        ADD_FAILURE() << part.takeError().message();
        return {};
      }
      dequantize(*part,
                 std::span(values).subspan(first * tensor->columns(), rows * tensor->columns()));
    }
    return values;
  }
  void expectApart(const StoredTensors &tensors, StoredRows rows, std::span<const float> whole) {
    Expected<StoredMatrix> part = tensors.readApart(*tensor, 0, rows);
    ASSERT_TRUE(part) << part.takeError().message();
    int64_t columns = tensor->columns();
    std::vector<float> values(rows.count * columns);
    dequantize(*part, values);
    for (int64_t r = 0; r < rows.count; ++r)
      EXPECT_TRUE(std::ranges::equal(std::span(values).subspan(r * columns, columns),
                                     whole.subspan((rows.first + r * 2) * columns, columns)))
          << "row " << rows.first + r * 2;
  }
};
} // namespace

/// Eight outputs in a word: column 1 of eight is the fifth code, as AWQ's kernels unpack it.
TEST_F(ReadMatrixTest, AwqHasWordsInAnOrderOfTheirOwn) {
  config = R"({"quant_method": "awq", "bits": 4, "group_size": 2, "version": "gemm"})";
  // For input k, output n: code (n + k) % 16 with its place from {0, 4, 1, 5, 2, 6, 3, 7}.
  std::vector<uint32_t> words(4), zeros(2);
  const unsigned place[] = {0, 4, 1, 5, 2, 6, 3, 7};
  for (unsigned n = 0; n < 8; ++n) {
    for (unsigned k = 0; k < 4; ++k)
      words[k] |= (n + k) % 16 << 4 * place[n];
    zeros[0] |= n << 4 * place[n];
    zeros[1] |= (15 - n) << 4 * place[n];
  }
  add("x.qweight", DType::I32, {4, 1}, words);
  add("x.qzeros", DType::I32, {2, 1}, zeros);
  add("x.scales", DType::F16, {2, 8}, std::vector<uint16_t>(16, 0x3c00));
  std::vector<float> values = numbers(2);
  ASSERT_EQ(values.size(), 32u);
  for (int n = 0; n < 8; ++n)
    for (int k = 0; k < 4; ++k)
      EXPECT_EQ(values[n * 4 + k], float(n + k - (k < 2 ? n : 15 - n))) << n << ", " << k;
}

/// Columns 0 and 2 are of group 1, 1 and 3 of group 0; what is read is sorted by group.
TEST_F(ReadMatrixTest, GptqActOrderIsAnOrderOfColumns) {
  config = R"({"quant_method": "gptq", "bits": 4, "group_size": 4, "sym": true})";
  add("x.qweight", DType::I32, {1, 8}, std::vector<uint32_t>(8, 0xfedcba98));
  add("x.qzeros", DType::I32, {2, 1}, std::vector<uint32_t>(2, 0x77777777));
  std::vector<uint16_t> scales(16, 0x3c00);
  std::fill(scales.begin() + 8, scales.end(), 0x4000);
  add("x.scales", DType::F16, {2, 8}, scales);
  add("x.g_idx", DType::I32, {8}, std::vector<int32_t>{1, 0, 1, 0, 1, 0, 1, 0});
  std::vector<float> values = numbers(4);
  ASSERT_EQ(values.size(), 64u);
  EXPECT_FALSE(tensor->format->hasZero) << "a symmetric one has the middle for zero";
  EXPECT_EQ(tensor->columnOrder, (std::vector<int32_t>{1, 3, 5, 7, 0, 2, 4, 6}));
  EXPECT_EQ(std::vector<float>(values.begin(), values.begin() + 8),
            (std::vector<float>{1, 3, 5, 7, 0, 4, 8, 12}));
}

/// The first convention stores one less than the zero point is.
TEST_F(ReadMatrixTest, GptqZeroPointsFollowTheVersion) {
  add("x.qweight", DType::I32, {1, 8}, std::vector<uint32_t>(8, 0x99999999));
  add("x.qzeros", DType::I32, {1, 1}, std::vector<uint32_t>{0xffffffff});
  add("x.scales", DType::F16, {1, 8}, std::vector<uint16_t>(8, 0x3c00));
  config = R"({"quant_method": "gptq", "bits": 4, "group_size": -1, "sym": false})";
  EXPECT_EQ(numbers(8).front(), 9.0f - 16.0f);
  config = R"({"quant_method": "gptq", "bits": 4, "group_size": -1, "sym": false,
               "checkpoint_format": "gptq_v2"})";
  EXPECT_EQ(numbers(8).front(), 9.0f - 15.0f);
  config = R"({"quant_method": "gptq", "bits": 4, "group_size": -1, "sym": true})";
  EXPECT_NE(errorOf("x.weight", 0, 8).find("has 15 for group 0 of output 0"), std::string::npos);
}

TEST_F(ReadMatrixTest, GlobalScaleIsADivisorOrAFactor) {
  add("x.weight_packed", DType::U8, {1, 8}, std::vector<uint8_t>(8, 0x42));
  add("x.weight_scale", DType::F8E4M3, {1, 1}, std::vector<uint8_t>{0x40});
  add("x.weight_global_scale", DType::F32, {1}, std::vector<float>{4});
  config = R"({"quant_method": "compressed-tensors", "config_groups": {"g": {"targets": ["Linear"],
    "format": "nvfp4-pack-quantized", "weights": {"num_bits": 4, "type": "float",
    "strategy": "tensor_group", "group_size": 16}}}})";
  EXPECT_EQ(numbers(1).front(), 0.5f) << "1 * 2 / 4";
  EXPECT_EQ(numbers(1).at(1), 1.0f);
  tensors.clear();
  add("x.weight", DType::U8, {1, 8}, std::vector<uint8_t>(8, 0x42));
  add("x.weight_scale", DType::F8E4M3, {1, 1}, std::vector<uint8_t>{0x40});
  add("x.weight_scale_2", DType::F32, {}, std::vector<float>{4});
  config = R"({"quant_method": "modelopt", "quant_algo": "NVFP4"})";
  EXPECT_EQ(numbers(1).front(), 8.0f) << "1 * 2 * 4";
}

/// The last row of blocks is of one row.
TEST_F(ReadMatrixTest, BlocksArePartialAtTheEnds) {
  config = R"({"quant_method": "fp8", "weight_block_size": [2, 2]})";
  add("x.weight", DType::F8E4M3, {3, 3}, std::vector<uint8_t>(9, 0x38));
  add("x.weight_scale_inv", DType::F32, {2, 2}, std::vector<float>{1, 2, 3, 4});
  EXPECT_EQ(numbers(3), (std::vector<float>{1, 1, 2, 1, 1, 2, 3, 3, 4}));
  EXPECT_EQ(errorOf("x.weight", 1, 1), "") << "one row lies in one block";
  EXPECT_NE(errorOf("x.weight", 1, 2).find("read from row 1"), std::string::npos);
}

TEST_F(ReadMatrixTest, ScalesThatAreNoNumbersAreNamed) {
  config = R"({"quant_method": "fp8", "weight_block_size": [1, 2]})";
  add("x.weight", DType::F8E4M3, {2, 4}, std::vector<uint8_t>(8, 0x38));
  add("x.weight_scale_inv", DType::F32, {2, 2}, std::vector<float>{1, 2, 3, NAN});
  EXPECT_EQ(errorOf("x.weight", 0, 1), "") << "rows that are not read are not looked at";
  EXPECT_NE(errorOf("x.weight", 0, 2)
                .find("'x.weight_scale_inv' has a scale that is NaN or "
                      "infinite, of the block at [1, 2]"),
            std::string::npos);
}

/// A zero point counts from the middle of the range, and zero points lie along the outputs.
TEST_F(ReadMatrixTest, PackedIntegersAreTwosComplement) {
  config = R"({"quant_method": "compressed-tensors", "format": "pack-quantized", "config_groups":
    {"g": {"targets": ["Linear"], "weights": {"num_bits": 4, "type": "int", "symmetric": false,
    "strategy": "group", "group_size": 8}}}})";
  add("x.weight_packed", DType::I32, {2, 2}, std::vector<uint32_t>{0x76543210, 0xba98, 0, 0x8888});
  add("x.weight_scale", DType::BF16, {2, 2}, std::vector<uint16_t>(4, 0x3f80));
  add("x.weight_zero_point", DType::I32, {1, 2}, std::vector<uint32_t>{0x31, 0x92});
  add("x.weight_shape", DType::I64, {2}, std::vector<int64_t>{2, 12});
  EXPECT_EQ(numbers(1), (std::vector<float>{-1, 0,  1,  2,  3,  4,  5,  6,  6,  7,  8,  9,
                                            -3, -3, -3, -3, -3, -3, -3, -3, -1, -1, -1, -1}));
}

/// Quark stores zero points of symmetric integers, too: zeros are left out, others are an error.
TEST_F(ReadMatrixTest, ZeroPointsOfSymmetricIntegersAreZero) {
  config = R"({"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "int8",
    "qscheme": "per_channel", "ch_axis": 0, "symmetric": true}}})";
  add("x.weight", DType::I8, {2, 2}, std::vector<int8_t>{1, -2, 3, -128});
  add("x.weight_scale", DType::F32, {2}, std::vector<float>{1, 2});
  add("x.weight_zero_point", DType::I32, {2}, std::vector<int32_t>{0, 0});
  EXPECT_EQ(numbers(1), (std::vector<float>{1, -2, 6, -256}));
  EXPECT_EQ(tensor->parts().size(), 2u);
}

TEST_F(ReadMatrixTest, OtherZeroPointsOfSymmetricIntegersAreRefused) {
  config = R"({"quant_method": "quark", "global_quant_config": {"weight": {"dtype": "int8",
    "qscheme": "per_channel", "ch_axis": 0, "symmetric": true}}})";
  add("x.weight", DType::I8, {2, 2}, std::vector<int8_t>{1, -2, 3, -128});
  add("x.weight_scale", DType::F32, {2}, std::vector<float>{1, 2});
  add("x.weight_zero_point", DType::I32, {2}, std::vector<int32_t>{0, 1});
  Expected<StoredTensors> tensors = open();
  ASSERT_TRUE(tensors);
  Expected<std::optional<StoredTensor>> found = tensors->find("x.weight");
  ASSERT_FALSE(found);
  EXPECT_NE(found.takeError().message().find("'x.weight_zero_point' is nothing that"),
            std::string::npos);
}
