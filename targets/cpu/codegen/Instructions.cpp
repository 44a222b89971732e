//===- Instructions.cpp - What LLVM's IR has no operation for -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//
//
// Instructions that kernels ask for by what they do. Who asks has another way where there is none,
// or is an atom that only machines with it have.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/Machine.h"

#include "llvm/ADT/STLExtras.h"

using namespace moec::cpu;

namespace {
struct Row {
  Instruction instruction;
  unsigned bits; ///< of its vectors; 0: none
  Isa needs;
  llvm::StringLiteral intrinsic;
};
} // namespace

static constexpr Row table[] = {
    {Instruction::LookUp8, 256, Isa::AVX2, "llvm.x86.avx2.permps"},
    {Instruction::LookUp16, 512, Isa::AVX512, "llvm.x86.avx512.permvar.sf.512"},
    {Instruction::LookUp32, 512, Isa::AVX512, "llvm.x86.avx512.vpermi2var.ps.512"},
    {Instruction::LookUp16Bytes, 256, Isa::AVX2, "llvm.x86.avx2.pshuf.b"},
    {Instruction::LookUp16Bytes, 512, Isa::AVX512, "llvm.x86.avx512.pshuf.b.512"},
    {Instruction::LookUp128Bytes, 512, Isa::VBMI, "llvm.x86.avx512.vpermi2var.qi.512"},
    {Instruction::AddPairsOfBytes, 256, Isa::AVX2, "llvm.x86.avx2.pmadd.ub.sw"},
    {Instruction::AddPairsOfBytes, 512, Isa::AVX512, "llvm.x86.avx512.pmaddubs.w.512"},
    {Instruction::AddPairsOfWords, 256, Isa::AVX2, "llvm.x86.avx2.pmadd.wd"},
    {Instruction::AddPairsOfWords, 512, Isa::AVX512, "llvm.x86.avx512.pmaddw.d.512"},
    {Instruction::AddFoursOfBytes, 256, Isa::AVXVNNI, "llvm.x86.avx512.vpdpbusd.256"},
    {Instruction::AddFoursOfBytes, 512, Isa::VNNI, "llvm.x86.avx512.vpdpbusd.512"},
    {Instruction::AddPairsOfBf16, 512, Isa::BF16, "llvm.x86.avx512bf16.dpbf16ps.512"},
    {Instruction::ShiftLanes, 256, Isa::AVX2, "llvm.x86.avx2.psllv.d.256"},
    {Instruction::ShiftLanes, 512, Isa::AVX512, "llvm.x86.avx512.psllv.d.512"},
    {Instruction::ReadMode, 0, Isa::AVX2, "llvm.x86.sse.stmxcsr"},
    {Instruction::SetMode, 0, Isa::AVX2, "llvm.x86.sse.ldmxcsr"},
    {Instruction::ConfigureTiles, 0, Isa::AMX, "llvm.x86.ldtilecfg"},
    {Instruction::ReleaseTiles, 0, Isa::AMX, "llvm.x86.tilerelease"},
    {Instruction::LoadTile, 0, Isa::AMX, "llvm.x86.tileloadd64"},
    {Instruction::StoreTile, 0, Isa::AMX, "llvm.x86.tilestored64"},
    {Instruction::ClearTile, 0, Isa::AMX, "llvm.x86.tilezero"},
    {Instruction::MultiplyTiles, 0, Isa::AMX, "llvm.x86.tdpbf16ps"},
    {Instruction::MultiplyTilesOfInt8, 0, Isa::AMXInt8, "llvm.x86.tdpbssd"},
};

llvm::StringRef Machine::findIntrinsic(Instruction instruction, unsigned bits) const {
  for (const Row &row : table)
    if (row.instruction == instruction && (row.bits == 0 || row.bits == bits) && has(row.needs))
      return row.intrinsic;
  return {};
}
