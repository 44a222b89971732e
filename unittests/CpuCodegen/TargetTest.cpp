//===- TargetTest.cpp - The CPU as the compiler asks it -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include "targets/cpu/codegen/CpuTarget.h"
#include "targets/cpu/device/CpuFeatures.h"

#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>

using namespace moec;
using namespace moec::cpu::test;

namespace {

cpu::CpuTarget getTarget(const std::string &chip) {
  Expected<cpu::Machine> machine = cpu::Machine::get(chip);
  EXPECT_TRUE(bool(machine));
  return cpu::CpuTarget(*machine);
}

// More kernels than fit one module, on different numbers of threads.
TEST(TargetTest, BytesDoNotDependOnJobs) {
  std::string text;
  for (int i = 0; i != 60; ++i)
    text += "tile.kernel @k" + std::to_string(i) + "(%x: !tile.ref<8x" + std::to_string(i + 8) +
            "xf32>) " + oneBlock +
            " {\n  %c0 = arith.constant 0 : index\n"
            "  %v = tile.load %x[%c0, %c0] : !tile.ref<8x" +
            std::to_string(i + 8) +
            "xf32> -> tensor<8x8xf32>\n  %s = arith.addf %v, %v : tensor<8x8xf32>\n"
            "  tile.store %s, %x[%c0, %c0] : tensor<8x8xf32>, !tile.ref<8x" +
            std::to_string(i + 8) + "xf32>\n  tile.return\n}\n";
  std::string bytes[2];
  for (unsigned jobs : {1u, 3u}) {
    mlir::MLIRContext context;
    context.loadDialect<tile::TileDialect, mlir::arith::ArithDialect>();
    auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    CodegenOptions options;
    options.jobs = jobs;
    auto objects = getTarget("x86-64-v3").generateCode(*module, options);
    ASSERT_TRUE(bool(objects));
    EXPECT_EQ(objects->front().kernels.size(), 60u);
    bytes[jobs / 3] = objects->front().bytes;
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST(TargetTest, ChipsThatKernelsCannotRunOn) {
  for (const char *chip : {"x86-64", "x86-64-v2", "core2", "no-such-chip"}) {
    Expected<cpu::Machine> machine = cpu::Machine::get(chip);
    EXPECT_FALSE(bool(machine)) << chip;
    EXPECT_NE(machine.takeError().message().find(chip), std::string::npos);
  }
}

// Whatever instructions LLVM may choose for a chip, the device is asked for.
TEST(TargetTest, RequiredFeatures) {
  auto needs = [](const char *chip, const char *feature) {
    std::vector<std::string> features = getTarget(chip).features();
    return std::find(features.begin(), features.end(), feature) != features.end();
  };
  for (const char *feature : {"avx2", "fma", "f16c", "bmi2", "movbe"})
    EXPECT_TRUE(needs("x86-64-v3", feature)) << feature;
  EXPECT_FALSE(needs("x86-64-v3", "avx512f"));
  EXPECT_TRUE(needs("x86-64-v4,+avx512vnni", "avx512vnni"));
  EXPECT_TRUE(needs("bdver4", "xop"));
  EXPECT_TRUE(needs("sapphirerapids", "avx512fp16"));
  EXPECT_TRUE(needs("sapphirerapids", "amx-tile"));
  EXPECT_TRUE(needs("x86-64-v4,+amx-bf16", "amx-bf16"));
  EXPECT_FALSE(needs("sapphirerapids,-amx-tile", "amx-bf16"));
}

// A chip's text makes the same machine again, and names what it has: the names of LLVM's processors
// are no proof of anything.
TEST(TargetTest, ChipsAreTheirFeatures) {
  for (const char *chip : {"native", "native,-avx512vnni", "x86-64-v3,+avxvnni", "sapphirerapids",
                           "x86-64-v4,+avx512vnni,tune=znver4,cores=8,l1d=49152,l2=2097152"}) {
    cpu::CpuTarget target = getTarget(chip), again = getTarget(target.chip());
    EXPECT_EQ(target.chip(), again.chip()) << chip;
    EXPECT_EQ(target.features(), again.features()) << chip;
    EXPECT_EQ(target.processor(), again.processor()) << chip;
  }
  EXPECT_EQ(getTarget("native").chip().rfind("x86-64-v", 0), 0u) << getTarget("native").chip();
  EXPECT_EQ(getTarget("x86-64-v4,+gfni,+avx512vnni,tune=znver4").processor(),
            "x86-64-v4,+avx512vnni,tune=znver4");
  // What code for this machine needs is what this machine has.
  EXPECT_EQ(cpu::CpuFeatures::host().describeMissing(getTarget("native").features()), "");
  EXPECT_EQ(cpu::Machine::get("x86-64-v4,fast").takeError().message(),
            "chip has 'fast', which is neither a feature (+avx512vnni), tune=PROCESSOR, cores=N, "
            "l1d=BYTES nor l2=BYTES");
  EXPECT_EQ(cpu::Machine::get("x86-64-v4,cores=many").takeError().message(),
            "chip has 'cores=many', which is no number from 1 to 4096");
  EXPECT_EQ(cpu::Machine::get("x86-64-v4,+telepathy").takeError().message(),
            "processor 'x86-64-v4' has unknown feature 'telepathy'");
  EXPECT_EQ(cpu::Machine::get("x86-64-v4,tune=abacus").takeError().message(),
            "unknown processor 'abacus'");
}

// A device can tell of every feature that code may need whether it has it.
TEST(TargetTest, DevicesKnowAllRequiredFeatures) {
  std::vector<std::string_view> known = cpu::CpuFeatures::known();
  for (const char *chip : {"diamondrapids", "bdver4", "znver5", "lunarlake", "sierraforest"})
    for (const std::string &feature : getTarget(chip).features())
      EXPECT_TRUE(std::binary_search(known.begin(), known.end(), feature)) << feature;
}

// 1152 in two chunks is 576, which blocks of 128 do not divide; 2880 has blocks of 64.
TEST(TargetTest, ChunksOfKAreWholeBlocks) {
  mlir::MLIRContext context;
  context.loadDialect<mx::MXDialect, tile::TileDialect>();
  for (int64_t k : {1152, 2880, 4096})
    for (const NamedFormat &named : namedFormats()) {
      KernelShape shape;
      shape.family = moe::KernelFamily::Gemm;
      shape.tokens = shape.rows = 256;
      shape.n = 512;
      shape.k = k;
      mx::BlockType block = mx::BlockType::get(&context, fitted(named.format, 1, k));
      block = block.getRowForm(k, getTarget("x86-64-v3").longestBlock(block));
      shape.weight = block;
      for (tile::ScheduleAttr schedule : getTarget("x86-64-v3").candidates(&context, shape)) {
        EXPECT_EQ(schedule.getInt("BK") % block.getBlockSize(), 0) << named.name << ", K " << k;
        EXPECT_EQ(schedule.getInt("BK") % 32, 0) << named.name << ", K " << k;
      }
    }
}

// One map a weight, however wide vectors are: artifacts of two such chips share packed weights.
TEST(TargetTest, PackedMaps) {
  mlir::MLIRContext context;
  context.loadDialect<tile::TileDialect>();
  auto map = [&](const char *type) {
    auto weight = mlir::cast<mlir::RankedTensorType>(mlir::parseType(type, &context));
    EXPECT_EQ(getTarget("x86-64-v3").packedMap(weight), getTarget("x86-64-v4").packedMap(weight));
    std::string text;
    llvm::raw_string_ostream(text) << getTarget("x86-64-v3").packedMap(weight);
    return text;
  };
  EXPECT_EQ(map("tensor<64x128xbf16>"), "#tile.packed<[(0, 32)]>");
  EXPECT_EQ(map("tensor<8x64x128x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>"),
            "#tile.packed<[(1, 8), (0, 32)], scales = [(0, 32)]>");
  EXPECT_EQ(map("tensor<64x128x!mx.block<element = i8, scale = f32, block = 32>>"),
            "#tile.packed<[(1, 4), (0, 32)], scales = [(0, 32)]>");
  EXPECT_EQ(map("tensor<64xf32>"), "<<NULL ATTRIBUTE>>");
}

// Whatever the shape, blocks are whole units and K steps whole blocks of scales.
TEST(TargetTest, Schedules) {
  mlir::MLIRContext context;
  context.loadDialect<tile::TileDialect>();
  for (moe::KernelFamily family : {moe::KernelFamily::Gemm, moe::KernelFamily::GroupedGemm})
    for (int64_t rows : {1, 7, 64, 2048, 16384})
      for (int64_t n : {16, 96, 2880, 154880})
        for (int64_t k : {32, 96, 2880, 12288}) {
          KernelShape shape;
          shape.family = family;
          shape.tokens = shape.rows = rows;
          shape.n = n;
          shape.k = k;
          shape.matrices = family == moe::KernelFamily::GroupedGemm ? 256 : 1;
          cpu::CpuTarget target = getTarget("x86-64-v3");
          tile::ScheduleAttr choice = target.chooseSchedule(&context, shape);
          EXPECT_EQ(choice.getInt("BN") % 32, 0);
          EXPECT_EQ(choice.getInt("BK") % 32, 0);
          EXPECT_GE(choice.getInt("BM"), 1);
          EXPECT_LE(choice.getInt("BM"), 128);
          KernelWork work;
          work.weightBytes = double(n * k);
          EXPECT_GT(target.predictMicroseconds(shape, work), 0);
        }
}

// Blocks of a few rows go on along one expert's weight, in pieces that grow where two weights take
// turns and enough of them remain; those of many rows share the weight with their neighbours.
TEST(TargetTest, ExpertsOfFewRows) {
  mlir::MLIRContext context;
  context.loadDialect<tile::TileDialect>();
  auto choose = [&](const char *chip, int64_t tokens, int64_t operands) {
    KernelShape shape;
    shape.family = moe::KernelFamily::GroupedGemm;
    shape.tokens = tokens;
    shape.rows = 8 * tokens;
    shape.n = 512;
    shape.k = 2048;
    shape.matrices = 256;
    shape.operands = operands;
    return getTarget(chip).chooseSchedule(&context, shape);
  };
  auto hasOrder = [&](tile::ScheduleAttr schedule, const char *order) {
    return schedule == schedule.with("order", mlir::StringAttr::get(&context, order));
  };
  tile::ScheduleAttr few = choose("x86-64-v4", 8, 2), many = choose("x86-64-v4", 2048, 2);
  EXPECT_TRUE(hasOrder(few, "xy"));
  EXPECT_TRUE(hasOrder(many, "yx"));
  EXPECT_EQ(few.getInt("BN"), 256);
  EXPECT_EQ(choose("x86-64-v4", 8, 1).getInt("BN"), 128);
  EXPECT_EQ(choose("x86-64-v4,cores=8", 8, 2).getInt("BN"), 128);
}

/// Kernels that have several schedules, of many sizes.
std::vector<KernelShape> getShapes() {
  std::vector<KernelShape> shapes;
  using moe::KernelFamily;
  for (KernelFamily family :
       {KernelFamily::Gemm, KernelFamily::GroupedGemm, KernelFamily::Attention,
        KernelFamily::IndexSelect, KernelFamily::Row, KernelFamily::Route})
    for (int64_t tokens : {1, 8, 64, 2048})
      for (int64_t n : {16, 96, 2880, 154880})
        for (int64_t k : {32, 2880, 12288}) {
          bool grouped = family == KernelFamily::GroupedGemm;
          KernelShape shape;
          shape.family = family;
          shape.tokens = tokens;
          shape.rows = grouped ? 4 * tokens : tokens;
          shape.n = n;
          shape.k = k;
          shape.matrices = grouped ? 64 : 1;
          shapes.push_back(shape);
        }
  return shapes;
}

// Rows are staged so that they leave room in the second-level cache, and a step of a state's
// recurrence in the first; times are those of all cores.
TEST(TargetTest, SchedulesFollowTheCaches) {
  mlir::MLIRContext context;
  context.loadDialect<tile::TileDialect>();
  KernelShape product;
  product.family = moe::KernelFamily::Gemm;
  product.tokens = product.rows = 2048;
  product.n = product.k = 4096;
  auto depth = [&](const char *chip) {
    return getTarget(chip).chooseSchedule(&context, product).getInt("BK");
  };
  EXPECT_EQ(depth("x86-64-v4,l2=524288"), 512);
  EXPECT_EQ(depth("x86-64-v4"), 1024);
  EXPECT_EQ(depth("x86-64-v4,l2=2097152"), 2048);
  KernelShape delta;
  delta.family = moe::KernelFamily::GatedDelta;
  delta.tokens = 1;
  auto columns = [&](const char *chip) {
    return getTarget(chip).chooseSchedule(&context, delta).getInt("BV");
  };
  EXPECT_EQ(columns("x86-64-v4,l1d=16384"), 16);
  EXPECT_EQ(columns("x86-64-v4"), 32);
  EXPECT_EQ(columns("x86-64-v4,l1d=49152"), 64);
  EXPECT_EQ(columns("x86-64-v4,l1d=65536"), 64);
  KernelWork work;
  work.weightBytes = 4096.0 * 4096;
  work.multiplyAdds = 2048 * work.weightBytes;
  double one = getTarget("x86-64-v4").predictMicroseconds(product, work);
  EXPECT_NEAR(getTarget("x86-64-v4,cores=8").predictMicroseconds(product, work), one / 8, 1e-6);
}

// Blocks of prompts are many tokens of few heads; tokens that list their keys have blocks of heads
// alone. How many keys a step takes is the same in all variants, as it shows in the result.
TEST(TargetTest, AttentionOfPromptsTakesFewHeads) {
  mlir::MLIRContext context;
  context.loadDialect<tile::TileDialect>();
  auto choose = [&](int64_t tokens, int64_t listed) {
    KernelShape shape;
    shape.family = moe::KernelFamily::Attention;
    shape.tokens = shape.rows = tokens;
    shape.k = listed;
    tile::ScheduleAttr chosen = getTarget("x86-64-v4").chooseSchedule(&context, shape);
    EXPECT_EQ(chosen.getInt("BN"), 64);
    return std::pair(chosen.getInt("BQ"), chosen.getInt("HB"));
  };
  EXPECT_EQ(choose(8, 0), std::pair(int64_t(1), int64_t(16)));
  EXPECT_EQ(choose(64, 0), std::pair(int64_t(8), int64_t(16)));
  EXPECT_EQ(choose(512, 0), std::pair(int64_t(32), int64_t(4)));
  EXPECT_EQ(choose(512, 2048), std::pair(int64_t(8), int64_t(16)));
}

// What was measured of a machine takes the place of what is usual, atom by atom, and nothing else.
TEST(TargetTest, MeasuredRatesPredictTimes) {
  std::string path = testing::TempDir() + "moec-machine.json";
  cpu::CpuTarget usual = getTarget("x86-64-v4,cores=2");
  std::ofstream(path) << usual.describe({{"memory", 1e9}, {"vfmadd231ps.zmm/numbers", 4e9}});
  cpu::CpuTarget measured = getTarget(path);
  EXPECT_EQ(measured.chip(), path);
  EXPECT_EQ(measured.processor(), usual.processor());
  EXPECT_EQ(measured.features(), usual.features());
  mlir::MLIRContext context;
  context.loadDialect<mx::MXDialect, tile::TileDialect>();
  KernelShape shape;
  shape.family = moe::KernelFamily::Gemm;
  shape.tokens = shape.rows = shape.n = shape.k = 1024;
  shape.weight = mlir::BFloat16Type::get(&context);
  KernelWork reads, multiplies;
  reads.weightBytes = 1e6;
  multiplies.multiplyAdds = 1e6;
  EXPECT_DOUBLE_EQ(measured.predictMicroseconds(shape, reads), 1000);
  EXPECT_DOUBLE_EQ(measured.predictMicroseconds(shape, multiplies), 250);
  EXPECT_EQ(measured.chooseSchedule(&context, shape), usual.chooseSchedule(&context, shape));
  shape.weight =
      mlir::parseType("!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>", &context);
  EXPECT_DOUBLE_EQ(measured.predictMicroseconds(shape, multiplies),
                   usual.predictMicroseconds(shape, multiplies));
}

// Each atom that a machine takes is asked for once, and by a product that it makes of it.
TEST(TargetTest, ProbesAreTheAtoms) {
  mlir::MLIRContext context;
  context.loadDialect<mx::MXDialect, tile::TileDialect>();
  for (const char *chip : {"x86-64-v3", "x86-64-v4", "x86-64-v4,+avx512vnni,+avx512vbmi",
                           "x86-64-v4,+avx512vnni,+avx512vbmi,+amx-bf16",
                           "x86-64-v4,+avx512vnni,+avx512vbmi,+amx-bf16,+amx-int8"}) {
    cpu::Machine machine = *cpu::Machine::get(chip);
    std::vector<std::string> names;
    for (const MachineProbe &probe : getTarget(chip).probes(&context)) {
      names.push_back(probe.name);
      if (!probe.countsBytes)
        EXPECT_EQ(cpu::PanelFormat::get(machine, probe.weight, probe.k)
                      ->getAtom(machine, probe.rows, probe.tokens)
                      .getName(),
                  probe.name);
    }
    EXPECT_EQ(names.front(), "memory");
    for (const cpu::ProductAtom &atom : cpu::getProductAtoms()) {
      bool isTaken = false;
      for (cpu::Rows rows : {cpu::Rows::Numbers, cpu::Rows::ShortCodes, cpu::Rows::WideCodes,
                             cpu::Rows::GroupCodes, cpu::Rows::Bf16})
        for (int64_t height : {1, 16}) {
          for (bool paired : {false, true})
            isTaken |= cpu::findAtom(machine, {rows, std::nullopt, paired, height}) == &atom;
          for (unsigned codes = 0; codes <= unsigned(CodeType::Int8); ++codes)
            isTaken |= cpu::findAtom(machine, {rows, CodeType(codes), false, height}) == &atom;
        }
      EXPECT_EQ(std::count(names.begin(), names.end(), atom.getName()), isTaken ? 1 : 0)
          << chip << ": " << atom.getName();
    }
  }
}

// What is measured: the predicted schedule first, no schedule twice, not too many, and only what
// builders and packed weights take.
TEST(TargetTest, Candidates) {
  using moe::KernelFamily;
  mlir::MLIRContext context;
  context.loadDialect<tile::TileDialect>();
  cpu::CpuTarget target = getTarget("x86-64-v3");
  std::map<moe::KernelFamily, size_t> most;
  for (const KernelShape &shape : getShapes()) {
    std::vector<tile::ScheduleAttr> all = target.candidates(&context, shape);
    tile::ScheduleAttr predicted = target.chooseSchedule(&context, shape);
    ASSERT_FALSE(all.empty());
    EXPECT_LE(all.size(), 8u);
    EXPECT_EQ(all.front(), predicted);
    most[shape.family] = std::max(most[shape.family], all.size());
    for (size_t i = 0; i != all.size(); ++i) {
      EXPECT_EQ(std::count(all.begin(), all.end(), all[i]), 1) << i;
      bool product =
          shape.family == moe::KernelFamily::Gemm || shape.family == moe::KernelFamily::GroupedGemm;
      if (product) {
        EXPECT_EQ(all[i].getInt("BN") % 32, 0);
        EXPECT_EQ(all[i].getInt("BK") % 32, 0);
        EXPECT_LE(all[i].getInt("BN"), (shape.n + 31) / 32 * 32);
      }
      // Products over the same expert blocks agree on the height of blocks.
      if (shape.family != moe::KernelFamily::Gemm)
        EXPECT_EQ(all[i].getInt("BM"), predicted.getInt("BM"));
    }
  }
  EXPECT_EQ(most[KernelFamily::Row], 1u);
  for (KernelFamily family : {KernelFamily::Gemm, KernelFamily::GroupedGemm,
                              KernelFamily::Attention, KernelFamily::IndexSelect})
    EXPECT_GE(most[family], 4u) << moe::stringifyKernelFamily(family).str();
}

} // namespace
