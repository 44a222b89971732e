//===- MoERowOps.td - Ops on each token's row --------------*- tablegen -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Norms, rotary embedding, reshapes, sums, activations: row t depends on row t alone.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_MOE_MOEROWOPS_TD
#define MOEC_DIALECT_MOE_MOEROWOPS_TD

include "moec/Dialect/MoE/MoEBase.td"

class MoE_RowOp<string mnemonic, list<Trait> traits = []>
    : MoE_Op<mnemonic, traits # [Pure, MoE_RowWise]>;
/// Each number of the result comes from that number of the operands; such ops also follow a product in its kernel.
class MoE_ElementwiseOp<string mnemonic, list<Trait> traits = []>
    : MoE_RowOp<mnemonic, traits # [SameOperandsAndResultShape, Elementwise]>;
class MoE_RowSymbolOp<string mnemonic, list<Trait> traits = []>
    : MoE_SymbolOp<mnemonic, traits # [Pure, MoE_RowWise]>;

def MoE_RMSNormOp : MoE_RowSymbolOp<"rms_norm", [SameOperandsAndResultShape]> {
  let summary = "divide by the root of the mean square";
  let description = [{
    Over the last dimension of width D: `x / sqrt(mean(x²) + epsilon) * (offset + weight[d])`. A rank
    3 input is normalised per head. `offset` is 1 for models that store weights as a difference
    from 1.

    ```mlir
    %n = moe.rms_norm %x, @layers.0.input_norm epsilon 1.0e-05 : tensor<?x256xf32> -> tensor<?x256xf32>
    %m = moe.rms_norm %q, @layers.0.q_norm epsilon 1.0e-06 offset 1.0 : tensor<?x4x64xf32> -> tensor<?x4x64xf32>
    ```
  }];
  let arguments = (ins MoE_Rows:$input, FlatSymbolRefAttr:$weight, F64Attr:$epsilon,
                       DefaultValuedAttr<F64Attr, "0.0">:$offset);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = [{
    $input `,` $weight `epsilon` $epsilon (`offset` $offset^)? attr-dict
    `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def MoE_LayerNormOp : MoE_RowSymbolOp<"layer_norm", [SameOperandsAndResultShape]> {
  let summary = "subtract the mean, divide by the standard deviation";
  let description = [{
    Over the last dimension: `(x - mean) / sqrt(variance + epsilon) * weight[d] (+ bias[d])`.

    ```mlir
    %n = moe.layer_norm %k, @layers.0.k_norm bias @layers.0.k_norm_bias epsilon 1.0e-06
        : tensor<?x64xf32> -> tensor<?x64xf32>
    ```
  }];
  let arguments = (ins MoE_Rows:$input, FlatSymbolRefAttr:$weight,
                       OptionalAttr<FlatSymbolRefAttr>:$bias, F64Attr:$epsilon);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? `epsilon` $epsilon attr-dict
    `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def MoE_RopeOp : MoE_RowOp<"rope", [AllShapesMatch<["input", "result"]>]> {
  let summary = "rotate pairs by angles that grow with the position";
  let description = [{
    Rotates elements `offset` … `offset + size` of the last dimension and passes the others on. Pair i
    of `style` (a, b) becomes (a cos φ − b sin φ, b cos φ + a sin φ) with φ = position · f_i, computed
    in f32 from the f32 frequency f_i = theta^(−2i/size), as `scaling` changes it.

    ```mlir
    %r = moe.rope %q, %batch interleaved theta 1.0e+04 at 64 size 32 : tensor<?x4x96xf32> -> tensor<?x4x96xf32>
    %s = moe.rope %k, %batch half theta 1.5e+05
        scaling #moe.yarn<factor = 32.0, original_positions = 4096> at 0 size 32 : tensor<?x2x32xf32> -> tensor<?x2x32xf32>
    ```
  }];
  let arguments = (ins MoE_Rows:$input, MoE_BatchType:$batch, MoE_RopeStyleAttr:$style,
                       F64Attr:$theta, I64Attr:$offset, I64Attr:$size,
                       OptionalAttr<MoE_RopeScaling>:$scaling);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = [{
    $input `,` $batch `` $style `theta` $theta (`scaling` $scaling^)? `at` $offset `size` $size
    attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The frequency of each pair, in radians a position.
    ::llvm::SmallVector<double> getFrequencies();
    /// The factor on cosine and sine.
    double getRotationMagnitude();
  }];
}

def MoE_ViewOp : MoE_RowOp<"view"> {
  let summary = "see a row under another shape";
  let description = [{
    Reads each row, in row-major order, as the trailing dimensions of the result.

    ```mlir
    %h = moe.view %q : tensor<?x128xf32> -> tensor<?x4x32xf32>
    ```
  }];
  let arguments = (ins MoE_Rows:$input);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def MoE_SliceOp : MoE_RowOp<"slice"> {
  let summary = "a part of the last dimension";
  let description = [{
    Elements `offset` … of the last dimension, as many as the result has.

    ```mlir
    %c = moe.slice %a at 0 : tensor<?x160xf32> -> tensor<?x128xf32>
    ```
  }];
  let arguments = (ins MoE_Rows:$input, I64Attr:$offset);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = "$input `at` $offset attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

def MoE_ConcatOp : MoE_RowOp<"concat"> {
  let summary = "join along the last dimension";
  let description = [{
    ```mlir
    %q = moe.concat %a, %b : tensor<?x4x128xf32>, tensor<?x4x32xf32> -> tensor<?x4x160xf32>
    ```
  }];
  let arguments = (ins Variadic<MoE_Rows>:$inputs);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = "$inputs attr-dict `:` type($inputs) `->` type($result)";
  let hasVerifier = 1;
}

def MoE_AddOp : MoE_ElementwiseOp<"add", [Commutative]> {
  let summary = "sum of two tensors";
  let description = [{
    ```mlir
    %x = moe.add %a, %b : tensor<?x256xf32>, tensor<?x256xf32> -> tensor<?x256xf32>
    ```
  }];
  let arguments = (ins MoE_Rows:$lhs, MoE_Rows:$rhs);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
}

def MoE_MulOp : MoE_RowOp<"mul"> {
  let summary = "product of two tensors, element by element";
  let description = [{
    `rhs` has the shape of `lhs`, or a last dimension of 1, whose number then multiplies the row.

    ```mlir
    %y = moe.mul %x, %g : tensor<?x256xf32>, tensor<?x1xf32> -> tensor<?x256xf32>
    ```
  }];
  let arguments = (ins MoE_Rows:$lhs, MoE_Rows:$rhs);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = [{
    $lhs `,` $rhs attr-dict `:` type($lhs) `,` type($rhs) `->` type($result)
  }];
  let hasVerifier = 1;
}

def MoE_ClampOp : MoE_ElementwiseOp<"clamp"> {
  let summary = "clamp to ± a limit";
  let description = [{
    ```mlir
    %y = moe.clamp %x limit 8.0 : tensor<?x256xf32> -> tensor<?x256xf32>
    ```
  }];
  let arguments = (ins MoE_Rows:$input, MoE_PositiveAttr:$limit);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = "$input `limit` $limit attr-dict `:` type($input) `->` type($result)";
}

def MoE_CastOp : MoE_ElementwiseOp<"cast"> {
  let summary = "round to another float type";
  let description = [{
    ```mlir
    %y = moe.cast %x : tensor<?x256xf32> -> tensor<?x256xbf16>
    ```
  }];
  let arguments = (ins MoE_Rows:$input);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasFolder = 1;
}

def MoE_ActivationOp : MoE_ElementwiseOp<"activation"> {
  let summary = "a gated activation";
  let description = [{
    Applies `kind` (see `#moe.activation`) to each pair of a gate and an up number.

    ```mlir
    %h = moe.activation %g, %u <swiglu> : tensor<?x512xf32>, tensor<?x512xf32> -> tensor<?x512xf32>
    ```
  }];
  let arguments = (ins MoE_Rows:$gate, MoE_Rows:$up, MoE_ActivationAttr:$kind);
  let results = (outs MoE_Rows:$result);
  let assemblyFormat = [{
    $gate `,` $up $kind attr-dict `:` type($gate) `,` type($up) `->` type($result)
  }];
}

#endif // MOEC_DIALECT_MOE_MOEROWOPS_TD
