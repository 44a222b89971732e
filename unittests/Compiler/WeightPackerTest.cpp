//===- WeightPackerTest.cpp - The weight file -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Matrices that are packed in several pieces, against the packing map, an element at a time.
//
//===----------------------------------------------------------------------===//

#include "moec/Compiler/WeightPacker.h"

#include "moec/Dialect/Exec/Exec.h"
#include "moec/InitAllDialects.h"
#include "moec/Support/Hash.h"
#include "moec/Support/Scalar.h"

#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <filesystem>

using namespace moec;
namespace fs = std::filesystem;

namespace {

class WeightPackerTest : public ::testing::Test {
protected:
  void SetUp() override {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    folder = fs::path(testing::TempDir()) / "moec-weight-packer";
    fs::create_directories(folder);
  }
  void TearDown() override { fs::remove_all(folder); }

  /// Packs random weights of a module with these weights and this plan.
  Expected<std::string> pack(const std::string &weights, const std::string &plan) {
    module = mlir::parseSourceString<mlir::ModuleOp>(
        "module attributes {moe.random_weights = 5 : i64} {\n" + weights + "exec.plan {\n" + plan +
            "exec.func @forward inputs [] outputs [] {\n}\n}\n}\n",
        &context);
    if (!module)
      return Error::make("the module does not parse");
    Expected<std::unique_ptr<WeightReader>> opened = WeightReader::open(*module, "");
    if (!opened)
      return opened.takeError();
    reader = std::move(*opened);
    return packWeights(*module, path(), *reader,
                       [this](uint64_t done, uint64_t total) { progress = {done, total}; });
  }
  std::string path() const { return (folder / "weights").string(); }
  moe::WeightOp source(llvm::StringRef name) { return module->lookupSymbol<moe::WeightOp>(name); }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::unique_ptr<WeightReader> reader;
  std::pair<uint64_t, uint64_t> progress;
  fs::path folder;
};

TEST_F(WeightPackerTest, NumbersLieWhereTheMapSays) {
  // 2 x 5 MB, of which the last unit of 32 rows is not full.
  constexpr int64_t matrices = 2, rows = 2610, columns = 1001;
  Expected<std::string> hash =
      pack("moe.weight @w : tensor<2x2610x1001xbf16> from \"w\"\n",
           "exec.weight @p matrix of @w : !tile.ref<2x2610x1001xbf16, #tile.packed<[(0, 32)]>>\n"
           "exec.weight @r rows of @w : !tile.ref<2x2610x1001xbf16>\n");
  ASSERT_TRUE(hash) << hash.takeError().message();
  Expected<SafeTensors> file = SafeTensors::open(path());
  ASSERT_TRUE(file) << file.takeError().message();
  auto read = [&](const char *name, int64_t index) {
    uint16_t bits;
    std::memcpy(&bits, file->data(*file->find(name)).data() + 2 * index, 2);
    return bits;
  };
  tile::PackedLayout layout(tile::makePackedDigits({{0, 32}}));
  std::vector<float> values(rows * columns);
  for (int64_t matrix = 0; matrix < matrices; ++matrix) {
    ASSERT_FALSE(reader->readMatrix(source("w"), matrix, values));
    size_t wrong = 0;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c) {
        uint16_t bits = f32ToBf16(values[r * columns + c]);
        int64_t place = matrix * layout.getSize(rows, columns) + layout.getOffset(r, c, columns);
        wrong += read("p", place) != bits || read("r", (matrix * rows + r) * columns + c) != bits;
      }
    EXPECT_EQ(wrong, 0u) << "of matrix " << matrix;
    EXPECT_EQ(read("p", (matrix + 1) * layout.getSize(rows, columns) - 1), 0) << "padding";
  }
}

TEST_F(WeightPackerTest, ScalesStandBehindAllCodes) {
  // 2 x 5 MB of codes.
  constexpr int64_t matrices = 2, rows = 2500, columns = 2048, blocks = columns / 32;
  std::string block = "!mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>";
  Expected<std::string> hash =
      pack("moe.weight @w : tensor<2x2500x2048x" + block + "> from \"w\" rounding even\n",
           "exec.weight @p matrix of @w : !tile.ref<2x2500x2048x" + block +
               ", #tile.packed<[(1, 8), (0, 32)], scales = [(0, 32)]>>\n");
  ASSERT_TRUE(hash) << hash.takeError().message();
  Expected<SafeTensors> file = SafeTensors::open(path());
  ASSERT_TRUE(file) << file.takeError().message();
  auto codes = file->data(*file->find("p")), scales = file->data(*file->find("p.scales"));
  EXPECT_EQ(codes.data() + codes.size(), scales.data());
  tile::PackedLayout layout(tile::makePackedDigits({{1, 8}, {0, 32}}));
  tile::PackedLayout scaleLayout(tile::makePackedDigits({{0, 32}}));
  for (int64_t matrix = 0; matrix < matrices; ++matrix) {
    Expected<StoredMatrix> stored = reader->readCodes(source("w"), {matrix, 0, rows});
    ASSERT_TRUE(stored);
    const std::byte *code = codes.data() + matrix * layout.getSize(rows, columns);
    const std::byte *scale = scales.data() + matrix * scaleLayout.getSize(rows, blocks);
    size_t wrong = 0;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < columns; ++c)
        wrong += uint8_t(code[layout.getOffset(r, c, columns)]) != stored->code(r, c) ||
                 uint8_t(scale[scaleLayout.getOffset(r, c / 32, blocks)]) !=
                     stored->scale(r * blocks + c / 32);
    EXPECT_EQ(wrong, 0u) << "of matrix " << matrix;
  }
}

TEST_F(WeightPackerTest, TheHashIsThatOfTheFile) {
  Expected<std::string> hash = pack("moe.weight @a : tensor<7xf32> from \"a\"\n"
                                    "moe.weight @b : tensor<1500x1500xf32> from \"b\"\n",
                                    "exec.weight @a.rows rows of @a : !tile.ref<7xf32>\n"
                                    "exec.weight @b.rows rows of @b : !tile.ref<1500x1500xf32>\n");
  ASSERT_TRUE(hash) << hash.takeError().message();
  Expected<MappedFile> file = MappedFile::open(path());
  ASSERT_TRUE(file);
  EXPECT_EQ(*hash, sha256(file->bytes()));
  EXPECT_EQ(progress.first, progress.second);
  EXPECT_EQ(progress.second, 4096u + 1500 * 1500 * 4 / 4096 * 4096 + 4096);
}

TEST_F(WeightPackerTest, NothingIsLeftOfAFileThatCannotBeMade) {
  EXPECT_EQ(pack("moe.weight @a : tensor<7xf32> from \"a\"\n",
                 "exec.weight @a.rows rows of @a : !tile.ref<7xf32>\n"
                 "exec.weight @b.rows rows of @b : !tile.ref<7xf32>\n")
                .takeError()
                .message(),
            "weight 'b.rows' is made of b, which the model does not have");
  EXPECT_TRUE(fs::is_empty(folder));
}

} // namespace
