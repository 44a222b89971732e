// The plan is started: limits, and for each function a variant for each largest token count. A step has no more
// sequences than tokens, a context is at most the model's.
// RUN: moec-opt %s --moe-specialise-tokens='tokens=8,32 max-context=9999' | FileCheck %s

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
