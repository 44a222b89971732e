// A schedule of moe-to-tile that no kernel of the machine can have is refused before code is made of it.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 64, BK = 16777216, subgroups = 4"' | not moec-codegen --target gfx950 --emit asm 2>&1 | FileCheck %s --check-prefix=LONG
// LONG: error: {{.*}}: kernel 'product' cannot have #tile.schedule<BK = 16777216, BM = 16, BN = 64, subgroups = 4> on target gfx950: a step of BK = 16777216 columns is longer than K = 100000; choose BK of at most 131072{{$}}
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 64, BK = 131072, subgroups = 4"' | not moec-codegen --target gfx950 --emit asm 2>&1 | FileCheck %s --check-prefix=HELD
// HELD: error: {{.*}}: kernel 'product' cannot have {{.*}} on target gfx950: the rows of a step, BM = 16 by BK = 131072, take 4194304 bytes, and a block can hold 688128 in shared memory and registers; choose a smaller BM or BK{{$}}
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 256, BN = 512, BK = 64, subgroups = 1"' | not moec-codegen --target gfx950 --emit asm 2>&1 | FileCheck %s --check-prefix=SUMS
// SUMS: error: {{.*}}: kernel 'product' cannot have {{.*}} on target gfx950: 1 block of 256 x 512 in 1 wave: a lane has 2048 sums and only 512 registers for all it holds; choose a smaller BM or BN{{$}}
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 128, BN = 64, BK = 256, subgroups = 4, split = 16"' | not moec-codegen --target gfx950 --emit asm 2>&1 | FileCheck %s --check-prefix=SLICES
// SLICES: error: {{.*}}: kernel 'product' cannot have {{.*}} on target gfx950: 16 blocks of 128 x 64 in 4 waves: a lane has 512 sums and only 512 registers for all it holds; choose a smaller BM or BN{{$}}
moe.weight @w : tensor<64x100000xbf16> from "w"
func.func @forward(%x: tensor<?x100000xbf16>) -> tensor<?x64xf32> {
  %y = moe.group gemm "product" (%a = %x : tensor<?x100000xbf16>) -> tensor<?x64xf32> {
    %0 = moe.linear %a, @w : tensor<?x100000xbf16> -> tensor<?x64xf32>
    moe.yield %0 : tensor<?x64xf32>
  }
  return %y : tensor<?x64xf32>
}
