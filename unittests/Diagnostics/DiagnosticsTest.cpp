//===- DiagnosticsTest.cpp - Diagnostics as sentences -----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Every kind of place has its text, notes follow what they are about, and of several errors the
// first counts.
//
//===----------------------------------------------------------------------===//

#include "moec/Diagnostics/Diagnostics.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"

#include <gtest/gtest.h>

using namespace moec;

namespace {

class DiagnosticsTest : public testing::Test {
protected:
  mlir::Location at(unsigned line, unsigned column = 8) {
    return mlir::FileLineColLoc::get(&context, "model.mlir", line, column);
  }
  mlir::Location named(mlir::Location place) {
    return mlir::NameLoc::get(mlir::StringAttr::get(&context, "layers.3"), place);
  }
  mlir::Location unknown() { return mlir::UnknownLoc::get(&context); }

  mlir::MLIRContext context;
};

TEST_F(DiagnosticsTest, PlacesOfEveryKind) {
  EXPECT_EQ(describeLocation(at(15)), "model.mlir:15:8");
  EXPECT_EQ(describeLocation(at(0, 0)), "model.mlir") << "a file as a whole";
  EXPECT_EQ(describeLocation(named(at(15))), "model.mlir:15:8 (layers.3)");
  EXPECT_EQ(describeLocation(named(unknown())), "layers.3");
  EXPECT_EQ(describeLocation(mlir::FusedLoc::get(&context, {unknown(), at(2), at(3)})),
            "model.mlir:2:8");
  EXPECT_EQ(describeLocation(mlir::CallSiteLoc::get(at(4), at(5))), "model.mlir:4:8");
  EXPECT_EQ(describeLocation(unknown()), "");
}

TEST_F(DiagnosticsTest, TheFirstErrorWithItsNotesCounts) {
  std::vector<std::string> warnings;
  DiagnosticCollector said(&context, [&](const std::string &text) { warnings.push_back(text); });
  EXPECT_EQ(said.error(), "");
  mlir::emitWarning(at(1), "odd");
  EXPECT_EQ(said.error(), "") << "a warning is no error";
  mlir::emitError(at(2), "wrong").attachNote(at(3)) << "declared here";
  mlir::emitError(unknown(), "later");
  EXPECT_EQ(said.error(), "model.mlir:2:8: wrong (note: model.mlir:3:8: declared here)");
  EXPECT_EQ(warnings, std::vector<std::string>{"model.mlir:1:8: odd"});
}

} // namespace
