//===- Decode.cpp - Encodings of tile instructions ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// C4, then ~R ~X ~B and the map, then W, ~vvvv, L and pp; the opcode, ModRM, SIB, a displacement.
//
//===----------------------------------------------------------------------===//

#include "moec/emulator/amx/Instruction.h"

#include <cstring>

using namespace moec::amx;

namespace {
/// What ModRM's operand of memory or of a register is.
enum class Form : uint8_t {
  Memory,  ///< any address; ModRM.reg is 0
  Rows,    ///< an address with SIB; ModRM.reg is the tile
  Nothing, ///< ModRM is C0
  Tile,    ///< ModRM.reg is the tile, and ModRM.rm is 0
  Product  ///< three tiles: ModRM.reg, ModRM.rm, vvvv
};

enum Prefix : uint8_t { None, P66, PF3, PF2 };

struct Row {
  uint8_t opcode;
  Prefix prefix;
  Form form;
  Operation operation;
  const char *name;
};
} // namespace

static constexpr Row table[] = {
    {0x49, None, Form::Memory, Operation::LoadConfig, "ldtilecfg"},
    {0x49, P66, Form::Memory, Operation::StoreConfig, "sttilecfg"},
    {0x49, None, Form::Nothing, Operation::Release, "tilerelease"},
    {0x49, PF2, Form::Tile, Operation::Zero, "tilezero"},
    {0x4b, PF2, Form::Rows, Operation::Load, "tileloadd"},
    {0x4b, P66, Form::Rows, Operation::LoadOnce, "tileloaddt1"},
    {0x4b, PF3, Form::Rows, Operation::Store, "tilestored"},
    {0x5c, PF3, Form::Product, Operation::MultiplyBf16, "tdpbf16ps"},
    {0x5e, PF2, Form::Product, Operation::MultiplySignedSigned, "tdpbssd"},
    {0x5e, PF3, Form::Product, Operation::MultiplySignedUnsigned, "tdpbsud"},
    {0x5e, P66, Form::Product, Operation::MultiplyUnsignedSigned, "tdpbusd"},
    {0x5e, None, Form::Product, Operation::MultiplyUnsignedUnsigned, "tdpbuud"},
};

const char *moec::amx::getName(Operation operation) {
  for (const Row &row : table)
    if (row.operation == operation)
      return row.name;
  return "";
}

namespace {
/// The bits of the prefix, upright.
struct Vex {
  unsigned r, x, b, vvvv;
  Prefix prefix;
};
} // namespace

/// The address whose ModRM is at `code`; returns how many bytes it takes from there.
static unsigned decodeAddress(const uint8_t *code, const Vex &vex, Address &address) {
  unsigned mod = code[0] >> 6, rm = code[0] & 7, length = 1;
  bool wide = mod == 2;
  if (rm == 4) {
    uint8_t sib = code[length++];
    unsigned index = (sib >> 3 & 7) | vex.x << 3, base = sib & 7;
    // An index of rsp is none; a base of rbp without a displacement of its own is none, too.
    address.index = index == 4 ? Address::none : uint8_t(index);
    address.scale = uint8_t(1 << (sib >> 6));
    bool isAbsent = mod == 0 && base == 5;
    address.base = isAbsent ? Address::none : uint8_t(base | vex.b << 3);
    wide |= isAbsent;
  } else if (mod == 0 && rm == 5) {
    address.base = Address::nextInstruction;
    wide = true;
  } else {
    address.base = uint8_t(rm | vex.b << 3);
  }
  if (wide) {
    std::memcpy(&address.displacement, code + length, 4);
    return length + 4;
  }
  if (mod == 1)
    address.displacement = int8_t(code[length++]);
  return length;
}

/// Whether the operands that ModRM and vvvv say are of the form, and where ModRM's part ends.
static bool decodeOperands(const uint8_t *code, const Vex &vex, Form form, Instruction &result) {
  constexpr unsigned head = 4;
  uint8_t modrm = code[head];
  bool isMemory = modrm >> 6 != 3;
  unsigned reg = (modrm >> 3 & 7) | vex.r << 3, rm = (modrm & 7) | vex.b << 3;
  bool needsMemory = form == Form::Memory || form == Form::Rows;
  if (isMemory != needsMemory || (form != Form::Product && vex.vvvv != 0))
    return false;
  result.tile = uint8_t(reg);
  result.length = head + 1;
  switch (form) {
  case Form::Nothing:
    return modrm == 0xc0 && reg == 0 && rm == 0;
  case Form::Tile:
    return reg < 8 && rm == 0;
  case Form::Product:
    result.left = uint8_t(rm);
    result.right = uint8_t(vex.vvvv);
    return reg < 8 && rm < 8 && vex.vvvv < 8;
  case Form::Rows:
    if ((modrm & 7) != 4)
      return false;
    break;
  case Form::Memory:
    if (reg != 0)
      return false;
    break;
  }
  result.length = uint8_t(head + decodeAddress(code + head, vex, result.address));
  return reg < 8;
}

bool moec::amx::decode(const uint8_t *code, Instruction &result) {
  // W and L are 0, the map is 2.
  if (code[0] != 0xc4 || (code[1] & 0x1f) != 2 || (code[2] & 0x84) != 0)
    return false;
  Vex vex = {unsigned(~code[1] >> 7 & 1), unsigned(~code[1] >> 6 & 1), unsigned(~code[1] >> 5 & 1),
             unsigned(~code[2] >> 3 & 15), Prefix(code[2] & 3)};
  for (const Row &row : table) {
    if (row.opcode != code[3] || row.prefix != vex.prefix)
      continue;
    result = {};
    result.operation = row.operation;
    if (decodeOperands(code, vex, row.form, result))
      return true;
  }
  return false;
}
