//===- Decode.cpp - From operands to meaning --------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Finds an opcode's row in the tables of the families and places its operands. The order of
// operands is that of LLVM's instruction descriptions for each encoding.
//
//===----------------------------------------------------------------------===//

#include "Disassembler.h"
#include "OpcodeName.h"
#include "emulator/gfx950/lib/matrix/Mfma.h"
#include "emulator/gfx950/lib/memory/LdsCross.h"
#include "emulator/gfx950/lib/memory/MemoryOps.h"
#include "emulator/gfx950/lib/scalar/Salu.h"
#include "emulator/gfx950/lib/scalar/Smem.h"
#include "emulator/gfx950/lib/vector/Valu.h"
#include "emulator/gfx950/lib/wave/Execute.h"
#include "moec/emulator/gfx950/Program.h"

#include <cstring>
#include <deque>
#include <mutex>
#include <string_view>
#include <unordered_map>

namespace moec::gfx950 {

namespace {

/// Families of opcodes, by the executor they share.
enum class Family : uint8_t {
  Valu,
  Salu,
  Smem,
  Narrow,
  Mfma,
  ScaledMfma,
  SparseMfma,
  Cross,
  Vector, ///< Global, flat, scratch.
  Buffer,
  Lds,
  ReadLane,
  ReadFirstLane,
  WriteLane,
  PermlaneSwap,
  Swap,
  Nothing
};

struct Entry {
  Family family;
  const void *op;
  const char *name;
};

/// All opcodes with semantics, by base name.
class OpTable {
public:
  OpTable() {
    for (auto ops : {valuIntegerOps(), valuWideIntegerOps(), valuFloatOps(), valuDoubleOps(),
                     valuHalfOps(), valuShortOps(), valuPackedOps(), valuConvertOps(),
                     valuTranscendentalOps(), valuDotOps(), valuCompareOps()})
      addAll(Family::Valu, ops);
    addAll(Family::Salu, saluOps());
    addAll(Family::Salu, saluControlOps());
    addAll(Family::Smem, smemOps());
    addAll(Family::Narrow, narrowOps());
    addAll(Family::Mfma, mfmaOps());
    addAll(Family::ScaledMfma, scaledMfmaOps());
    addAll(Family::SparseMfma, sparseMfmaOps());
    addAll(Family::Cross, crossOps());
    for (auto [name, family] : {std::pair("V_READLANE_B32", Family::ReadLane),
                                {"V_READFIRSTLANE_B32", Family::ReadFirstLane},
                                {"V_WRITELANE_B32", Family::WriteLane},
                                {"V_PERMLANE16_SWAP_B32", Family::PermlaneSwap},
                                {"V_PERMLANE32_SWAP_B32", Family::PermlaneSwap},
                                {"V_SWAP_B32", Family::Swap},
                                {"V_NOP", Family::Nothing},
                                {"DS_NOP", Family::Nothing},
                                {"BUFFER_INV", Family::Nothing},
                                {"BUFFER_WBL2", Family::Nothing},
                                {"V_CLREXCP", Family::Nothing}})
      table[name] = {family, nullptr, name};
  }

  /// The entry of `base`, or null. Memory operations are parsed on first use.
  const Entry *find(const std::string &base) {
    std::lock_guard lock(mutex);
    if (auto it = table.find(base); it != table.end())
      return &it->second;
    if (parseScalarWrite(base)) {
      const std::string &name = names.emplace_back(base);
      const SmemOp &op = scalarWrites.emplace_back(*parseScalarWrite(name));
      return &(table[name] = {Family::Smem, &op, op.name});
    }
    std::optional<MemoryOp> memory = parseMemoryOp(base);
    if (!memory)
      return nullptr;
    memoryOps.push_back(*memory);
    names.push_back(base);
    Family family = memory->space == Space::Lds      ? Family::Lds
                    : memory->space == Space::Buffer ? Family::Buffer
                                                     : Family::Vector;
    return &(table[names.back()] = {family, &memoryOps.back(), names.back().c_str()});
  }

private:
  template <typename T> void addAll(Family family, std::span<const T> ops) {
    for (const T &op : ops)
      table[op.name] = {family, &op, op.name};
  }
  std::mutex mutex;
  std::unordered_map<std::string_view, Entry> table;
  std::deque<MemoryOp> memoryOps;
  std::deque<SmemOp> scalarWrites;
  std::deque<std::string> names;
};

OpTable &opTable() {
  static OpTable table;
  return table;
}

Operand vccOperand() {
  Operand o;
  o.kind = OperandKind::Scalar, o.reg = kVcc, o.dwords = 2;
  return o;
}

bool startsWith(const char *name, const char *prefix) {
  return std::strncmp(name, prefix, std::strlen(prefix)) == 0;
}

/// Trailing immediates of a vector instruction.
bool decodeVectorImmediates(const RawInstruction &raw, const ValuOp &op, unsigned plainSources,
                            Instruction &inst) {
  const auto &imms = raw.imms;
  size_t n = imms.size();
  switch (inst.encoding) {
  case Encoding::Dpp:
    if (n < 4)
      return false;
    inst.dpp = uint16_t(imms[n - 4]);
    inst.rowMask = uint8_t(imms[n - 3]), inst.bankMask = uint8_t(imms[n - 2]),
    inst.boundCtrl = imms[n - 1];
    return true;
  case Encoding::Sdwa: {
    unsigned sels = plainSources;
    if (n < sels)
      return false;
    for (unsigned i = 0; i < sels; ++i)
      inst.src[i].sdwa = uint8_t(imms[n - sels + i]);
    if (op.signature[0] == 'm' || n < sels + 3) {
      inst.clamp = n > sels && imms[0];
      inst.omod = n == sels + 2 ? uint8_t(imms[1]) : 0;
      return true;
    }
    inst.clamp = imms[0];
    inst.omod = n == sels + 4 ? uint8_t(imms[1]) : 0;
    inst.dstSel = uint8_t(imms[n - sels - 2]), inst.dstUnused = uint8_t(imms[n - sels - 1]);
    return true;
  }
  case Encoding::Plain:
  case Encoding::E64:
    if (startsWith(op.name, "V_BITOP3")) {
      inst.imm = n ? uint32_t(imms[0]) : 0;
      return true;
    }
    inst.clamp = n > 0 && imms[0];
    inst.omod = n > 1 && inst.encoding == Encoding::E64 ? uint8_t(imms[1]) : 0;
    if (n > 1 && inst.encoding == Encoding::Plain && !std::strpbrk(op.signature, "pPBQRx"))
      inst.omod = uint8_t(imms[1]);
    return true;
  case Encoding::E32:
    return true;
  }
  return true;
}

bool decodeValu(const RawInstruction &raw, const ValuOp &op, bool compareExec, Instruction &inst) {
  const char *types = std::strchr(op.signature, ':') + 1;
  unsigned wanted = unsigned(std::strlen(types)), given = 0;
  for (const Operand &o : raw.sources)
    given += !o.isNone();
  bool twoResults = op.signature[1] != ':';
  size_t def = 0;
  inst.dst = raw.defs.empty() || (op.signature[0] == 'm' && !raw.defs[0].isScalar())
                 ? vccOperand()
                 : raw.defs[def++];
  if (twoResults)
    inst.dst2 = def < raw.defs.size() ? raw.defs[def] : vccOperand();
  unsigned plain = 0;
  for (unsigned i = 0; i < wanted; ++i) {
    if (i < raw.sources.size())
      inst.src[i] = raw.sources[i];
    if (!inst.src[i].isNone()) {
      plain += types[i] != 'm';
      continue;
    }
    uint8_t mods = inst.src[i].mods;
    if (types[i] == 'm') {
      inst.src[i] = vccOperand();
    } else { // A fused multiply-add into its result.
      inst.src[i] = raw.defs.empty() ? Operand{} : raw.defs[0];
      inst.src[i].mods = mods;
    }
  }
  if (given > wanted)
    return false;
  inst.sources = uint8_t(wanted);
  if (inst.encoding != Encoding::Plain) // Only VOP3P has op_sel_hi.
    for (unsigned i = 0; i < wanted; ++i)
      if (std::strchr("pPB", types[i]))
        inst.src[i].mods |= kOpSelHi;
  if (!decodeVectorImmediates(raw, op, plain, inst))
    return false;
  char first = op.signature[0];
  bool mixed = types[0] == 'x';
  if ((first == 'h' || first == 'w') && !mixed &&
      (inst.encoding == Encoding::E64 || inst.encoding == Encoding::Plain))
    inst.dstHigh = inst.src[0].mods & kOpSelHi;
  if (startsWith(op.name, "V_FMA_MIXHI"))
    inst.dstHigh = true;
  if (inst.clamp && std::strchr("uwqp", first) && !op.clamps)
    return false;
  inst.imm2 = compareExec;
  inst.floatMode =
      std::strchr("hdP", first) || (first == 'm' && std::strchr("hd", types[0])) ? 2 : 1;
  inst.execute = executeValu;
  inst.cls = op.transcendental ? InstructionClass::Transcendental : InstructionClass::Valu;
  inst.simple = !inst.clamp && !inst.omod && std::strchr("ufm", first) &&
                (inst.encoding == Encoding::E32 || inst.encoding == Encoding::E64 ||
                 inst.encoding == Encoding::Plain);
  for (unsigned i = 0; i < wanted; ++i)
    inst.simple = inst.simple && std::strchr("ufm", types[i]) && !inst.src[i].mods;
  return true;
}

bool decodeSalu(const RawInstruction &raw, const SaluOp &op, Instruction &inst) {
  if (!raw.defs.empty())
    inst.dst = raw.defs[0];
  for (unsigned i = 0; i < raw.sources.size() && i < 2; ++i)
    inst.src[i] = raw.sources[i];
  inst.sources = uint8_t(raw.sources.size());
  if (startsWith(op.name, "S_SETREG_IMM32")) {
    if (raw.imms.size() < 2 && raw.sources.empty())
      return false;
    if (raw.sources.empty()) {
      inst.src[0].kind = OperandKind::Constant, inst.src[0].value = uint64_t(raw.imms[0]);
      inst.imm = uint32_t(raw.imms[1]);
    } else {
      inst.imm = uint32_t(raw.imms[0]);
    }
  } else if (!raw.imms.empty()) {
    inst.imm = uint32_t(raw.imms[0]);
  }
  inst.execute = executeSalu;
  const char *n = op.name;
  inst.cls = startsWith(n, "S_CBRANCH") || startsWith(n, "S_BRANCH") || startsWith(n, "S_SETPC") ||
                     startsWith(n, "S_CALL") || startsWith(n, "S_SWAPPC")
                 ? InstructionClass::Branch
             : startsWith(n, "S_BARRIER") ? InstructionClass::Barrier
             : startsWith(n, "S_WAITCNT") ? InstructionClass::Wait
             : startsWith(n, "S_NOP")     ? InstructionClass::Nop
                                          : InstructionClass::Salu;
  return true;
}

/// Global, flat and scratch: vector and scalar registers in the order of the description.
bool decodeVectorMemory(const RawInstruction &raw, const MemoryOp &op, Instruction &inst) {
  Operand vectors[3];
  unsigned count = 0;
  for (const Operand &o : raw.sources) {
    if (o.isScalar())
      inst.src[2] = o;
    else if (o.isVector() && count < 3)
      vectors[count++] = o;
    else
      return false;
  }
  if (!raw.defs.empty())
    inst.dst = raw.defs[0];
  switch (op.action) {
  case Action::Load:
  case Action::LoadToLds:
    inst.src[0] = vectors[0];
    break;
  case Action::Store:
  case Action::Atomic: {
    bool dataFirst = op.space == Space::Scratch;
    inst.src[0] = vectors[dataFirst], inst.src[1] = vectors[!dataFirst];
    break;
  }
  }
  if (raw.imms.empty())
    return false;
  inst.imm = uint32_t(raw.imms[0]);
  inst.cachePolicy = raw.imms.size() > 1 ? uint8_t(raw.imms[1]) : 0;
  inst.execute = executeGlobal;
  inst.cls = op.action == Action::LoadToLds ? InstructionClass::VmemToLds
             : op.space == Space::Flat      ? InstructionClass::Flat
                                            : InstructionClass::Vmem;
  return true;
}

bool decodeBuffer(const RawInstruction &raw, const MemoryOp &op, Instruction &inst) {
  // [data] [address] resource soffset offset cpol swz; loads define the data.
  std::vector<Operand> rest = raw.sources;
  if (!raw.defs.empty())
    inst.dst = raw.defs[0];
  if (op.action == Action::Store || (op.action == Action::Atomic && !op.returns)) {
    if (rest.empty())
      return false;
    inst.src[1] = rest[0];
    rest.erase(rest.begin());
  } else if (op.action == Action::Atomic) {
    inst.src[1] = inst.dst; // The data is tied to the result.
  }
  if (inst.offen || inst.idxen) {
    if (rest.empty())
      return false;
    inst.src[0] = rest[0];
    rest.erase(rest.begin());
  }
  if (rest.size() != 2 || raw.imms.empty())
    return false;
  inst.src[2] = rest[0], inst.src[3] = rest[1];
  inst.imm = uint32_t(raw.imms[0]);
  inst.cachePolicy = raw.imms.size() > 1 ? uint8_t(raw.imms[1]) : 0;
  inst.execute = executeBuffer;
  inst.cls = op.action == Action::LoadToLds ? InstructionClass::VmemToLds : InstructionClass::Vmem;
  return true;
}

bool decodeLds(const RawInstruction &raw, const MemoryOp &op, Instruction &inst) {
  if (!raw.defs.empty())
    inst.dst = raw.defs[0];
  unsigned at = op.addTid ? 1 : 0;
  for (const Operand &o : raw.sources)
    if (at < 3)
      inst.src[at++] = o;
  size_t offsets = op.accesses;
  if (raw.imms.size() < offsets)
    return false;
  inst.imm = uint32_t(raw.imms[0]);
  inst.imm2 = offsets == 2 ? uint32_t(raw.imms[1]) : 0;
  if (raw.imms.size() > offsets && raw.imms[offsets])
    return false; // Global data share.
  inst.execute = executeDs;
  inst.cls = InstructionClass::Lds;
  return true;
}

bool decodeMatrix(const RawInstruction &raw, const MfmaOp &op, bool anyFormat, Instruction &inst) {
  if (raw.defs.empty() || raw.sources.size() < 3)
    return false;
  inst.dst = raw.defs[0];
  for (unsigned i = 0; i < 3; ++i)
    inst.src[i] = raw.sources[i];
  inst.sources = 3;
  inst.passes = op.passes;
  inst.cls = InstructionClass::Mfma;
  if (!anyFormat) {
    if (raw.imms.size() < 3)
      return false;
    inst.imm = uint32_t(raw.imms[0] | raw.imms[1] << 4), inst.imm2 = uint32_t(raw.imms[2]);
    inst.execute = executeMfma;
    return true;
  }
  if (raw.imms.size() < 2 || raw.imms[0] > 4 || raw.imms[1] > 4)
    return false;
  inst.imm = uint32_t(raw.imms[0]), inst.imm2 = uint32_t(raw.imms[1]);
  if (inst.imm < 2 || inst.imm2 < 2)
    inst.passes = uint16_t(2 * op.passes);
  if (raw.sources.size() >= 5)
    for (unsigned i = 0; i < 2; ++i) {
      inst.scale[i] = raw.sources[3 + i];
      // The selectors follow as modifiers or, in some forms, as plain immediates.
      if (i < raw.trailingMods.size())
        inst.scale[i].mods = raw.trailingMods[i];
      else if (raw.imms.size() >= 4)
        inst.scale[i].mods = uint8_t(raw.imms[2 + i]);
    }
  inst.execute = executeScaledMfma;
  return true;
}

/// A sparse product adds to its result; the indices stand where the addend does elsewhere.
bool decodeSparse(const RawInstruction &raw, const MfmaOp &op, Instruction &inst) {
  if (raw.defs.empty() || raw.sources.size() < 3 || raw.imms.size() < 2)
    return false;
  inst.dst = inst.src[2] = raw.defs[0];
  inst.src[0] = raw.sources[0], inst.src[1] = raw.sources[1], inst.src[3] = raw.sources[2];
  inst.imm = uint32_t(raw.imms[0] | raw.imms[1] << 4);
  inst.sources = 4;
  inst.passes = op.passes;
  inst.cls = InstructionClass::Mfma;
  inst.execute = executeSparseMfma;
  return true;
}

/// Collects the registers that the checks look at.
void collectRanges(Instruction &inst) {
  unsigned n = 0;
  auto add = [&](const Operand &o) {
    if ((!o.isVector() && !o.isScalar()) || n == std::size(inst.ranges))
      return;
    inst.ranges[n++] = {o.reg, o.dwords, o.isScalar()};
    if (!o.isVector())
      return;
    uint16_t end = uint16_t((o.reg >= kFirstAgpr ? o.reg - kFirstAgpr : o.reg) + o.dwords);
    uint16_t &limit = o.reg >= kFirstAgpr ? inst.agprEnd : inst.vgprEnd;
    limit = std::max(limit, end);
  };
  for (const Operand &o : inst.src)
    add(o);
  for (const Operand &o : inst.scale)
    add(o);
  inst.reads = uint8_t(n);
  add(inst.dst);
  add(inst.dst2);
  inst.writes = uint8_t(n - inst.reads);
}

/// Base, offset register and, of what writes memory, data, which of an atomic that returns is the
/// result's register.
bool decodeSmem(const OpcodeName &name, const SmemOp &op, const RawInstruction &raw,
                Instruction &inst) {
  std::span<const Operand> rest = raw.sources;
  if (!raw.defs.empty())
    inst.dst = raw.defs[0];
  if (op.action != Action::Load) {
    inst.src[2] = inst.dst;
    if (inst.dst.isNone()) {
      if (rest.empty())
        return false;
      inst.src[2] = rest[0];
      rest = rest.subspan(1);
    }
  }
  for (unsigned i = 0; i < rest.size() && i < 2; ++i)
    inst.src[i] = rest[i];
  inst.imm = name.immediateOffset && !raw.imms.empty() ? uint32_t(raw.imms[0]) : 0;
  inst.execute = executeSmem, inst.cls = InstructionClass::Smem;
  return true;
}

void decodeCross(const RawInstruction &raw, Instruction &inst) {
  inst.dst = raw.defs.empty() ? Operand{} : raw.defs[0];
  for (unsigned i = 0; i < raw.sources.size() && i < 2; ++i)
    inst.src[i] = raw.sources[i];
  inst.imm = raw.imms.empty() ? 0 : uint32_t(raw.imms[0]);
  inst.execute = executeDsCross, inst.cls = InstructionClass::Lds;
}

void decodeLane(Family family, const RawInstruction &raw, Instruction &inst) {
  inst.dst = raw.defs[0];
  for (unsigned i = 0; i < raw.sources.size() && i < 2; ++i)
    inst.src[i] = raw.sources[i];
  inst.execute = family == Family::ReadLane        ? executeReadLane
                 : family == Family::ReadFirstLane ? executeReadFirstLane
                                                   : executeWriteLane;
  inst.cls = InstructionClass::Valu;
}

/// Both registers of a swap are read and written.
bool decodeSwap(const Entry &entry, const RawInstruction &raw, Instruction &inst) {
  if (raw.defs.size() < 2)
    return false;
  inst.dst = raw.defs[0], inst.src[0] = inst.dst2 = raw.defs[1];
  inst.src[1] = inst.dst;
  inst.imm = startsWith(entry.name, "V_PERMLANE32") ? 32 : 16;
  inst.imm2 = !raw.imms.empty() && raw.imms[0];
  inst.boundCtrl = raw.imms.size() > 1 && raw.imms[1];
  inst.execute = entry.family == Family::Swap ? executeSwap : executePermlaneSwap;
  inst.cls = InstructionClass::Valu;
  return true;
}

bool place(const Entry &entry, const OpcodeName &name, const RawInstruction &raw,
           Instruction &inst) {
  switch (entry.family) {
  case Family::Valu:
    return decodeValu(raw, *static_cast<const ValuOp *>(entry.op), name.compareExec, inst);
  case Family::Salu:
    return decodeSalu(raw, *static_cast<const SaluOp *>(entry.op), inst);
  case Family::Smem:
    return decodeSmem(name, *static_cast<const SmemOp *>(entry.op), raw, inst);
  case Family::Narrow:
    if (raw.defs.empty() || raw.sources.size() > 4)
      return false;
    inst.dst = raw.defs[0];
    for (unsigned i = 0; i < raw.sources.size(); ++i)
      inst.src[i] = raw.sources[i];
    inst.execute = executeNarrow, inst.cls = InstructionClass::Valu;
    return true;
  case Family::Mfma:
  case Family::ScaledMfma:
    return decodeMatrix(raw, *static_cast<const MfmaOp *>(entry.op),
                        entry.family == Family::ScaledMfma, inst);
  case Family::SparseMfma:
    return decodeSparse(raw, *static_cast<const MfmaOp *>(entry.op), inst);
  case Family::Vector:
    return decodeVectorMemory(raw, *static_cast<const MemoryOp *>(entry.op), inst);
  case Family::Buffer:
    return decodeBuffer(raw, *static_cast<const MemoryOp *>(entry.op), inst);
  case Family::Lds:
    return decodeLds(raw, *static_cast<const MemoryOp *>(entry.op), inst);
  case Family::Cross:
    decodeCross(raw, inst);
    return true;
  case Family::ReadLane:
  case Family::ReadFirstLane:
  case Family::WriteLane:
    decodeLane(entry.family, raw, inst);
    return true;
  case Family::PermlaneSwap:
  case Family::Swap:
    return decodeSwap(entry, raw, inst);
  case Family::Nothing:
    inst.execute = executeNothing;
    inst.cls = startsWith(entry.name, "V_") ? InstructionClass::Valu : InstructionClass::Other;
    return true;
  }
  return false;
}

} // namespace

void decodeMeaning(const RawInstruction &raw, Instruction &inst) {
  OpcodeName name = splitOpcodeName(raw.opcodeName);
  inst.opcodeName = raw.opcodeName;
  inst.name = raw.opcodeName;
  inst.size = uint8_t(raw.size);
  inst.encoding = name.encoding;
  inst.offen = name.offen, inst.idxen = name.idxen;
  const Entry *entry = opTable().find(name.base);
  if (entry) {
    inst.name = entry->name;
    inst.op = entry->op;
  }
  if (!entry || !place(*entry, name, raw, inst)) {
    inst.execute = executeUnsupported;
    inst.cls = InstructionClass::Other;
    return;
  }
  collectRanges(inst);
}

OpcodeStatus opcodeStatus(const std::string &opcodeName) {
  OpcodeName name = splitOpcodeName(opcodeName);
  return {opcodeName, name.base, opTable().find(name.base) != nullptr};
}

} // namespace moec::gfx950
