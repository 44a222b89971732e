//===- MemoryTest.cpp - What kernels find in memory -----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "KernelText.h"

#include <numeric>

using namespace moec;
using namespace moec::test;
using interpreter::HostArray;

namespace {

std::vector<uint8_t> countingBytes(size_t count, unsigned step) {
  std::vector<uint8_t> bytes(count);
  for (size_t i = 0; i != count; ++i)
    bytes[i] = uint8_t(i * step + 1);
  return bytes;
}

/// A matrix of a packed ref in row-major order.
std::vector<uint8_t> unpack(const tile::PackedLayout &layout, unsigned bits, int64_t columns,
                            const std::vector<uint8_t> &packed) {
  std::vector<uint8_t> rowMajor(packed.size());
  tile::unpackElements(layout, bits, 4, columns, packed, rowMajor);
  return rowMajor;
}

// A copy of 4 x 64 elements leaves their bytes as they are, whatever the type; from a packed ref it
// puts them in order.
TEST(Memory, EveryTypeAndOrder) {
  const std::string mxfp4 = "!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>";
  const std::string mxfp8 = "!mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>";
  const std::string int8 = "!mx.block<element = i8, scale = f32, block = 32>";
  const std::string int4 = "!mx.block<element = i4, scale = bf16, block = 32>";
  struct Case {
    std::string element;
    unsigned bits, scaleBits;
  };
  for (const Case &c : std::vector<Case>{{"f64", 64, 0},
                                         {"f32", 32, 0},
                                         {"bf16", 16, 0},
                                         {"f16", 16, 0},
                                         {"f8E4M3FN", 8, 0},
                                         {"f8E5M2", 8, 0},
                                         {"i32", 32, 0},
                                         {"i16", 16, 0},
                                         {"i8", 8, 0},
                                         {mxfp4, 4, 8},
                                         {mxfp8, 8, 8},
                                         {int8, 8, 32},
                                         {int4, 4, 16}})
    for (bool isPacked : {false, true}) {
      std::string map = c.scaleBits ? ", #tile.packed<[(1, 8), (0, 2)], scales = [(0, 2)]>"
                                    : ", #tile.packed<[(1, 8), (0, 2)]>";
      std::string ref = "!tile.ref<4x64x" + c.element + ">";
      std::string source = "!tile.ref<4x64x" + c.element + (isPacked ? map : "") + ">";
      std::string type = "tensor<4x64x" + c.element + ">";
      KernelText kernel("%x: " + source + ", %y: " + ref, "%c0 = arith.constant 0 : index\n"
                                                          "%v = tile.load %x[%c0, %c0] : " +
                                                              source + " -> " + type +
                                                              "\n"
                                                              "tile.store %v, %y[%c0, %c0] : " +
                                                              type + ", " + ref);
      // Without the highest bits of an exponent, since a NaN has several patterns.
      std::vector<uint8_t> from = countingBytes(c.bits * 32, 37), to(from.size());
      for (uint8_t &byte : from)
        byte &= c.bits == 4 ? 0x77 : 0x3f;
      std::vector<uint8_t> scales = countingBytes(c.scaleBits, 3), scalesTo(scales.size());
      EXPECT_EQ(kernel.run({HostArray{from, scales}, HostArray{to, scalesTo}}), "");
      tile::PackedLayout rows(tile::makePackedDigits({{0, 2}}));
      tile::PackedLayout panels(tile::makePackedDigits({{1, 8}, {0, 2}}));
      EXPECT_EQ(to, isPacked ? unpack(panels, c.bits, 64, from) : from) << source;
      if (c.scaleBits)
        EXPECT_EQ(scalesTo, isPacked ? unpack(rows, c.scaleBits, 2, scales) : scales) << source;
    }
}

// Where a packed element lies is the map's to say: units of 2 rows by 4 columns.
TEST(Memory, PackedOrder) {
  KernelText kernel(
      "%x: !tile.ref<2x8xf32, #tile.packed<[(1, 4), (0, 2)]>>, %y: !tile.ref<2x8xf32>",
      "%c0 = arith.constant 0 : index\n"
      "%v = tile.load %x[%c0, %c0] : !tile.ref<2x8xf32, #tile.packed<[(1, 4), "
      "(0, 2)]>> -> tensor<2x8xf32>\n"
      "tile.store %v, %y[%c0, %c0] : tensor<2x8xf32>, !tile.ref<2x8xf32>");
  std::vector<float> from(16), to(16);
  std::iota(from.begin(), from.end(), 0);
  EXPECT_EQ(kernel.run({arrayOf(from), arrayOf(to)}), "");
  EXPECT_EQ(to, (std::vector<float>{0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15}));
}

// The number of a code and its scale: nibble 2 is 1.0, as an MXFP4, and byte 128 doubles it.
TEST(Memory, BlockScaled) {
  const std::string block = "!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>";
  KernelText kernel("%x: !tile.ref<1x32x" + block + ">, %y: !tile.ref<1x32xf32>",
                    "%c0 = arith.constant 0 : index\n%c32 = arith.constant 32 : index\n"
                    "%v = tile.load %x[%c0, %c0] : !tile.ref<1x32x" +
                        block + "> -> tensor<1x32x" + block +
                        ">\n%w = tile.dequantize %v : tensor<1x32x" + block +
                        "> -> tensor<1x32xf32>\n"
                        "tile.store %w, %y[%c0, %c0] : tensor<1x32xf32>, !tile.ref<1x32xf32>");
  std::vector<uint8_t> codes(16, 0xa2), scales{128};
  std::vector<float> to(32);
  EXPECT_EQ(kernel.run({HostArray{codes, scales}, arrayOf(to)}), "");
  EXPECT_EQ(to[0], 2);
  EXPECT_EQ(to[1], -2);
}

const std::string rowCopy =
    "%c0 = arith.constant 0 : index\n"
    "%c4 = arith.constant 4 : index\n"
    "%row = arith.muli %bx, %c4 : index\n"
    "%left = arith.subi %t, %row : index\n"
    "%v = tile.load %x[%row, %c0] bounds(%left, %c4) : !tile.ref<?x4xf32> -> "
    "tensor<4x4xf32>\n"
    "tile.store %v, %y[%row, %c0] bounds(%left, %c4) : tensor<4x4xf32>, "
    "!tile.ref<?x4xf32>";
const std::string rowArguments = "%x: !tile.ref<?x4xf32>, %y: !tile.ref<?x4xf32>, %t: index";

// What lies beyond `bounds` is neither read nor written.
TEST(Memory, Bounds) {
  KernelText kernel(rowArguments, rowCopy, 2);
  std::vector<float> from(20, 3), to(24, 7);
  EXPECT_EQ(kernel.run({arrayOf(from), arrayOf(to), 5}), "");
  for (size_t i = 0; i != to.size(); ++i)
    EXPECT_EQ(to[i], i < 20 ? 3 : 7) << i;
}

// An access beyond an array says which op it is, where it is written, and by how much.
TEST(Memory, OutOfBounds) {
  KernelText kernel(rowArguments, rowCopy, 2);
  std::vector<float> from(20), to(24);
  EXPECT_EQ(kernel.run({arrayOf(from), arrayOf(to), 6}),
            "kernel.mlir:6:6: tile.load in kernel 'k', block 1, 0, 0: index 5 of dimension 0 is "
            "out of bounds of 5");
  EXPECT_EQ(kernel.run({arrayOf(to), arrayOf(from), 6}),
            "kernel.mlir:7:1: tile.store in kernel 'k', block 1, 0, 0: index 5 of dimension 0 is "
            "out of bounds of 5");
}

// Elements that nobody wrote are not read; stores write them.
TEST(Memory, Unwritten) {
  KernelText kernel(rowArguments, rowCopy, 2);
  std::vector<float> from(20), to(24);
  std::vector<uint8_t> written(80, 1), target(96, 0);
  HostArray source = arrayOf(from), sink = arrayOf(to);
  source.written = written;
  sink.written = target;
  EXPECT_EQ(kernel.run({source, sink, 5}), "");
  EXPECT_EQ(std::accumulate(target.begin(), target.end(), 0), 80);
  written[18 * 4] = 0;
  EXPECT_EQ(kernel.run({source, sink, 5}),
            "kernel.mlir:6:6: tile.load in kernel 'k', block 1, 0, 0: reads element 18, which "
            "nobody wrote");
}

std::string scatter(std::vector<int32_t> rows, const std::string &attributes,
                    std::vector<float> &to) {
  KernelText kernel("%rows: !tile.ref<4xi32>, %y: !tile.ref<?x2xf32>",
                    "%c0 = arith.constant 0 : index\n"
                    "%r = tile.load %rows[%c0] : !tile.ref<4xi32> -> tensor<4xi32>\n"
                    "%i = tile.iota dim = 0 : tensor<4x2xi32>\n"
                    "%v = arith.sitofp %i : tensor<4x2xi32> to tensor<4x2xf32>\n"
                    "tile.scatter %v, %y[%r, %c0] " +
                        attributes + " : tensor<4x2xf32>, !tile.ref<?x2xf32>, tensor<4xi32>");
  return kernel.run({arrayOf(rows), arrayOf(to)});
}

// Rows go where the list says; negative ones nowhere, and none twice.
TEST(Memory, Scatter) {
  std::vector<float> to(10, 9);
  EXPECT_EQ(scatter({3, -1, 0, 4}, "", to), "");
  EXPECT_EQ(to, (std::vector<float>{2, 2, 9, 9, 9, 9, 0, 0, 3, 3}));
  EXPECT_EQ(scatter({3, -1, 0, 3}, "", to),
            "kernel.mlir:6:1: tile.scatter in kernel 'k', block 0, 0, 0: row 3 is at positions 0 "
            "and 3");
  EXPECT_EQ(scatter({2, 3, 0, 1}, "{run = 2}", to), "");
  EXPECT_EQ(scatter({2, -1, 1, 0}, "{run = 2}", to),
            "kernel.mlir:6:1: tile.scatter in kernel 'k', block 0, 0, 0: row 1 at position 2 "
            "breaks its run of 2");
}

// A tile of a packed ref is whole units.
TEST(Memory, Units) {
  const std::string ref = "!tile.ref<8x4xf32, #tile.packed<[(0, 4)]>>";
  KernelText kernel("%x: " + ref + ", %first: index, %bound: index",
                    "%c0 = arith.constant 0 : index\n%c4 = arith.constant 4 : index\n"
                    "%v = tile.load %x[%first, %c0] bounds(%bound, %c4) : " +
                        ref + " -> tensor<4x4xf32>");
  std::vector<float> from(32);
  EXPECT_EQ(kernel.run({arrayOf(from), 4, 4}), "");
  EXPECT_EQ(kernel.run({arrayOf(from), 2, 4}),
            "kernel.mlir:4:6: tile.load in kernel 'k', block 0, 0, 0: index 2 is no multiple of "
            "the packed ref's unit, 4");
  EXPECT_EQ(kernel.run({arrayOf(from), 4, 3}),
            "kernel.mlir:4:6: tile.load in kernel 'k', block 0, 0, 0: bound 3 is neither a "
            "multiple of the packed ref's unit, 4, nor the end of the matrix, 4");
}

// A launch that passes something else than the kernel takes is refused.
TEST(Memory, Arguments) {
  KernelText kernel("%x: !tile.ref<4x2xf32>, %t: index", "");
  std::vector<float> numbers(8), few(7);
  EXPECT_EQ(kernel.run({arrayOf(numbers), 1}), "");
  EXPECT_EQ(kernel.run({arrayOf(numbers)}), "kernel 'k' takes 2 arguments, 1 are given");
  EXPECT_EQ(kernel.run({arrayOf(numbers), arrayOf(numbers)}),
            "kernel 'k' takes a number as argument 1");
  EXPECT_EQ(kernel.run({arrayOf(few), 1}),
            "kernel 'k' argument 0 has 28 bytes of elements, not 32");
  EXPECT_EQ(kernel.run({HostArray{arrayOf(numbers).data, arrayOf(few).data}, 1}),
            "kernel 'k' argument 0 has scales, which only block-scaled refs have");
  EXPECT_EQ(interpreter::runBlocks(kernel.getKernel(), {arrayOf(numbers), 1}, 0, 2).message(),
            "kernel 'k' has 1 blocks, so there is no block 1");
}

} // namespace
