// Another instruction than the machine's first, and another share: rows among subgroups instead of columns.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --simt-assign-layouts --simt-lower-kernels | FileCheck %s
// RUN: moec-codegen %s --target gfx950 --emit asm | FileCheck %s --check-prefix=ASM

module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  // ASM-LABEL: product:
  // ASM-COUNT-16: v_mfma_f32_32x32x16_bf16
  // ASM-NOT: v_mfma
  // CHECK-LABEL: llvm.func {{.*}}@product
  // CHECK-COUNT-16: rocdl.mfma.f32.32x32x16.bf16
  // CHECK-NOT: rocdl.mfma
  // CHECK: llvm.return
  tile.kernel @product(%x: !tile.ref<128x64xbf16>, %w: !tile.ref<128x64xbf16>, %y: !tile.ref<128x128xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    %zero = arith.constant dense<0.0> : tensor<128x128xf32>
    %a = tile.load %x[%c0, %c0] : !tile.ref<128x64xbf16> -> tensor<128x64xbf16>
    %b = tile.load %w[%c0, %c0] : !tile.ref<128x64xbf16> -> tensor<128x64xbf16>
    %d = tile.mma %a, %b, %zero b = nk {tile.product = #tile.product<"rocdl.mfma.f32.32x32x16.bf16", subgroups = 4x1>}
        : tensor<128x64xbf16>, tensor<128x64xbf16>, tensor<128x128xf32>
    tile.store %d, %y[%c0, %c0] : tensor<128x128xf32>, !tile.ref<128x128xf32>
    tile.return
  }
}
