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
/// too. Features that only name how fast something is, or that need intrinsics of which kernels
/// have none, are not here.
static constexpr const char *usedFeatures[] = {
    "amx-bf16",   "amx-int8",   "amx-tile",   "sse3",       "ssse3",        "sse4.1",
    "sse4.2",     "sse4a",      "popcnt",     "lzcnt",      "bmi",          "movbe",
    "fma4",       "xop",        "tbm",        "avx512f",    "avx512bw",     "avx512vl",
    "avx512dq",   "avx512cd",   "avx512vnni", "avx512vbmi", "avx512vbmi2",  "avx512bitalg",
    "avx512ifma", "avx512bf16", "avx512fp16", "avxvnni",    "avxvnniint8",  "avxvnniint16",
    "avxifma",    "gfni",       "vaes",       "vpclmulqdq", "avxneconvert", "avx512vpopcntdq"};

/// What code for wide vectors takes, all or none: kernels are written for masks of bytes and words
/// (BW), 256-bit forms (VL) and conversions of 64-bit lanes (DQ) without asking for each.
static constexpr const char *wideFeatures[] = {"avx512f", "avx512bw", "avx512vl", "avx512dq"};

/// What else products are chosen by.
static constexpr const char *productFeatures[] = {
    "avxvnni", "avx512f", "avx512vnni", "avx512vbmi", "avx512bf16", "amx-bf16", "amx-int8"};

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

/// The features that make a difference to code, as a level of x86-64 and what is beside it, which
/// is shorter than all of them; and the facts that are read.
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
  HostFacts facts = HostFacts::read();
  if (facts.cores)
    machine.cores = facts.cores;
  if (facts.firstLevelBytes)
    machine.firstLevelBytes = facts.firstLevelBytes;
  if (facts.secondLevelBytes)
    machine.secondLevelBytes = facts.secondLevelBytes;
  // A name, but only for the times of instructions.
  llvm::StringRef name = llvm::sys::getHostCPUName();
  if (name != "generic")
    machine.tuning = name;
}

namespace {
/// A number in a chip's text.
struct Number {
  llvm::StringLiteral key;
  uint64_t least, most;
  uint64_t (*get)(const Machine &);
  void (*set)(Machine &, uint64_t);
};
} // namespace

static constexpr Number numbers[] = {
    {"cores", 1, 4096, [](const Machine &machine) { return uint64_t(machine.cores); },
     [](Machine &machine, uint64_t value) { machine.cores = unsigned(value); }},
    {"l1d", 1 << 10, 1 << 30, [](const Machine &machine) { return machine.firstLevelBytes; },
     [](Machine &machine, uint64_t value) { machine.firstLevelBytes = value; }},
    {"l2", 1 << 10, 1 << 30, [](const Machine &machine) { return machine.secondLevelBytes; },
     [](Machine &machine, uint64_t value) { machine.secondLevelBytes = value; }}};

/// The parts of a chip's text behind the first comma.
static Error readParts(Machine &machine, StringRef text) {
  SmallVector<StringRef> parts;
  text.split(parts, ',');
  for (StringRef part : parts) {
    if (part.starts_with("+") || part.starts_with("-")) {
      machine.features += (machine.features.empty() ? "" : ",") + part.str();
      continue;
    }
    auto [key, value] = part.split('=');
    if (key == "tune") {
      machine.tuning = value;
      continue;
    }
    auto number = llvm::find_if(numbers, [&](const Number &number) { return key == number.key; });
    if (number == std::end(numbers))
      return Error::make("chip has '", part.str(), "', which is neither a feature (+avx512vnni), ",
                         "tune=PROCESSOR, cores=N, l1d=BYTES nor l2=BYTES");
    uint64_t read = 0;
    if (value.getAsInteger(10, read) || read < number->least || read > number->most)
      return Error::make("chip has '", part.str(), "', which is no number from ", number->least,
                         " to ", number->most);
    number->set(machine, read);
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
  if (StringRef(chip).ends_with(".json"))
    return readDescription(chip);
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
  if (has("avxvnni"))
    machine.isas |= unsigned(Isa::AVXVNNI);
  if (llvm::all_of(wideFeatures, has)) {
    machine.isas |= unsigned(Isa::AVX512);
    if (has("avx512vnni"))
      machine.isas |= unsigned(Isa::VNNI);
    if (has("avx512vbmi"))
      machine.isas |= unsigned(Isa::VBMI);
    if (has("avx512bf16"))
      machine.isas |= unsigned(Isa::BF16);
    if (has("amx-tile") && has("amx-bf16") && machine.has(Isa::VNNI) && machine.has(Isa::VBMI))
      machine.isas |= unsigned(has("amx-int8") ? Isa::AMXInt8 : Isa::AMX);
    machine.vectorBits = 512;
    machine.maskedBits = 8;
  }
  return machine;
}

std::string Machine::getText() const {
  std::string chip = processor + (features.empty() ? "" : "," + features) +
                     (tuning.empty() ? "" : ",tune=" + tuning);
  // What is usual is not said.
  for (const Number &number : numbers)
    if (uint64_t value = number.get(*this); value != number.get(Machine()))
      chip += strCat(",", number.key.str(), "=", value);
  return chip;
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
