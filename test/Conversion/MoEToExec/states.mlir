// A cache that only windows read is in pages that go back; one that anything reads whole is not, nor is one whose window is as long as a sequence
// may be. A state is in slots, and its kernel takes their numbers.
// RUN: moec-opt %s --moe-specialise-tokens='tokens=4,16 max-context=64' --moe-pack-weights --moe-to-exec='page-size=8' | FileCheck %s

!kv = !moe.kv<#moe.key_value<heads = 1, key_dim = 8, value_dim = 8>, f32>

module attributes {moe.config = {vocab_size = 8 : i64, max_positions = 64 : i64, model_type = "m"}} {
  moe.weight @table : tensor<8x8xf32> from "table"
  moe.weight @filter : tensor<8x3xf32> from "filter"
  // CHECK-DAG: exec.state @narrow <window, page_size = 8, window = 12> "key_value"
  moe.cache @narrow : !kv
  // CHECK-DAG: exec.state @both <paged, page_size = 8> "key_value"
  moe.cache @both : !kv
  // CHECK-DAG: exec.state @long <paged, page_size = 8> "key_value"
  moe.cache @long : !kv
  // A kernel writes it beside caches that are read whole.
  // CHECK-DAG: exec.state @beside <paged, page_size = 8> "key_value"
  moe.cache @beside : !kv
  // CHECK-DAG: exec.state @last <slots> "recurrent" : !tile.ref<?x16xf32>
  moe.state @last : tensor<2x8xf32>

  func.func @forward(%ids: tensor<?xi32>, %b: !moe.batch) -> tensor<?x8xf32> {
    %x = moe.group embed id 0 "e" (%i = %ids : tensor<?xi32>) -> tensor<?x1x8xf32> {
      %0 = moe.embed %i, @table : tensor<?x8xf32>
      %1 = moe.view %0 : tensor<?x8xf32> -> tensor<?x1x8xf32>
      moe.yield %1 : tensor<?x1x8xf32>
    }
    %k1 = moe.group row id 8 "narrow" (%a = %x : tensor<?x1x8xf32>, %c = %b : !moe.batch) -> !kv {
      %0 = moe.cache_append @narrow, %c, %a, %a : tensor<?x1x8xf32>, tensor<?x1x8xf32> -> !kv
      moe.yield %0 : !kv
    }
    %k2, %k3, %k4 = moe.group row id 1 "append" (%a = %x : tensor<?x1x8xf32>, %c = %b : !moe.batch) -> (!kv, !kv, !kv) {
      %0 = moe.cache_append @beside, %c, %a, %a : tensor<?x1x8xf32>, tensor<?x1x8xf32> -> !kv
      %1 = moe.cache_append @both, %c, %a, %a : tensor<?x1x8xf32>, tensor<?x1x8xf32> -> !kv
      %2 = moe.cache_append @long, %c, %a, %a : tensor<?x1x8xf32>, tensor<?x1x8xf32> -> !kv
      moe.yield %1, %2, %0 : !kv, !kv, !kv
    }
    %a1 = moe.group attention id 2 "a1" (%q = %x : tensor<?x1x8xf32>, %k = %k1 : !kv, %c = %b : !moe.batch) -> tensor<?x1x8xf32> {
      %0 = moe.attention %q, %k, %c scale 1.0 window 12 : tensor<?x1x8xf32>, !kv -> tensor<?x1x8xf32>
      moe.yield %0 : tensor<?x1x8xf32>
    }
    %a2 = moe.group attention id 3 "a2" (%q = %a1 : tensor<?x1x8xf32>, %k = %k2 : !kv, %c = %b : !moe.batch) -> tensor<?x1x8xf32> {
      %0 = moe.attention %q, %k, %c scale 1.0 window 12 : tensor<?x1x8xf32>, !kv -> tensor<?x1x8xf32>
      moe.yield %0 : tensor<?x1x8xf32>
    }
    %a3 = moe.group attention id 4 "a3" (%q = %a2 : tensor<?x1x8xf32>, %k = %k2 : !kv, %c = %b : !moe.batch) -> tensor<?x1x8xf32> {
      %0 = moe.attention %q, %k, %c scale 1.0 : tensor<?x1x8xf32>, !kv -> tensor<?x1x8xf32>
      moe.yield %0 : tensor<?x1x8xf32>
    }
    %a4 = moe.group attention id 5 "a4" (%q = %a3 : tensor<?x1x8xf32>, %k = %k3 : !kv, %c = %b : !moe.batch) -> tensor<?x1x8xf32> {
      %0 = moe.attention %q, %k, %c scale 1.0 window 64 : tensor<?x1x8xf32>, !kv -> tensor<?x1x8xf32>
      moe.yield %0 : tensor<?x1x8xf32>
    }
    %a5 = moe.group attention id 9 "a5" (%q = %a4 : tensor<?x1x8xf32>, %k = %k4 : !kv, %c = %b : !moe.batch) -> tensor<?x8xf32> {
      %0 = moe.attention %q, %k, %c scale 1.0 window 12 : tensor<?x1x8xf32>, !kv -> tensor<?x1x8xf32>
      %1 = moe.view %0 : tensor<?x1x8xf32> -> tensor<?x8xf32>
      moe.yield %1 : tensor<?x8xf32>
    }
    // CHECK: %[[READ:.*]] = exec.input "state_read" of <slots>
    // CHECK: %[[WRITE:.*]] = exec.input "state_write" of <slots>
    // CHECK: %[[STATE:.*]] = exec.state_ref @last : !tile.ref<?x16xf32>
    // CHECK: exec.launch @causal_conv_0({{.*}}%[[READ]], %[[WRITE]], {{.*}}%[[STATE]]
    %y = moe.group causal_conv id 6 "conv" (%a = %a5 : tensor<?x8xf32>, %c = %b : !moe.batch) -> tensor<?x8xf32> {
      %0 = moe.causal_conv %a, %c, @filter state @last : tensor<?x8xf32> -> tensor<?x8xf32>
      moe.yield %0 : tensor<?x8xf32>
    }
    %r = moe.group select_rows id 7 "rows" (%a = %y : tensor<?x8xf32>, %c = %b : !moe.batch) -> tensor<?x8xf32> {
      %0 = moe.select_rows %a, %c : tensor<?x8xf32>
      moe.yield %0 : tensor<?x8xf32>
    }
    return %r : tensor<?x8xf32>
  }
}
