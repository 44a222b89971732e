// What is written on a kernel and cannot be is refused, with both sides.
// RUN: moec-opt %s --simt-assign-layouts='lanes=16 subgroups=2 atom=4,4,4' --split-input-file --verify-diagnostics

tile.kernel @k(%x: !tile.ref<8x16xbf16>, %y: !tile.ref<8x16xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{'tile.load' op in kernel 'k' has a layout over 8 lanes of 2 subgroups, the kernel has 16 of 2}}
  %a = tile.load %x[%c0, %c0] {tile.layouts = [#tile.layout<8x16, register = [(0, 1), (0, 2), (4, 0)], lane = [(0, 4), (0, 8), (1, 0)], subgroup = [(2, 0)]>]} : !tile.ref<8x16xbf16> -> tensor<8x16xbf16>
  %zero = arith.constant dense<0.0> : tensor<8x8xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<8x16xbf16>, %y: !tile.ref<8x16xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{'tile.load' op in kernel 'k' has a layout over 16 lanes of 4 subgroups, the kernel has 16 of 2}}
  %a = tile.load %x[%c0, %c0] {tile.layouts = [#tile.layout<8x16, register = [(0, 1)], lane = [(0, 2), (0, 4), (0, 8), (1, 0)], subgroup = [(2, 0), (4, 0)]>]} : !tile.ref<8x16xbf16> -> tensor<8x16xbf16>
  %zero = arith.constant dense<0.0> : tensor<8x8xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<8x16xbf16>, %y: !tile.ref<8x16xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{'tile.load' op in kernel 'k' has a layout whose bases are not single bits of an element's number, each once}}
  %a = tile.load %x[%c0, %c0] {tile.layouts = [#tile.layout<8x16, register = [(0, 1), (0, 3)], lane = [(0, 4), (0, 8), (1, 0), (4, 0)], subgroup = [(2, 0)]>]} : !tile.ref<8x16xbf16> -> tensor<8x16xbf16>
  %zero = arith.constant dense<0.0> : tensor<8x8xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<8x16xbf16>, %y: !tile.ref<8x16xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.ref<8x16xbf16> -> tensor<8x16xbf16>
  %zero = arith.constant dense<0.0> : tensor<8x8xf32>
  // expected-error @below {{'tile.mma' op in kernel 'k' names "8x8x8", but the machine multiplies 'bf16' by 'bf16' by "4x4x4"}}
  %d = tile.mma %a, %a, %zero b = nk {tile.product = #tile.product<"8x8x8">}
      : tensor<8x16xbf16>, tensor<8x16xbf16>, tensor<8x8xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<8x16xbf16>, %y: !tile.ref<8x16xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.ref<8x16xbf16> -> tensor<8x16xbf16>
  %zero = arith.constant dense<0.0> : tensor<8x8xf32>
  // expected-error @below {{'tile.mma' op in kernel 'k' cannot be cut as #tile.product<"4x4x4", subgroups = 4x1>; the nearest is #tile.product<"4x4x4", subgroups = 2x1, tiles = 1x2x4>}}
  %d = tile.mma %a, %a, %zero b = nk {tile.product = #tile.product<"4x4x4", subgroups = 4x1>}
      : tensor<8x16xbf16>, tensor<8x16xbf16>, tensor<8x8xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<8x16xbf16>, %y: !tile.ref<8x16xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.ref<8x16xbf16> -> tensor<8x16xbf16>
  %zero = arith.constant dense<0.0> : tensor<8x8xf32>
  // expected-error @below {{'tile.mma' op in kernel 'k' cannot be cut as #tile.product<"4x4x4", subgroups = 2x1, tiles = 1x1x4>; the nearest is #tile.product<"4x4x4", subgroups = 2x1, tiles = 1x2x4>}}
  %d = tile.mma %a, %a, %zero b = nk {tile.product = #tile.product<"4x4x4", subgroups = 2x1, tiles = 1x1x4>}
      : tensor<8x16xbf16>, tensor<8x16xbf16>, tensor<8x8xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<8x16xbf16>, %y: !tile.ref<8x16xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.ref<8x16xbf16> -> tensor<8x16xbf16>
  %zero = arith.constant dense<0.0> : tensor<8x8xf32>
  // expected-error @below {{'tile.mma' op in kernel 'k' makes its result as}}
  %d = tile.mma %a, %a, %zero b = nk {tile.layouts = [#tile.layout<8x8, register = [(0, 1), (0, 2)], lane = [(0, 4), (1, 0), (2, 0), (4, 0)], subgroup = [(0, 0)]>]}
      : tensor<8x16xbf16>, tensor<8x16xbf16>, tensor<8x8xf32>
  tile.return
}

// -----

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @k(%x: !tile.ref<8x32x!mxfp4>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %zero = arith.constant dense<0.0> : tensor<8x8xf32>
  %a = tile.load %x[%c0, %c0] : !tile.ref<8x32x!mxfp4> -> tensor<8x32x!mxfp4>
  // Such a product is expanded before.
  // expected-error @below {{'tile.mma_scaled' op in kernel 'k' multiplies '!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>' by '!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>', for which the machine has no instruction}}
  %d = tile.mma_scaled %a, %a, %zero : tensor<8x32x!mxfp4>, tensor<8x32x!mxfp4>, tensor<8x8xf32>
  tile.return
}
