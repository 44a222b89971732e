//===- Disassembler.cpp - LLVM's disassembler -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sets up LLVM's MC layer and translates MCInst operands. Registers are read off their names, since
// their numbers are private to LLVM.
//
//===----------------------------------------------------------------------===//

#include "Disassembler.h"

#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstPrinter.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"

#include <algorithm>
#include <cstring>
#include <mutex>

extern "C" {
void LLVMInitializeAMDGPUTargetInfo();
void LLVMInitializeAMDGPUTargetMC();
void LLVMInitializeAMDGPUDisassembler();
}

namespace moec::gfx950 {

namespace {
struct NameTables;
}

struct Disassembler::State {
  llvm::Triple triple{"amdgcn-amd-amdhsa"};
  std::unique_ptr<llvm::MCRegisterInfo> registers;
  std::unique_ptr<llvm::MCAsmInfo> asmInfo;
  std::unique_ptr<llvm::MCInstrInfo> instructions;
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget;
  std::unique_ptr<llvm::MCContext> context;
  std::unique_ptr<llvm::MCDisassembler> disassembler;
  std::unique_ptr<llvm::MCInstPrinter> printer;
  const NameTables *names = nullptr;
  std::mutex mutex;
};

static unsigned numberAfter(llvm::StringRef name, size_t prefix) {
  unsigned n = 0;
  name.drop_front(prefix)
      .take_while([](char c) { return c >= '0' && c <= '9'; })
      .getAsInteger(10, n);
  return n;
}

static Operand scalar(unsigned reg, unsigned dwords) {
  Operand o;
  o.kind = OperandKind::Scalar, o.reg = uint16_t(reg), o.dwords = uint8_t(dwords);
  return o;
}

/// The operand that a register's name stands for; None for registers that kernels cannot name.
static Operand operandOfRegister(llvm::StringRef name) {
  Operand o;
  unsigned count = unsigned(name.count("GPR") + name.count("TTMP"));
  if (name.starts_with("VGPR") || name.starts_with("AGPR")) {
    if (name.contains("LO16") || name.contains("HI16"))
      return o;
    o.kind = OperandKind::Vector;
    o.reg = uint16_t(numberAfter(name, 4) + (name[0] == 'A' ? kFirstAgpr : 0));
    o.dwords = uint8_t(count);
    return o;
  }
  if (name.starts_with("SGPR"))
    return scalar(numberAfter(name, 4), count);
  if (name.starts_with("TTMP"))
    return scalar(kTtmp0 + numberAfter(name, 4), count);
  struct Row {
    const char *name;
    unsigned reg, dwords;
  };
  static constexpr Row kRows[] = {
      {"VCC", kVcc, 2},           {"VCC_LO", kVcc, 1},     {"VCC_HI", kVcc + 1, 1},
      {"EXEC", kExec, 2},         {"EXEC_LO", kExec, 1},   {"EXEC_HI", kExec + 1, 1},
      {"M0_gfxpre11", kM0, 1},    {"FLAT_SCR_vi", 102, 2}, {"FLAT_SCR_LO_vi", 102, 1},
      {"FLAT_SCR_HI_vi", 103, 1}, {"XNACK_MASK", 104, 2}};
  for (const Row &row : kRows)
    if (name == row.name)
      return scalar(row.reg, row.dwords);
  struct Special {
    const char *name;
    OperandKind kind;
  };
  static constexpr Special kSpecials[] = {{"SRC_SHARED_BASE", OperandKind::SharedBase},
                                          {"SRC_SHARED_LIMIT", OperandKind::SharedLimit},
                                          {"SRC_PRIVATE_BASE", OperandKind::PrivateBase},
                                          {"SRC_PRIVATE_LIMIT", OperandKind::PrivateLimit},
                                          {"SRC_VCCZ", OperandKind::Vccz},
                                          {"SRC_EXECZ", OperandKind::Execz},
                                          {"SRC_SCC", OperandKind::Scc}};
  for (const Special &row : kSpecials)
    if (name.starts_with(row.name))
      o.kind = row.kind;
  return o;
}

namespace {
/// What is read off LLVM's names, the same for every disassembler.
struct NameTables {
  NameTables(const llvm::MCRegisterInfo &registers, const llvm::MCInstrInfo &instructions) {
    for (unsigned reg = 0; reg < registers.getNumRegs(); ++reg)
      operandOf.push_back(operandOfRegister(registers.getName(reg)));
    // The operand type of source modifiers is private to LLVM: read it off an instruction that has
    // one.
    for (unsigned opcode = 0; opcode < instructions.getNumOpcodes(); ++opcode)
      if (instructions.getName(opcode) == "V_ADD_F32_e64_vi")
        modifierType = instructions.get(opcode).operands()[1].OperandType;
  }

  std::vector<Operand> operandOf; ///< By LLVM register number.
  unsigned modifierType = 0;      ///< Operand type of source modifiers; 0 where none was found.
};
} // namespace

Disassembler::Disassembler() : state(std::make_unique<State>()) {}
Disassembler::~Disassembler() = default;

Expected<std::unique_ptr<Disassembler>> Disassembler::create() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeAMDGPUTargetInfo();
    LLVMInitializeAMDGPUTargetMC();
    LLVMInitializeAMDGPUDisassembler();
  });
  std::unique_ptr<Disassembler> result(new Disassembler);
  State &s = *result->state;
  std::string error;
  const llvm::Target *target = llvm::TargetRegistry::lookupTarget(s.triple, error);
  if (!target)
    return Error::make("LLVM has no AMDGPU target: ", error);
  s.registers.reset(target->createMCRegInfo(s.triple));
  llvm::MCTargetOptions options;
  s.asmInfo.reset(target->createMCAsmInfo(*s.registers, s.triple, options));
  s.instructions.reset(target->createMCInstrInfo());
  s.subtarget.reset(target->createMCSubtargetInfo(s.triple, "gfx950", ""));
  s.context = std::make_unique<llvm::MCContext>(s.triple, s.asmInfo.get(), s.registers.get(),
                                                s.subtarget.get());
  s.disassembler.reset(target->createMCDisassembler(*s.subtarget, *s.context));
  s.printer.reset(
      target->createMCInstPrinter(s.triple, 0, *s.asmInfo, *s.instructions, *s.registers));
  if (!s.disassembler || !s.printer)
    return Error::make("LLVM has no disassembler for gfx950");
  // Thousands of names: once, not for each code object.
  static const NameTables names(*s.registers, *s.instructions);
  if (!names.modifierType)
    return Error::make(
        "this version of LLVM names its opcodes differently: V_ADD_F32_e64_vi is missing");
  s.names = &names;
  return std::move(result);
}

bool Disassembler::decode(std::span<const std::byte> bytes, uint64_t address, RawInstruction &out) {
  State &s = *state;
  llvm::MCInst inst;
  uint64_t size = 0;
  llvm::ArrayRef<uint8_t> data(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  llvm::raw_null_ostream comments;
  if (s.disassembler->getInstruction(inst, size, data, address, comments) !=
      llvm::MCDisassembler::Success)
    return false;
  const llvm::MCInstrDesc &desc = s.instructions->get(inst.getOpcode());
  out = {};
  out.size = unsigned(size);
  out.opcodeName = s.instructions->getName(inst.getOpcode()).data();
  bool modsPending = false;
  uint8_t mods = 0;
  for (unsigned i = 0; i < inst.getNumOperands(); ++i) {
    const llvm::MCOperand &op = inst.getOperand(i);
    unsigned type =
        i < desc.getNumOperands() ? desc.operands()[i].OperandType : llvm::MCOI::OPERAND_IMMEDIATE;
    bool tied = i < desc.getNumOperands() && desc.getOperandConstraint(i, llvm::MCOI::TIED_TO) >= 0;
    if (type == s.names->modifierType && op.isImm()) {
      if (modsPending)
        out.trailingMods.push_back(mods);
      mods = uint8_t(op.getImm()), modsPending = true;
      continue;
    }
    Operand o;
    if (op.isReg()) {
      o = s.names->operandOf[op.getReg().id()];
    } else if (op.isImm()) {
      bool plain = type == llvm::MCOI::OPERAND_IMMEDIATE || type == llvm::MCOI::OPERAND_PCREL ||
                   type == llvm::MCOI::OPERAND_UNKNOWN;
      if (plain) {
        out.imms.push_back(op.getImm());
        continue;
      }
      o.kind = OperandKind::Constant, o.value = uint64_t(op.getImm());
    } else { // A literal that is also an inline constant is printed as lit(…): its value is the
             // last dword.
      uint32_t literal;
      std::memcpy(&literal, bytes.data() + size - 4, 4);
      o.kind = OperandKind::Constant, o.value = literal;
    }
    if (i < desc.getNumDefs()) {
      out.defs.push_back(o);
      continue;
    }
    if (tied && !modsPending)
      continue;
    if (tied)
      o = {};
    o.mods = modsPending ? mods : 0;
    modsPending = false, mods = 0;
    out.sources.push_back(o);
  }
  if (modsPending)
    out.trailingMods.push_back(mods);
  return true;
}

std::string Disassembler::print(std::span<const std::byte> bytes, uint64_t address) {
  State &s = *state;
  std::lock_guard lock(s.mutex);
  llvm::MCInst inst;
  uint64_t size = 0;
  llvm::ArrayRef<uint8_t> data(reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size());
  llvm::raw_null_ostream comments;
  if (s.disassembler->getInstruction(inst, size, data, address, comments) !=
      llvm::MCDisassembler::Success)
    return "<not an instruction>";
  std::string text;
  llvm::raw_string_ostream stream(text);
  s.printer->printInst(&inst, address, "", *s.subtarget, stream);
  size_t start = text.find_first_not_of("\t ");
  text = start == std::string::npos ? text : text.substr(start);
  std::replace(text.begin(), text.end(), '\t', ' ');
  return text;
}

std::vector<std::string> Disassembler::opcodeNames() const {
  std::vector<std::string> names;
  for (unsigned opcode = 0; opcode < state->instructions->getNumOpcodes(); ++opcode)
    names.push_back(state->instructions->getName(opcode).str());
  return names;
}

} // namespace moec::gfx950
