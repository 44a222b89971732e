// What the product family cannot compute is said with the op's name, at the op.
// RUN: moec-opt %s --split-input-file --verify-diagnostics --moe-to-tile='schedule="BM = 2, BN = 48, BK = 32"'

moe.weight @w : tensor<64x64xf32> from "w"
moe.weight @n : tensor<64xf32> from "n"
func.func @norm(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %y = moe.group gemm (%a = %x : tensor<?x64xf32>) -> tensor<?x64xf32> {
    %0 = moe.linear %a, @w : tensor<?x64xf32> -> tensor<?x64xf32>
    // expected-error @below {{'moe.rms_norm' op cannot follow a product in its kernel}}
    %1 = moe.rms_norm %0, @n epsilon 1.0e-5 : tensor<?x64xf32> -> tensor<?x64xf32>
    moe.yield %1 : tensor<?x64xf32>
  }
  return %y : tensor<?x64xf32>
}

// -----

moe.weight @w : tensor<64x64xf32> from "w"
func.func @chain(%x: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %y = moe.group gemm (%a = %x : tensor<?x64xf32>) -> tensor<?x64xf32> {
    %0 = moe.linear %a, @w : tensor<?x64xf32> -> tensor<?x64xf32>
    // expected-error @below {{multiplies a value that its own kernel computes}}
    %1 = moe.linear %0, @w : tensor<?x64xf32> -> tensor<?x64xf32>
    moe.yield %1 : tensor<?x64xf32>
  }
  return %y : tensor<?x64xf32>
}

// -----

moe.weight @w : tensor<64x64xf32> from "w"
func.func @inputs(%x: tensor<?x64xf32>, %z: tensor<?x64xf32>) -> tensor<?x64xf32> {
  %y = moe.group gemm (%a = %x : tensor<?x64xf32>, %b = %z : tensor<?x64xf32>) -> tensor<?x64xf32> {
    // expected-note @below {{the other product}}
    %0 = moe.linear %a, @w : tensor<?x64xf32> -> tensor<?x64xf32>
    // expected-error @below {{reads other rows than a product beside it}}
    %1 = moe.linear %b, @w : tensor<?x64xf32> -> tensor<?x64xf32>
    %2 = moe.add %0, %1 : tensor<?x64xf32>, tensor<?x64xf32> -> tensor<?x64xf32>
    moe.yield %2 : tensor<?x64xf32>
  }
  return %y : tensor<?x64xf32>
}

// -----

moe.weight @w : tensor<64x64xf32> from "w"
func.func @passing(%x: tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x64xbf16>) {
  // expected-error @below {{result 1 comes from no product}}
  %y:2 = moe.group gemm (%a = %x : tensor<?x64xf32>) -> (tensor<?x64xf32>, tensor<?x64xbf16>) {
    %0 = moe.linear %a, @w : tensor<?x64xf32> -> tensor<?x64xf32>
    %1 = moe.cast %a : tensor<?x64xf32> -> tensor<?x64xbf16>
    moe.yield %0, %1 : tensor<?x64xf32>, tensor<?x64xbf16>
  }
  return %y#0, %y#1 : tensor<?x64xf32>, tensor<?x64xbf16>
}

// -----

!int8 = !mx.block<element = i8, scale = f32, block = 32>
moe.weight @w : tensor<64x64xf32> from "w"
func.func @blocks(%x: tensor<?x64xf32>) -> tensor<?x64x!int8> {
  %y = moe.group gemm (%a = %x : tensor<?x64xf32>) -> tensor<?x64x!int8> {
    %0 = moe.linear %a, @w : tensor<?x64xf32> -> tensor<?x64xf32>
    // expected-error @below {{makes blocks of 32, which tiles of BN = 48 columns split}}
    %1 = mx.quantize %0 : tensor<?x64xf32> -> tensor<?x64x!int8>
    moe.yield %1 : tensor<?x64x!int8>
  }
  return %y : tensor<?x64x!int8>
}
