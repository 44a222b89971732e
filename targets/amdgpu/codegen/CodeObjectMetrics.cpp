//===- CodeObjectMetrics.cpp - Numbers about finished kernels -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Registers come from the metadata note, matrix instructions from the disassembled loops. A loop is
// what lies between a branch and its earlier target; it is innermost if no other loop lies in it.
//
//===----------------------------------------------------------------------===//
#include "targets/amdgpu/codegen/CodeObjectMetrics.h"

#include "llvm/BinaryFormat/MsgPackDocument.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstrAnalysis.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ELFObjectFile.h"

#include <algorithm>
#include <vector>

using namespace moec;
using namespace moec::amdgpu;

extern "C" {
void LLVMInitializeAMDGPUTargetInfo();
void LLVMInitializeAMDGPUTargetMC();
void LLVMInitializeAMDGPUDisassembler();
}

namespace {
using Elf = llvm::object::ELF64LEObjectFile;

/// Decodes instructions of one processor.
class Decoder {
public:
  explicit Decoder(const std::string &chip) {
    LLVMInitializeAMDGPUTargetInfo();
    LLVMInitializeAMDGPUTargetMC();
    LLVMInitializeAMDGPUDisassembler();
    std::string error;
    target = llvm::TargetRegistry::lookupTarget(triple, error);
    if (!target)
      return;
    registers.reset(target->createMCRegInfo(triple));
    asmInfo.reset(target->createMCAsmInfo(*registers, triple, llvm::MCTargetOptions()));
    instructions.reset(target->createMCInstrInfo());
    analysis.reset(target->createMCInstrAnalysis(instructions.get()));
    subtarget.reset(target->createMCSubtargetInfo(triple, chip, ""));
    context =
        std::make_unique<llvm::MCContext>(triple, asmInfo.get(), registers.get(), subtarget.get());
    disassembler.reset(target->createMCDisassembler(*subtarget, *context));
  }
  explicit operator bool() const { return disassembler != nullptr; }

  uint64_t countMfmas(llvm::ArrayRef<uint8_t> code) const;

private:
  llvm::Triple triple{"amdgcn-amd-amdhsa"};
  const llvm::Target *target = nullptr;
  std::unique_ptr<llvm::MCRegisterInfo> registers;
  std::unique_ptr<llvm::MCAsmInfo> asmInfo;
  std::unique_ptr<llvm::MCInstrInfo> instructions;
  std::unique_ptr<llvm::MCInstrAnalysis> analysis;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget;
  std::unique_ptr<llvm::MCContext> context;
  std::unique_ptr<llvm::MCDisassembler> disassembler;
};

/// Bytes of code from the target of a backward branch to the branch.
struct Loop {
  uint64_t begin, end;
  bool contains(const Loop &other) const {
    return begin <= other.begin && other.end <= end && (begin != other.begin || end != other.end);
  }
};
} // namespace

uint64_t Decoder::countMfmas(llvm::ArrayRef<uint8_t> code) const {
  std::vector<uint64_t> mfmas;
  std::vector<Loop> loops;
  for (uint64_t at = 0; at < code.size();) {
    llvm::MCInst inst;
    uint64_t bytes = 0, branchTarget = 0;
    // Instructions have four or eight bytes; what does not decode (padding, data) is stepped over
    // by dwords, so that the rest of the kernel still counts.
    auto status = disassembler->getInstruction(inst, bytes, code.drop_front(at), at, llvm::nulls());
    if (status == llvm::MCDisassembler::Success) {
      if (instructions->getName(inst.getOpcode()).starts_with("V_MFMA_"))
        mfmas.push_back(at);
      // A backward branch closes a loop. Compiled kernels are structured, so its target is the
      // loop's first instruction.
      if (instructions->get(inst.getOpcode()).isBranch() &&
          analysis->evaluateBranch(inst, at, bytes, branchTarget) && branchTarget <= at)
        loops.push_back({branchTarget, at});
    }
    at += bytes ? bytes : 4;
  }
  // Of a nest only the inner loop runs often. Where a kernel has several products, the one with
  // most matrix instructions is what it is judged by.
  uint64_t most = 0;
  for (const Loop &loop : loops) {
    bool innermost = llvm::none_of(loops, [&](const Loop &other) { return loop.contains(other); });
    uint64_t count = llvm::count_if(
        mfmas, [&](uint64_t at) { return innermost && at >= loop.begin && at <= loop.end; });
    most = std::max(most, count);
  }
  return most ? most : mfmas.size();
}

/// An unsigned entry of a map; 0 if there is none.
static uint64_t getInteger(llvm::msgpack::MapDocNode &map, llvm::StringRef key) {
  auto found = map.find(key);
  if (found == map.end())
    return 0;
  llvm::msgpack::DocNode &node = found->second;
  return node.getKind() == llvm::msgpack::Type::UInt ? node.getUInt() : 0;
}

/// Reads the metadata of one kernel.
static void readKernel(llvm::msgpack::MapDocNode &map,
                       std::map<std::string, CodeObjectMetrics> &kernels) {
  auto name = map.find(".name");
  if (name == map.end() || name->second.getKind() != llvm::msgpack::Type::String)
    return;
  CodeObjectMetrics &metrics = kernels[name->second.getString().str()];
  metrics.vgprs = getInteger(map, ".vgpr_count");
  metrics.agprs = getInteger(map, ".agpr_count");
  metrics.sgprs = getInteger(map, ".sgpr_count");
  // Scalar registers spill to vector registers' lanes first, so spills may be without scratch
  // bytes.
  metrics.spills = getInteger(map, ".vgpr_spill_count") + getInteger(map, ".sgpr_spill_count");
  metrics.scratchBytes = getInteger(map, ".private_segment_fixed_size");
}

/// The descriptor of the note with the metadata; empty if there is none.
static llvm::StringRef findMetadata(const Elf &object) {
  // By segment and not by section: a loader reads it so, and sections may be stripped.
  auto headers = object.getELFFile().program_headers();
  if (!headers) {
    llvm::consumeError(headers.takeError());
    return {};
  }
  for (const auto &header : *headers) {
    if (header.p_type != llvm::ELF::PT_NOTE)
      continue;
    llvm::Error error = llvm::Error::success();
    llvm::StringRef found;
    for (const auto &note : object.getELFFile().notes(header, error))
      if (note.getType() == llvm::ELF::NT_AMDGPU_METADATA)
        found = note.getDescAsStringRef(header.p_align);
    if (error)
      llvm::consumeError(std::move(error));
    if (!found.empty())
      return found;
  }
  return {};
}

/// Counts the matrix instructions of every kernel.
static void countInstructions(const Elf &object, const Decoder &decoder,
                              std::map<std::string, CodeObjectMetrics> &kernels) {
  for (const llvm::object::ELFSymbolRef symbol : object.symbols()) {
    auto name = symbol.getName();
    auto address = symbol.getAddress();
    auto section = symbol.getSection();
    if (!name || !address || !section) {
      llvm::consumeError(name.takeError());
      llvm::consumeError(address.takeError());
      llvm::consumeError(section.takeError());
      continue;
    }
    auto kernel = kernels.find(name->str());
    if (kernel == kernels.end() || *section == object.section_end())
      continue;
    auto contents = (*section)->getContents();
    if (!contents) {
      llvm::consumeError(contents.takeError());
      continue;
    }
    // A kernel's symbol is at its first instruction and has the size of its code.
    llvm::StringRef code = contents->substr(*address - (*section)->getAddress(), symbol.getSize());
    kernel->second.mfmasPerIteration = decoder.countMfmas(llvm::arrayRefFromStringRef(code));
  }
}

Expected<std::map<std::string, CodeObjectMetrics>> amdgpu::readMetrics(llvm::StringRef codeObject,
                                                                       const std::string &chip) {
  auto opened = llvm::object::ObjectFile::createELFObjectFile(
      llvm::MemoryBufferRef(codeObject, "code object"));
  if (!opened)
    return Error::make("the code object cannot be read: ", llvm::toString(opened.takeError()));
  const auto *object = llvm::dyn_cast<Elf>(opened->get());
  llvm::msgpack::Document document;
  if (!object || !document.readFromBlob(findMetadata(*object), /*Multi=*/false) ||
      !document.getRoot().isMap())
    return Error::make("the code object has no metadata");
  auto &root = document.getRoot().getMap();
  auto list = root.find("amdhsa.kernels");
  if (list == root.end() || !list->second.isArray())
    return Error::make("the code object's metadata lists no kernels");
  std::map<std::string, CodeObjectMetrics> kernels;
  for (llvm::msgpack::DocNode &node : list->second.getArray())
    if (node.isMap())
      readKernel(node.getMap(), kernels);
  Decoder decoder(chip);
  if (!decoder)
    return Error::make("there is no disassembler for ", chip);
  countInstructions(*object, decoder, kernels);
  return kernels;
}
