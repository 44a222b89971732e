// A product with a weight in a format that the machine does not decode.
!mxfp6 = !mx.block<element = f6E2M3FN, scale = f8E8M0FNU, block = 32>

module attributes {moe.config = {vocab_size = 32 : i64, max_positions = 64 : i64}} {
moe.weight @embed : tensor<32x64xf32> from "embed"
moe.weight @w : tensor<32x64x!mxfp6> from "w" rounding even
func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x32xf32> {
  %x = moe.embed %ids, @embed : tensor<?x64xf32>
  %s = moe.select_rows %x, %batch : tensor<?x64xf32>
  %y = moe.linear %s, @w : tensor<?x64xf32> -> tensor<?x32xf32>
  return %y : tensor<?x32xf32>
}
}
