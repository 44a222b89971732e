//===- StatementVariants.cpp - Texts of one opcode --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// See StatementCases.h.
//
//===----------------------------------------------------------------------===//

#include "StatementCases.h"

#include "../Reference/Conversion.h"
#include "../Reference/Vector/Vector.h"

#include <regex>
#include <set>

namespace moec::gfx950::test {

using namespace reference;

namespace {

/// Gives each vector operand registers of its own, so that no result hides a source.
std::string spread(const std::string &line) {
  size_t space = line.find(' ');
  if (space == std::string::npos)
    return line;
  static const std::regex kRegister(R"(\b([va])(\d+)\b|\b([va])\[(\d+):(\d+)\])");
  unsigned next[2] = {4, 0};
  std::string rest = line.substr(space), out;
  std::sregex_iterator it(rest.begin(), rest.end(), kRegister), end;
  size_t at = 0;
  for (; it != end; ++it) {
    const std::smatch &m = *it;
    bool range = m[3].matched;
    char file = range ? m[3].str()[0] : m[1].str()[0];
    unsigned count = range ? unsigned(std::stoi(m[5]) - std::stoi(m[4])) + 1 : 1;
    unsigned &first = next[file == 'a'];
    out += rest.substr(at, size_t(m.position()) - at) + file;
    out += range ? "[" + std::to_string(first) + ":" + std::to_string(first + count - 1) + "]"
                 : std::to_string(first);
    first += (count + 1) / 2 * 2;
    at = size_t(m.position() + m.length());
  }
  out += rest.substr(at);
  static const std::regex kDescriptor(R"(s\[96:99\])");
  return line.substr(0, space) + std::regex_replace(out, kDescriptor, "s[28:31]");
}

std::string pick(std::mt19937 &rng, const std::vector<std::string> &list) {
  return list[rng() % list.size()];
}

/// The instruction without its DPP, SDWA, op_sel and neg modifiers.
std::string bare(const std::string &line) {
  static const std::regex kModifier(
      R"( (quad_perm|row_\w+|wave_\w+|bank_mask|bound_ctrl|dst_sel|dst_unused|src\d_sel|op_sel|op_sel_hi|neg_lo|neg_hi):?\S*)");
  return std::regex_replace(line, kModifier, "");
}

std::string dpp(std::mt19937 &rng) {
  auto n = [&](unsigned low, unsigned high) {
    return std::to_string(low + rng() % (high - low + 1));
  };
  std::string ctrl =
      pick(rng, {"quad_perm:[" + n(0, 3) + "," + n(0, 3) + "," + n(0, 3) + "," + n(0, 3) + "]",
                 "row_shl:" + n(1, 15), "row_shr:" + n(1, 15), "row_ror:" + n(1, 15), "row_mirror",
                 "row_half_mirror", "wave_shl:1", "wave_rol:1", "wave_shr:1", "wave_ror:1",
                 "row_bcast:15", "row_bcast:31", "row_newbcast:" + n(0, 15)});
  std::string masks = rng() % 3 ? " row_mask:0xf bank_mask:0xf"
                                : " row_mask:0x" + n(1, 9) + " bank_mask:0x" + n(1, 9);
  return " " + ctrl + masks + (rng() % 2 ? " bound_ctrl:1" : "");
}

std::string sdwa(std::mt19937 &rng, const Text &t) {
  const std::vector<std::string> sels = {"BYTE_0", "BYTE_1", "BYTE_2", "BYTE_3",
                                         "WORD_0", "WORD_1", "DWORD"};
  std::string s;
  if (t.has("dst_sel"))
    s += " dst_sel:" + pick(rng, sels) +
         " dst_unused:" + pick(rng, {"UNUSED_PAD", "UNUSED_SEXT", "UNUSED_PRESERVE"});
  for (const char *source : {"src0_sel", "src1_sel"})
    if (t.has(source))
      s += std::string(" ") + source + ":" + pick(rng, sels);
  return s;
}

std::string bits(std::mt19937 &rng, const std::string &name, unsigned count) {
  std::string s = " " + name + ":[";
  for (unsigned i = 0; i < count; ++i)
    s += (i ? "," : "") + std::to_string(rng() % 2);
  return s + "]";
}

/// Replaces source `i`, a register, by `text`.
std::string withSource(const std::string &line, unsigned i, const std::string &text) {
  size_t space = line.find(' ');
  std::vector<std::string> parts = splitCommas(line.substr(space + 1));
  std::string &p = parts[i];
  size_t start = p.find_first_not_of(' '), end = p.find(' ', start);
  std::string tail = end == std::string::npos ? "" : p.substr(end);
  p = " " + text + tail;
  std::string out = line.substr(0, space);
  for (size_t k = 0; k < parts.size(); ++k)
    out += (k ? "," : "") + std::string(parts[k][0] == ' ' ? "" : " ") + parts[k];
  return out;
}

/// 16-bit operations of VOP3 that choose halves by op_sel.
bool choosesHalves(const std::string &m) {
  static const std::set<std::string> names = {
      "v_mad_f16",  "v_mad_u16",      "v_mad_i16",     "v_fma_f16",    "v_div_fixup_f16",
      "v_min3_f16", "v_max3_f16",     "v_med3_f16",    "v_min3_i16",   "v_max3_i16",
      "v_med3_i16", "v_min3_u16",     "v_max3_u16",    "v_med3_u16",   "v_add_i16",
      "v_sub_i16",  "v_pack_b32_f16", "v_mad_u32_u16", "v_mad_i32_i16"};
  return names.count(m) != 0;
}

void vectorVariants(const std::string &line, std::mt19937 &rng, std::vector<std::string> &out) {
  Text t(line);
  const Statements &all = vectorStatements();
  bool packed = t.mnemonic.starts_with("v_pk_"), compare = t.mnemonic.starts_with("v_cmp");
  auto it = all.find(packed ? "v_" + t.mnemonic.substr(5) : t.mnemonic);
  std::string signature;
  if (it != all.end())
    signature = it->second.signature;
  else if (compare && t.encoding != "sdwa")
    signature = std::string("m:") + (t.mnemonic[t.mnemonic.size() - 3] == 'f' ? "ff" : "uu");
  if (t.encoding == "dpp") {
    for (unsigned i = 0; i < 4; ++i)
      out.push_back(bare(line) + dpp(rng));
    return;
  }
  if (t.encoding == "sdwa") {
    for (unsigned i = 0; i < 4; ++i)
      out.push_back(bare(line) + sdwa(rng, t));
    return;
  }
  if (signature.empty())
    return;
  std::string sources = signature.substr(signature.find(':') + 1);
  unsigned first = signature[1] == ':' ? 1 : 2, n = unsigned(t.operands.size()) - first;
  if (packed && t.encoding.empty() && t.mnemonic != "v_pk_fmac_f16") {
    bool isFloat = sources[0] == 'h' || sources[0] == 'f';
    for (unsigned i = 0; i < 3; ++i)
      out.push_back(bare(line) + bits(rng, "op_sel", n) + bits(rng, "op_sel_hi", n) +
                    (isFloat ? bits(rng, "neg_lo", n) + bits(rng, "neg_hi", n) : ""));
    return;
  }
  if (sources[0] == 'x') {
    for (unsigned i = 0; i < 3; ++i)
      out.push_back(bare(withSource(line, 2, "-" + t.operands[2].text)) + bits(rng, "op_sel", n) +
                    bits(rng, "op_sel_hi", n));
    return;
  }
  if (choosesHalves(t.mnemonic)) {
    bool wide = t.mnemonic.find("32_") != std::string::npos;
    for (unsigned i = 0; i < 3; ++i) {
      std::string s = bits(rng, "op_sel", n);
      if (wide && n == 3)
        s[s.size() - 2] = '0'; // The addend has 32 bits.
      out.push_back(line + s.substr(0, s.size() - 1) + (wide || rng() % 2 ? ",0]" : ",1]"));
    }
  }
  if (t.mnemonic.starts_with("v_bitop3"))
    for (unsigned i = 0; i < 4; ++i)
      out.push_back(line + " bitop3:" + std::to_string(1 + rng() % 255));
  if (t.mnemonic.starts_with("v_dot") || t.mnemonic.starts_with("v_accvgpr") || packed)
    return;
  // An inline constant as the first source.
  bool scale = t.mnemonic.starts_with("v_div_scale"); // Its first source repeats another one.
  if (t.operands[first].kind != 'k' && t.encoding != "e32" && !scale) {
    out.push_back(withSource(line, first, "1.0"));
    out.push_back(withSource(line, first, "-7"));
  }
  // Signs of float sources.
  bool vop3 = t.encoding == "e64" || t.encoding.empty();
  bool carries =
      first == 2 || t.mnemonic.starts_with("v_fmaak") || t.mnemonic.starts_with("v_fmamk");
  if (!vop3 || carries)
    return;
  bool isClass = t.mnemonic.find("_class_") != std::string::npos;
  for (unsigned i = 0; i < (isClass ? 1u : n) && i < sources.size(); ++i)
    if (sources[i] == 'f' || sources[i] == 'h' || sources[i] == 'd')
      out.push_back(
          withSource(line, first + i, pick(rng, {"-", "-|", "|"}) + t.operands[first + i].text));
  for (std::string &s : out) // Closes the bars opened above.
    if (size_t bar = s.find('|');
        bar != std::string::npos && s.find('|', bar + 1) == std::string::npos)
      s.insert(s.find_first_of(", ", bar) == std::string::npos ? s.size()
                                                               : s.find_first_of(", ", bar),
               "|");
  bool sums = (t.mnemonic.starts_with("v_add_") || t.mnemonic.starts_with("v_sub")) && n <= 3 &&
              sources.size() == n && t.mnemonic != "v_add_lshl_u32";
  bool floatResult = signature[0] == 'f' || signature[0] == 'h' || signature[0] == 'd';
  if (sums || (floatResult && t.encoding == "e64" && !t.mnemonic.starts_with("v_cndmask")))
    out.push_back(line + " clamp");
}

} // namespace

std::vector<std::string> variantsOf(const std::string &line, std::mt19937 &rng) {
  std::string base = spread(line);
  // What a sign does to a packed source under DPP is not documented.
  if (base.starts_with("v_dot2c_f32") || base.starts_with("v_pk_fmac"))
    std::erase(base, '-');
  std::vector<std::string> out = {base};
  Text t(base);
  if (t.mnemonic == "v_pk_fmac_f16" && t.encoding == "sdwa") // Nor what a selection does.
    return {bare(base) + " dst_sel:DWORD dst_unused:UNUSED_PAD src0_sel:DWORD src1_sel:DWORD"};
  if (t.mnemonic == "ds_swizzle_b32")
    for (const char *kind :
         {"SWAP,8", "QUAD_PERM,1,0,3,2", "BROADCAST,16,7", "REVERSE,8", "BITMASK_PERM,\"01pip\""})
      out.push_back(base.substr(0, base.find("offset")) + "offset:swizzle(" + kind + ")");
  if (t.mnemonic.starts_with("v_") && !t.mnemonic.starts_with("v_mfma") &&
      !t.mnemonic.starts_with("v_smfmac"))
    vectorVariants(base, rng, out);
  if (t.mnemonic.starts_with("v_mfma_scale") && t.value("cbsz") == 4 && t.value("blgp") == 4)
    for (unsigned sel = 0; sel < 16; ++sel) { // Every byte of both scales.
      auto bit = [&](unsigned i) { return std::to_string(sel >> i & 1); };
      out.push_back(bare(base.substr(0, base.find(" cbsz"))) + " op_sel:[" + bit(0) + "," + bit(1) +
                    ",0] op_sel_hi:[" + bit(2) + "," + bit(3) + ",0] cbsz:4 blgp:4");
    }
  if (SmallConversion::known(t.mnemonic)) {
    SmallConversion c(t.mnemonic);
    unsigned n = unsigned(t.operands.size()) - 1;
    for (unsigned part = 1; part < c.parts; ++part) {
      if (!c.scaled && t.encoding.empty() && c.stochastic && c.to.bits == 16)
        continue;
      if (!t.encoding.empty())
        continue;
      std::string low = std::to_string(part & 1), high = std::to_string(part >> 1);
      out.push_back(base + (!c.narrowing() ? " op_sel:[" + low + "," + high + ",0]"
                            : c.parts == 2
                                ? (n == 2 ? " op_sel:[0,0," : " op_sel:[0,0,0,") + low + "]"
                                : " op_sel:[0,0," + low + "," + high + "]"));
    }
  }
  return out;
}

} // namespace moec::gfx950::test
