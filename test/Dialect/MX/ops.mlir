// Every op and every form of the type survives printing and parsing; usual formats print as aliases.
// RUN: moec-opt %s | moec-opt | FileCheck %s

// CHECK-DAG: !mxfp4 = !mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>
// CHECK-DAG: !mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>
// CHECK-DAG: !mxint8 = !mx.block<element = i8, scale = f32, block = 32>
!nvfp4 = !mx.block<element = f4E2M1FN, scale = f8E4M3FN, block = 16, global = f32>
!fp8_blocks = !mx.block<element = f8E4M3FN, scale = f32, block = 128x128>

// CHECK-LABEL: func @quantize
// CHECK-SAME: !nvfp4
// CHECK-SAME: !fp8
// CHECK-SAME: !mx.block<element = i4, scale = f16, block = 128, zero = i8>
func.func @quantize(%x: tensor<?x64xf32>, %n: tensor<64x64x!nvfp4>, %b: tensor<256x256x!fp8_blocks>,
                    %z: tensor<256x256x!mx.block<element = i4, scale = f16, block = 128, zero = i8>>)
    -> tensor<?x64xbf16> {
  // CHECK: mx.quantize %{{.*}} rounding even : tensor<?x64xf32> -> tensor<?x64x!mxfp4>
  %0 = mx.quantize %x rounding even
      : tensor<?x64xf32> -> tensor<?x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>>
  // CHECK: mx.quantize %{{.*}} : tensor<?x64xf32> -> tensor<?x64x!mxint8>
  %1 = mx.quantize %x : tensor<?x64xf32> -> tensor<?x64x!mx.block<element = i8, scale = f32, block = 32>>
  // CHECK: mx.quantize %{{.*}} rounding floor : tensor<?x64xf32> -> tensor<?x64x!mxfp8>
  %2 = mx.quantize %x rounding floor
      : tensor<?x64xf32> -> tensor<?x64x!mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>>
  // CHECK: mx.dequantize %{{.*}} : tensor<?x64x!mxfp4> -> tensor<?x64xbf16>
  %3 = mx.dequantize %0
      : tensor<?x64x!mx.block<element = f4E2M1FN, scale = f8E8M0FNU, block = 32>> -> tensor<?x64xbf16>
  return %3 : tensor<?x64xbf16>
}
