// What the row family cannot compute is said with the op's name, at the op.
// RUN: moec-opt %s --split-input-file --verify-diagnostics --moe-to-tile='schedule="BM = 2, pow2 = 1"'

moe.weight @w : tensor<8x8xf32> from "w"
func.func @matrix(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
  %y = moe.group row (%a = %x : tensor<?x8xf32>) -> tensor<?x8xf32> {
    // expected-error @below {{'moe.linear' op has no row kernel}}
    %0 = moe.linear %a, @w : tensor<?x8xf32> -> tensor<?x8xf32>
    moe.yield %0 : tensor<?x8xf32>
  }
  return %y : tensor<?x8xf32>
}

// -----

func.func @padding(%x: tensor<?x24xf32>) -> tensor<?x2x12xf32> {
  %y = moe.group row (%a = %x : tensor<?x24xf32>) -> tensor<?x2x12xf32> {
    // expected-error @below {{reads rows of 'tensor<?x24xf32>' as 'tensor<?x2x12xf32>', which padding to powers of two does not allow}}
    %0 = moe.view %a : tensor<?x24xf32> -> tensor<?x2x12xf32>
    moe.yield %0 : tensor<?x2x12xf32>
  }
  return %y : tensor<?x2x12xf32>
}
