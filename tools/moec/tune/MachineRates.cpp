//===- MachineRates.cpp - What this machine can do ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A probe becomes a group of one product, which goes the way of every group: its builder by the
// target's schedule, the target's code, the device.
//
//===----------------------------------------------------------------------===//

#include "MachineRates.h"

#include "moec/Conversion/MoEToTile/MoEToTile.h"
#include "moec/Dialect/MX/MX.h"
#include "moec/Target/Print.h"
#include "moec/runtime/Device.h"
#include "moec/runtime/DeviceManifest.h"

#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"

#include <chrono>
#include <limits>

using namespace moec;
using namespace moec::runtime;

/// A probe runs so often and so long at least; the best time counts, since a ceiling is asked for.
static constexpr unsigned leastRuns = 5;
static constexpr double leastSeconds = 0.3;

/// Small and positive numbers, as f32, bf16 and codes of any type; scales whose products are no
/// subnormals, as f32 (49) and as E8M0 (2^-61).
static constexpr std::byte numberFill{0x3c}, scaleFill{0x42};

/// The module of a probe's product.
static std::string makeText(const MachineProbe &probe, const Target &target) {
  auto weight = mlir::RankedTensorType::get({probe.n, probe.k}, probe.weight);
  tile::PackedAttr packed = target.packedMap(weight);
  mx::BlockType block = mx::getBlockElement(weight);
  std::string x = strCat("tensor<?x", probe.k, "x", print(probe.rows), ">");
  std::string y = strCat("tensor<?x", probe.n, "xf32>");
  return strCat("moe.weight @w : ", print(weight), " from \"w\"",
                block && block.hasPowerOfTwoScale() ? " rounding even" : "",
                packed ? strCat(" {tile.packed = ", print(packed), "}") : std::string(),
                "\nfunc.func @forward(%x: ", x, ") -> ", y,
                " {\n  %y = moe.group gemm \"k\" (%a = %x : ", x, ") -> ", y,
                " {\n    %0 = moe.linear %a, @w : ", x, " -> ", y, "\n    moe.yield %0 : ", y,
                "\n  }\n  return %y : ", y, "\n}");
}

/// Bytes of each array of a ref.
static std::vector<uint64_t> bytesOf(tile::RefType ref) {
  std::vector<uint64_t> bytes = {uint64_t(ref.getMatrixElements()) * ref.getElementBits() / 8};
  if (mx::BlockType block = ref.getBlock()) {
    bytes.push_back(ref.getMatrixScales() * block.getScaleBits() / 8);
    if (block.getZero())
      bytes.push_back(ref.getMatrixScales());
    if (block.getGlobal())
      bytes.push_back(sizeof(float));
  }
  return bytes;
}

/// The array of a step of so many rows.
static tile::RefType withRows(tile::RefType ref, int64_t rows) {
  std::vector<int64_t> shape(ref.getShape());
  for (int64_t &extent : shape)
    if (mlir::ShapedType::isDynamic(extent))
      extent = rows;
  return tile::RefType::get(shape, ref.getElementType(), ref.getPacked());
}

namespace {
class ProbeRunner {
public:
  ProbeRunner(const Target &target, mlir::MLIRContext &context)
      : target(target), context(context) {}

  Error open(const EvalArguments &arguments);
  Expected<double> run(const MachineProbe &probe);

private:
  /// The probe's kernel, by the schedule that a model would get.
  Expected<mlir::OwningOpRef<mlir::ModuleOp>> build(const MachineProbe &probe);
  /// Memory for each array of an argument, with small numbers in it.
  Error addArrays(tile::RefType ref);
  /// The least seconds of a launch.
  Expected<double> time(Kernel &kernel, const Grid &grid);

  const Target &target;
  mlir::MLIRContext &context;
  std::unique_ptr<Device> device;
  std::unique_ptr<Stream> stream;
  /// Of the probe that runs.
  std::vector<DeviceMemory> memory;
  std::vector<moec_word> words;
};
} // namespace

Error ProbeRunner::open(const EvalArguments &arguments) {
  Expected<DeviceManifest> manifest = DeviceManifest::loadDefault();
  if (!manifest)
    return manifest.takeError();
  Expected<EngineOptions> engine = engineOptions(arguments);
  if (!engine)
    return engine.takeError();
  Expected<std::unique_ptr<Device>> opened =
      manifest->open(target.name(), engine->device, engine->deviceOptions);
  if (!opened)
    return opened.takeError().addContext("tune measures on this machine");
  device = std::move(*opened);
  if (Error error = device->checkFeatures(target.features()))
    return error.addContext(strCat("tune measures on this machine, which is no ", target.name(),
                                   " ", target.processor()));
  Expected<std::unique_ptr<Stream>> made = device->createStream();
  if (!made)
    return made.takeError();
  stream = std::move(*made);
  return Error::success();
}

Expected<mlir::OwningOpRef<mlir::ModuleOp>> ProbeRunner::build(const MachineProbe &probe) {
  KernelShape shape;
  shape.family = moe::KernelFamily::Gemm;
  shape.tokens = shape.rows = probe.tokens;
  shape.n = probe.n;
  shape.k = probe.k;
  shape.activation = probe.rows;
  shape.weight = probe.weight;
  // What stands between the brackets of #tile.schedule<…>.
  std::string schedule = print(target.chooseSchedule(&context, shape));
  schedule = schedule.substr(schedule.find('<') + 1);
  schedule.pop_back();
  auto module = mlir::parseSourceString<mlir::ModuleOp>(makeText(probe, target), &context);
  MoEToTileOptions options;
  options.schedule = schedule;
  mlir::PassManager passes(&context);
  passes.addPass(createMoEToTile(options));
  if (!module || mlir::failed(passes.run(*module)))
    return Error::make("the product of probe '", probe.name, "' cannot be built");
  return std::move(module);
}

Error ProbeRunner::addArrays(tile::RefType ref) {
  constexpr uint64_t piece = 1 << 20;
  std::vector<uint64_t> sizes = bytesOf(ref);
  for (size_t number = 0; number != sizes.size(); ++number) {
    uint64_t bytes = sizes[number];
    Expected<DeviceMemory> made = DeviceMemory::allocate(*device, bytes);
    if (!made)
      return made.takeError();
    std::vector<std::byte> fill(std::min(bytes, piece), number ? scaleFill : numberFill);
    for (uint64_t done = 0; done < bytes; done += piece)
      if (Error error = stream->copyToDevice(made->address() + done,
                                             std::span(fill).first(std::min(piece, bytes - done))))
        return error;
    if (Error error = stream->synchronize())
      return error;
    words.push_back(made->address());
    memory.push_back(std::move(*made));
  }
  return Error::success();
}

Expected<double> ProbeRunner::time(Kernel &kernel, const Grid &grid) {
  using Clock = std::chrono::steady_clock;
  double best = std::numeric_limits<double>::infinity(), all = 0;
  for (unsigned runs = 0; runs < leastRuns || all < leastSeconds; ++runs) {
    Clock::time_point begin = Clock::now();
    if (Error error = stream->launch(kernel, words, grid))
      return error;
    if (Error error = stream->synchronize())
      return error;
    double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    best = std::min(best, seconds);
    all += seconds;
  }
  return best;
}

Expected<double> ProbeRunner::run(const MachineProbe &probe) {
  auto module = build(probe);
  if (!module)
    return module.takeError();
  tile::KernelOp kernel = *(*module)->getOps<tile::KernelOp>().begin();
  memory.clear();
  words.clear();
  // The step's extents: rows, tokens, sequences, columns of the block table.
  const std::array<int64_t, 4> extents = {probe.tokens, probe.tokens, 1, 1};
  size_t next = 0;
  for (mlir::BlockArgument argument : kernel.getKernelArguments()) {
    auto ref = mlir::dyn_cast<tile::RefType>(argument.getType());
    if (!ref)
      words.push_back(extents[next++]);
    else if (Error error = addArrays(withRows(ref, probe.tokens)))
      return error;
  }
  auto blocks = kernel.evaluateGrid({probe.tokens, probe.tokens, 1, 1});
  Grid grid = {uint32_t(blocks[0]), uint32_t(blocks[1]), uint32_t(blocks[2])};
  auto objects = target.generateCode(**module, {});
  if (!objects)
    return objects.takeError();
  const moec::CodeObject &object = objects->front();
  auto code = device->loadCode(object.file, std::as_bytes(std::span(object.bytes)));
  if (!code)
    return code.takeError();
  const moec::CodeObject::Kernel &entry = object.kernels.front();
  auto loaded = (*code)->kernel({entry.symbol, entry.scratchBytes, entry.blockThreads});
  if (!loaded)
    return loaded.takeError();
  Expected<double> seconds = time(**loaded, grid);
  if (!seconds)
    return seconds.takeError();
  auto weight = tile::RefType::get({probe.n, probe.k}, probe.weight);
  double bytes = 0;
  for (uint64_t part : bytesOf(weight))
    bytes += double(part);
  return (probe.countsBytes ? bytes : double(probe.tokens) * probe.n * probe.k) / *seconds;
}

Expected<std::vector<MachineRate>>
moec::measureMachine(const Target &target, const TuneOptions &options, mlir::MLIRContext &context) {
  std::vector<MachineProbe> probes = target.probes(&context);
  if (probes.empty())
    return Error::make("--machine measures nothing of target ", target.name(),
                       ", whose facts are known");
  ProbeRunner runner(target, context);
  if (Error error = runner.open(options.device))
    return error;
  std::vector<MachineRate> rates;
  for (const MachineProbe &probe : probes) {
    Expected<double> rate = runner.run(probe);
    if (!rate)
      return rate.takeError();
    rates.push_back({probe, *rate});
  }
  return rates;
}
