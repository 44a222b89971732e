// What the dialect's one attribute may not be, and where it may not stand.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{moec.target is "cpu", not a #moec.target}}
module attributes {moec.target = "cpu"} {
}

// -----

// expected-error@+1 {{unknown attribute moec.mood}}
module attributes {moec.mood = "good"} {
}

// -----

// expected-error@+1 {{attribute moec.target belongs on a module}}
func.func private @f() attributes {moec.target = #moec.target<"cpu", chip = "x86-64-v3">}
