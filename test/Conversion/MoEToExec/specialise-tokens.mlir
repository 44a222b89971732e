// The plan is started: limits, and for each function a variant for each largest token count. Where nobody says, a step has
// no more sequences than tokens, and the context is the model's; to ask for more is an error.
// RUN: moec-opt %s --moe-specialise-tokens='tokens=8,32' | FileCheck %s
// RUN: not moec-opt %s --moe-specialise-tokens='tokens=8,32 max-context=9999' 2>&1 | FileCheck %s --check-prefix=CONTEXT
// RUN: not moec-opt %s --moe-specialise-tokens='tokens=8,32 max-sequences=33' 2>&1 | FileCheck %s --check-prefix=SEQUENCES

// CONTEXT: error: max-context is 9999, but the model has positions for 2048 tokens, max_positions of moe.config
// SEQUENCES: error: max_sequences is 33, more than the 32 tokens of a step

// CHECK: module attributes {exec.limits = #exec.limits<max_tokens = 32, max_sequences = 32, max_context = 2048>
// CHECK: exec.plan {
// CHECK: exec.func @forward inputs [] outputs [] {
// CHECK: exec.variant max_tokens 8 {
// CHECK: exec.variant max_tokens 32 {
// CHECK: exec.func @draft
module attributes {moe.config = {max_positions = 2048 : i64, vocab_size = 8 : i64}} {
  func.func @forward() {
    return
  }
  func.func @draft() {
    return
  }
}
