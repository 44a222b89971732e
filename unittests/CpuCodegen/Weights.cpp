//===- Weights.cpp - Weights of every format for tests --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "Weights.h"

#include "moec/Dialect/Tile/PackedLayout.h"
#include "moec/Formats/StoredMatrix.h"
#include "targets/cpu/codegen/CpuTarget.h"

#include "mlir/AsmParser/AsmParser.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

using namespace moec;
using namespace moec::cpu::test;

/// Formats of published checkpoints that have no name.
static std::span<const NamedFormat> getOtherFormats() {
  using enum CodeType;
  static constexpr NamedFormat formats[] = {
      {"int4_zero_f16", "", {Int4, ScaleType::F16, 1, 128, false, true}},
      {"int8_zero_bf16", "", {Int8, ScaleType::BF16, 1, 0, false, true}},
      {"int8_f16", "", {Int8, ScaleType::F16, 1, 64}},
      {"e4m3_bf16_global", "", {E4M3, ScaleType::BF16, 1, 0, true}},
      {"e2m1_f32", "", {E2M1, ScaleType::F32, 1, 16}},
  };
  return formats;
}

static const BlockFormat *findAnyFormat(std::string_view name) {
  for (const NamedFormat &named : getOtherFormats())
    if (named.name == name)
      return &named.format;
  const NamedFormat *named = findFormat(name);
  return named ? &named->format : nullptr;
}

std::vector<Weight::Format> Weight::getFormats() {
  std::vector<Format> names = {F32, BF16};
  for (const NamedFormat &named : namedFormats())
    names.push_back(named.name);
  for (const NamedFormat &named : getOtherFormats())
    names.push_back(named.name);
  return names;
}

/// What the machine packs such a weight by; null if it does not.
static tile::PackedAttr getPackedMap(mlir::MLIRContext &context, const Weight &weight) {
  mlir::Type element = mlir::parseType(weight.elementType(), &context);
  return cpu::CpuTarget(*cpu::Machine::get(weight.chip))
      .packedMap(mlir::RankedTensorType::get({weight.rows, weight.columns}, element));
}

template <typename T>
static void append(std::vector<uint8_t> &bytes, const std::vector<T> &values) {
  const auto *data = reinterpret_cast<const uint8_t *>(values.data());
  bytes.insert(bytes.end(), data, data + values.size() * sizeof(T));
}

/// Bytes of `bits`-wide elements, each matrix packed by `layout`.
static void packAll(const tile::PackedLayout &layout, unsigned bits, int64_t rows, int64_t columns,
                    std::vector<uint8_t> &bytes, uint64_t fill) {
  size_t from = rows * columns * bits / 8, to = layout.getSize(rows, columns) * bits / 8;
  std::vector<uint8_t> result(bytes.size() / from * to);
  for (size_t matrix = 0; matrix != bytes.size() / from; ++matrix)
    tile::packElements(layout, bits, rows, columns, {bytes.data() + matrix * from, from},
                       {result.data() + matrix * to, to}, fill);
  bytes = std::move(result);
}

Weight::Weight(Format format, int64_t rows, int64_t columns, bool packed, unsigned seed,
               int64_t matrices, const std::string &chip)
    : format(format), rows(rows), columns(columns), matrices(matrices), packed(packed), chip(chip),
      values(makeRandom(matrices * rows * columns, seed)) {
  mlir::MLIRContext context;
  context.loadDialect<mx::MXDialect, tile::TileDialect>();
  if (format == F32) {
    append(codes, values);
  } else if (format == BF16) {
    append(codes, toBf16(values));
    values = fromBf16(toBf16(values));
  } else {
    // Rows of different magnitude, and not around zero, so that scales and zero points differ.
    for (size_t i = 0; i != values.size(); ++i)
      values[i] = (values[i] + 0.1f) * float(1 + i / 32 % 5);
    BlockFormat whole = fitted(*findAnyFormat(format), rows, columns);
    auto type = mx::BlockType::get(&context, whole);
    block = type.getRowForm(columns, cpu::getLongestBlock(type)).getFormat();
    for (int64_t matrix = 0; matrix != matrices; ++matrix) {
      std::span<float> numbers(&values[matrix * rows * columns], rows * columns);
      StoredMatrix stored =
          refine(quantize(whole, ScaleRounding::Even, rows, columns, numbers), block->blockColumns);
      dequantize(stored, numbers);
      append(codes, stored.codes);
      append(scaleBytes, stored.scales);
      append(zeros, stored.zeros);
      if (block->hasGlobal)
        global.push_back(stored.global);
    }
  }
  pack();
}

void Weight::replace(std::vector<uint8_t> codes, std::vector<uint8_t> scaleBytes) {
  StoredMatrix stored = quantize(*block, ScaleRounding::Even, rows, columns, values);
  stored.codes = std::move(codes);
  stored.scales = std::move(scaleBytes);
  dequantize(stored, values);
  this->codes = std::move(stored.codes);
  this->scaleBytes = std::move(stored.scales);
  pack();
}

void Weight::pack() {
  mlir::MLIRContext context;
  context.loadDialect<mx::MXDialect, tile::TileDialect>();
  tile::PackedAttr map = packed ? getPackedMap(context, *this) : tile::PackedAttr();
  if (!map)
    return;
  unsigned bits = block ? block->codeBits() : format == BF16 ? 16 : 32;
  packAll(map.getLayout(), bits, rows, columns, codes, 0);
  if (!block)
    return;
  int64_t blocks = columns / block->blockColumns;
  packAll(map.getScaleLayout(), block->scaleBits(), rows, blocks, scaleBytes,
          block->neutralScale());
  if (block->hasZero)
    packAll(map.getScaleLayout(), 8, rows, blocks, zeros, 0);
}

std::string Weight::elementType() const {
  if (!block)
    return std::string(format);
  mlir::MLIRContext context;
  context.loadDialect<mx::MXDialect>();
  std::string text;
  llvm::raw_string_ostream(text) << mx::BlockType::get(&context, *block);
  return text;
}

std::string Weight::refType() const {
  mlir::MLIRContext context;
  context.loadDialect<mx::MXDialect, tile::TileDialect>();
  std::string stack = matrices == 1 ? "" : std::to_string(matrices) + "x", map;
  if (tile::PackedAttr attribute = packed ? getPackedMap(context, *this) : tile::PackedAttr())
    llvm::raw_string_ostream(map) << ", " << attribute;
  return "!tile.ref<" + stack + std::to_string(rows) + "x" + std::to_string(columns) + "x" +
         elementType() + map + ">";
}

std::vector<Word> Weight::own() {
  std::vector<Word> result = {codes};
  if (!block)
    return result;
  result.push_back(scaleBytes);
  if (block->hasZero)
    result.push_back(zeros);
  if (block->hasGlobal)
    result.push_back(global);
  return result;
}

std::vector<Word> Weight::words(Word x, std::vector<float> &y, int64_t rows) {
  std::vector<Word> result = {x};
  for (Word word : own())
    result.push_back(word);
  result.push_back(y);
  result.push_back(rows);
  return result;
}

static std::string str(int64_t value) { return std::to_string(value); }

std::string moec::cpu::test::makeProduct(const Weight &weight, const std::string &activation,
                                         int64_t bm, int64_t bn, int64_t bk, bool ofCodes) {
  int64_t n = weight.rows, k = weight.columns;
  std::string element = weight.elementType(), x = "!tile.ref<?x" + str(k) + "x" + activation + ">",
              y = "!tile.ref<?x" + str(n) + "xf32>",
              acc = "tensor<" + str(bm) + "x" + str(bn) + "xf32>",
              a = "tensor<" + str(bm) + "x" + str(bk) + "x" + activation + ">",
              b = "tensor<" + str(bn) + "x" + str(bk) + "x" + element + ">",
              wide = "tensor<" + str(bn) + "x" + str(bk) + "xf32>";
  // Long blocks of rows and short ones of a weight are multiplied as codes if these have powers of
  // two as scales.
  bool sameBlocks = activation.ends_with(
      "block = " + str(weight.isScaled() ? weight.block->blockColumns : 0) + ">");
  bool common = ofCodes && !weight.block->hasZero && !weight.block->hasGlobal &&
                (sameBlocks ||
                 (weight.block->code == CodeType::E2M1 && weight.block->scale == ScaleType::E8M0));
  bool scaled = !common && weight.isScaled(), dequantised = ofCodes && !common;
  std::string wideA = "tensor<" + str(bm) + "x" + str(bk) + "xf32>";
  std::string multiplied = scaled ? "%bf" : "%b", type = scaled ? wide : b;
  return "tile.kernel @product(%x: " + x + ", %w: " + weight.refType() + ", %y: " + y +
         ", %t: index) grid(%bx = affine_map<(t) -> (t ceildiv " + str(bm) +
         ")>, %by = affine_map<(t) -> (" + str((n + bn - 1) / bn) +
         ")>, %bz = affine_map<(t) -> (1)>) attributes {schedule = #tile.schedule<order = \"yx\">} "
         "{\n"
         "  %c0 = arith.constant 0 : index\n  %bm = arith.constant " +
         str(bm) +
         " : index\n"
         "  %bn = arith.constant " +
         str(bn) + " : index\n  %bk = arith.constant " + str(bk) +
         " : index\n"
         "  %k = arith.constant " +
         str(k) + " : index\n  %n = arith.constant " + str(n) +
         " : index\n"
         "  %row = arith.muli %bx, %bm : index\n  %col = arith.muli %by, %bn : index\n"
         "  %m = arith.subi %t, %row : index\n  %nl = arith.subi %n, %col : index\n"
         "  %zero = arith.constant dense<0.0> : " +
         acc +
         "\n"
         "  %sum = scf.for %i = %c0 to %k step %bk iter_args(%c = %zero) -> (" +
         acc +
         ") {\n"
         "    %kl = arith.subi %k, %i : index\n"
         "    %a = tile.load %x[%row, %i] bounds(%m, %kl) : " +
         x + " -> " + a +
         "\n"
         "    %b = tile.load %w[%col, %i] bounds(%nl, %kl) : " +
         weight.refType() + " -> " + b + "\n" +
         (scaled ? "    %bf = tile.dequantize %b : " + b + " -> " + wide + "\n" : "") +
         (dequantised ? "    %af = tile.dequantize %a : " + a + " -> " + wideA + "\n" : "") +
         "    %d = tile.mma" + (common ? "_scaled" : "") + (dequantised ? " %af, " : " %a, ") +
         multiplied + ", %c" + (common ? "" : " b = nk") + " : " + (dequantised ? wideA : a) +
         ", " + type + ", " + acc +
         "\n"
         "    scf.yield %d : " +
         acc +
         "\n  }\n"
         "  tile.store %sum, %y[%row, %col] bounds(%m, %nl) : " +
         acc + ", " + y + "\n  tile.return\n}";
}

void moec::cpu::test::expectProduct(const std::vector<float> &x, const Weight &weight,
                                    const std::vector<float> &y, int64_t rows) {
  int64_t n = weight.rows, k = weight.columns;
  for (int64_t i = 0; i != rows; ++i)
    for (int64_t j = 0; j != n; ++j) {
      double sum = 0, magnitude = 0;
      for (int64_t l = 0; l != k; ++l) {
        double term = double(x[i * k + l]) * weight.values[j * k + l];
        sum += term;
        magnitude += std::fabs(term);
      }
      ASSERT_NEAR(y[i * n + j], sum, 1e-5 * magnitude + 1e-30) << "at " << i << ", " << j;
    }
}
