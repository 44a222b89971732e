// Types that cannot be.
// RUN: moec-opt %s --split-input-file --verify-diagnostics

// expected-error@+1 {{expert blocks have at least one expert and one choice a token, not 0 and 2}}
func.func private @none(!moe.expert_blocks<experts = 0, top_k = 2>)
