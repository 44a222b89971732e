// One case per rule of the types and ops.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{element type 'f32' is no code type: f4E2M1FN, f6E2M3FN, f6E3M2FN, f8E4M3FN, f8E5M2, i4, i8}}
func.func private @code_type(tensor<8x!mx.block<element = f32, scale = f32, block = 32>>)

// -----

// expected-error @+1 {{scale type 'f64' is none of f8E8M0FNU, f8E4M3FN, bf16, f16, f32}}
func.func private @scale_type(tensor<8x!mx.block<element = f8E5M2, scale = f64, block = 32>>)

// -----

// expected-error @+1 {{integer codes 'i8' need a bf16, f16 or f32 scale, not 'f8E8M0FNU'}}
func.func private @integer_scale(tensor<8x!mx.block<element = i8, scale = f8E8M0FNU, block = 32>>)

// -----

// expected-error @+1 {{a block has 1 or 2 dimensions, not 3}}
func.func private @block_rank(tensor<8x!mx.block<element = f8E5M2, scale = f32, block = 2x2x2>>)

// -----

// expected-error @+1 {{block extent 0 is not positive}}
func.func private @block_extent(tensor<8x!mx.block<element = f8E5M2, scale = f32, block = 0>>)

// -----

// expected-error @+1 {{global scale type 'bf16' is not f32}}
func.func private @global_type(tensor<8x!mx.block<element = f8E5M2, scale = f32, block = 8, global = bf16>>)

// -----

// expected-error @+1 {{zero points are i8, of integer codes; not 'i8' of 'f8E5M2'}}
func.func private @zero_type(tensor<8x!mx.block<element = f8E5M2, scale = f32, block = 8, zero = i8>>)

// -----

func.func @needs_rounding(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'mx.quantize' op needs a rounding rule (floor, ceil, even) to choose the scales of}}
  %0 = mx.quantize %x : tensor<?x64xf32> -> tensor<?x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
  return
}

// -----

func.func @no_rounding(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'mx.quantize' op has rounding even, but}}
  %0 = mx.quantize %x rounding even : tensor<?x64xf32> -> tensor<?x64x!mx.block<element = i8, scale = f32, block = 32>>
  return
}

// -----

func.func @shape(%x: tensor<?x64xf32>) {
  // expected-error @+1 {{'mx.quantize' op requires the same shape for all operands and results}}
  %0 = mx.quantize %x : tensor<?x64xf32> -> tensor<?x32x!mx.block<element = i8, scale = f32, block = 32>>
  return
}

// -----

func.func @shape(%x: tensor<?x64x!mx.block<element = i8, scale = f32, block = 32>>) {
  // expected-error @+1 {{'mx.dequantize' op requires the same shape for all operands and results}}
  %0 = mx.dequantize %x : tensor<?x64x!mx.block<element = i8, scale = f32, block = 32>> -> tensor<?x32xf32>
  return
}
