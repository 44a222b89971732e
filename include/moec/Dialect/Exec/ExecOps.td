//===- ExecOps.td - Operations of the host plan ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_EXEC_EXECOPS_TD
#define MOEC_DIALECT_EXEC_EXECOPS_TD

include "moec/Dialect/Exec/ExecDialect.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

/// The arrays that the runtime fills before a step. They describe a ragged batch and nothing of the
/// model. T tokens, S sequences, R rows of logits.
def Exec_StepInput : I32EnumAttr<"StepInput", "an array the runtime fills before a step", [
    I32EnumAttrCase<"TokenIds", 0, "token_ids">,
    I32EnumAttrCase<"Positions", 1, "positions">,
    I32EnumAttrCase<"TokenSequence", 2, "token_sequence">,
    I32EnumAttrCase<"SequenceStart", 3, "sequence_start">,
    I32EnumAttrCase<"ContextLength", 4, "context_length">,
    I32EnumAttrCase<"BlockTable", 5, "block_table">,
    I32EnumAttrCase<"Slots", 6, "slots">,
    I32EnumAttrCase<"LogitsRows", 7, "logits_rows">,
    I32EnumAttrCase<"Logits", 8, "logits">]> {
  let cppNamespace = "::moec::exec";
}

/// `#tile.schedule`, stated here because a second dialect cannot include the first one's enumerations.
def Exec_Schedule : Attr<CPred<"::llvm::isa<::moec::tile::ScheduleAttr>($_self)">, "schedule"> {
  let storageType = "::moec::tile::ScheduleAttr";
  let returnType = "::moec::tile::ScheduleAttr";
  let convertFromStorage = "$_self";
}

def Exec_WeightOp : Exec_Op<"weight", [Symbol]> {
  let summary = "a weight of the artifact, in the form that kernels read";
  let description = [{
    Declares one packed weight. `source` names the `moe.weight` it was made of; the type's `#tile.packed`
    map says where each element lies.

    ```mlir
    exec.weight @layers.0.q_a from @layers.0.q_a : !tile.ref<2048x6144xbf16, #tile.packed<[(0, 16)]>>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, FlatSymbolRefAttr:$source, TypeAttr:$type);
  let assemblyFormat = "$sym_name `from` $source `:` $type attr-dict";
  let hasVerifier = 1;
}

def Exec_CacheOp : Exec_Op<"cache", [Symbol]> {
  let summary = "a paged cache of one layer";
  let description = [{
    One allocation of `pages * page_size` rows. The row of position p of sequence s is
    `block_table[s, p floordiv P] * P + p mod P`; all caches share the block table.

    ```mlir
    exec.cache @layers.0.kv kind "latent" : !tile.ref<?x576xbf16>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$kind, TypeAttr:$type);
  let assemblyFormat = "$sym_name `kind` $kind `:` $type attr-dict";
  let hasVerifier = 1;
}

def Exec_KernelOp : Exec_Op<"kernel", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator]> {
  let summary = "a kernel that is still described by its model ops";
  let description = [{
    Stands for a kernel between the plan and the tile stage: the body holds one `moe.group`, whose
    operands are the body's arguments; the schedule says how it will be built. The tile stage replaces
    it by a `tile.kernel` of the same name. Launches of structurally equal groups share one kernel and
    pass all that the signature rule gives (see moec/Conversion/MoEToTile/Signature.h).

    ```mlir
    exec.kernel @row_0 schedule #tile.schedule<BM = 4> {
    ^bb0(%x: tensor<?x64xf32>):
      %y = moe.group row "norm" (%a = %x : tensor<?x64xf32>) -> tensor<?x64xf32> {
        %0 = moe.rms_norm %a, @norm epsilon 1.0e-6 : tensor<?x64xf32> -> tensor<?x64xf32>
        moe.yield %0 : tensor<?x64xf32>
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Exec_Schedule:$schedule);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `schedule` $schedule $body attr-dict";
}

def Exec_VariantOp : Exec_Op<"variant", [Symbol, SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "the launches for steps of at most `max_tokens` tokens";
  let description = [{
    The runtime takes the first variant whose `max_tokens` is not less than the step's token count.
    `arena_bytes` is what the buffers need together, once `exec-plan-memory` has placed them.

    ```mlir
    exec.variant @tokens_8 max_tokens 8 {
      %x = exec.alloc "x" : !tile.ref<?x6144xf32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$max_tokens,
                       OptionalAttr<I64Attr>:$arena_bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `max_tokens` $max_tokens (`arena_bytes` $arena_bytes^)? $body attr-dict
  }];
  let hasVerifier = 1;
}

def Exec_WeightRefOp : Exec_Op<"weight_ref", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the address of a weight";
  let description = [{
    ```mlir
    %w = exec.weight_ref @layers.0.q_a : !tile.ref<2048x6144xbf16>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$weight);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$weight `:` type($result) attr-dict";
}

def Exec_CacheRefOp : Exec_Op<"cache_ref", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the address of a cache";
  let description = [{
    ```mlir
    %kv = exec.cache_ref @layers.0.kv : !tile.ref<?x576xbf16>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$cache);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$cache `:` type($result) attr-dict";
}

def Exec_InputOp : Exec_Op<"input", [Pure]> {
  let summary = "an array the runtime fills before a step, or the logits it reads after";
  let description = [{
    ```mlir
    %ids = exec.input token_ids : !tile.ref<?xi32>
    ```
  }];
  let arguments = (ins Exec_StepInput:$kind);
  let results = (outs AnyType:$result);
  let assemblyFormat = "$kind `:` type($result) attr-dict";
}

def Exec_AllocOp : Exec_Op<"alloc", [MemoryEffects<[MemAlloc]>,
                                     DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a buffer that lives inside one step";
  let description = [{
    `extent` gives the dynamic leading extent over (T, S, R, P): tokens, sequences, logits rows and the
    width of the block table; of several results the least counts. Without it the extent is T. `offset` and `bytes` are set by
    `exec-plan-memory`: bytes at the variant's largest step, offset in its arena. A reference with
    block-scaled elements takes codes first and scales from byte `scales` of the buffer on.

    ```mlir
    %rows = exec.alloc "rows" extent affine_map<(T, S, R, P) -> (T * 8)> : !tile.ref<?xi32>
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<AffineMapAttr>:$extent,
                       OptionalAttr<I64Attr>:$offset, OptionalAttr<I64Attr>:$bytes,
                       OptionalAttr<I64Attr>:$scales_offset);
  let results = (outs AnyType:$result);
  let assemblyFormat = [{
    $name (`extent` $extent^)? (`offset` $offset^)? (`bytes` $bytes^)? (`scales` $scales_offset^)? `:` type($result) attr-dict
  }];
  let hasVerifier = 1;
}

def Exec_ScalarOp : Exec_Op<"scalar", [Pure]> {
  let summary = "a number that the runtime computes before a step";
  let description = [{
    A formula over (T, S, R, P): tokens, sequences, logits rows, width of the block table; of several
    results the least counts.

    ```mlir
    %pairs = exec.scalar affine_map<(T, S, R, P) -> (T * 8)> : index
    ```
  }];
  let arguments = (ins AffineMapAttr:$formula);
  let results = (outs Index:$result);
  let assemblyFormat = "$formula `:` type($result) attr-dict";
  let hasVerifier = 1;
}

def Exec_LaunchOp : Exec_Op<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "one launch of a kernel";
  let description = [{
    Operands match the kernel's signature in order; the last `num_outputs` memory operands are written.
    `label` names the model op for people, `bytes` and `microseconds` are the cost model's prediction for
    the variant's largest step. `estimates` has its prediction for other steps, three numbers each:
    tokens, microseconds, bytes.

    ```mlir
    exec.launch @gemm_0(%x, %w, %y, %T) outputs 1 label "q_a"
        : !tile.ref<?x6144xf32>, !tile.ref<2048x6144xbf16>, !tile.ref<?x2048xf32>, index
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<AnyType>:$args, I64Attr:$num_outputs,
                       StrAttr:$label, OptionalAttr<I64Attr>:$bytes,
                       OptionalAttr<F64Attr>:$microseconds,
                       OptionalAttr<DenseF64ArrayAttr>:$estimates);
  let assemblyFormat = [{
    $kernel `(` $args `)` `outputs` $num_outputs `label` $label attr-dict (`:` type($args)^)?
  }];
  let hasVerifier = 1;
}

#endif // MOEC_DIALECT_EXEC_EXECOPS_TD
