// One table of angles serves queries and keys, all heads of them; the frequencies are constants.
// RUN: moec-opt %s --moe-to-tile='schedule="BM = 2"' | FileCheck %s

// CHECK-LABEL: tile.kernel @rotate(
// CHECK-SAME: %[[Q:.+]]: !tile.ref<?x4x8xf32>, %{{.+}}: !tile.ref<?x8xf32>, %[[P:.+]]: !tile.ref<?xi32>,
// CHECK: %[[QT:.+]] = tile.load %[[Q]]
// CHECK: %[[PART:.+]] = tile.slice %[[QT]] [0, 0, 4] : tensor<2x4x8xf32> -> tensor<2x4x4xf32>
// CHECK: %[[EVEN:.+]], %[[ODD:.+]] = tile.deinterleave %[[PART]]
// CHECK: %[[F:.+]] = arith.constant dense<{{\[\[}}1.000000e+00, 0.00999999977]]> : tensor<1x2xf32>
// CHECK: %[[I:.+]] = tile.load %[[P]]
// CHECK: arith.sitofp %[[I]]
// CHECK: %[[C:.+]] = math.cos
// CHECK: %[[S:.+]] = math.sin
// CHECK: %[[C1:.+]] = tile.reshape %[[C]] : tensor<2x2xf32> -> tensor<2x1x2xf32>
// CHECK: tile.broadcast %[[C1]] : tensor<2x1x2xf32> -> tensor<2x4x2xf32>
// What passes and what is turned go to memory side by side, without being joined first.
// CHECK-NOT: math.cos
// CHECK-NOT: tile.concat
// CHECK: %[[PASSING:.+]] = tile.slice %[[QT]] [0, 0, 0]
// CHECK: %[[TURNED:.+]] = tile.interleave
// CHECK: tile.store %[[PASSING]], %{{.+}}[%{{.+}}, %c0{{.*}}, %c0{{.*}}] bounds(%{{.+}}, %c4{{.*}}, %c4{{.*}})
// CHECK: tile.store %[[TURNED]], %{{.+}}[%{{.+}}, %c0{{.*}}, %c4{{.*}}] bounds(%{{.+}}, %c4{{.*}}, %c4{{.*}})
func.func @forward(%q: tensor<?x4x8xf32>, %k: tensor<?x8xf32>, %batch: !moe.batch) -> (tensor<?x4x8xf32>, tensor<?x8xf32>) {
  %0, %1 = moe.group row "rotate" (%a = %q : tensor<?x4x8xf32>, %b = %k : tensor<?x8xf32>, %c = %batch : !moe.batch) -> (tensor<?x4x8xf32>, tensor<?x8xf32>) {
    %2 = moe.rope %a, %c interleaved theta 1.0e+04 at 4 size 4 : tensor<?x4x8xf32> -> tensor<?x4x8xf32>
    %3 = moe.rope %b, %c half theta 1.0e+04 at 0 size 4 : tensor<?x8xf32> -> tensor<?x8xf32>
    moe.yield %2, %3 : tensor<?x4x8xf32>, tensor<?x8xf32>
  }
  return %0, %1 : tensor<?x4x8xf32>, tensor<?x8xf32>
}
