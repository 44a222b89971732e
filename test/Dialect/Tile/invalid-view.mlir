// A view keeps elements, their type and their number.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  // expected-error @below {{changes the element type from 'f32' to 'i32'}}
  %v = tile.view %x : !tile.ref<?x64xf32> -> !tile.ref<?x64xi32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<?x64xf32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  // expected-error @below {{has 64 elements a row, the result 48}}
  %v = tile.view %x : !tile.ref<?x64xf32> -> !tile.ref<?x48xf32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<4x6xi32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  // expected-error @below {{has 24 elements, the result 12}}
  %v = tile.view %x : !tile.ref<4x6xi32> -> !tile.ref<12xi32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<4x6xi32>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  // expected-error @below {{of which one alone is dynamic}}
  %v = tile.view %x : !tile.ref<4x6xi32> -> !tile.ref<?x6xi32>
  tile.return
}

// -----

tile.kernel @k(%x: !tile.ref<32x32xf32, #tile.packed<[(0, 16)]>>) grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  // expected-error @below {{takes a row-major ref}}
  %v = tile.view %x : !tile.ref<32x32xf32, #tile.packed<[(0, 16)]>> -> !tile.ref<1024xf32>
  tile.return
}
