// What layouts and plans of products must satisfy.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{coordinate 8 is beyond the extent 8}}
#bad = #tile.layout<4x8, lane = [(0, 8)]>

// -----

// expected-error @below {{has 1 coordinates, the tile 2 dimensions}}
#bad = #tile.layout<4x8, lane = [(4)]>

// -----

// expected-error @below {{extent 6 is no power of two}}
#bad = #tile.layout<4x6, lane = [(0, 1)]>

// -----

// expected-error @below {{holds 4 of the 32 elements of 4x8}}
#bad = #tile.layout<4x8, lane = [(0, 1), (1, 0), (1, 1)]>

// -----

// expected-error @below {{a layout has register, lane, subgroup and scales, no wing}}
#bad = #tile.layout<4x8, wing = [(0, 1)]>

// -----

// expected-error @below {{numbers lie in 2 lanes of 1 subgroups, scales in 1 of 1}}
#bad = #tile.layout<2x1, lane = [(1, 0)], scales = <2x1, register = [(1, 0)]>>

// -----

// expected-error @below {{scales have no scales}}
#bad = #tile.layout<1, scales = <1, scales = <1>>>

// -----

// expected-error @below {{shares the result among 2 subgroups, not rows x columns, or rows x columns x slices of K, of them}}
#bad = #tile.product<"4x4x4", subgroups = 2>

// -----

// expected-error @below {{counts 2x2 tiles of a subgroup, not M x N x K of them behind its subgroups}}
#bad = #tile.product<"4x4x4", subgroups = 2x1, tiles = 2x2>

// -----

// expected-error @below {{count 3 is no power of two}}
#bad = #tile.product<"4x4x4", subgroups = 3x1>

// -----

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @k(%x: !tile.ref<4x8xf32>, %w: !tile.ref<2x32x!mxfp4>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{has 2 layouts for 1 tiles}}
  %a = tile.load %x[%c0, %c0] {tile.layouts = [#tile.layout<4x8, register = [(0, 1), (0, 2), (0, 4), (1, 0), (2, 0)]>, #tile.layout<4x8, register = [(0, 1), (0, 2), (0, 4), (1, 0), (2, 0)]>]} : !tile.ref<4x8xf32> -> tensor<4x8xf32>
  tile.return
}

// -----

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @k(%x: !tile.ref<4x8xf32>, %w: !tile.ref<2x32x!mxfp4>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{has a layout of 4x4 for 'tensor<4x8xf32>', which takes 4x8}}
  %a = tile.load %x[%c0, %c0] {tile.layouts = [#tile.layout<4x4, lane = [(0, 1), (0, 2), (1, 0), (2, 0)]>]} : !tile.ref<4x8xf32> -> tensor<4x8xf32>
  tile.return
}

// -----

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @k(%x: !tile.ref<4x8xf32>, %w: !tile.ref<2x32x!mxfp4>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{1 : i64 is no #tile.layout}}
  %a = tile.load %x[%c0, %c0] {tile.layouts = [1]} : !tile.ref<4x8xf32> -> tensor<4x8xf32>
  tile.return
}

// -----

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @k(%x: !tile.ref<4x8xf32>, %w: !tile.ref<2x32x!mxfp4>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{tile.layouts is no list of layouts of its results}}
  %a = tile.load %x[%c0, %c0] {tile.layouts = 1} : !tile.ref<4x8xf32> -> tensor<4x8xf32>
  tile.return
}

// -----

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @k(%x: !tile.ref<4x8xf32>, %w: !tile.ref<2x32x!mxfp4>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{has no layout for the scales of}}
  %a = tile.load %w[%c0, %c0] {tile.layouts = [#tile.layout<2x32, register = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (1, 0)]>]} : !tile.ref<2x32x!mxfp4> -> tensor<2x32x!mxfp4>
  tile.return
}

// -----

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @k(%x: !tile.ref<4x8xf32>, %w: !tile.ref<2x32x!mxfp4>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{has a layout of 1x1 for the scales of}}
  %a = tile.load %w[%c0, %c0] {tile.layouts = [#tile.layout<2x32, register = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (1, 0)], scales = <1x1>>]} : !tile.ref<2x32x!mxfp4> -> tensor<2x32x!mxfp4>
  tile.return
}

// -----

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @k(%x: !tile.ref<4x8xf32>, %w: !tile.ref<2x32x!mxfp4>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{has a layout of scales for}}
  %a = tile.load %x[%c0, %c0] {tile.layouts = [#tile.layout<4x8, register = [(0, 1), (0, 2), (0, 4), (1, 0), (2, 0)], scales = <1x1>>]} : !tile.ref<4x8xf32> -> tensor<4x8xf32>
  tile.return
}

// -----

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @k(%x: !tile.ref<4x8xf32>, %w: !tile.ref<2x32x!mxfp4>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.ref<4x8xf32> -> tensor<4x8xf32>
  // expected-error @below {{has a layout of 8x4 for 'tensor<4x8xf32>', which takes 4x8}}
  %b = tile.convert_layout %a : tensor<4x8xf32> to #tile.layout<8x4, register = [(0, 1), (0, 2), (1, 0), (2, 0), (4, 0)]>
  tile.return
}

// -----

!mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
tile.kernel @k(%x: !tile.ref<4x8xf32>, %w: !tile.ref<2x32x!mxfp4>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = tile.load %x[%c0, %c0] : !tile.ref<4x8xf32> -> tensor<4x8xf32>
  // expected-error @below {{tile.product is the #tile.product of a product}}
  %b = arith.addf %a, %a {tile.product = #tile.product<"4x4x4">} : tensor<4x8xf32>
  tile.return
}
