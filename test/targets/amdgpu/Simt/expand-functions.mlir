// Functions without an instruction become others: there is no library of device functions.
// REQUIRES: target-amdgpu
// RUN: moec-opt %s --simt-expand-functions | FileCheck %s

module attributes {moec.target = #moec.target<"gfx950", chip = "gfx950">} {
  // CHECK-LABEL: func.func @functions
  // CHECK-NOT: math.tanh
  // CHECK-NOT: math.erf
  // CHECK-NOT: math.log1p
  // CHECK: math.sqrt
  func.func @functions(%x: f32) -> f32 {
    %a = math.tanh %x : f32
    %b = math.erf %a : f32
    %c = math.log1p %b : f32
    %d = math.sqrt %c : f32
    return %d : f32
  }
}
