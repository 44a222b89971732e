//===- PtxKernels.h - Loops for bench-emulator, in PTX ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A loop of 1000 rounds around copies of a few instructions, each copy with registers of its own.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_BENCHMARKS_EMULATOR_PTXKERNELS_H
#define MOEC_BENCHMARKS_EMULATOR_PTXKERNELS_H

#include <string>

namespace moec::bench {

/// A module with the kernel `k`. In `body` a "#" becomes the number of the copy, 0 to 7.
inline std::string ptxLoop(const std::string &body, const std::string &before = "") {
  std::string text = ".version 8.0\n.target sm_90a\n.address_size 64\n"
                     ".shared .align 16 .b8 tile[8192];\n.visible .entry k()\n{\n"
                     ".reg .pred %p<9>;\n.reg .b32 %r<200>;\n.reg .b64 %rd<9>;\n.reg .b32 %n;\n";
  for (unsigned i = 0; i < 200; ++i)
    text += "mov.b32 %r" + std::to_string(i) + ", 0f3F800000;\n";
  text += before + "mov.b32 %n, 0;\nLOOP:\n";
  for (char copy = '0'; copy < '8'; ++copy)
    for (char c : body)
      text += c == '#' ? copy : c;
  return text + "add.s32 %n, %n, 1;\nsetp.lt.s32 %p8, %n, 1000;\n@%p8 bra LOOP;\nret;\n}\n";
}

/// Sixteen kinds of arithmetic.
inline std::string ptxAlu() {
  return ptxLoop("fma.rn.f32 %r1#, %r2#, %r3#, %r1#;\nadd.rn.f32 %r2#, %r1#, %r3#;\n"
                 "mul.rn.f32 %r3#, %r2#, %r4#;\nmax.f32 %r4#, %r3#, %r5#;\n"
                 "add.s32 %r5#, %r4#, %r6#;\nmad.lo.s32 %r6#, %r5#, %r7#, %r8#;\n"
                 "and.b32 %r7#, %r6#, %r8#;\nor.b32 %r8#, %r7#, %r9#;\nxor.b32 %r9#, %r8#, %r1#;\n"
                 "shl.b32 %r10#, %r9#, 3;\nshr.u32 %r11#, %r10#, 5;\n"
                 "setp.lt.s32 %p#, %r11#, %r9#;\nselp.b32 %r12#, %r11#, %r10#, %p#;\n"
                 "min.s32 %r13#, %r12#, %r9#;\ncvt.rn.f32.s32 %r14#, %r13#;\n"
                 "sub.s32 %r15#, %r14#, %r13#;\n");
}

inline std::string ptxMma() {
  return ptxLoop("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%r1#, %r2#, %r3#, %r4#}, "
                 "{%r5#, %r6#, %r7#, %r8#}, {%r9#, %r10#}, {%r1#, %r2#, %r3#, %r4#};\n");
}

inline std::string ptxSharedLoads() {
  return ptxLoop("ld.shared.v4.b32 {%r1#, %r2#, %r3#, %r4#}, [%rd1];\n",
                 "mov.u32 %r0, %tid.x;\nmul.wide.u32 %rd0, %r0, 16;\nmov.b64 %rd2, tile;\n"
                 "add.s64 %rd1, %rd2, %rd0;\nst.shared.v4.b32 [%rd1], {%r1, %r2, %r3, %r4};\n");
}

} // namespace moec::bench

#endif // MOEC_BENCHMARKS_EMULATOR_PTXKERNELS_H
