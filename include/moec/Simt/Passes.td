//===- Passes.td - From tile kernels to the code of a lane ----------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_SIMT_PASSES_TD
#define MOEC_SIMT_PASSES_TD

include "mlir/Pass/PassBase.td"

def SimtExpandProducts : Pass<"simt-expand-products", "::mlir::ModuleOp"> {
  let summary = "Multiply numbers where a machine cannot multiply codes";
  let description = [{
    A `tile.mma_scaled` of formats for which the module's machine has no scaled atom becomes a `tile.mma` of
    dequantised tiles. Comes before layouts are assigned, as operands of the two lie differently.

    ```mlir
    %d = tile.mma_scaled %a, %b, %c : tensor<16x128x!a>, tensor<64x128x!b>, tensor<16x64xf32>
    ```
    becomes
    ```mlir
    %x = tile.dequantize %a : tensor<16x128x!a> -> tensor<16x128xf32>
    %w = tile.dequantize %b : tensor<64x128x!b> -> tensor<64x128xf32>
    %d = tile.mma %x, %w, %c b = nk : tensor<16x128xf32>, tensor<64x128xf32>, tensor<16x64xf32>
    ```
  }];
  let dependentDialects = ["::moec::tile::TileDialect"];
}

def SimtAssignLayouts : Pass<"simt-assign-layouts", "::mlir::ModuleOp"> {
  let summary = "Say for each tile which lane holds which element";
  let description = [{
    Gives every tile of a `tile.kernel` a layout (`tile.layouts`, a `#tile.layout` for each result of an op) and
    every product its plan (`tile.product`). Products come first, as their atoms fix where accumulators and
    operands lie; from there layouts spread through ops that keep elements in their lanes, and what nothing has
    reached lies as is good for memory. Where an op takes a tile otherwise than it lies, or makes it
    otherwise than it is wanted, a `tile.convert_layout` is put between; splats, constants and iotas are made
    anew instead.

    What the input says is kept: a layout on an op, with what follows from it, the atom of a product, how many
    subgroups share its rows and columns. Where that is impossible, the pass fails and says why. So layouts can
    be printed, changed and read again, and the pass changes nothing of its own output.

    The machine is the one that the module names (`moec.target`), or one stated by the options: so many lanes,
    with one atom for bf16 and f32, whose operands run along k in the registers of a lane, then along rows over
    the lanes.

    With `lanes=16 subgroups=1 atom=4,4,4`:
    ```mlir
    %a = tile.load %x[%c0, %c0] : !tile.ref<8x8xf32> -> tensor<8x8xf32>
    ```
    becomes
    ```mlir
    #layout = #tile.layout<8x8, register = [(0, 1), (0, 2)], lane = [(0, 4), (1, 0), (2, 0), (4, 0)]>
    %a = tile.load %x[%c0, %c0] {tile.layouts = [#layout]} : !tile.ref<8x8xf32> -> tensor<8x8xf32>
    ```
  }];
  let dependentDialects = ["::moec::tile::TileDialect"];
  let options = [
    Option<"lanes", "lanes", "unsigned", "0", "lanes of a subgroup; 0: the machine is the module's">,
    Option<"subgroups", "subgroups", "unsigned", "1", "subgroups where a schedule does not say">,
    ListOption<"atom", "atom", "unsigned", "rows, columns and k of the atom; none: no products">];
}

def SimtLowerKernels : Pass<"simt-lower-kernels", "::mlir::ModuleOp"> {
  let summary = "Write the function of one lane for each kernel";
  let description = [{
    Replaces each `tile.kernel`, whose tiles all have layouts, by an `llvm.func` of the same name over `arith`,
    `math`, `scf`, the LLVM dialect and what the module's machine emits: a tile becomes the registers that a
    lane has of it, a change of layout other names for registers or a way through shared memory, a product its
    atoms. Layouts that break a rule of an op are an error: the pass assigns none.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::scf::SCFDialect"];
}

def SimtExpandFunctions : Pass<"simt-expand-functions", "::mlir::ModuleOp"> {
  let summary = "Write functions without an instruction by others that have one";
  let description = [{
    There is no library of device functions to call. `tanh`, `erf` and `log1p` become polynomials and
    exponentials on any machine; what else LLVM cannot lower for the module's machine, that says.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect"];
}

#endif // MOEC_SIMT_PASSES_TD
