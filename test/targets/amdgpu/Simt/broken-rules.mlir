// The lowering assigns no layout, and refuses those that an op cannot take, or that are of another machine.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --split-input-file --simt-lower-kernels --verify-diagnostics

#memory = #tile.layout<256, register = [(1), (2)], lane = [(4), (8), (16), (32), (64), (128)], subgroup = [(0), (0)]>
#spread = #tile.layout<256, lane = [(1), (2), (4), (8), (16), (32)], subgroup = [(64), (128)]>
module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  tile.kernel @taken(%x: !tile.ref<256xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    %a = tile.load %x[%c0] {tile.layouts = [#memory]} : !tile.ref<256xf32> -> tensor<256xf32>
    // expected-error @below {{op in kernel 'taken' takes operand 0 as #tile.layout<256, lane =}}
    %b = arith.addf %a, %a {tile.layouts = [#spread]} : tensor<256xf32>
    tile.return
  }
}

// -----

#memory = #tile.layout<256, register = [(1), (2)], lane = [(4), (8), (16), (32), (64), (128)], subgroup = [(0), (0)]>
#rows = #tile.layout<1, lane = [(0), (0), (0), (0), (0), (0)], subgroup = [(0), (0)]>
#copies = #tile.layout<1, register = [(0)], lane = [(0), (0), (0), (0), (0), (0)], subgroup = [(0), (0)]>
module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  tile.kernel @made(%x: !tile.ref<256xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    %a = tile.load %x[%c0] {tile.layouts = [#memory]} : !tile.ref<256xf32> -> tensor<256xf32>
    %b = tile.reduce add %a dim = 0 {tile.layouts = [#rows]} : tensor<256xf32> -> tensor<1xf32>
    // expected-error @below {{op in kernel 'made' makes result 0 as #tile.layout<1, lane =}}
    %c = tile.reduce max %a dim = 0 {tile.layouts = [#copies]} : tensor<256xf32> -> tensor<1xf32>
    tile.return
  }
}

// -----

#narrow = #tile.layout<256, register = [(1), (2), (64), (128)], lane = [(4), (8), (16), (32)], subgroup = [(0), (0)]>
module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  tile.kernel @other(%x: !tile.ref<256xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    // expected-error @below {{op in kernel 'other' has a layout over 16 lanes of 4 subgroups, the kernel has 64 of 4}}
    %a = tile.load %x[%c0] {tile.layouts = [#narrow]} : !tile.ref<256xf32> -> tensor<256xf32>
    tile.return
  }
}

// -----

#layout = #tile.layout<4x4, lane = [(0, 1), (0, 2), (1, 0), (2, 0), (0, 0), (0, 0)], subgroup = [(0, 0), (0, 0)]>
module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  tile.kernel @unplanned(%x: !tile.ref<4x4xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    %a = tile.load %x[%c0, %c0] {tile.layouts = [#layout]} : !tile.ref<4x4xf32> -> tensor<4x4xf32>
    // expected-error @below {{'tile.mma' op in kernel 'unplanned' has no plan; --simt-assign-layouts gives it one}}
    %b = tile.mma %a, %a, %a b = nk {tile.layouts = [#layout]} : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
    tile.return
  }
}

// -----

module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  tile.kernel @unknown(%x: !tile.ref<4x4xf32>)
      grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
    %c0 = arith.constant 0 : index
    // expected-error @below {{'tile.load' op in kernel 'unknown' has no layout; --simt-assign-layouts gives it one}}
    %a = tile.load %x[%c0, %c0] : !tile.ref<4x4xf32> -> tensor<4x4xf32>
    tile.return
  }
}
