// What accesses must satisfy.
// RUN: moec-opt %s --split-input-file --verify-diagnostics


tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{has 1 indices for 2 dimensions of '!tile.ref<?x64xf32>'}}
  %a = tile.load %x[%c0] : !tile.ref<?x64xf32> -> tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{tile 'tensor<1x8x64xf32>' has more dimensions than '!tile.ref<?x64xf32>'}}
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x64xf32> -> tensor<1x8x64xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{has 1 bounds for a tile of rank 2}}
  %a = tile.load %x[%c0, %c0] bounds(%c0) : !tile.ref<?x64xf32> -> tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{tile element 'bf16' is not the ref's, 'f32'}}
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x64xf32> -> tensor<8x64xbf16>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{must be tile (statically shaped tensor)}}
  %a = tile.load %x[%c0, %c0] : !tile.ref<?x64xf32> -> tensor<?x64xf32>
  tile.return
}

// -----

tile.kernel @k(%w: !tile.ref<64x64xbf16, #tile.packed<[(0, 16)]>>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{tile 'tensor<8x64xbf16>' is not made of whole units of 16x1}}
  %a = tile.load %w[%c0, %c0] : !tile.ref<64x64xbf16, #tile.packed<[(0, 16)]>> -> tensor<8x64xbf16>
  tile.return
}

// -----

// Scales of two tiles of rows lie together.
tile.kernel @k(%w: !tile.ref<64x256x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>, #tile.packed<[(1, 32), (0, 16), (1, 4, 64), (1, 2, 32)], scales = [(1, 2), (0, 2, 16), (0, 16, 1), (1, 4)]>>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{is not made of whole units of 32x256}}
  %a = tile.load %w[%c0, %c0] : !tile.ref<64x256x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>, #tile.packed<[(1, 32), (0, 16), (1, 4, 64), (1, 2, 32)], scales = [(1, 2), (0, 2, 16), (0, 16, 1), (1, 4)]>> -> tensor<16x256x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
  tile.return
}

// -----

tile.kernel @k(%w: !tile.ref<64x64xbf16, #tile.packed<[(0, 16)]>>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{reads a packed ref by tiles of at least two dimensions}}
  %a = tile.load %w[%c0, %c0] : !tile.ref<64x64xbf16, #tile.packed<[(0, 16)]>> -> tensor<64xbf16>
  tile.return
}

// -----

tile.kernel @k(%w: !tile.ref<64x64xbf16, #tile.packed<[(0, 16)]>>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %v = arith.constant dense<0.0> : tensor<16x64xbf16>
  // expected-error @below {{takes a row-major ref}}
  tile.store %v, %w[%c0, %c0] : tensor<16x64xbf16>, !tile.ref<64x64xbf16, #tile.packed<[(0, 16)]>>
  tile.return
}

// -----

tile.kernel @k(%w: !tile.ref<64x64xbf16, #tile.packed<[(0, 16)]>>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{takes a row-major ref}}
  %v = tile.load_scalar %w[%c0, %c0] : !tile.ref<64x64xbf16, #tile.packed<[(0, 16)]>> -> bf16
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{result 'i32' is not the ref's element, 'f32'}}
  %v = tile.load_scalar %x[%c0, %c0] : !tile.ref<?x64xf32> -> i32
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{has 1 indices for 2 dimensions}}
  %v = tile.load_scalar %x[%c0] : !tile.ref<?x64xf32> -> f32
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %r = arith.constant dense<0> : tensor<4xi32>
  // expected-error @below {{has 4 row indices for 8 rows}}
  %v = tile.gather %x[%r, %c0] : !tile.ref<?x64xf32>, tensor<4xi32> -> tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %r = arith.constant dense<0> : tensor<8xi64>
  // expected-error @below {{must be vector of 32-bit row indices}}
  %v = tile.gather %x[%r, %c0] : !tile.ref<?x64xf32>, tensor<8xi64> -> tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %r = arith.constant dense<0> : tensor<4xi32>
  %v = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{has 4 row indices for 8 rows}}
  tile.scatter %v, %x[%r, %c0] : tensor<8x64xf32>, !tile.ref<?x64xf32>, tensor<4xi32>
  tile.return
}

// -----

tile.kernel @k(%q: !tile.ref<?x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{is no multiple of the block, 32}}
  %a = tile.load %q[%c0, %c0] : !tile.ref<?x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>> -> tensor<8x16x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
  tile.return
}
