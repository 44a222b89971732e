// What changes of shape must satisfy.
// RUN: moec-opt %s --split-input-file --verify-diagnostics


tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{cannot make extent 32 of 64 in dim 1}}
  %d = tile.broadcast %a : tensor<8x64xf32> -> tensor<8x32xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x1xf32>
  // expected-error @below {{changes the rank from 2 to 1}}
  %d = tile.broadcast %a : tensor<8x1xf32> -> tensor<8xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{makes i32, not 'f32'}}
  %d = tile.iota dim = 0 : tensor<8xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  // expected-error @below {{changes the element type from 'index' to 'f32'}}
  %d = tile.splat %c0 : index -> tensor<8xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{makes 256 elements of 512}}
  %d = tile.reshape %a : tensor<8x64xf32> -> tensor<8x32xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{is no permutation of rank 2}}
  %d = tile.transpose %a [1, 1] : tensor<8x64xf32> -> tensor<64x64xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{result is 'tensor<8x64xf32>', must be 'tensor<64x8xf32>'}}
  %d = tile.transpose %a [1, 0] : tensor<8x64xf32> -> tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{takes 48 to 80 of extent 64 in dim 1}}
  %d = tile.slice %a [0, 48] : tensor<8x64xf32> -> tensor<8x32xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{operands have 128 in dim 1, the result 64}}
  %d = tile.concat %a, %a dim = 1 : tensor<8x64xf32>, tensor<8x64xf32> -> tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  %b = arith.constant dense<0.0> : tensor<4x64xf32>
  // expected-error @below {{differ in dim 0}}
  %d = tile.concat %a, %b dim = 1 : tensor<8x64xf32>, tensor<4x64xf32> -> tensor<8x128xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{must be 'tensor<8x128xf32>'}}
  %d = tile.interleave %a, %a : tensor<8x64xf32> -> tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k(%a: !tile.ref<8x64x!mx.block<element = i8, scale = f32, block = 32>>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %x = tile.load %a[%c0, %c0] : !tile.ref<8x64x!mx.block<element = i8, scale = f32, block = 32>> -> tensor<8x64x!mx.block<element = i8, scale = f32, block = 32>>
  // expected-error @below {{does not take block-scaled tiles}}
  %d = tile.reshape %x : tensor<8x64x!mx.block<element = i8, scale = f32, block = 32>> -> tensor<16x32x!mx.block<element = i8, scale = f32, block = 32>>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{has 1 offsets from rank 2 to rank 2}}
  %d = tile.slice %a [0] : tensor<8x64xf32> -> tensor<8x32xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  // expected-error @below {{needs at least one operand}}
  %d = "tile.concat"() <{dim = 1 : i64}> : () -> tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0.0> : tensor<64xf32>
  // expected-error @below {{operand 'tensor<64xf32>' is not of rank 2}}
  %d = tile.concat %a dim = 1 : tensor<64xf32> -> tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  // expected-error @below {{dim 2 is out of bounds for rank 2}}
  %d = tile.iota dim = 2 : tensor<8x64xi32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{must be 'tensor<8x128xf32>'}}
  %even, %odd = tile.deinterleave %a : tensor<8x64xf32> -> tensor<8x64xf32>
  tile.return
}
