//===- Linker.cpp - From objects to what a device loads -------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// lld reads and writes files, so a link has a temporary folder, which goes with it.
//
//===----------------------------------------------------------------------===//

#include "moec/CodeGen/Linker.h"

#include "moec/Support/File.h"

#include "lld/Common/CommonLinkerContext.h"
#include "lld/Common/Driver.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace moec;

/// Links in a folder that is there.
static Expected<std::string> linkIn(const std::string &folder,
                                    const std::vector<std::string> &objects,
                                    const std::string &name, bool setName) {
  std::string output = folder + "/" + name;
  // The same objects give the same bytes: nothing in them is about this link.
  std::vector<std::string> arguments = {"ld.lld", "-shared", "--build-id=none", "-o", output};
  if (setName)
    arguments.push_back("-soname=" + name);
  for (size_t i = 0; i < objects.size(); ++i) {
    std::string input = strCat(folder, "/", i, ".o");
    if (Error error = writeFileAtomic(input, objects[i]))
      return error;
    arguments.push_back(std::move(input));
  }
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  lld::Result result = lld::lldMain(pointers, stream, stream, {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0)
    return Error::make("the linker failed: ", messages);
  return readFile(output);
}

Expected<std::string> moec::linkSharedObject(const std::vector<std::string> &objects,
                                             const std::string &name, bool setName) {
  static std::mutex linkerMutex;
  std::lock_guard<std::mutex> lock(linkerMutex);
  llvm::SmallString<128> folder;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("moec-link", folder))
    return Error::make("no temporary folder for the linker: ", error.message());
  Expected<std::string> result = linkIn(folder.str().str(), objects, name, setName);
  llvm::sys::fs::remove_directories(folder);
  return result;
}
