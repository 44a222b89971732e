// RUN: moec-opt %s -split-input-file -verify-diagnostics
// Types that cannot be.

// expected-error@+1 {{a dispatch has at least one expert and one slot, not 0 and 2}}
func.func private @none(!moe.dispatch<experts = 0, slots = 2>)
