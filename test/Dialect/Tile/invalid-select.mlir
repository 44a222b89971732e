// What scans and selections must satisfy.
// RUN: moec-opt %s --split-input-file --verify-diagnostics


tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf64>
  // expected-error @below {{scans f32 or i32, not 'f64'}}
  %d = tile.scan add %a dim = 0 : tensor<8x64xf64>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{takes 65 of 64 elements}}
  %v, %p = tile.topk %a : tensor<8x64xf32> -> tensor<8x65xf32>, tensor<8x65xi32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{rows of 'tensor<4x8xf32>' are not those of 'tensor<8x64xf32>'}}
  %v, %p = tile.topk %a : tensor<8x64xf32> -> tensor<4x8xf32>, tensor<4x8xi32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{indices are i32, not 'f32'}}
  %v, %p = tile.topk %a : tensor<8x64xf32> -> tensor<8x8xf32>, tensor<8x8xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  %v = arith.constant dense<0.0> : tensor<4x8xf32>
  %p = arith.constant dense<-1> : tensor<4x8xi32>
  %first = arith.constant 0 : i32
  // expected-error @below {{rows of 'tensor<8x64xf32>' are not those of 'tensor<4x8xf32>'}}
  %v2, %p2 = tile.topk_merge %v, %p, %a at %first : tensor<4x8xf32>, tensor<4x8xi32>, tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0> : tensor<8x64xi32>
  // expected-error @below {{selects among f32, not 'i32'}}
  %v, %p = tile.topk %a : tensor<8x64xi32> -> tensor<8x8xi32>, tensor<8x8xi32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{values 'tensor<8x8xf32>' and indices 'tensor<8x4xi32>' differ in shape}}
  %v, %p = tile.topk %a : tensor<8x64xf32> -> tensor<8x8xf32>, tensor<8x4xi32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  // expected-error @below {{dim 2 is out of bounds for rank 2}}
  %d = tile.scan add %a dim = 2 : tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0.0> : tensor<8x64xbf16>
  %v = arith.constant dense<0.0> : tensor<8x8xf32>
  %p = arith.constant dense<-1> : tensor<8x8xi32>
  %first = arith.constant 0 : i32
  // expected-error @below {{selects among f32, not 'f32' and 'bf16'}}
  %v2, %p2 = tile.topk_merge %v, %p, %a at %first : tensor<8x8xf32>, tensor<8x8xi32>, tensor<8x64xbf16>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  %v = arith.constant dense<0.0> : tensor<8x8xf32>
  %p = arith.constant dense<-1> : tensor<8x4xi32>
  %first = arith.constant 0 : i32
  // expected-error @below {{values 'tensor<8x8xf32>' and indices 'tensor<8x4xi32>' differ in shape}}
  %v2, %p2 = tile.topk_merge %v, %p, %a at %first : tensor<8x8xf32>, tensor<8x4xi32>, tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %a = arith.constant dense<0.0> : tensor<8x64xf32>
  %v = arith.constant dense<0.0> : tensor<8x8xf32>
  %p = arith.constant dense<-1> : tensor<8x8xi64>
  %first = arith.constant 0 : i32
  // expected-error @below {{indices are i32, not 'i64'}}
  %v2, %p2 = tile.topk_merge %v, %p, %a at %first : tensor<8x8xf32>, tensor<8x8xi64>, tensor<8x64xf32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %keys = arith.constant dense<0> : tensor<512xi32>
  %base = arith.constant dense<0> : tensor<256xi32>
  // expected-error @below {{all of {base, result} have same type}}
  %n = "tile.histogram"(%keys, %base) : (tensor<512xi32>, tensor<256xi32>) -> tensor<512xi32>
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %keys = arith.constant dense<0> : tensor<512xi32>
  %base = arith.constant dense<0> : tensor<256xi32>
  // expected-error @below {{all of {keys, result} have same type}}
  %n = "tile.rank"(%keys, %base) : (tensor<512xi32>, tensor<256xi32>) -> tensor<256xi32>
  tile.return
}
