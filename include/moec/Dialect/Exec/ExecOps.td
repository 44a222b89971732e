//===- ExecOps.td - Operations of the host plan ---------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECT_EXEC_EXECOPS_TD
#define MOEC_DIALECT_EXEC_EXECOPS_TD

include "moec/Dialect/Exec/ExecAttrs.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

/// `#tile.schedule`, stated here because a second dialect cannot include the first one's enumerations.
def Exec_Schedule : Attr<CPred<"::llvm::isa<::moec::tile::ScheduleAttr>($_self)">, "schedule"> {
  let storageType = "::moec::tile::ScheduleAttr";
  let returnType = "::moec::tile::ScheduleAttr";
  let convertFromStorage = "$_self";
}

def Exec_Ref : Type<CPred<"::llvm::isa<::moec::tile::RefType>($_self)">, "memory reference",
                    "::moec::tile::RefType">;
/// What kernels are passed: memory and numbers.
def Exec_Argument : AnyTypeOf<[Exec_Ref, Index]>;

//===----------------------------------------------------------------------===//
// The plan
//===----------------------------------------------------------------------===//

def Exec_PlanOp : Exec_Op<"plan", [SymbolTable, IsolatedFromAbove, SingleBlock, NoTerminator,
                                   NoRegionArguments]> {
  let summary = "all that an artifact holds";
  let description = [{
    Stands beside the model that it is made of. `weights` names the file of packed weights, once there is one.

    ```mlir
    exec.plan {
      exec.weight @w matrix of @w : !tile.ref<64x32xbf16>
    }
    ```
  }];
  let arguments = (ins OptionalAttr<StrAttr>:$weight_file);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "(`weights` $weight_file^)? attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Exec_WeightOp : Exec_Op<"weight", [Symbol]> {
  let summary = "a weight of the artifact, in the form that kernels read";
  let description = [{
    Declares one packed weight. `source` names the `moe.weight` it was made of; the type's `#tile.packed`
    map says where each element lies.

    ```mlir
    exec.weight @layers.0.q_a.matrix matrix of @layers.0.q_a : !tile.ref<2048x6144xbf16, #tile.packed<[(0, 16)]>>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Exec_WeightFormAttr:$form,
                       FlatSymbolRefAttr:$source, TypeAttrOf<Exec_Ref>:$type);
  let assemblyFormat = "$sym_name $form `of` $source `:` $type attr-dict";
  let hasVerifier = 1;
}

def Exec_StateOp : Exec_Op<"state", [Symbol]> {
  let summary = "memory that lives from step to step";
  let description = [{
    Rows (or slots) of one layer, allocated by a rule. `kind` is for people. The row of position p of sequence s
    in a paged state is `block_table[s, p floordiv page_size] * page_size + p mod page_size`.

    ```mlir
    exec.state @layers.0.kv <paged, page_size = 16> "latent" : !tile.ref<?x576xbf16>
    exec.state @layers.1.delta <slots> "recurrent" : !tile.ref<?x16384xf32>
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Exec_RuleAttr:$rule, StrAttr:$kind,
                       TypeAttrOf<Exec_Ref>:$type);
  let assemblyFormat = "$sym_name $rule $kind `:` $type attr-dict";
  let hasVerifier = 1;
}

def Exec_KernelOp : Exec_Op<"kernel", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator]> {
  let summary = "a kernel that is still described by its model ops";
  let description = [{
    Stands for a kernel between the plan and the tile stage: the body holds one `moe.group`, whose
    operands are the body's arguments; the schedule says how it will be built. The tile stage replaces
    it by a `tile.kernel` of the same name. Launches of structurally equal groups share one kernel and
    pass all that the signature rule gives (see moec/Conversion/MoEToTile/Signature.h). `rule` is that of
    the states which it reads or writes, if any.

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
  let arguments = (ins SymbolNameAttr:$sym_name, Exec_Schedule:$schedule,
                       OptionalAttr<Exec_RuleAttr>:$rule);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `schedule` $schedule (`rule` $rule^)? $body attr-dict";
}

//===----------------------------------------------------------------------===//
// Code
//===----------------------------------------------------------------------===//

def Exec_CodeObjectOp : Exec_Op<"code_object", [SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "a file of compiled kernels";
  let description = [{
    A file below the artifact's folder, once code was generated, and what it holds.

    ```mlir
    exec.code_object "kernels/kernels.so" {
      exec.entry @gemm_0 symbol "gemm_0" scratch 4096 threads 0
    }
    ```
  }];
  let arguments = (ins StrAttr:$file);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$file $body attr-dict";
}

def Exec_EntryOp : Exec_Op<"entry", [HasParent<"CodeObjectOp">,
                                     DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a kernel in a code object";
  let description = [{
    The exported symbol, bytes of scratch that a worker needs (or of fast memory that a block is given), threads
    of a block where the machine's launch wants them, and numbers for people.

    ```mlir
    exec.entry @gemm_0 symbol "gemm_0" scratch 4096 threads 256 metrics [#exec.metric<"spills", 0.0 : f64>]
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, StrAttr:$symbol, I64Attr:$scratch_bytes,
                       I64Attr:$block_threads, OptionalAttr<TypedArrayAttrBase<Exec_MetricAttr, "metrics">>:$metrics);
  let assemblyFormat = [{
    $kernel `symbol` $symbol `scratch` $scratch_bytes `threads` $block_threads
    (`metrics` $metrics^)? attr-dict
  }];
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

def Exec_FuncOp : Exec_Op<"func", [Symbol, IsolatedFromAbove, SingleBlock, NoTerminator,
                                   NoRegionArguments, HasParent<"PlanOp">]> {
  let summary = "something that the runtime can have computed for a batch";
  let description = [{
    Made of the model's function of the same name. Its interface are arrays by name; its body are variants,
    ascending in `max_tokens`. Output number i is result i of the model's function.

    ```mlir
    exec.func @forward
        inputs [#exec.array<"token_ids", !tile.ref<?xi32>, rows = (T, S, R)[P] -> (T)>]
        outputs [#exec.array<"logits", !tile.ref<?x8xf32>, rows = (T, S, R)[P] -> (R)>] {
      exec.variant max_tokens 8 {
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name,
                       TypedArrayAttrBase<Exec_InterfaceArrayAttr, "arrays">:$inputs,
                       TypedArrayAttrBase<Exec_InterfaceArrayAttr, "arrays">:$outputs);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `inputs` $inputs `outputs` $outputs attr-dict-with-keyword $body";
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// The number of an array among the inputs or outputs, by name and rule.
    std::optional<unsigned> findInput(::llvm::StringRef name, RuleAttr of);
    std::optional<unsigned> findOutput(::llvm::StringRef name);
    InterfaceArrayAttr getInput(unsigned number) {
      return ::mlir::cast<InterfaceArrayAttr>(getInputs()[number]);
    }
    InterfaceArrayAttr getOutput(unsigned number) {
      return ::mlir::cast<InterfaceArrayAttr>(getOutputs()[number]);
    }
  }];
}

def Exec_VariantOp : Exec_Op<"variant", [SingleBlock, NoTerminator, NoRegionArguments,
                                         HasParent<"FuncOp">]> {
  let summary = "what is done in steps of at most `max_tokens` tokens";
  let description = [{
    The runtime takes the first variant whose `max_tokens` is not less than the step's token count.
    `arena_bytes` is what the buffers need together, once `exec-plan-memory` has placed them. Launches, copies and
    collectives are its steps, in order.

    ```mlir
    exec.variant max_tokens 8 {
      %x = exec.alloc "x" : !tile.ref<?x6144xf32>
    }
    ```
  }];
  let arguments = (ins I64Attr:$max_tokens, OptionalAttr<I64Attr>:$arena_bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`max_tokens` $max_tokens (`arena_bytes` $arena_bytes^)? $body attr-dict";
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

def Exec_WeightRefOp : Exec_Op<"weight_ref", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the address of a weight";
  let description = [{
    ```mlir
    %w = exec.weight_ref @layers.0.q_a.matrix : !tile.ref<2048x6144xbf16>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$weight);
  let results = (outs Exec_Ref:$result);
  let assemblyFormat = "$weight `:` qualified(type($result)) attr-dict";
}

def Exec_StateRefOp : Exec_Op<"state_ref", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "the address of a state";
  let description = [{
    ```mlir
    %kv = exec.state_ref @layers.0.kv : !tile.ref<?x576xbf16>
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state);
  let results = (outs Exec_Ref:$result);
  let assemblyFormat = "$state `:` qualified(type($result)) attr-dict";
}

def Exec_InputOp : Exec_Op<"input", [Pure]> {
  let summary = "an array that the function takes";
  let description = [{
    ```mlir
    %ids = exec.input "token_ids" : !tile.ref<?xi32>
    %table = exec.input "block_table" of <paged, page_size = 16> : !tile.ref<?xi32>
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<Exec_RuleAttr>:$of);
  let results = (outs Exec_Ref:$result);
  let assemblyFormat = "$name (`of` $of^)? `:` qualified(type($result)) attr-dict";
  let hasVerifier = 1;
}

def Exec_OutputOp : Exec_Op<"output", [Pure]> {
  let summary = "an array that the function gives";
  let description = [{
    ```mlir
    %logits = exec.output "logits" : !tile.ref<?x2048xf32>
    ```
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs Exec_Ref:$result);
  let assemblyFormat = "$name `:` qualified(type($result)) attr-dict";
  let hasVerifier = 1;
}

def Exec_AllocOp : Exec_Op<"alloc", [MemoryEffects<[MemAlloc]>,
                                     DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a buffer that lives inside one step";
  let description = [{
    `of` says which value of the model it holds; the name is for people.
    `extent` gives the dynamic leading extent over (T, S, R, P): tokens, sequences, logits rows and the
    width of the block table; of several results the least counts. Without it the extent is T. `offset` and `bytes` are set by
    `exec-plan-memory`: bytes at the variant's largest step, offset in its arena. A reference with
    block-scaled elements takes codes first and scales from byte `scales` of the buffer on.

    ```mlir
    %rows = exec.alloc "rows" of <group = 3, result = 0, part = 0> extent affine_map<(T, S, R, P) -> (T * 8)> : !tile.ref<?xi32>
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<Exec_ValueAttr>:$of,
                       OptionalAttr<AffineMapAttr>:$extent,
                       OptionalAttr<I64Attr>:$offset, OptionalAttr<I64Attr>:$bytes,
                       OptionalAttr<I64Attr>:$scales_offset);
  let results = (outs Exec_Ref:$result);
  let assemblyFormat = [{
    $name (`of` $of^)? (`extent` $extent^)? (`offset` $offset^)? (`bytes` $bytes^)? (`scales` $scales_offset^)? `:` qualified(type($result)) attr-dict
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

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

def Exec_LaunchOp : Exec_Op<"launch", [DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "one launch of a kernel";
  let description = [{
    Operands match the kernel's signature in order; the last `num_outputs` memory operands are written.
    `group` is the id of the model's group that it computes, `label` names it for people, `cost` is the cost
    model's prediction for the steps that the variant is used for.

    ```mlir
    exec.launch @gemm_0(%x, %w, %y, %T) outputs 1 group 3 label "q_a"
        : !tile.ref<?x6144xf32>, !tile.ref<2048x6144xbf16>, !tile.ref<?x2048xf32>, index
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Exec_Argument>:$args,
                       I64Attr:$num_outputs, OptionalAttr<I64Attr>:$group, StrAttr:$label,
                       OptionalAttr<Exec_CostAttr>:$cost);
  let assemblyFormat = [{
    $kernel `(` $args `)` `outputs` $num_outputs (`group` $group^)? `label` $label
    (`cost` $cost^)? attr-dict (`:` type($args)^)?
  }];
  let hasVerifier = 1;
}

def Exec_CopyOp : Exec_Op<"copy", [SameTypeOperands]> {
  let summary = "copy an array";
  let description = [{
    Copies `rows` rows, a formula over (T, S, R, P), from the start of one array to the start of another that
    shares no memory with it.

    ```mlir
    exec.copy %x to %logits rows affine_map<(T, S, R, P) -> (R)> : !tile.ref<?x8xf32>
    ```
  }];
  let arguments = (ins Exec_Ref:$source, Exec_Ref:$destination, AffineMapAttr:$rows);
  let assemblyFormat = "$source `to` $destination `rows` $rows `:` qualified(type($source)) attr-dict";
  let hasVerifier = 1;
}

def Exec_CollectiveOp : Exec_Op<"collective"> {
  let summary = "what several ranks do together";
  let description = [{
    Reserved: a plan has one rank, and the verifier refuses this op until there are more.

    ```mlir
    exec.collective "all_reduce" %x : !tile.ref<?x8xf32>
    ```
  }];
  let arguments = (ins StrAttr:$kind, Variadic<Exec_Ref>:$args);
  let assemblyFormat = "$kind $args attr-dict `:` qualified(type($args))";
  let hasVerifier = 1;
}

#endif // MOEC_DIALECT_EXEC_EXECOPS_TD
