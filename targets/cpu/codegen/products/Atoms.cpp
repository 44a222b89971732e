//===- Atoms.cpp - How the CPU multiplies, as data ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/Atoms.h"

using namespace moec;
using namespace moec::cpu;
using llvm::ArrayRef;

static constexpr unsigned bit(CodeType type) { return 1u << unsigned(type); }

static constexpr unsigned numbers = ProductAtom::byK, paired = ProductAtom::byPairs,
                          int8 = bit(CodeType::Int8),
                          nibbles = bit(CodeType::E2M1) | bit(CodeType::Int4),
                          fp4 = bit(CodeType::E2M1),
                          sixBits = bit(CodeType::E2M3) | bit(CodeType::E3M2),
                          floats = bit(CodeType::E4M3) | bit(CodeType::E5M2);

static constexpr unsigned asF32 = unsigned(Rows::Numbers), shortCodes = unsigned(Rows::ShortCodes),
                          wideCodes = unsigned(Rows::WideCodes),
                          groupCodes = unsigned(Rows::GroupCodes),
                          longCodes = wideCodes | groupCodes, allCodes = shortCodes | longCodes,
                          asBf16 = unsigned(Rows::Bf16);

//===----------------------------------------------------------------------===//
// Staging
//===----------------------------------------------------------------------===//

static constexpr int64_t inOrder[] = {0, 1, 2, 3}, evenFirst[] = {0, 2, 1, 3};
/// Low nibbles of a word are its even places.
static constexpr int64_t lowNibblesFirst[] = {0, 2, 4, 6, 1, 3, 5, 7};

static constexpr CodeStaging asNumbers = {{}, 32};
static constexpr CodeStaging forPairs = {{}, 16};
static constexpr CodeStaging forNibbles = {lowNibblesFirst, 8};
static constexpr CodeStaging forBytes = {inOrder, 8};
/// 255 · 127 · 2 does not fit 16 bits, so products of such codes are of 16 bits each.
static constexpr CodeStaging forWords = {evenFirst, 16};

//===----------------------------------------------------------------------===//
// Register blocks. A panel is two vectors of 512 bits or four of 256.
//===----------------------------------------------------------------------===//

/// Accumulators, a panel's vectors and one broadcast share 32 registers: 24 + 2 + 1.
static constexpr RegisterBlock wideF32[] = {{12, 2}, {8, 2}, {4, 2}, {2, 2}, {1, 2}};
/// The same of 16: 12 + 2 + 1. Two rows still take the whole panel, 8 + 4 + 1; higher blocks half
/// of its columns at a time.
static constexpr RegisterBlock narrowF32[] = {{6, 2}, {4, 2}, {2, 4}, {1, 4}};
/// Each vector of a row takes an accumulator of f32, one of 32 bits and one of 16: 24 of 32.
static constexpr RegisterBlock wideSums[] = {{4, 2}, {2, 2}, {1, 2}};
/// Without sums of 16 bits there is room for more rows, which share the work on a panel's codes. A
/// tall block reads half a panel's width at a time, so it is for panels that come from a cache.
static constexpr RegisterBlock tallSums[] = {{12, 1}, {8, 1}, {4, 2}, {2, 2}, {1, 2}};
/// With 16 registers all rows together get as many vectors as a panel has: 12.
static constexpr RegisterBlock narrowSums[] = {{4, 1}, {2, 2}, {1, 4}};
/// Without sums of 16 bits there is room for a second vector, by which a row's codes are multiplied
/// for one load: 8 sums of a run and both vectors' codes. The accumulators of f32 are in memory
/// meanwhile.
static constexpr RegisterBlock narrowByteSums[] = {{4, 2}, {2, 2}, {1, 4}};
/// Likewise each vector takes an accumulator and two chains; eight rows share the work on half a
/// panel's codes.
static constexpr RegisterBlock pairSums[] = {{8, 1}, {4, 2}, {2, 2}, {1, 2}};
/// Of eight tiles four sums, two of rows and two of columns; or half of the rows. The last block of
/// rows has as many as are live.
static constexpr RegisterBlock tiles[] = {{32, 2}, {16, 2}};
static constexpr int64_t tileRows = 16;

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

/// Rates are of two ports for multiplications: of a vector's lanes each, or, where 16-bit sums have
/// to be added and widened besides, what these leave.
static constexpr ProductAtom atoms[] = {
    // clang-format off
    {"tdpbf16ps.tmm",   Isa::AMX,     asBf16,     paired,  &numbersByPair,  forPairs,   Body::Tiles,        tiles,      tiles,      512, tileRows},
    {"tdpbf16ps.tmm",   Isa::AMX,     asBf16,     fp4,     &nibblesByEight, forPairs,   Body::Tiles,        tiles,      tiles,      512, tileRows},
    {"tdpbf16ps.tmm",   Isa::AMX,     asBf16,     sixBits, &sixBitsByFour,  forPairs,   Body::Tiles,        tiles,      tiles,      512, tileRows},
    {"tdpbf16ps.tmm",   Isa::AMX,     asBf16,     floats,  &floatsByLookup, forPairs,   Body::Tiles,        tiles,      tiles,      512, tileRows},
    {"vfmadd231ps.zmm", Isa::AMX,     asBf16,     paired,  &numbersByPair,  asNumbers,  Body::Pairs,        pairSums,   pairSums,   32},
    {"vfmadd231ps.zmm", Isa::AMX,     asBf16,     fp4,     &nibblesByEight, asNumbers,  Body::Pairs,        pairSums,   pairSums,   32},
    {"vfmadd231ps.zmm", Isa::AMX,     asBf16,     sixBits, &sixBitsByFour,  asNumbers,  Body::Pairs,        pairSums,   pairSums,   32},
    {"vfmadd231ps.zmm", Isa::AMX,     asBf16,     floats,  &floatsByLookup, asNumbers,  Body::Pairs,        pairSums,   pairSums,   32},

    {"vdpbf16ps.zmm",   Isa::BF16,    asBf16,     paired,  &numbersByPair,  forPairs,   Body::PairsOfBf16,  wideF32,    wideF32,    64},

    {"tdpbssd.tmm",     Isa::AMXInt8, groupCodes, fp4,     &nibblesByEight, forNibbles, Body::TilesOfBytes, tiles,      tiles,      1024, tileRows},
    {"tdpbssd.tmm",     Isa::AMXInt8, groupCodes, int8,    &bytesByFour,    forBytes,   Body::TilesOfBytes, tiles,      tiles,      1024, tileRows},

    {"vpdpbusd.zmm",    Isa::VNNI,    allCodes,   nibbles, &nibblesByEight, forNibbles, Body::FoursOfBytes, wideSums,   tallSums,   128},
    {"vpdpbusd.zmm",    Isa::VNNI,    allCodes,   int8,    &bytesByFour,    forBytes,   Body::FoursOfBytes, wideSums,   tallSums,   128},

    {"vpmaddubsw.zmm",  Isa::AVX512,  allCodes,   nibbles, &nibblesByEight, forNibbles, Body::PairsOfBytes, wideSums,   wideSums,   52},
    {"vpmaddubsw.zmm",  Isa::AVX512,  shortCodes, int8,    &bytesByFour,    forBytes,   Body::PairsOfBytes, wideSums,   wideSums,   52},
    {"vpmaddwd.zmm",    Isa::AVX512,  longCodes,  int8,    &bytesByFour,    forWords,   Body::PairsOfWords, wideSums,   wideSums,   42},

    {"vpdpbusd.ymm",    Isa::AVXVNNI, allCodes,   nibbles, &nibblesByEight, forNibbles, Body::FoursOfBytes, narrowByteSums, narrowByteSums, 64},
    {"vpdpbusd.ymm",    Isa::AVXVNNI, allCodes,   int8,    &bytesByFour,    forBytes,   Body::FoursOfBytes, narrowByteSums, narrowByteSums, 64},

    {"vpmaddubsw.ymm",  Isa::AVX2,    allCodes,   nibbles, &nibblesByEight, forNibbles, Body::PairsOfBytes, narrowSums, narrowSums, 26},
    {"vpmaddubsw.ymm",  Isa::AVX2,    shortCodes, int8,    &bytesByFour,    forBytes,   Body::PairsOfBytes, narrowSums, narrowSums, 26},
    {"vpmaddwd.ymm",    Isa::AVX2,    longCodes,  int8,    &bytesByFour,    forWords,   Body::PairsOfWords, narrowSums, narrowSums, 21},

    {"vfmadd231ps.zmm", Isa::Pairs,   asF32,      paired,  &numbersByPair,  asNumbers,  Body::MultiplyAdd,  wideF32,    wideF32,    32},
    {"vfmadd231ps.zmm", Isa::VBMI,    asF32,      floats,  &floatsByLookup, asNumbers,  Body::MultiplyAdd,  wideF32,    wideF32,    32},
    {"vfmadd231ps.zmm", Isa::AVX512,  asF32,      numbers, &numbersByRow,   asNumbers,  Body::MultiplyAdd,  wideF32,    wideF32,    32},
    {"vfmadd231ps.zmm", Isa::AVX512,  asF32,      nibbles, &nibblesByEight, asNumbers,  Body::MultiplyAdd,  wideF32,    wideF32,    32},
    {"vfmadd231ps.zmm", Isa::AVX512,  asF32,      int8,    &bytesByFour,    asNumbers,  Body::MultiplyAdd,  wideF32,    wideF32,    32},
    {"vfmadd231ps.zmm", Isa::AVX512,  asF32,      sixBits, &sixBitsByFour,  asNumbers,  Body::MultiplyAdd,  wideF32,    wideF32,    32},
    {"vfmadd231ps.zmm", Isa::AVX512,  asF32,      floats,  &floatsByRow,    asNumbers,  Body::MultiplyAdd,  wideF32,    wideF32,    32},

    {"vfmadd231ps.ymm", Isa::AVX2,    asF32,      numbers, &numbersByRow,   asNumbers,  Body::MultiplyAdd,  narrowF32,  narrowF32,  16},
    {"vfmadd231ps.ymm", Isa::AVX2,    asF32,      nibbles, &nibblesByEight, asNumbers,  Body::MultiplyAdd,  narrowF32,  narrowF32,  16},
    {"vfmadd231ps.ymm", Isa::AVX2,    asF32,      int8,    &bytesByFour,    asNumbers,  Body::MultiplyAdd,  narrowF32,  narrowF32,  16},
    {"vfmadd231ps.ymm", Isa::AVX2,    asF32,      sixBits, &sixBitsByFour,  asNumbers,  Body::MultiplyAdd,  narrowF32,  narrowF32,  16},
    {"vfmadd231ps.ymm", Isa::AVX2,    asF32,      floats,  &floatsByRow,    asNumbers,  Body::MultiplyAdd,  narrowF32,  narrowF32,  16},
    // clang-format on
};

ArrayRef<ProductAtom> moec::cpu::getProductAtoms() { return atoms; }

const ProductAtom *moec::cpu::findAtom(const Machine &machine, const Operands &operands) {
  for (const ProductAtom &atom : atoms)
    if (atom.multiplies(operands) && machine.has(atom.needs))
      return &atom;
  return nullptr;
}

const Packing *moec::cpu::getPacking(const Machine &machine, CodeType codes) {
  return findAtom(machine, {Rows::Numbers, codes})->packing;
}

int64_t ProductAtom::getBias(CodeType codes) const {
  if (body != Body::FoursOfBytes && body != Body::PairsOfBytes)
    return 0;
  // The least weight becomes 0: doubled E2M1 codes are -12 … 12, int4 codes -8 … 7.
  return codes == CodeType::E2M1 ? 12 : codes == CodeType::Int4 ? 8 : 128;
}
