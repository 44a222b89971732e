//===- Disassembler.cpp - LLVM's disassembler -------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Sets up LLVM's MC layer and translates MCInst operands. Registers are read off their names, since
// their numbers are private to LLVM.
//
// LLVM 22 decodes an operand of v_mfma_*_f8f6f4 as eight registers and shortens it then, to six of
// 6-bit codes and to four of FP4. Where eight registers would go beyond the last one it decodes
// nothing, though its assembler takes such operands: here they are decoded at a lower place and
// moved back.
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
#include <array>
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

/// Instructions of two words of eight bytes each are the longest.
constexpr size_t kMostBytes = 16;

/// Operands A and B of an f8f6f4 product.
constexpr unsigned kMatrices = 2;

/// An instruction as LLVM takes it.
struct Encoded {
  std::array<uint8_t, kMostBytes> bytes = {};
  size_t size = 0;
  /// How many registers A and B are lower here than in the program.
  std::array<unsigned, kMatrices> lowered = {};
};
} // namespace

struct Disassembler::State {
  /// Decodes at the start of `data`, as LLVM's function of that name.
  bool getInstruction(llvm::MCInst &inst, uint64_t &size, std::span<const std::byte> data,
                      uint64_t address) const;
  /// Moves register operand `op` by so many registers; false if there is no such register.
  bool moveUp(llvm::MCOperand &op, unsigned registers) const;

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

/// The registers of an f8f6f4 operand whose format has that number in cbsz or blgp; 0 for none.
static unsigned countMatrixRegisters(unsigned format) {
  static constexpr unsigned kCounts[] = {8, 8, 6, 6, 4};
  return format < std::size(kCounts) ? kCounts[format] : 0;
}

/// Copies the first instruction of `data`, with those f8f6f4 operands lowered that have registers
/// of a file, but not eight.
static Encoded lowerMatrices(std::span<const std::byte> data) {
  constexpr unsigned wordBytes = 8, full = 8, sourceBits = 9, firstSource = 32;
  constexpr uint64_t files = 256; // Sources from there on are vector registers, as many.
  Encoded result;
  result.size = std::min(data.size(), kMostBytes);
  std::memcpy(result.bytes.data(), data.data(), result.size);
  auto opcodeAt = [&](size_t at) {
    return at + wordBytes <= result.size ? result.bytes[at + 3] << 8 | result.bytes[at + 2] : 0;
  };
  // A scaled product follows the word that names its scales.
  constexpr int loadScale = 0xd3ac, product16 = 0xd3ad, product32 = 0xd3ae;
  const size_t at = opcodeAt(0) == loadScale ? wordBytes : 0;
  if (opcodeAt(at) != product16 && opcodeAt(at) != product32)
    return result;
  uint64_t word;
  std::memcpy(&word, &result.bytes[at], wordBytes);
  const std::array<unsigned, kMatrices> formats = {unsigned(word >> 8 & 7), unsigned(word >> 61)};
  for (unsigned i = 0; i < kMatrices; ++i) {
    const unsigned shift = firstSource + sourceBits * i;
    const uint64_t source = word >> shift & ((1 << sourceBits) - 1);
    const unsigned registers = countMatrixRegisters(formats[i]);
    const uint64_t end = 2 * files;
    if (source < files || registers == 0 || source + registers > end || source + full <= end)
      continue;
    // Tuples are aligned to pairs, and stay what they are.
    result.lowered[i] = unsigned(source + full - end + 1) / 2 * 2;
    word -= uint64_t(result.lowered[i]) << shift;
  }
  std::memcpy(&result.bytes[at], &word, wordBytes);
  return result;
}

bool Disassembler::State::moveUp(llvm::MCOperand &op, unsigned count) const {
  if (!op.isReg())
    return false;
  Operand wanted = names->operandOf[op.getReg().id()];
  for (unsigned reg = 0; reg < names->operandOf.size(); ++reg) {
    const Operand &other = names->operandOf[reg];
    if (!wanted.isVector() || !other.isVector() || other.reg != wanted.reg + count ||
        other.dwords != wanted.dwords)
      continue;
    op.setReg(reg);
    return true;
  }
  return false;
}

bool Disassembler::State::getInstruction(llvm::MCInst &inst, uint64_t &size,
                                         std::span<const std::byte> data, uint64_t address) const {
  const Encoded encoded = lowerMatrices(data);
  llvm::raw_null_ostream comments;
  if (disassembler->getInstruction(inst, size, llvm::ArrayRef(encoded.bytes.data(), encoded.size),
                                   address, comments) != llvm::MCDisassembler::Success)
    return false;
  // The sources follow the result.
  const unsigned first = instructions->get(inst.getOpcode()).getNumDefs();
  for (unsigned i = 0; i < kMatrices; ++i)
    if (encoded.lowered[i] && !moveUp(inst.getOperand(first + i), encoded.lowered[i]))
      return false;
  return true;
}

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
  if (!s.getInstruction(inst, size, bytes, address))
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
  if (!s.getInstruction(inst, size, bytes, address))
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
