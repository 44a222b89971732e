//===- MoERecurrentOps.td - Ops that carry a state ---------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Ops whose result for a token depends on a state of fixed size that its sequence's earlier tokens
// left, and what goes with them. A state is f32, and zero before the first token.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOERECURRENTOPS_TD
#define MOEC_DIALECT_MOE_MOERECURRENTOPS_TD

include "moec/Dialect/MoE/MoERowOps.td"

/// An op that goes on from a state and leaves the next one in it.
class MoE_RecurrentOp<string mnemonic, list<Trait> traits = []>
    : MoE_SymbolOp<mnemonic, traits # [MoE_Anchor, MoE_StateUser,
                                       MemoryEffects<[MemRead, MemWrite]>]>;

def MoE_CausalConvOp : MoE_RecurrentOp<"causal_conv", [
    AllShapesMatch<["input", "result"]>]> {
  let summary = "convolve each channel over the last tokens";
  let description = [{
    For each channel c of token t, `y[t, c] = sum_j weight[c, j] * x[t - K + 1 + j, c]` over the
    K numbers of its filter; tokens before the sequence's first one are 0. `silu` then makes
    `y * σ(y)` of it. The state holds the last K − 1 rows, the oldest first.

    ```mlir
    moe.state @layers.0.conv : tensor<3x256xf32>
    %y = moe.causal_conv %x, %batch, @layers.0.conv1d state @layers.0.conv silu
        : tensor<?x256xf32> -> tensor<?x256xf32>
    ```
  }];
  let arguments = (ins MoE_FlatRows:$input, MoE_BatchType:$batch, FlatSymbolRefAttr:$weight,
                       FlatSymbolRefAttr:$state, UnitAttr:$silu);
  let results = (outs MoE_FlatRows:$result);
  let assemblyFormat = [{
    $input `,` $batch `,` $weight `state` $state (`silu` $silu^)? attr-dict
    `:` type($input) `->` type($result)
  }];
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::CausalConv; }
  }];
}

def MoE_GatedDeltaOp : MoE_RecurrentOp<"gated_delta", [
    AllShapesMatch<["value", "result"]>, AllTypesMatch<["query", "key"]>,
    AllTypesMatch<["decay", "beta"]>]> {
  let summary = "the gated delta rule";
  let description = [{
    Linear attention that corrects what it remembers. For value head h, which reads the query and key
    of head `h / (value heads / key heads)`, token by token with S the head's state [key width, value
    width]:

        S ← exp(decay) · S
        d = beta · (v − Sᵀ k)
        S ← S + k dᵀ
        o = scale · Sᵀ q

    The state holds S of every value head. `decay` is 0 or less. Kernels may take whole chunks of 64 tokens,
    at positions that are multiples of 64, as products of matrices; a number that is none then breaks
    its column in all tokens of its chunk.

    ```mlir
    moe.state @layers.0.delta : tensor<4x32x64xf32>
    %o = moe.gated_delta %q, %k, %v, %g, %b, %batch state @layers.0.delta scale 0.125
        : tensor<?x2x32xf32>, tensor<?x4x64xf32>, tensor<?x4xf32> -> tensor<?x4x64xf32>
    ```
  }];
  let arguments = (ins MoE_HeadRows:$query, MoE_HeadRows:$key, MoE_HeadRows:$value,
                       MoE_FlatRows:$decay, MoE_FlatRows:$beta, MoE_BatchType:$batch,
                       FlatSymbolRefAttr:$state, F64Attr:$scale);
  let results = (outs MoE_HeadRows:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value `,` $decay `,` $beta `,` $batch `state` $state `scale` $scale attr-dict
    `:` type($query) `,` type($value) `,` type($decay) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    static KernelFamily getKernelFamily() { return KernelFamily::GatedDelta; }
    int64_t getKeyHeads() { return getKey().getType().getDimSize(1); }
    int64_t getKeyWidth() { return getKey().getType().getDimSize(2); }
    int64_t getHeads() { return getValue().getType().getDimSize(1); }
    int64_t getValueWidth() { return getValue().getType().getDimSize(2); }
  }];
}

//===----------------------------------------------------------------------===//
// What their operands are made of
//===----------------------------------------------------------------------===//

def MoE_DecayOp : MoE_RowSymbolOp<"decay", [SameOperandsAndResultShape]> {
  let summary = "the logarithm of how much of a state stays";
  let description = [{
    `−exp(rate[h]) · softplus(x[t, h] + bias[h])` with softplus(y) = log(1 + exp(y)), for head h.

    ```mlir
    %g = moe.decay %a rate @layers.0.A_log bias @layers.0.dt_bias : tensor<?x4xf32> -> tensor<?x4xf32>
    ```
  }];
  let arguments = (ins MoE_FlatRows:$input, FlatSymbolRefAttr:$rate, FlatSymbolRefAttr:$bias);
  let results = (outs MoE_FlatRows:$result);
  let assemblyFormat = [{
    $input `rate` $rate `bias` $bias attr-dict `:` type($input) `->` type($result)
  }];
}

def MoE_L2NormOp : MoE_RowOp<"l2_norm", [SameOperandsAndResultShape]> {
  let summary = "divide by the length";
  let description = [{
    Over the last dimension: `x / sqrt(sum(x²) + epsilon)`.

    ```mlir
    %n = moe.l2_norm %q epsilon 1.0e-06 : tensor<?x2x32xf32> -> tensor<?x2x32xf32>
    ```
  }];
  let arguments = (ins MoE_Rows:$input, MoE_PositiveAttr:$epsilon);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = "$input `epsilon` $epsilon attr-dict `:` type($input) `->` type($result)";
}

def MoE_SigmoidOp : MoE_ElementwiseOp<"sigmoid"> {
  let summary = "1 / (1 + exp(−x))";
  let description = [{
    ```mlir
    %b = moe.sigmoid %x : tensor<?x4xf32> -> tensor<?x4xf32>
    ```
  }];
  let arguments = (ins MoE_Rows:$input);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
}

#endif // MOEC_DIALECT_MOE_MOERECURRENTOPS_TD
