// A model without attention, so that every token's logits depend on that token alone.
module attributes {moe.config = {vocab_size = 96 : i64, max_positions = 256 : i64, eos_token_ids = array<i64: 95>,
                                 model_type = "tokenwise"}} {
  moe.weight @embed : tensor<96x128xbf16> from "embed.weight"
  moe.weight @norm : tensor<128xbf16> from "norm.weight"
  moe.weight @up : tensor<256x128xbf16> from "up.weight"
  moe.weight @down : tensor<128x256xbf16> from "down.weight"
  moe.weight @last : tensor<128xbf16> from "last.weight"
  moe.weight @head : tensor<96x128xbf16> from "head.weight"
  func.func @forward(%ids: tensor<?xi32>, %batch: !moe.batch) -> tensor<?x96xf32> {
    %x = moe.embed %ids, @embed : tensor<?x128xf32>
    %n = moe.rms_norm %x, @norm epsilon 1.0e-05 : tensor<?x128xf32> -> tensor<?x128xf32>
    %u = moe.linear %n, @up : tensor<?x128xf32> -> tensor<?x256xf32>
    %d = moe.linear %u, @down : tensor<?x256xf32> -> tensor<?x128xf32>
    %y = moe.add %x, %d : tensor<?x128xf32>, tensor<?x128xf32> -> tensor<?x128xf32>
    %rows = moe.select_rows %y, %batch : tensor<?x128xf32>
    %z = moe.rms_norm %rows, @last epsilon 1.0e-05 : tensor<?x128xf32> -> tensor<?x128xf32>
    %l = moe.linear %z, @head : tensor<?x128xf32> -> tensor<?x96xf32>
    return %l : tensor<?x96xf32>
  }
}
