// Caches of codes: blocks have at most 32 numbers and divide the vectors of a row, whatever its kind.
// RUN: moec-opt %s --moe-set-activation-type=kv=fp8 | FileCheck %s --check-prefixes=CHECK,FP8
// RUN: moec-opt %s --moe-set-activation-type=kv=int8 | FileCheck %s --check-prefixes=CHECK,INT8
// RUN: moec-opt %s --moe-set-activation-type=kv=int8 -o /dev/null 2>&1 | FileCheck %s --check-prefix=WARN
// RUN: not moec-opt %s --moe-set-activation-type=kv=fp16 2>&1 | FileCheck %s --check-prefix=BAD

// WARN-NOT: warning
// WARN: caches.mlir:[[#@LINE+17]]:1: warning: cache 'odd' takes as much as one of bf16 or more: vectors of a common divisor of 34 have blocks of 2 numbers, each with a scale of 32 bits
// WARN-NOT: warning

// BAD: kv 'fp16' is none of f32, bf16, f16, fp8, int8

// FP8: moe.cache @pairs : !moe.kv<{{.*}}, !mxfp8>
// INT8: moe.cache @pairs : !moe.kv<{{.*}}, !mxint8>
moe.cache @pairs : !moe.kv<#moe.key_value<heads = 2, key_dim = 192, value_dim = 128>, bf16>
// FP8: moe.cache @latent : !moe.kv<{{.*}}, !mxfp8>
// INT8: moe.cache @latent : !moe.kv<{{.*}}, !mxint8>
moe.cache @latent : !moe.kv<#moe.latent<rank = 512, rope_dim = 64>, bf16>
// FP8: moe.cache @index : !moe.kv<{{.*}}, !mxfp8>
// INT8: moe.cache @index : !moe.kv<{{.*}}, !mxint8>
moe.cache @index : !moe.kv<#moe.index_key<dim = 128>, bf16>
// FP8: moe.cache @narrow : !moe.kv<{{.*}}, !mx.block<element = f8E4M3FN, scale = f8E8M0FNU, block = 16>>
// INT8: moe.cache @narrow : !moe.kv<{{.*}}, !mx.block<element = i8, scale = f32, block = 16>>
moe.cache @narrow : !moe.kv<#moe.key_value<heads = 1, key_dim = 80, value_dim = 48>, bf16>
moe.cache @odd : !moe.kv<#moe.index_key<dim = 34>, bf16>

// CHECK-LABEL: func.func @forward
func.func @forward(%x: tensor<?x128xf32>, %batch: !moe.batch) -> tensor<?x128xf32> {
  // FP8: moe.cache_append {{.*}} -> !moe.kv<{{.*}}, !mxfp8>
  // INT8: moe.cache_append {{.*}} -> !moe.kv<{{.*}}, !mxint8>
  %kv = moe.cache_append @index, %batch, %x : tensor<?x128xf32> -> !moe.kv<#moe.index_key<dim = 128>, bf16>
  return %x : tensor<?x128xf32>
}
