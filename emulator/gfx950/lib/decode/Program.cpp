//===- Program.cpp - Decoded code -------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Decodes a code segment from its start to its end and resolves direct branches.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/gfx950/Program.h"

#include "Disassembler.h"
#include "emulator/gfx950/lib/wave/Execute.h"

#include <cstdio>
#include <cstring>

namespace moec::gfx950 {

Program::Program() = default;
Program::~Program() = default;

Expected<std::unique_ptr<Program>> Program::decode(std::span<const std::byte> code,
                                                   uint64_t address) {
  auto disassembler = Disassembler::create();
  if (!disassembler)
    return disassembler.takeError();
  std::unique_ptr<Program> program(new Program);
  program->disassembler = std::move(*disassembler);
  program->bytes.assign(code.begin(), code.end());
  program->begin = address;
  program->indexOf.assign(code.size() / 4 + 1, -1);
  RawInstruction raw;
  for (size_t at = 0; at + 4 <= code.size();) {
    Instruction inst;
    inst.address = address + at;
    std::memcpy(inst.words, code.data() + at, std::min<size_t>(8, code.size() - at));
    if (program->disassembler->decode(code.subspan(at), inst.address, raw)) {
      decodeMeaning(raw, inst);
    } else { // Padding and data; a fault if it is ever reached.
      inst.size = 4;
      inst.name = inst.opcodeName = "bytes that are no instruction";
      inst.execute = executeUnsupported;
    }
    if (inst.size == 4)
      inst.words[1] = 0;
    program->indexOf[at / 4] = int32_t(program->list.size());
    program->list.push_back(inst);
    at += inst.size;
  }
  for (Instruction &inst : program->list)
    if (inst.cls == InstructionClass::Branch) {
      int64_t to =
          int64_t(inst.address) - int64_t(address) + inst.size + 4 * int64_t(int16_t(inst.imm));
      if (to >= 0 && to % 4 == 0 && size_t(to / 4) < program->indexOf.size())
        inst.target = program->indexOf[size_t(to / 4)];
    }
  // Running off the end of the code is a fault, not undefined behaviour.
  Instruction end;
  end.address = address + code.size();
  end.name = end.opcodeName = "the end of the code";
  end.execute = executeUnsupported;
  program->list.push_back(end);
  return std::move(program);
}

std::unique_ptr<Program> Program::withAccumOffset(unsigned accumOffset) const {
  std::unique_ptr<Program> program(new Program);
  program->bytes = bytes, program->begin = begin;
  program->list = list, program->indexOf = indexOf;
  program->disassembler = disassembler;
  auto move = [&](uint16_t &reg) {
    if (reg >= kFirstAgpr)
      reg = uint16_t(reg - kFirstAgpr + accumOffset);
  };
  for (Instruction &inst : program->list) {
    for (Operand *o : {&inst.dst, &inst.dst2, &inst.src[0], &inst.src[1], &inst.src[2],
                       &inst.src[3], &inst.scale[0], &inst.scale[1]})
      if (o->isVector())
        move(o->reg);
    for (RegisterRange &range : inst.ranges)
      if (!range.scalar)
        move(range.first);
  }
  return program;
}

const Instruction *Program::at(uint64_t address) const {
  uint64_t offset = address - begin;
  if (address < begin || offset % 4 || offset / 4 >= indexOf.size() || indexOf[offset / 4] < 0)
    return nullptr;
  return &list[size_t(indexOf[offset / 4])];
}

std::string Program::print(const Instruction &inst) const {
  uint64_t offset = inst.address - begin;
  if (offset >= bytes.size())
    return inst.name;
  return disassembler->print(std::span(bytes).subspan(offset), inst.address);
}

void executeUnsupported(Wave &w, const Instruction &inst) {
  char text[160];
  std::snprintf(text, sizeof text, "no semantics for %s (encoding %08x %08x)", inst.opcodeName,
                inst.words[0], inst.words[1]);
  w.fail(-1, text);
}

const char *className(InstructionClass c) {
  static constexpr const char *kNames[kInstructionClasses] = {
      "salu",        "smem", "valu",   "transcendental", "mfma", "lds", "vmem",
      "vmem-to-lds", "flat", "branch", "barrier",        "wait", "nop", "other"};
  return kNames[unsigned(c)];
}

} // namespace moec::gfx950
