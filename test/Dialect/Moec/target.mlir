// The machine of a module parses, prints and parses again.
// RUN: moec-opt %s | moec-opt | FileCheck %s

// CHECK: module attributes {moec.target = #moec.target<"sundial", chip = "brass,+gnomon">}
module attributes {moec.target = #moec.target<"sundial", chip = "brass,+gnomon">} {
  // CHECK: module attributes {moec.target = #moec.target<"sundial", chip = "brass", tuning = "t.json">}
  module attributes {moec.target = #moec.target<"sundial", chip = "brass", tuning = "t.json">} {
  }
}
