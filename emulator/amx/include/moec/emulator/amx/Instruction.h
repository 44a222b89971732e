//===- Instruction.h - Tile instructions ------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// AMX's instructions as they are encoded: VEX prefixes of three bytes, map 0F38 (Intel's manual,
// volume 2, TDP…, TILE…, LDTILECFG and STTILECFG). Nothing here allocates, so that a handler of
// signals may call it.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_EMULATOR_AMX_INSTRUCTION_H
#define MOEC_EMULATOR_AMX_INSTRUCTION_H

#include <cstdint>

namespace moec::amx {

enum class Operation : uint8_t {
  LoadConfig,
  StoreConfig,
  Release,
  Zero,
  Load,
  LoadOnce, ///< TILELOADDT1, a load that will not be repeated soon
  Store,
  MultiplyBf16,
  MultiplySignedSigned,
  MultiplySignedUnsigned,
  MultiplyUnsignedSigned,
  MultiplyUnsignedUnsigned
};

/// The manual's name of an operation, in small letters.
const char *getName(Operation operation);

/// An address: base + index · scale + displacement. Of tiles the index is the bytes from a row to
/// the next.
struct Address {
  static constexpr uint8_t none = 0xff, nextInstruction = 0xfe;
  /// Numbers of registers as they are encoded (rax, rcx, rdx, rbx, rsp, …), or one of the above.
  uint8_t base = none, index = none;
  uint8_t scale = 1;
  int32_t displacement = 0;
};

struct Instruction {
  Operation operation;
  /// Bytes of its encoding.
  uint8_t length;
  /// The tile that is written or stored; of a product, too, the rows and the columns.
  uint8_t tile, left, right;
  Address address;
};

/// The instruction at `code`; false if it is no tile instruction or has an operand that none has.
/// Reads no byte behind the instruction.
bool decode(const uint8_t *code, Instruction &result);

} // namespace moec::amx

#endif // MOEC_EMULATOR_AMX_INSTRUCTION_H
