// What refs, packing maps and schedules must satisfy, beyond invalid-kernel.mlir.
// RUN: moec-opt %s --split-input-file --verify-diagnostics


// expected-error @below {{ref element must be an integer, a float or an !mx.block, not}}
tile.kernel @k(%x: !tile.ref<8x64xindex>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @below {{a ref's blocks lie along its last dimension}}
tile.kernel @k(%x: !tile.ref<128x128x!mx.block<element = f8E4M3FN, scale = f32, block = 128x128>>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @below {{dimension 0 of a ref must be positive}}
tile.kernel @k(%x: !tile.ref<0x64xf32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @below {{only a block-scaled ref has a map of scales}}
tile.kernel @k(%x: !tile.ref<64x64xf32, #tile.packed<[(0, 16)], scales = [(0, 16)]>>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

// expected-error @below {{digit extent 0 is not positive}}
tile.kernel @k(%x: !tile.ref<64x64xf32, #tile.packed<[(0, 0)]>>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}

// -----

tile.kernel @k()
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
    // expected-error @below {{choice 'BM' is given twice}}
    attributes {schedule = #tile.schedule<BM = 8, BM = 4>} {
  tile.return
}

// -----

tile.kernel @k()
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>)
    // expected-error @below {{choice 'BM' must be a positive integer}}
    attributes {schedule = #tile.schedule<BM = "wide">} {
  tile.return
}

// -----

#map = affine_map<() -> (1)>
// expected-error @below {{has 1 block arguments, the 3 block coordinates are missing}}
"tile.kernel"() <{sym_name = "k", grid = [#map, #map, #map]}> ({
^bb0(%bx: index):
  tile.return
}) : () -> ()

// -----

#map = affine_map<() -> (1)>
// expected-error @below {{block coordinate 1 must be an index}}
"tile.kernel"() <{sym_name = "k", grid = [#map, #map, #map]}> ({
^bb0(%bx: index, %by: i32, %bz: index):
  tile.return
}) : () -> ()

// -----

#map = affine_map<() -> (1)>
// expected-error @below {{a grid has 3 axes, not 2}}
"tile.kernel"() <{sym_name = "k", grid = [#map, #map]}> ({
^bb0(%bx: index, %by: index, %bz: index):
  tile.return
}) : () -> ()

// -----

// expected-error @below {{a ref has at least one dimension}}
tile.kernel @k(%x: !tile.ref<f32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  tile.return
}
