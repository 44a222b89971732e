//===- LinkerTest.cpp - Links from several threads ------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Objects of two functions become one library; links from several threads do not disturb each
// other; what is no object is refused with the linker's words.
//
//===----------------------------------------------------------------------===//

#include "moec/CodeGen/Linker.h"
#include "moec/CodeGen/Emit.h"

#include "llvm/IR/IRBuilder.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/TargetParser/Host.h"

#include <gtest/gtest.h>
#include <thread>

using namespace moec;

namespace {

/// A relocatable object of this machine with one function.
std::string makeObject(const std::string &function) {
  static const bool initialised =
      !llvm::InitializeNativeTarget() && !llvm::InitializeNativeTargetAsmPrinter();
  EXPECT_TRUE(initialised);
  llvm::LLVMContext context;
  llvm::Module module(function, context);
  auto machine = createTargetMachine({llvm::sys::getProcessTriple(), ""});
  EXPECT_TRUE(bool(machine)) << machine.takeError().message();
  auto *type = llvm::FunctionType::get(llvm::Type::getInt32Ty(context), false);
  auto *made = llvm::Function::Create(type, llvm::Function::ExternalLinkage, function, module);
  llvm::IRBuilder<> builder(llvm::BasicBlock::Create(context, "entry", made));
  builder.CreateRet(builder.getInt32(7));
  optimize(module, **machine, llvm::OptimizationLevel::O1);
  return *emitModule(module, **machine, EmitKind::Relocatable);
}

/// The functions that a library exports, in its order.
std::vector<std::string> exportsOf(const std::string &library) {
  auto file =
      llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(library, "library"));
  EXPECT_TRUE(bool(file));
  std::vector<std::string> names;
  for (auto symbol :
       llvm::cast<llvm::object::ELFObjectFileBase>(**file).getDynamicSymbolIterators())
    names.push_back(llvm::cantFail(symbol.getName()).str());
  return names;
}

TEST(Emit, TripleThatNobodyKnows) {
  std::string said = createTargetMachine({"abacus-unknown-none", ""}).takeError().message();
  EXPECT_EQ(said.find("no code generator for abacus-unknown-none: "), 0u) << said;
}

TEST(Linker, MakesOneLibraryOfTwoObjects) {
  auto library = linkSharedObject({makeObject("one"), makeObject("two")}, "both.so", true);
  ASSERT_TRUE(bool(library)) << library.takeError().message();
  EXPECT_EQ(exportsOf(*library), (std::vector<std::string>{"one", "two"}));
  EXPECT_NE(library->find("both.so"), std::string::npos) << "its name is in it";
  auto unnamed = linkSharedObject({makeObject("one")}, "both.so");
  ASSERT_TRUE(bool(unnamed)) << unnamed.takeError().message();
  EXPECT_EQ(unnamed->find("both.so"), std::string::npos);
}

TEST(Linker, ThreadsLinkTheSameBytesAsOne) {
  std::vector<std::string> objects, alone, together(4);
  for (int i = 0; i < 4; ++i) {
    objects.push_back(makeObject("f" + std::to_string(i)));
    alone.push_back(*linkSharedObject({objects.back()}, "kernels.so"));
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] { together[i] = *linkSharedObject({objects[i]}, "kernels.so"); });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(together, alone);
}

TEST(Linker, WhatIsNoObjectIsRefused) {
  std::string said = linkSharedObject({"no object"}, "kernels.so").takeError().message();
  EXPECT_EQ(said.find("the linker failed: "), 0u) << said;
  // The linker is as it was.
  EXPECT_TRUE(bool(linkSharedObject({makeObject("one")}, "kernels.so")));
}

} // namespace
