// Slices of K that there are not so many subgroups for.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --simt-assign-layouts --verify-diagnostics

module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  tile.kernel @product(%x: !tile.ref<16x256xbf16>, %w: !tile.ref<32x256xbf16>, %y: !tile.ref<64x32xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
      attributes {schedule = #tile.schedule<subgroups = 2>} {
    %c0 = arith.constant 0 : index
    %zero = arith.constant dense<0.0> : tensor<64x32xf32>
    %a = tile.load %x[%c0, %c0] : !tile.ref<16x256xbf16> -> tensor<16x256xbf16>
    %b = tile.load %w[%c0, %c0] : !tile.ref<32x256xbf16> -> tensor<32x256xbf16>
    // expected-error @below {{'tile.mma' op in kernel 'product' has 4 slices of K for 2 subgroups, which share them; split is a divisor of subgroups}}
    %d = tile.mma %a, %b, %zero b = nk : tensor<16x256xbf16>, tensor<32x256xbf16>, tensor<64x32xf32>
    tile.store %d, %y[%c0, %c0] : tensor<64x32xf32>, !tile.ref<64x32xf32>
    tile.return
  }
}
