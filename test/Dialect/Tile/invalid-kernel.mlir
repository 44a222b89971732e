// What kernels, refs, maps and schedules must satisfy.
// RUN: moec-opt %s --split-input-file --verify-diagnostics


// expected-error @below {{a packed ref has at least two dimensions}}
tile.kernel @k(%x: !tile.ref<64xf32, #tile.packed<[(0, 16)]>>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @below {{digits of dim 1 are no permutation: step 4 where 1 is needed}}
tile.kernel @k(%x: !tile.ref<64x64xf32, #tile.packed<[(1, 16, 4)]>>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @+2 {{failed to parse}}
// expected-error @below {{dim 2 is neither 0 (row) nor 1 (column)}}
tile.kernel @k(%x: !tile.ref<64x64xf32, #tile.packed<[(2, 16)]>>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @below {{dimension 1 of a ref must be static}}
tile.kernel @k(%x: !tile.ref<64x?xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @below {{a packed block-scaled ref needs a map of its scales}}
tile.kernel @k(%x: !tile.ref<64x64x!mx.block<element = i8, scale = f32, block = 32>, #tile.packed<[(0, 16)]>>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @below {{last extent 40 is no multiple of the block, 32}}
tile.kernel @k(%x: !tile.ref<64x40x!mx.block<element = i8, scale = f32, block = 32>>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @below {{argument 0 must be a ref or an index, not 'f32'}}
tile.kernel @k(%x: f32)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @below {{a grid has 3 axes, not 1}}
tile.kernel @k() grid(%bx = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @below {{grid formula 0 has 1 dims and 0 symbols for 0 index arguments}}
tile.kernel @k()
    grid(%bx = affine_map<(d0) -> (d0)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

tile.kernel @k(%n: index)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  scf.while : () -> () {
    %true = arith.constant true
    // expected-error @below {{is not allowed in a tile.kernel}}
    scf.condition(%true)
  } do {
    scf.yield
  }
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
    // expected-error @below {{choice 'BM' is 0, must be positive}}
    attributes {schedule = #tile.schedule<BM = 0>} {
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
    // expected-error @below {{order must list axes x, y, z once each, not "xx"}}
    attributes {schedule = #tile.schedule<order = "xx">} {
  tile.return
}

// -----

tile.kernel @k() grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
    // expected-error @below {{source must be measured, predicted or default, not "guessed"}}
    attributes {schedule = #tile.schedule<source = "guessed">} {
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  %c0 = arith.constant 0 : index
  %v = tile.load %x[%c0] : !tile.ref<64xf32> -> tensor<64xf32>
  // expected-error @below {{'math.cbrt' op is not allowed in a tile.kernel}}
  %w = math.cbrt %v : tensor<64xf32>
  tile.return
}
