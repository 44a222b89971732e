//===- MmaScales.cpp - The scales of a block-scaled product ---------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/matrix/Mma.h"

#include "emulator/ptx/lib/warp/Block.h"
#include "moec/emulator/core/Numbers.h"

namespace moec::ptx {

namespace {
/// Which byte of a register and which thread of four have scales.
struct Selector {
  unsigned byte = 0, thread = 0;
};

double scaleNumber(Ty type, uint32_t code) {
  return type == Ty::UE8M0 ? emulator::scaleOf(code << 23)
                           : emulator::decodeMini(emulator::kFp8, code & 127);
}

/// The 16 bits that all lanes have in a slot.
std::optional<unsigned> readUniform(Warp &w, Slot slot) {
  const uint16_t *row = w.row<uint16_t>(slot);
  const uint32_t poison = w.poisonLanes(slot);
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if (poison >> lane & 1)
      w.fail(int(lane), "the selector of a scale is undefined");
    else if (row[lane] != row[0])
      w.fail(int(lane),
             strCat("the selector of a scale is ", row[lane], ", that of lane 0 is ", row[0]));
    if (w.failed())
      return std::nullopt;
  }
  return row[0];
}

/// A selector of `threads` threads; false after a fault.
bool readSelector(Warp &w, const Slot *slots, const MmaForm &form, unsigned threads,
                  Selector &selector) {
  std::optional<unsigned> byte = readUniform(w, slots[0]);
  std::optional<unsigned> thread = byte ? readUniform(w, slots[1]) : std::nullopt;
  if (!thread)
    return false;
  selector = {*byte, *thread};
  if (*byte % form.scaleVector == 0 && *byte + form.scaleVector <= 4 && *thread < threads)
    return true;
  w.fail(0,
         strCat("there is no scale with byte ", *byte, " and thread ", *thread, ": bytes are ",
                "multiples of ", unsigned(form.scaleVector), " below 4, threads below ", threads));
  return false;
}
} // namespace

bool readScales(Warp &w, const Instruction &inst, const MmaForm &form, MmaScales &scales) {
  const Slot *slots = inst.list + inst.dsts + inst.srcs - 6;
  Selector ofA, ofB;
  if (!readSelector(w, slots + 2, form, 2, ofA) || !readSelector(w, slots + 4, form, 4, ofB))
    return false;
  const uint32_t *a = w.row<uint32_t>(slots[0]), *b = w.row<uint32_t>(slots[1]);
  const uint32_t poisonA = w.poisonLanes(slots[0]), poisonB = w.poisonLanes(slots[1]);
  for (unsigned i = 0; i < form.scaleVector; ++i) {
    for (unsigned m = 0; m < kRows; ++m) {
      unsigned lane = 4 * (m % 8) + 2 * ofA.thread + m / 8;
      scales.a[m][i] = scaleNumber(form.scale, a[lane] >> 8 * (ofA.byte + i) & 255);
      scales.poisonRows |= (poisonA >> lane & 1) << m;
    }
    for (unsigned n = 0; n < kColumns; ++n) {
      unsigned lane = 4 * n + ofB.thread;
      scales.b[n][i] = scaleNumber(form.scale, b[lane] >> 8 * (ofB.byte + i) & 255);
      scales.poisonColumns |= (poisonB >> lane & 1) << n;
    }
  }
  return true;
}

} // namespace moec::ptx
