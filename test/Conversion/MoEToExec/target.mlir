// Passes ask the machine that the module names: weights are packed and schedules chosen for it, and each launch has
// what it should cost, attention at several contexts.
// REQUIRES: target-cpu
// RUN: moec-opt %s --moec-set-target='chip=x86-64-v3' --moe-fuse-groups --moe-specialise-tokens='tokens=8 max-context=100000' --moe-pack-weights --moe-to-exec='page-size=4' | FileCheck %s

moe.weight @w : tensor<128x64xbf16> from "w"
moe.cache @kv : !moe.kv<#moe.key_value<heads = 1, key_dim = 64, value_dim = 64>, bf16>

// CHECK-DAG: #[[PRODUCT:.*]] = #exec.cost<<tokens = 1, context = 0, microseconds = {{[0-9.eE+-]+}}, read = 16640, written = 512>
// CHECK-DAG: #[[ATTENTION:.*]] = #exec.cost<<tokens = 1, context = 1024, microseconds = {{.*}}, read = 262400, written = 256>, <tokens = 1, context = 8192, {{.*}}, read = 2097408, {{.*}}>, <tokens = 1, context = 65536, {{.*}}, read = 16777472, {{.*}}>, <tokens = 1, context = 100000, {{.*}}, read = 25600256, {{.*}}>
// CHECK: exec.weight @w.matrix matrix of @w : !tile.ref<128x64xbf16, #tile.packed<
// CHECK: exec.state @kv <paged, page_size = 4> "key_value"
// CHECK: exec.kernel @attention_0 schedule <{{.*}}source = "predicted"> rule <paged, page_size = 4>
// CHECK: exec.launch @gemm_0{{.*}} cost #[[PRODUCT]]
// CHECK: exec.launch @attention_0{{.*}} cost #[[ATTENTION]]
func.func @forward(%x: tensor<?x64xf32> {moe.name = "hidden"}, %batch: !moe.batch) -> (tensor<?x64xf32> {moe.name = "hidden"}) {
  %p = moe.linear %x, @w : tensor<?x64xf32> -> tensor<?x128xf32>
  %k = moe.slice %p at 0 : tensor<?x128xf32> -> tensor<?x64xf32>
  %k1 = moe.view %k : tensor<?x64xf32> -> tensor<?x1x64xf32>
  %kv = moe.cache_append @kv, %batch, %k1, %k1 : tensor<?x1x64xf32>, tensor<?x1x64xf32> -> !moe.kv<#moe.key_value<heads = 1, key_dim = 64, value_dim = 64>, bf16>
  %q = moe.view %x : tensor<?x64xf32> -> tensor<?x1x64xf32>
  %o = moe.attention %q, %kv, %batch scale 0.125 : tensor<?x1x64xf32>, !moe.kv<#moe.key_value<heads = 1, key_dim = 64, value_dim = 64>, bf16> -> tensor<?x1x64xf32>
  %y = moe.view %o : tensor<?x1x64xf32> -> tensor<?x64xf32>
  return %y : tensor<?x64xf32>
}
