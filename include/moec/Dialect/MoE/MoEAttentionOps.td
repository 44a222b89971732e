//===- MoEAttentionOps.td - Caches and attention -----------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Writing caches, and the kinds of attention that read them. A token at position p of its sequence
// sees the keys at positions 0 ... p of it, less what a window or a selection leaves out.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEATTENTIONOPS_TD
#define MOEC_DIALECT_MOE_MOEATTENTIONOPS_TD

include "moec/Dialect/MoE/MoEBase.td"

def MoE_CacheAppendOp : MoE_SymbolOp<"cache_append", [
    MemoryEffects<[MemWrite]>, MoE_RowWise]> {
  let summary = "write this step's rows into a cache";
  let description = [{
    Rounds the parts of each token's row (see the cache's kind) to the cache's element type and
    writes them; power-of-two scales are chosen by the rule `even`. The result is the cache with these rows in it.

    ```mlir
    %kv = moe.cache_append @layers.0.kv, %batch, %c, %k_pe : tensor<?x128xf32>, tensor<?x32xf32>
        -> !moe.kv<#moe.latent<rank = 128, rope_dim = 32>, bf16>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$cache, MoE_BatchType:$batch,
                       Variadic<MoE_Rows>:$values);
  let results = (outs MoE_KVType:$result);
  let assemblyFormat = [{
    $cache `,` $batch `,` $values attr-dict `:` type($values) `->` qualified(type($result))
  }];
  let hasVerifier = 1;
}

def MoE_AttentionOp : MoE_SymbolOp<"attention", [Pure, MoE_Anchor]> {
  let summary = "softmax attention over a cache";
  let description = [{
    For each token and head: `s_j = scale * q · k_j` over the keys j it sees, `p = softmax(s)`, and
    the result is `sum_j p_j v_j`.

    - Over a `key_value` cache, query head h reads key/value head `h / (heads / kv heads)`.
    - Over a `latent` cache there is one key/value head: the key is the whole row, the value its
      first `rank` numbers (multi-head latent attention with absorbed projections).
    - `selected` limits the keys to the positions it lists for a token (−1: none); with a `block`
      to the blocks of so many positions, block b being the positions `b * block` and on.
    - `window` limits them to the last so many positions, the token's own included.
    - `sinks` names a weight [heads]: exp(sink) joins the softmax's denominator.
    - `probabilities` is the type exp(s − max) is rounded to before it multiplies a value (f32 if
      absent); the denominator sums it unrounded.

    ```mlir
    %o = moe.attention %q, %kv, %batch scale 0.125 window 128 sinks @layers.0.sinks
        : tensor<?x64x64xf32>, !moe.kv<#moe.key_value<heads = 8, key_dim = 64, value_dim = 64>, bf16> -> tensor<?x64x64xf32>
    %l = moe.attention %ql, %c, %batch selected(%s : tensor<?x48xi32>) scale 0.1
        : tensor<?x4x160xf32>, !moe.kv<#moe.latent<rank = 128, rope_dim = 32>, bf16> -> tensor<?x4x128xf32>
    %b = moe.attention %q, %kv, %batch selected(%t : tensor<?x16xi32>) block 128 scale 0.125
        : tensor<?x64x64xf32>, !moe.kv<#moe.key_value<heads = 8, key_dim = 64, value_dim = 64>, bf16> -> tensor<?x64x64xf32>
    ```
  }];
  let arguments = (ins MoE_HeadRows:$query, MoE_KVType:$kv, MoE_BatchType:$batch,
                       Optional<MoE_Ids>:$selected, OptionalAttr<I64Attr>:$block,
                       F64Attr:$scale, OptionalAttr<I64Attr>:$window,
                       OptionalAttr<FlatSymbolRefAttr>:$sinks,
                       OptionalAttr<TypeAttrOf<AnyTypeOf<[F32, BF16, F16]>>>:$probabilities);
  let results = (outs MoE_HeadRows:$result);
  let assemblyFormat = [{
    $query `,` $kv `,` $batch (`selected` `(` $selected^ `:` type($selected) `)`)?
    (`block` $block^)? `scale` $scale (`window` $window^)? (`sinks` $sinks^)?
    (`probabilities` $probabilities^)? attr-dict
    `:` type($query) `,` qualified(type($kv)) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::Attention; }
  }];
}

def MoE_MLAAttentionOp : MoE_SymbolOp<"mla_attention", [Pure]> {
  let summary = "multi-head latent attention, as models state it";
  let description = [{
    With c | k_pe a row of the latent cache: `kv_b` [heads * (nope + value), rank] expands c to each
    head's k_nope | v; the head's key is k_nope | k_pe. Then as `moe.attention`, with a query that
    is nope | rope. `moe-absorb-mla` rewrites it to attention over the latent cache itself.

    ```mlir
    %o = moe.mla_attention %q, %kv, %batch, @layers.0.kv_b selected(%s : tensor<?x48xi32>) scale 0.1
        : tensor<?x4x96xf32>, !moe.kv<#moe.latent<rank = 128, rope_dim = 32>, bf16> -> tensor<?x4x64xf32>
    ```
  }];
  let arguments = (ins MoE_HeadRows:$query, MoE_KVType:$kv, MoE_BatchType:$batch,
                       FlatSymbolRefAttr:$kv_b, Optional<MoE_Ids>:$selected, F64Attr:$scale,
                       OptionalAttr<TypeAttrOf<AnyTypeOf<[F32, BF16, F16]>>>:$probabilities);
  let results = (outs MoE_HeadRows:$result);
  let assemblyFormat = [{
    $query `,` $kv `,` $batch `,` $kv_b (`selected` `(` $selected^ `:` type($selected) `)`)?
    `scale` $scale (`probabilities` $probabilities^)? attr-dict
    `:` type($query) `,` qualified(type($kv)) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Query heads; the parts of a head's query; a head's value width.
    int64_t getHeads() { return getQuery().getType().getDimSize(1); }
    int64_t getRopeDim() { return ::mlir::cast<LatentAttr>(getKv().getType().getKind()).getRopeDim(); }
    int64_t getNopeDim() { return getQuery().getType().getDimSize(2) - getRopeDim(); }
    int64_t getValueDim() { return getType().getDimSize(2); }
    int64_t getRank() { return ::mlir::cast<LatentAttr>(getKv().getType().getKind()).getRank(); }
  }];
}

def MoE_IndexSelectOp : MoE_Op<"index_select", [Pure, MoE_Anchor]> {
  let summary = "the keys that an indexer finds best for each token";
  let description = [{
    Scores each key j a token sees, `I_j = scale * sum_h weights[h] * relu(query[h] · k_j)`, and lists
    the positions of the best `top_k` in increasing order, −1 where there are fewer. Of equal
    scores the lower position wins. A token that sees at most `top_k` keys lists all of them, whatever
    their scores; another that has a NaN among its scores lists nothing, and attention over nothing
    is NaN.

    ```mlir
    %s = moe.index_select %qi, %w, %ki, %batch top_k 48 scale 0.03
        : tensor<?x16x64xf32>, tensor<?x16xf32>, !moe.kv<#moe.index_key<dim = 64>, bf16> -> tensor<?x48xi32>
    ```
  }];
  let arguments = (ins MoE_HeadRows:$query, MoE_FlatRows:$weights, MoE_KVType:$keys,
                       MoE_BatchType:$batch, I64Attr:$top_k, F64Attr:$scale);
  let results = (outs MoE_Ids:$result);
  let assemblyFormat = [{
    $query `,` $weights `,` $keys `,` $batch `top_k` $top_k `scale` $scale attr-dict
    `:` type($query) `,` type($weights) `,` qualified(type($keys)) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::IndexSelect; }
  }];
}

def MoE_BlockSelectOp : MoE_Op<"block_select", [Pure, MoE_Anchor]> {
  let summary = "the blocks of keys that an indexer finds best for each token";
  let description = [{
    Block b is the keys at the positions `b * block` … `b * block + block - 1`; its score is the
    greatest product of any head's query with any of its keys j that the token sees,
    `I_b = max_h max_j query[h] · k_j`. The token's own block and those before it, `local` in
    all, score +∞. Lists the numbers of the best `top_k` blocks in increasing order, −1 where there
    are fewer. Of equal scores the lower number wins. A token that sees at most `top_k` blocks lists
    all of them; another that has a NaN among its products lists nothing, and attention over nothing
    is NaN.

    A token at position 21 sees blocks 0, 1 and 2 of 8 keys, of the last of which it sees 6. With
    `top_k 2 local 1` it lists 2 and the better one of 0 and 1.

    ```mlir
    %s = moe.block_select %qi, %ki, %batch block 128 top_k 16 local 1
        : tensor<?x4x128xf32>, !moe.kv<#moe.index_key<dim = 128>, bf16> -> tensor<?x16xi32>
    ```
  }];
  let arguments = (ins MoE_HeadRows:$query, MoE_KVType:$keys, MoE_BatchType:$batch,
                       I64Attr:$block, I64Attr:$top_k, I64Attr:$local);
  let results = (outs MoE_Ids:$result);
  let assemblyFormat = [{
    $query `,` $keys `,` $batch `block` $block `top_k` $top_k `local` $local attr-dict
    `:` type($query) `,` qualified(type($keys)) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::IndexSelect; }
  }];
}

#endif // MOEC_DIALECT_MOE_MOEATTENTIONOPS_TD
