//===- AtomsTest.cpp - The table of products ------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Every atom has a machine, no machine gets an atom whose instruction it lacks, in the table and in
// the code that is emitted, and all atoms of a weight agree on how it lies.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include "targets/cpu/codegen/CpuTarget.h"

#include "mlir/AsmParser/AsmParser.h"

#include <gtest/gtest.h>
#include <regex>
#include <set>

using namespace moec;
using namespace moec::cpu;
using namespace moec::cpu::test;

namespace {

/// With and without each set of instructions, also where they were taken away.
constexpr const char *chips[] = {"x86-64-v3",
                                 "x86-64-v4",
                                 "x86-64-v4,+avx512vnni",
                                 "x86-64-v4,+avx512vbmi",
                                 "x86-64-v4,+avx512vnni,+avx512vbmi",
                                 "x86-64-v3,+avxvnni",
                                 "x86-64-v3,+avx512f",
                                 "sapphirerapids,-avx512vnni",
                                 "sapphirerapids,-avx512vbmi",
                                 "x86-64-v4,+avx512bf16",
                                 "znver4",
                                 "x86-64-v4,+avx512vnni,+avx512vbmi,+amx-bf16",
                                 "x86-64-v4,+avx512vnni,+avx512vbmi,+amx-bf16,+amx-int8",
                                 "znver4,-avx512bw"};

/// Rows, and how many of them a tile has.
constexpr std::pair<Rows, int64_t> allRows[] = {
    {Rows::Numbers, 32},    {Rows::ShortCodes, 32}, {Rows::WideCodes, 32}, {Rows::GroupCodes, 8},
    {Rows::GroupCodes, 32}, {Rows::Bf16, 8},        {Rows::Bf16, 32}};

Machine getMachine(const std::string &chip) {
  Expected<Machine> machine = Machine::get(chip);
  EXPECT_TRUE(bool(machine)) << chip;
  return *machine;
}

/// Codes of each type; without one, bf16 as it lies on the machine.
std::vector<std::optional<CodeType>> getWeights() {
  std::vector<std::optional<CodeType>> types = {std::nullopt};
  for (CodeType type : {CodeType::E2M1, CodeType::E2M3, CodeType::E3M2, CodeType::E4M3,
                        CodeType::E5M2, CodeType::Int4, CodeType::Int8})
    types.push_back(type);
  return types;
}

Operands getOperands(const Machine &machine, std::pair<Rows, int64_t> rows,
                     std::optional<CodeType> codes) {
  return {rows.first, codes, !codes && machine.has(Isa::Pairs), rows.second};
}

/// An element type with such codes in blocks of 32 or of as many.
std::string getElement(std::optional<CodeType> codes, int block = 32) {
  static constexpr const char *names[] = {"f4E2M1FN", "f6E2M3FN", "f6E3M2FN", "f8E4M3FN",
                                          "f8E5M2",   "i4",       "i8"};
  if (!codes)
    return "bf16";
  bool isInteger = *codes == CodeType::Int4 || *codes == CodeType::Int8;
  return std::string("!mx.block<element = ") + names[unsigned(*codes)] +
         ", scale = " + (isInteger ? "f32" : "f8E8M0FNU") + ", block = " + std::to_string(block) +
         ">";
}

/// A kernel of one product of such rows and a weight, packed for the chip.
std::string getKernel(const std::string &chip, std::pair<Rows, int64_t> operand,
                      std::optional<CodeType> codes) {
  auto [rows, height] = operand;
  bool areNumbers = rows == Rows::Numbers || rows == Rows::Bf16;
  mlir::MLIRContext context;
  context.loadDialect<mx::MXDialect, tile::TileDialect>();
  std::string left = rows == Rows::Numbers      ? "f32"
                     : rows == Rows::Bf16       ? "bf16"
                     : rows == Rows::ShortCodes ? getElement(CodeType::E2M1)
                     : rows == Rows::GroupCodes ? getElement(CodeType::Int8, 64)
                                                : getElement(CodeType::Int8);
  bool hasGroups = rows == Rows::GroupCodes && codes == CodeType::Int8;
  std::string right = getElement(codes, hasGroups ? 64 : 32), ref;
  mlir::Type element = mlir::parseType(right, &context);
  auto packed =
      CpuTarget(getMachine(chip)).packedMap(mlir::RankedTensorType::get({64, 128}, element));
  llvm::raw_string_ostream(ref) << tile::RefType::get(&context, {64, 128}, element, packed);
  std::string m = std::to_string(height), a = "tensor<" + m + "x128x" + left + ">",
              b = "tensor<64x128x" + right + ">", c = "tensor<" + m + "x64xf32>",
              x = "!tile.ref<" + m + "x128x" + left + ">", y = "!tile.ref<" + m + "x64xf32>";
  std::string product =
      areNumbers ? "tile.mma %a, %n, %zero b = nk" : "tile.mma_scaled %a, %b, %zero";
  std::string n = b, convert;
  if (areNumbers && codes) {
    n = "tensor<64x128xf32>";
    convert = "  %n = tile.dequantize %b : " + b + " -> " + n + "\n";
  } else if (areNumbers) {
    product = "tile.mma %a, %b, %zero b = nk";
  }
  return "tile.kernel @k(%x: " + x + ", %w: " + ref + ", %y: " + y + ") " + oneBlock +
         " {\n  %c0 = arith.constant 0 : index\n  %zero = arith.constant dense<0.0> : " + c +
         "\n  %a = tile.load %x[%c0, %c0] : " + x + " -> " + a +
         "\n  %b = tile.load %w[%c0, %c0] : " + ref + " -> " + b + "\n" + convert +
         "  %d = " + product + " : " + a + ", " + n + ", " + c +
         "\n  tile.store %d, %y[%c0, %c0] : " + c + ", " + y + "\n  tile.return\n}";
}

TEST(AtomsTest, NamesAreUnique) {
  std::set<std::string> names;
  for (const ProductAtom &atom : getProductAtoms())
    EXPECT_TRUE(names.insert(atom.getName()).second) << atom.getName();
}

TEST(AtomsTest, EveryAtomHasAMachine) {
  std::set<const ProductAtom *> found;
  for (const char *chip : chips)
    for (auto rows : allRows)
      for (std::optional<CodeType> codes : getWeights())
        for (bool paired : {false, true})
          found.insert(findAtom(getMachine(chip), {rows.first, codes, paired, rows.second}));
  for (const ProductAtom &atom : getProductAtoms())
    EXPECT_TRUE(found.count(&atom)) << atom.getName();
}

TEST(AtomsTest, MachinesHaveWhatTheirAtomsNeed) {
  for (const char *chip : chips) {
    Machine machine = getMachine(chip);
    for (auto rows : allRows)
      for (std::optional<CodeType> codes : getWeights()) {
        Operands operands = getOperands(machine, rows, codes);
        const ProductAtom *atom = findAtom(machine, operands);
        if (rows.first == Rows::Numbers)
          ASSERT_TRUE(atom) << chip;
        if (!atom)
          continue;
        EXPECT_TRUE(machine.has(atom->needs)) << chip << ": " << atom->getName();
        EXPECT_TRUE(atom->multiplies(operands)) << chip << ": " << atom->getName();
        // One form of a weight serves all rows.
        if (codes)
          EXPECT_EQ(atom->packing, getPacking(machine, *codes)) << chip << ": " << atom->getName();
      }
  }
}

// Blocks cover any number of rows, highest first, panels wholly, and fit the registers.
TEST(AtomsTest, RegisterBlocks) {
  for (const ProductAtom &atom : getProductAtoms()) {
    // The last block of rows of tiles is as high as rows are left.
    if (atom.body == Body::Tiles || atom.body == Body::TilesOfBytes)
      continue;
    bool isWide = atom.instruction.ends_with("zmm");
    unsigned vectors = panelRows / (isWide ? 16 : 8), registers = isWide ? 32 : 16;
    for (int64_t rows : {1, 64}) {
      llvm::ArrayRef<RegisterBlock> blocks = atom.getBlocks(rows);
      EXPECT_EQ(blocks.back().rows, 1u) << atom.getName();
      for (size_t i = 0; i != blocks.size(); ++i) {
        if (i != 0) {
          EXPECT_LT(blocks[i].rows, blocks[i - 1].rows) << atom.getName();
          EXPECT_GE(2 * blocks[i].rows, blocks[i - 1].rows) << atom.getName();
        }
        EXPECT_EQ(vectors % blocks[i].vectors, 0u) << atom.getName();
        // Of bytes in narrow registers the sums of a run are there alone.
        bool isAlone = atom.body == Body::FoursOfBytes && !isWide;
        bool isOne = atom.body == Body::MultiplyAdd || atom.body == Body::PairsOfBf16 || isAlone;
        unsigned sums = isOne ? 1 : atom.body == Body::FoursOfBytes ? 2 : 3;
        EXPECT_LT(blocks[i].rows * blocks[i].vectors * sums, registers) << atom.getName();
      }
    }
  }
}

/// Whether an instruction that only some machines have is in the assembly.
bool uses(const std::string &assembly, const std::string &pattern) {
  return std::regex_search(assembly, std::regex(pattern));
}

// What is emitted has the atom's instruction, and none that the chip lacks.
TEST(AtomsTest, CodeIsOfTheAtom) {
  for (const char *chip : chips) {
    Machine machine = getMachine(chip);
    for (auto rows : allRows)
      for (std::optional<CodeType> codes : getWeights()) {
        const ProductAtom *atom = findAtom(machine, getOperands(machine, rows, codes));
        // The scales of int4 are no powers of two, so their blocks are not folded.
        if (!atom || (rows.first == Rows::GroupCodes && codes == CodeType::Int4))
          continue;
        std::string assembly = getAssembly(getKernel(chip, rows, codes), chip);
        SCOPED_TRACE(testing::Message() << chip << ", " << atom->getName());
        // Multiply-adds have three orders of their operands.
        std::string mnemonic = atom->instruction.split('.').first.str();
        if (atom->body == Body::MultiplyAdd || atom->body == Body::Pairs)
          mnemonic = "vfmadd[0-9]{3}ps";
        // LLVM makes one instruction of it and the sum behind it where the chip has one.
        if (atom->body == Body::PairsOfWords)
          mnemonic = "vp(maddwd|dpwssd)";
        std::string bank = atom->instruction.split('.').second.str();
        EXPECT_TRUE(uses(assembly, mnemonic + "\\t.*%" + bank));
        // LLVM takes masks of what is left of AVX-512 where some of it was taken away.
        if (!llvm::is_contained(machine.getRequiredFlags(), "avx512f"))
          EXPECT_FALSE(uses(assembly, "%zmm|%ymm1[6-9]|%k[1-7]"));
        if (!machine.has(Isa::VNNI))
          EXPECT_FALSE(uses(assembly, "vpdpbusd\\t.*%zmm"));
        if (!machine.has(Isa::VNNI) && !machine.has(Isa::AVXVNNI))
          EXPECT_FALSE(uses(assembly, "vpdpbusd"));
        EXPECT_EQ(uses(assembly, "vdpbf16ps\\t.*%zmm"), atom->body == Body::PairsOfBf16);
        // Tiles are configured before and released behind, and not touched where there are none.
        bool byTiles = atom->body == Body::Tiles || atom->body == Body::TilesOfBytes;
        for (const char *pattern : {"tdpb(f16ps|ssd)\\t%tmm", "ldtilecfg\\t", "tilerelease"})
          EXPECT_EQ(uses(assembly, pattern), byTiles) << pattern;
        bool areBf16 = atom->body == Body::Tiles || atom->body == Body::Pairs;
        EXPECT_EQ(uses(assembly, "ldmxcsr\\t"), areBf16);
        if (!machine.has(Isa::VBMI))
          EXPECT_FALSE(uses(assembly, "vperm[it]2b|vpermb"));
      }
  }
}

// Floats of 8 bits lie as the chip's lookup wants them, where there is one.
TEST(AtomsTest, LayoutsFollowTheChip) {
  mlir::MLIRContext context;
  context.loadDialect<mx::MXDialect, tile::TileDialect>();
  auto map = [&](const char *chip, CodeType codes) {
    mlir::Type element = mlir::parseType(getElement(codes), &context);
    return CpuTarget(getMachine(chip)).packedMap(mlir::RankedTensorType::get({64, 128}, element));
  };
  for (CodeType codes : {CodeType::E4M3, CodeType::E5M2})
    EXPECT_NE(map("x86-64-v4", codes), map("x86-64-v4,+avx512vbmi", codes));
  for (CodeType codes : {CodeType::E2M1, CodeType::E3M2, CodeType::Int4, CodeType::Int8})
    EXPECT_EQ(map("x86-64-v3", codes), map("x86-64-v4,+avx512vnni,+avx512vbmi,+amx-bf16", codes));
  // And bf16 as tiles take it, where K is whole steps of them.
  auto mapBf16 = [&](const char *chip, int64_t k) {
    mlir::Type bf16 = mlir::BFloat16Type::get(&context);
    return CpuTarget(getMachine(chip)).packedMap(mlir::RankedTensorType::get({64, k}, bf16));
  };
  EXPECT_NE(mapBf16("x86-64-v4", 128), mapBf16("sapphirerapids", 128));
  EXPECT_EQ(mapBf16("x86-64-v4", 144), mapBf16("sapphirerapids", 144));
  EXPECT_EQ(mapBf16("znver4", 128), mapBf16("sapphirerapids,-amx-bf16", 128));
  EXPECT_EQ(mapBf16("znver4", 128), mapBf16("sapphirerapids", 128));
  EXPECT_EQ(mapBf16("x86-64-v4", 128), mapBf16("znver4,-avx512bf16", 128));
}

} // namespace
