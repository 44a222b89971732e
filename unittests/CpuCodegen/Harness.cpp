//===- Harness.cpp - Compiles kernels and runs them -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include "moec/Conversion/MoEToTile/MoEToTile.h"
#include "moec/InitAllDialects.h"
#include "moec/Kernel.h"
#include "moec/Support/Scalar.h"
#include "targets/cpu/codegen/CpuTarget.h"
#include "targets/cpu/device/CpuFeatures.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace moec;
using namespace moec::cpu::test;

static mlir::OwningOpRef<mlir::ModuleOp> parse(const std::string &text,
                                               mlir::MLIRContext &context) {
  context.loadDialect<tile::TileDialect, mlir::arith::ArithDialect, mlir::math::MathDialect,
                      mlir::scf::SCFDialect>();
  return mlir::parseSourceString<mlir::ModuleOp>(text, &context);
}

static Expected<CodeObject> compile(mlir::ModuleOp module, const std::string &chip, EmitKind emit) {
  Expected<cpu::Machine> machine = cpu::Machine::get(chip);
  if (!machine)
    return machine.takeError();
  CodegenOptions options;
  options.emit = emit;
  Expected<std::vector<CodeObject>> objects =
      cpu::CpuTarget(*machine).generateCode(module, options);
  if (!objects)
    return objects.takeError();
  return std::move(objects->front());
}

Program::Program(const std::string &text, const std::string &chip,
                 const std::function<void(std::string &)> &change) {
  // What a device does before it runs kernels that may have tiles.
  cpu::CpuFeatures::requestTiles();
  module = parse(text, context);
  if (!module || module->getBody()->empty()) {
    ADD_FAILURE() << "kernel text does not parse:\n" << text;
    return;
  }
  Expected<CodeObject> object = compile(*module, chip, EmitKind::Object);
  if (!object) {
    ADD_FAILURE() << object.takeError().message();
    return;
  }
  for (const CodeObject::Kernel &kernel : object->kernels)
    scratch.push_back({kernel.symbol, kernel.scratchBytes});
  if (change)
    change(object->bytes);
  std::string path = ::testing::TempDir() + "moec-kernels-XXXXXX";
  int file = mkstemp(path.data());
  ssize_t written = write(file, object->bytes.data(), object->bytes.size());
  close(file);
  EXPECT_EQ(written, static_cast<ssize_t>(object->bytes.size()));
  library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  EXPECT_NE(library, nullptr) << dlerror();
  unlink(path.c_str());
}

Program::~Program() {
  if (library)
    dlclose(library);
}

uint64_t Program::getScratchBytes(const std::string &name) {
  for (auto &[symbol, bytes] : scratch)
    if (symbol == name)
      return bytes;
  return 0;
}

void Program::run(const std::string &name, std::vector<Word> words, unsigned ranges) {
  if (!library)
    return;
  auto kernel = mlir::dyn_cast_or_null<tile::KernelOp>(module->lookupSymbol(name));
  auto function = reinterpret_cast<moec_kernel>(dlsym(library, name.c_str()));
  ASSERT_NE(function, nullptr);
  std::vector<moec_word> args;
  std::vector<int64_t> indices;
  for (const Word &word : words) {
    args.push_back(word.value);
    if (word.isIndex)
      indices.push_back(static_cast<int64_t>(word.value));
  }
  ASSERT_EQ(args.size(), kernel.getNumWords());
  std::array<int64_t, 3> extents = kernel.evaluateGrid(indices);
  uint32_t grid[3] = {uint32_t(extents[0]), uint32_t(extents[1]), uint32_t(extents[2])};
  uint64_t total = uint64_t(grid[0]) * grid[1] * grid[2];
  uint64_t bytes = (getScratchBytes(name) + 63) / 64 * 64;
  for (unsigned range = ranges; range-- != 0;) {
    void *area = std::aligned_alloc(64, bytes + 64);
    std::memset(area, 0xff, bytes);
    std::memset(static_cast<char *>(area) + bytes, 0x5a, 64);
    function(args.data(), grid, total * range / ranges, total * (range + 1) / ranges, area);
    for (unsigned i = 0; i != 64; ++i)
      ASSERT_EQ(static_cast<char *>(area)[bytes + i], 0x5a) << "scratch is overrun";
    std::free(area);
  }
}

std::string moec::cpu::test::buildGroups(const std::string &text, const std::string &schedule) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  mlir::MLIRContext context(registry);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  MoEToTileOptions options;
  options.schedule = schedule;
  mlir::PassManager passes(&context);
  passes.addPass(createMoEToTile(options));
  if (!module || mlir::failed(passes.run(*module))) {
    ADD_FAILURE() << "groups cannot be built:\n" << text;
    return {};
  }
  std::string result;
  llvm::raw_string_ostream stream(result);
  for (tile::KernelOp kernel : module->getOps<tile::KernelOp>())
    kernel.print(stream);
  return result;
}

std::vector<std::string> moec::cpu::test::getChips() {
  std::vector<std::string> chips = {"x86-64-v3"};
  Expected<Machine> native = Machine::get("native");
  if (native && native->has(Isa::AVX512)) {
    chips.push_back("x86-64-v4");
    chips.push_back("native");
  }
  return chips;
}

std::vector<std::string> moec::cpu::test::getProductChips() {
  std::vector<std::string> chips = getChips();
  Expected<Machine> native = Machine::get("native");
  if (native && native->has(Isa::AVXVNNI))
    chips.push_back("x86-64-v3,+avxvnni");
  return chips;
}

std::string moec::cpu::test::getAssembly(const std::string &text, const std::string &chip) {
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module = parse(text, context);
  Expected<CodeObject> object = compile(*module, chip, EmitKind::Assembly);
  if (object)
    return object->bytes;
  ADD_FAILURE() << object.takeError().message();
  return {};
}

std::vector<float> moec::cpu::test::makeRandom(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> distribution(-1, 1);
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return distribution(random); });
  return values;
}

std::vector<uint16_t> moec::cpu::test::toBf16(const std::vector<float> &values) {
  std::vector<uint16_t> result;
  for (float value : values)
    result.push_back(f32ToBf16(value));
  return result;
}

std::vector<float> moec::cpu::test::fromBf16(const std::vector<uint16_t> &values) {
  std::vector<float> result;
  for (uint16_t value : values)
    result.push_back(bf16ToF32(value));
  return result;
}
