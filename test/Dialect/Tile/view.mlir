// Views of the same memory: of all pairs, of all heads, of a static array.
// RUN: moec-opt %s | moec-opt | FileCheck %s

// CHECK-LABEL: tile.kernel @views
tile.kernel @views(%y: !tile.ref<?x8x64xf32>, %s: !tile.ref<4x6xi32>)
    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = affine_map<() -> (1)>) {
  // CHECK: tile.view %{{.*}} : !tile.ref<?x8x64xf32> -> !tile.ref<?x64xf32>
  %pairs = tile.view %y : !tile.ref<?x8x64xf32> -> !tile.ref<?x64xf32>
  // CHECK: tile.view %{{.*}} : !tile.ref<?x8x64xf32> -> !tile.ref<?x512xf32>
  %flat = tile.view %y : !tile.ref<?x8x64xf32> -> !tile.ref<?x512xf32>
  // CHECK: tile.view %{{.*}} : !tile.ref<4x6xi32> -> !tile.ref<24xi32>
  %list = tile.view %s : !tile.ref<4x6xi32> -> !tile.ref<24xi32>
  tile.return
}
