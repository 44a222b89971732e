// moec-set-target names a machine for every pass behind it; a module that is for another one already is refused.
// REQUIRES: target-cpu
// RUN: moec-opt %s --moec-set-target='target=cpu chip=x86-64-v3,+avxvnni' | FileCheck %s
// RUN: moec-opt %s --moec-set-target | FileCheck %s --check-prefix=NATIVE
// RUN: moec-opt %s --moec-set-target='chip=x86-64-v3' --moec-set-target='chip=x86-64-v3' | FileCheck %s --check-prefix=TWICE
// RUN: not moec-opt %s --moec-set-target='chip=x86-64-v3' --moec-set-target='chip=x86-64-v4' 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not moec-opt %s --moec-set-target='target=sundial' 2>&1 | FileCheck %s --check-prefix=UNKNOWN

// CHECK: module attributes {moec.target = #moec.target<"cpu", chip = "x86-64-v3,+avxvnni">}
// What this machine says of itself, not what LLVM calls it.
// NATIVE: #moec.target<"cpu", chip = "x86-64-v{{[34]}}
// TWICE: chip = "x86-64-v3">
// OTHER: error: is for #moec.target<"cpu", chip = "x86-64-v3"> already, not for #moec.target<"cpu", chip = "x86-64-v4">
// UNKNOWN: error: no target is called 'sundial'; this build has: {{.*}}cpu
module {
}
