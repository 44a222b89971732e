// Two kernels: one of a loop over columns, a gate, a norm and a condition, and one that has no part in anything.
tile.kernel @gated_sum(%x: !tile.ref<?x64xf32>, %g: !tile.ref<?x64xf32>, %s: !tile.ref<64xf32>, %y: !tile.ref<?x64xf32>, %n: !tile.ref<?x1xf32>, %t: index)
    grid(%bx = affine_map<(d0) -> (d0 ceildiv 4)>, %by = affine_map<(d0) -> (1)>, %bz = affine_map<(d0) -> (1)>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %c64 = arith.constant 64 : index
  %row = arith.muli %bx, %c4 : index
  %left = arith.subi %t, %row : index
  %zero = arith.constant dense<0.0> : tensor<4x1xf32>
  %one = arith.constant dense<1.0> : tensor<4x16xf32>
  %total = scf.for %k = %c0 to %c64 step %c16 iter_args(%sum = %zero) -> (tensor<4x1xf32>) {
    %a = tile.load %x[%row, %k] bounds(%left, %c16) : !tile.ref<?x64xf32> -> tensor<4x16xf32>
    %b = tile.load %g[%row, %k] bounds(%left, %c16) : !tile.ref<?x64xf32> -> tensor<4x16xf32>
    %minus = arith.negf %b : tensor<4x16xf32>
    %power = math.exp %minus : tensor<4x16xf32>
    %below = arith.addf %power, %one : tensor<4x16xf32>
    %gate = arith.divf %one, %below : tensor<4x16xf32>
    %gated = arith.mulf %a, %gate : tensor<4x16xf32>
    tile.store %gated, %y[%row, %k] bounds(%left, %c16) : tensor<4x16xf32>, !tile.ref<?x64xf32>
    %square = arith.mulf %gated, %gated : tensor<4x16xf32>
    %part = tile.reduce add %square dim = 1 : tensor<4x16xf32> -> tensor<4x1xf32>
    %next = arith.addf %sum, %part : tensor<4x1xf32>
    scf.yield %next : tensor<4x1xf32>
  }
  %first = arith.cmpi eq, %bx, %c0 : index
  scf.if %first {
    %root = math.sqrt %total : tensor<4x1xf32>
    tile.store %root, %n[%row, %c0] bounds(%left, %c1) : tensor<4x1xf32>, !tile.ref<?x1xf32>
  }
  tile.return
}

tile.kernel @other(%x: !tile.ref<4xf32>, %y: !tile.ref<4xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %v = tile.load %x[%c0] : !tile.ref<4xf32> -> tensor<4xf32>
  tile.store %v, %y[%c0] : tensor<4xf32>, !tile.ref<4xf32>
  tile.return
}
