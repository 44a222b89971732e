//===- InterpretedLogits.h - Logits of interpreted kernels ------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_TOOLS_MOEC_INTERPRET_INTERPRETEDLOGITS_H
#define MOEC_TOOLS_MOEC_INTERPRET_INTERPRETEDLOGITS_H

#include "moec/Compiler/Options.h"
#include "moec/Target/Target.h"
#include "moec/runtime/commands/Commands.h"

namespace moec {

/// Compiles `options.input` for the machine that `options` name, but for the code: or takes it as
/// it is where it is a dump of stage tile, which names its machine. An engine then runs its plan,
/// with kernels that are interpreted.
Expected<std::unique_ptr<runtime::LogitsProvider>>
makeInterpretedLogits(CompileOptions options, const runtime::EvalArguments &arguments,
                      const TargetRegistry &targets);

} // namespace moec

#endif // MOEC_TOOLS_MOEC_INTERPRET_INTERPRETEDLOGITS_H
