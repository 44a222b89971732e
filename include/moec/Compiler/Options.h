//===- Options.h - What a compilation is asked for --------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_COMPILER_OPTIONS_H
#define MOEC_COMPILER_OPTIONS_H

#include "moec/Support/Error.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace moec {

/// The stages of a compilation, in order. Each can be stopped at, and all but Target, which
/// is a machine's text, are dumped.
enum class Stage { Import, Fuse, Quantize, Specialise, Pack, Plan, Tile, Target, Object };

/// The stage's name as `--stop-after` spells it.
const char *stageName(Stage stage);

/// All stage names, in order.
const std::vector<std::string> &stageNames();

/// The stage of that name; `name` must be one of stageNames().
Stage stageFromName(const std::string &name);

/// Everything that `moec compile` can be told. The defaults are those of a CPU.
struct CompileOptions {
  /// A model.mlir, a checkpoint folder or a config.json.
  std::string input;
  /// The artifact's folder; empty with `stopAfter` before Object.
  std::string output;
  /// The machine, as a registered target spells it; empty for stages without one.
  std::string target = "cpu";
  /// The CPU or chip within the target: native, x86-64-v3 …
  std::string chip = "native";
  /// Element type of activations between ops: f32 or bf16.
  std::string activations = "f32";
  /// Element type of attention caches: f32 or bf16.
  std::string kvCache = "bf16";
  /// Weight formats by role, as `experts=mxfp4,default=int8`; empty keeps the checkpoint's.
  std::string quantize;
  /// What activations become before they enter a matmul, by role, as `experts=mxfp4,default=bf16`.
  std::string quantizeActivations;
  /// How a block's scale is rounded when quantising: even, ceil or floor.
  std::string rounding = "even";
  /// DIR, none or random:SEED in place of the checkpoint that the model names; empty keeps it.
  std::string weights;
  /// An artifact of the same model for the same target, on the output's file system: its packed
  /// weights are linked; empty packs them.
  std::string weightsOf;
  /// A tuning table whose measured schedules are taken; empty for predicted ones alone.
  std::string tuning;
  /// Keep only the first so many layers; 0 keeps all.
  int64_t layers = 0;
  /// Make `@draft` of the checkpoint's layer of multi-token prediction.
  bool draft = false;
  /// Rows of a cache page.
  int64_t pageSize = 16;
  /// Most tokens of one step.
  int64_t maxTokens = 2048;
  /// Most sequences of one step, at most `maxTokens`; 0 takes 64, or `maxTokens` if that is less.
  int64_t maxSequences = 0;
  /// Longest sequence, at most the model's; 0 takes that.
  int64_t maxContext = 0;
  /// An op whose schedule is a default is an error.
  bool strict = false;
  /// Write the kernels alone in this form to `output`, which is a file then: llvm, asm, obj, or
  /// what the target's devices load (Target::codeFormat). Empty writes the artifact.
  std::string emit;
  /// The stage after which the input, a model.mlir, was dumped: the stages behind it are run. Empty
  /// runs all.
  std::string startFrom;
  /// Stop after this stage and print its IR.
  std::string stopAfter;
  /// Write every stage's IR into this folder, with locations, so that `startFrom` can go on from
  /// it.
  std::string dumpStages;
  /// Print the pass pipeline of every stage instead of compiling.
  bool dumpPassPipeline = false;
  /// Threads that generate code.
  unsigned jobs = 0;
  /// Says why a plan.fb would be refused when it is loaded; an artifact with such a plan is not
  /// written. The compiler does not know the runtime, so whoever knows both gives this.
  std::function<Error(std::string_view)> checkPlan;
  /// Says what of the tokenizer and the chat template in an artifact's folder cannot be used; may
  /// be empty. The artifact is good without.
  std::function<std::vector<std::string>(const std::string &)> checkText;
};

} // namespace moec

#endif // MOEC_COMPILER_OPTIONS_H
