//===- OpcodesTest.cpp - Decoding of every claimed opcode -------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Inputs/claimed.s has an instruction for each opcode. LLVM assembles it, the emulator decodes it,
// and the operands of the compact form, printed by the few lines below, are those that LLVM's
// printer shows.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>

namespace moec::gfx950::test {
namespace {

std::string rangeText(char file, unsigned first, unsigned count) {
  std::string a = std::to_string(first);
  return count == 1
             ? file + a
             : std::string(1, file) + "[" + a + ":" + std::to_string(first + count - 1) + "]";
}

std::string operandText(const Operand &o) {
  if (o.isVector())
    return o.reg >= kFirstAgpr ? rangeText('a', o.reg - kFirstAgpr, o.dwords)
                               : rangeText('v', o.reg, o.dwords);
  if (o.isScalar()) {
    if (o.reg == kVcc || o.reg == kVcc + 1)
      return o.dwords == 2 ? "vcc" : o.reg == kVcc ? "vcc_lo" : "vcc_hi";
    if (o.reg == kExec || o.reg == kExec + 1)
      return o.dwords == 2 ? "exec" : o.reg == kExec ? "exec_lo" : "exec_hi";
    return o.reg == kM0 ? "m0" : rangeText('s', o.reg, o.dwords);
  }
  return o.kind == OperandKind::Constant ? "constant" : "";
}

/// Registers in a printed instruction, without modifiers, in order.
std::vector<std::string> registersIn(const std::string &text) {
  std::vector<std::string> found;
  size_t at = text.find(' ');
  while (at != std::string::npos && at < text.size()) {
    size_t start = text.find_first_not_of(" ,-|()", at);
    if (start == std::string::npos)
      break;
    size_t end = text.find_first_of(" ,|()", start);
    std::string token = text.substr(start, end == std::string::npos ? end : end - start);
    at = end;
    if (token.rfind("op_sel", 0) == 0 || token.find(':') < token.find('['))
      break; // Modifiers begin.
    if (token == "sext" || token == "abs" || token == "neg")
      continue;
    bool named = token == "vcc" || token == "vcc_lo" || token == "vcc_hi" || token == "exec" ||
                 token == "m0";
    if (named || (token.size() > 1 && std::string("vsa").find(token[0]) != std::string::npos &&
                  (std::isdigit(token[1]) || token[1] == '[')))
      found.push_back(token);
  }
  return found;
}

std::vector<std::string> registersOf(const Instruction &inst) {
  std::vector<std::string> found;
  for (const Operand *o : {&inst.dst, &inst.dst2, &inst.src[0], &inst.src[1], &inst.src[2],
                           &inst.src[3], &inst.scale[0], &inst.scale[1]})
    if (o->isVector() || o->isScalar())
      found.push_back(operandText(*o));
  return found;
}

std::vector<std::string> lines(const std::string &file) {
  std::ifstream in(std::string(MOEC_TEST_INPUTS "/") + file);
  std::vector<std::string> result;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '/')
      result.push_back(line);
  return result;
}

/// A multiset of what one side names and the other does not, apart from implicit VCC and tied
/// operands.
std::string difference(const std::vector<std::string> &printed,
                       const std::vector<std::string> &decoded) {
  std::string text;
  for (const std::string &r : printed)
    if (std::find(decoded.begin(), decoded.end(), r) == decoded.end())
      text += " missing " + r;
  for (const std::string &r : decoded)
    if (r != "vcc" && std::find(printed.begin(), printed.end(), r) == printed.end())
      text += " extra " + r;
  return text;
}

TEST(Opcodes, EveryClaimedOneDecodesToItsOperands) {
  Device device;
  std::string body;
  for (const std::string &line : lines("claimed.s"))
    body += line + "\n";
  ASSERT_TRUE(device.assemble(asmKernel("claimed", body)));
  const Program &program = device.module->program();
  std::set<std::string> opcodes;
  size_t checked = 0;
  for (const Instruction &inst : program.instructions()) {
    if (inst.size == 0 || inst.address >= device.module->kernel("claimed")->entry + body.size() * 8)
      break;
    OpcodeStatus status = opcodeStatus(inst.opcodeName);
    std::string text = program.print(inst);
    if (inst.cls == InstructionClass::Other && !status.supported)
      break; // Padding behind the code.
    EXPECT_TRUE(status.supported) << text;
    EXPECT_NE(inst.reads + inst.writes == 0 && !registersIn(text).empty(), true)
        << text << ": no operands decoded";
    EXPECT_EQ(difference(registersIn(text), registersOf(inst)), "") << text;
    opcodes.insert(inst.opcodeName);
    ++checked;
  }
  EXPECT_GE(checked, lines("claimed.s").size());
  EXPECT_GE(opcodes.size(), 2300u);
}

/// The printer's text of every claimed instruction assembles to the same bytes again.
TEST(Opcodes, RoundTripThroughTheAssembler) {
  Device first, second;
  std::string body, again;
  for (const std::string &line : lines("claimed.s"))
    if (line.find("s_cbranch") == std::string::npos && line.find("s_branch") == std::string::npos)
      body += line + "\n";
  ASSERT_TRUE(first.assemble(asmKernel("k", body)));
  const Program &a = first.module->program();
  for (const Instruction &inst : a.instructions()) {
    if (std::string(inst.opcodeName) == "S_ENDPGM_vi" && again.size() > body.size() / 2)
      break;
    again += a.print(inst) + "\n";
  }
  ASSERT_TRUE(second.assemble(asmKernel("k", again)));
  const Program &b = second.module->program();
  for (size_t i = 0; i < a.instructions().size() && a.instructions()[i].size; ++i)
    ASSERT_EQ(a.instructions()[i].words[0], b.instructions()[i].words[0])
        << a.print(a.instructions()[i]);
}

/// Products of f8f6f4 whose operands end with the last register of a file: eight of 8-bit codes,
/// six of 6-bit ones, four of FP4.
std::vector<std::string> productsOfLastRegisters() {
  constexpr unsigned registers[] = {8, 8, 6, 6, 4}; // By cbsz and blgp.
  std::vector<std::string> texts;
  for (const char *mnemonic :
       {"v_mfma_f32_16x16x128_f8f6f4", "v_mfma_f32_32x32x64_f8f6f4",
        "v_mfma_scale_f32_16x16x128_f8f6f4", "v_mfma_scale_f32_32x32x64_f8f6f4"})
    for (unsigned cbsz = 0; cbsz < std::size(registers); ++cbsz)
      for (unsigned blgp = 0; blgp < std::size(registers); ++blgp)
        for (const char *files : {"va", "av", "vv", "aa"}) {
          std::string name = mnemonic;
          unsigned sums = name.find("16x16") != std::string::npos ? 4 : 16;
          std::string text = name + " " + rangeText('v', 0, sums) + ", " +
                             rangeText(files[0], 256 - registers[cbsz], registers[cbsz]) + ", " +
                             rangeText(files[1], 256 - registers[blgp], registers[blgp]) + ", " +
                             rangeText('v', 0, sums);
          if (name.starts_with("v_mfma_scale"))
            text += ", v40, v41 op_sel_hi:[0,0,0]";
          if (cbsz)
            text += " cbsz:" + std::to_string(cbsz);
          if (blgp)
            text += " blgp:" + std::to_string(blgp);
          texts.push_back(text);
        }
  return texts;
}

/// What the assembler takes is decoded, and printed as it was written.
TEST(Opcodes, ProductsMayEndWithTheLastRegister) {
  Device device;
  const std::vector<std::string> texts = productsOfLastRegisters();
  std::string body;
  for (const std::string &text : texts)
    body += text + "\n";
  ASSERT_TRUE(device.assemble(asmKernel("k", body)));
  const Program &program = device.module->program();
  ASSERT_GT(program.instructions().size(), texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    const Instruction &inst = program.instructions()[i];
    ASSERT_EQ(program.print(inst), texts[i]);
    EXPECT_EQ(difference(registersIn(texts[i]), registersOf(inst)), "") << texts[i];
  }
}

TEST(Opcodes, WhatKernelsUseIsClaimed) {
  std::set<std::string> claimed;
  for (const std::string &line : lines("claimed.s")) {
    std::string name = line.substr(0, line.find(' '));
    for (const char *suffix : {"_e32", "_e64", "_sdwa", "_dpp"})
      if (name.ends_with(suffix))
        name.resize(name.size() - strlen(suffix));
    claimed.insert(name);
  }
  for (const std::string &name : lines("mnemonics.txt"))
    EXPECT_TRUE(claimed.count(name)) << name;
}

TEST(Opcodes, OneWithoutSemanticsStopsTheLaunch) {
  Device device;
  ASSERT_TRUE(device.assemble(
      asmKernel("k", "  s_nop 0\n  v_mfma_f64_16x16x4_f64 v[0:7], v[8:9], v[10:11], v[0:7]")));
  std::string message = device.launch("k", {1, 1, 1}, {64, 1, 1}, {});
  EXPECT_NE(message.find("V_MFMA_F64_16X16X4F64"), std::string::npos) << message;
  EXPECT_NE(message.find("encoding"), std::string::npos) << message;
  EXPECT_NE(message.find("kernel k at 0x"), std::string::npos) << message;
}

/// What the documentation lists as missing stops too, rather than being half done.
TEST(Opcodes, UnsupportedFormsStopTheLaunch) {
  for (const char *text :
       {"v_mfma_f32_32x32x4_2b_f16 v[8:39], v[2:3], v[4:5], v[40:71] cbsz:1 abid:1",
        "v_smfmac_f32_16x16x32_f16 v[8:11], v[2:3], v[4:7], v1", "v_cubesc_f32 v8, v2, v3, v4",
        "v_qsad_pk_u16_u8 v[8:9], v[2:3], v4, v[6:7]", "ds_append v8",
        "ds_wrap_rtn_b32 v8, v2, v3, v4", "buffer_load_format_x v8, off, s[8:11], 0"}) {
    Device device;
    ASSERT_TRUE(device.assemble(asmKernel("k", std::string("  ") + text))) << text;
    std::string message = device.launch("k", {1, 1, 1}, {64, 1, 1}, {});
    bool named = message.find("encoding") != std::string::npos ||
                 message.find("not emulated") != std::string::npos;
    EXPECT_TRUE(named) << text << ": " << message;
  }
}

} // namespace
} // namespace moec::gfx950::test
