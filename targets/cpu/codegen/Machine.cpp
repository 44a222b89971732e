//===- Machine.cpp - Facts about one x86-64 chip --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/Machine.h"
#include "targets/cpu/device/CpuFeatures.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace moec;
using namespace moec::cpu;
using llvm::SmallVector;
using llvm::StringRef;

/// What kernels are written for, on every chip.
static constexpr const char *baseFeatures[] = {"avx2", "fma", "f16c", "bmi2"};

/// What else LLVM may choose instructions from when the chip has it, so that a device must have it
/// too. Features that only name how fast something is, or that need intrinsics, are not here.
static constexpr const char *usedFeatures[] = {
    "sse3",       "ssse3",        "sse4.1",         "sse4.2",     "sse4a",      "popcnt",
    "lzcnt",      "bmi",          "movbe",          "fma4",       "xop",        "tbm",
    "avx512f",    "avx512bw",     "avx512vl",       "avx512dq",   "avx512cd",   "avx512vnni",
    "avx512vbmi", "avx512vbmi2",  "avx512bitalg",   "avx512ifma", "avx512bf16", "avx512fp16",
    "avxvnni",    "avxvnniint8",  "avxvnniint16",   "avxifma",    "gfni",       "vaes",
    "vpclmulqdq", "avxneconvert", "avx512vpopcntdq"};

/// What code for wide vectors takes, all or none: kernels are written for masks of bytes and words
/// (BW), 256-bit forms (VL) and conversions of 64-bit lanes (DQ) without asking for each.
static constexpr const char *wideFeatures[] = {"avx512f", "avx512bw", "avx512vl", "avx512dq"};

/// What else products are chosen by.
static constexpr const char *productFeatures[] = {"avx512f", "avx512vnni", "avx512vbmi"};

llvm::SmallVector<unsigned> Machine::getBlockRows() const {
  // Accumulators, a panel's vectors and one broadcast share the registers: with two vectors at a
  // time, 12 rows take 24 + 2 + 1 of 32, and 6 rows 12 + 2 + 1 of 16.
  if (registers == 32)
    return {12, 8, 4, 2, 1};
  return {6, 4, 2, 1};
}

unsigned Machine::getBlockVectors(unsigned rows, unsigned panel) const {
  unsigned all = panel / getLanes();
  // With 16 registers, two rows still take the whole panel: 8 accumulators, 4 vectors, one
  // broadcast. Higher blocks take half of its columns at a time.
  return registers == 16 && rows > 2 ? all / 2 : all;
}

llvm::SmallVector<unsigned> Machine::getScaledBlockRows(int64_t most) const {
  // Without sums of 16 bits there is room for more rows, which share the work on a panel's codes. A
  // tall block reads half a panel's width at a time, so it is for panels that come from a cache.
  if (vnni && most >= 24)
    return {12, 8, 4, 2, 1};
  return {4, 2, 1};
}

unsigned Machine::getScaledVectors(unsigned rows, unsigned panel) const {
  // Each vector of a row takes an accumulator of f32, one of 32 bits and, without VNNI, one of 16.
  unsigned all = panel / getLanes();
  if (rows > 4)
    return 1;
  // With 32 registers 4 rows of 2 vectors take 24; with 16 all rows together get as many vectors as
  // a panel has, 4, which take 12.
  return registers == 32 ? all : std::max(1u, all / rows);
}

/// What LLVM knows about a processor that exists.
static std::unique_ptr<llvm::MCSubtargetInfo> describe(const std::string &processor,
                                                       const std::string &features) {
  std::string message;
  llvm::Triple triple(Machine::triple);
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  return std::unique_ptr<llvm::MCSubtargetInfo>(
      target->createMCSubtargetInfo(triple, processor, features));
}

std::vector<std::string> Machine::getRequiredFlags() const {
  std::vector<std::string> flags(std::begin(baseFeatures), std::end(baseFeatures));
  std::unique_ptr<llvm::MCSubtargetInfo> info = describe(processor, features);
  for (const char *feature : usedFeatures)
    if (info->checkFeatures(std::string("+") + feature))
      flags.push_back(feature);
  return flags;
}

/// The features that make a difference to code, by level of x86-64 and what is beside it, so that
/// they are a line: the levels have four of each five.
static void describeHost(Machine &machine) {
  CpuFeatures host = CpuFeatures::host();
  auto has = [&](const char *feature) { return host.has(feature); };
  bool wide = llvm::all_of(wideFeatures, has);
  machine.processor = wide ? "x86-64-v4" : "x86-64-v3";
  std::unique_ptr<llvm::MCSubtargetInfo> level = describe(machine.processor, "");
  SmallVector<const char *> all(std::begin(baseFeatures), std::end(baseFeatures));
  all.append(std::begin(usedFeatures), std::end(usedFeatures));
  for (const char *feature : all)
    if (level->checkFeatures(std::string("+") + feature) != has(feature))
      machine.features +=
          (machine.features.empty() ? "" : ",") + std::string(has(feature) ? "+" : "-") + feature;
  // A name, but only for the times of instructions.
  llvm::StringRef name = llvm::sys::getHostCPUName();
  if (name != "generic")
    machine.tuning = name;
}

/// The parts of a chip's text behind the first comma.
static Error readParts(Machine &machine, StringRef text) {
  SmallVector<StringRef> parts;
  text.split(parts, ',');
  for (StringRef part : parts) {
    if (part.consume_front("tune=")) {
      machine.tuning = part;
      continue;
    }
    if (!part.starts_with("+") && !part.starts_with("-"))
      return Error::make("chip has '", part.str(),
                         "', which is neither +FEATURE, -FEATURE nor tune=PROCESSOR");
    machine.features += (machine.features.empty() ? "" : ",") + part.str();
  }
  return Error::success();
}

/// Whether LLVM knows both processors, and every feature.
static Error checkNames(const Machine &machine) {
  std::string message;
  llvm::Triple triple(Machine::triple);
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return Error::make("no code generator for x86-64: ", message);
  // Asked of a subtarget without a name, since one with an unknown name complains on stderr.
  std::unique_ptr<llvm::MCSubtargetInfo> any(target->createMCSubtargetInfo(triple, "", ""));
  for (const std::string &name : {machine.processor, machine.tuning})
    if (!any || (!name.empty() && !any->isCPUStringValid(name)))
      return Error::make("unknown processor '", name, "'");
  SmallVector<StringRef> features;
  StringRef(machine.features).split(features, ',', -1, /*KeepEmpty=*/false);
  for (StringRef feature : features)
    if (llvm::none_of(any->getAllProcessorFeatures(),
                      [&](const auto &known) { return feature.drop_front() == known.Key; }))
      return Error::make("processor '", machine.processor, "' has unknown feature '",
                         feature.drop_front().str(), "'");
  return Error::success();
}

Expected<Machine> Machine::get(const std::string &chip) {
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  Machine machine;
  size_t comma = chip.find(',');
  machine.processor = chip.substr(0, comma);
  if (machine.processor.empty() || machine.processor == "native")
    describeHost(machine);
  if (comma != std::string::npos)
    if (Error error = readParts(machine, StringRef(chip).substr(comma + 1)))
      return error;
  if (Error error = checkNames(machine))
    return error;
  std::unique_ptr<llvm::MCSubtargetInfo> info = describe(machine.processor, machine.features);
  auto has = [&](const char *feature) { return info->checkFeatures(std::string("+") + feature); };
  for (const char *feature : baseFeatures)
    if (!has(feature))
      return Error::make("processor '", machine.processor, "' lacks ", feature,
                         ", which kernels need");
  machine.avx512 = llvm::all_of(wideFeatures, has);
  machine.vnni = machine.avx512 && has("avx512vnni");
  machine.vbmi = machine.avx512 && has("avx512vbmi");
  machine.vectorBits = machine.avx512 ? 512 : 256;
  machine.registers = machine.avx512 ? 32 : 16;
  return machine;
}

std::string Machine::getChip() const {
  return processor + (features.empty() ? "" : "," + features) +
         (tuning.empty() ? "" : ",tune=" + tuning);
}

std::string Machine::getName() const {
  std::unique_ptr<llvm::MCSubtargetInfo> level = describe(processor, "");
  std::unique_ptr<llvm::MCSubtargetInfo> info = describe(processor, features);
  std::string name = processor;
  for (const char *feature : productFeatures) {
    std::string needed = std::string("+") + feature;
    if (bool has = info->checkFeatures(needed); has != level->checkFeatures(needed))
      name += std::string(has ? ",+" : ",-") + feature;
  }
  return name + (tuning.empty() ? "" : ",tune=" + tuning);
}
