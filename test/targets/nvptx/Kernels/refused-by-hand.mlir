// A schedule of moe-to-tile that no kernel of the machine can have is refused before code is made of it.
// REQUIRES: target-nvptx
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 64, BK = 16777216, subgroups = 4"' | not moec-codegen --target sm_90 --emit asm 2>&1 | FileCheck %s --check-prefix=LONG
// LONG: error: {{.*}}: kernel 'product' cannot have {{.*}} on target sm_90: a step of BK = 16777216 columns is longer than K = 100000; choose BK of at most 131072{{$}}
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 64, BK = 131072, subgroups = 4"' | not moec-codegen --target sm_90 --emit asm 2>&1 | FileCheck %s --check-prefix=HELD
// HELD: error: {{.*}}: kernel 'product' cannot have {{.*}} on target sm_90: the rows of a step, BM = 16 by BK = 131072, take 4194304 bytes, and a block can hold 363008 in shared memory and registers; choose a smaller BM or BK{{$}}
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 256, BN = 512, BK = 64, subgroups = 1"' | not moec-codegen --target sm_90 --emit asm 2>&1 | FileCheck %s --check-prefix=SUMS
// SUMS: error: {{.*}}: kernel 'product' cannot have {{.*}} on target sm_90: 1 block of 256 x 512 in 1 warp: a lane has 4096 sums and only 255 registers for all it holds; choose a smaller BM or BN{{$}}
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 16, BN = 64, BK = 64, subgroups = 64"' | not moec-codegen --target sm_90 --emit asm 2>&1 | FileCheck %s --check-prefix=THREADS
// THREADS: error: {{.*}}: kernel 'product' cannot have {{.*}} on target sm_90: 64 warps have 2048 threads, and a block at most 1024; choose subgroups of at most 32{{$}}
moe.weight @w : tensor<64x100000xbf16> from "w"
func.func @forward(%x: tensor<?x100000xbf16>) -> tensor<?x64xf32> {
  %y = moe.group gemm "product" (%a = %x : tensor<?x100000xbf16>) -> tensor<?x64xf32> {
    %0 = moe.linear %a, @w : tensor<?x100000xbf16> -> tensor<?x64xf32>
    moe.yield %0 : tensor<?x64xf32>
  }
  return %y : tensor<?x64xf32>
}
