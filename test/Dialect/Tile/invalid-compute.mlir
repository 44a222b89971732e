// What products, formats and reductions must satisfy.
// RUN: moec-opt %s --split-input-file --verify-diagnostics


tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  %b = arith.constant dense<0.0> : tensor<16x32xf32>
  %c = arith.constant dense<0.0> : tensor<8x16xf32>
  // expected-error @below {{left operand has K = 64, right operand 32}}
  %d = tile.mma %a, %b, %c b = nk : tensor<8x64xf32>, tensor<16x32xf32>, tensor<8x16xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  %b = arith.constant dense<0.0> : tensor<16x64xf32>
  %c = arith.constant dense<0.0> : tensor<8x32xf32>
  // expected-error @below {{accumulator is 8x32, the product 8x16}}
  %d = tile.mma %a, %b, %c b = nk : tensor<8x64xf32>, tensor<16x64xf32>, tensor<8x32xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  %b = arith.constant dense<0.0> : tensor<16x64xf32>
  %c = arith.constant dense<0.0> : tensor<24x16xf32>
  // expected-error @below {{accumulator has room for the products of 3 slices of K, which is 64 and has no so many equal ones}}
  %d = tile.mma %a, %b, %c b = nk : tensor<8x64xf32>, tensor<16x64xf32>, tensor<24x16xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf64>
  %b = arith.constant dense<0.0> : tensor<16x64xf32>
  %c = arith.constant dense<0.0> : tensor<8x16xf32>
  // expected-error @below {{operands are f32 or bf16, not 'f64'}}
  %d = tile.mma %a, %b, %c b = nk : tensor<8x64xf64>, tensor<16x64xf32>, tensor<8x16xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xbf16>
  %b = arith.constant dense<0.0> : tensor<16x64xbf16>
  %c = arith.constant dense<0.0> : tensor<8x16xbf16>
  // expected-error @below {{accumulates in f32, not 'bf16'}}
  %d = tile.mma %a, %b, %c b = nk : tensor<8x64xbf16>, tensor<16x64xbf16>, tensor<8x16xbf16>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8xf32>
  %b = arith.constant dense<0.0> : tensor<16x64xf32>
  %c = arith.constant dense<0.0> : tensor<8x16xf32>
  // expected-error @below {{takes matrices, not}}
  %d = tile.mma %a, %b, %c b = nk : tensor<8xf32>, tensor<16x64xf32>, tensor<8x16xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  %b = arith.constant dense<0.0> : tensor<16x64xf32>
  %c = arith.constant dense<0.0> : tensor<8x16xf32>
  // expected-error @below {{operands are block-scaled, not}}
  %d = tile.mma_scaled %a, %b, %c : tensor<8x64xf32>, tensor<16x64xf32>, tensor<8x16xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x48xf32>
  // expected-error @below {{is no multiple of the block, 32}}
  %d = tile.quantize %a : tensor<8x48xf32> -> tensor<8x48x!mx.block<element = i8, scale = f32, block = 32>>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{is not block-scaled}}
  %d = tile.dequantize %a : tensor<8x64xf32> -> tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{dim 2 is out of bounds for rank 2}}
  %d = tile.reduce add %a dim = 2 : tensor<8x64xf32> -> tensor<8x1xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{result is 'tensor<8x2xf32>', must be 'tensor<8x1xf32>'}}
  %d = tile.reduce add %a dim = 1 : tensor<8x64xf32> -> tensor<8x2xf32>
  tile.return
}

// -----

tile.kernel @k(%a: !tile.ref<8x64x!mx.block<element = i8, scale = f32, block = 32>>, %b: !tile.ref<16x64x!mx.block<element = i8, scale = f32, block = 16>>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %c = arith.constant dense<0.0> : tensor<8x16xf32>
  %x = tile.load %a[%c0, %c0] : !tile.ref<8x64x!mx.block<element = i8, scale = f32, block = 32>> -> tensor<8x64x!mx.block<element = i8, scale = f32, block = 32>>
  %y = tile.load %b[%c0, %c0] : !tile.ref<16x64x!mx.block<element = i8, scale = f32, block = 16>> -> tensor<16x64x!mx.block<element = i8, scale = f32, block = 16>>
  // expected-error @below {{left operand has blocks of 32, right operand of 16}}
  %d = tile.mma_scaled %x, %y, %c : tensor<8x64x!mx.block<element = i8, scale = f32, block = 32>>, tensor<16x64x!mx.block<element = i8, scale = f32, block = 16>>, tensor<8x16xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0> : tensor<8x64xi32>
  // expected-error @below {{'tensor<8x64xi32>' is not a tile of floats}}
  %d = tile.quantize %a : tensor<8x64xi32> -> tensor<8x64x!mx.block<element = i8, scale = f32, block = 32>>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{shapes differ: }}
  %d = tile.quantize %a : tensor<8x64xf32> -> tensor<4x64x!mx.block<element = i8, scale = f32, block = 32>>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{needs a rounding rule (floor, ceil, even)}}
  %d = tile.quantize %a : tensor<8x64xf32> -> tensor<8x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0.0> : tensor<8x64xbf16>
  // expected-error @below {{reduces f32, f64, i32 or i64, not 'bf16'}}
  %d = tile.reduce add %a dim = 1 : tensor<8x64xbf16> -> tensor<8x1xbf16>
  tile.return
}
