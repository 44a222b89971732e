// A cache in a format that the machine cannot write is refused at the op, with those that it can.
// REQUIRES: target-cpu
// RUN: not moec-opt %s --moec-set-target='chip=x86-64-v3' --moe-check-products 2>&1 | FileCheck %s

!mxfp6 = !mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 32>
!mxfp8 = !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 32>

moe.cache @codes : !moe.kv<#moe.index_key<dim = 64>, !mxfp8>
moe.cache @six : !moe.kv<#moe.index_key<dim = 64>, !mxfp6>

// CHECK: check-caches.mlir:[[#@LINE+3]]:10: error: 'moe.cache_append' op writes a cache of mxfp6, which target cpu does not have; its caches are of f32, bf16, f16, mxfp4, mxfp8{{.*}}, int8
func.func @forward(%x: tensor<?x64xf32> {moe.name = "hidden"}, %batch: !moe.batch) -> (tensor<?x64xf32> {moe.name = "hidden"}) {
  %kv0 = moe.cache_append @codes, %batch, %x : tensor<?x64xf32> -> !moe.kv<#moe.index_key<dim = 64>, !mxfp8>
  %kv1 = moe.cache_append @six, %batch, %x : tensor<?x64xf32> -> !moe.kv<#moe.index_key<dim = 64>, !mxfp6>
  return %x : tensor<?x64xf32>
}
