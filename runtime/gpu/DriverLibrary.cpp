//===- DriverLibrary.cpp - A GPU driver's library, opened at run time -----===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "moec/runtime/gpu/DriverLibrary.h"

#include <dlfcn.h>

using namespace moec;
using namespace moec::runtime::gpu;

DriverLibrary::~DriverLibrary() {
  if (handle)
    dlclose(handle);
}

Error DriverLibrary::openLibrary(const Names &names, const std::string &path) {
  what = names.what;
  if (!path.empty()) {
    file = path;
    handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    return handle ? Error::success()
                  : Error::make("cannot open the ", what, " '", path, "': ", dlerror());
  }
  std::string tried;
  for (const char *name : names.files) {
    file = name;
    handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (handle)
      return Error::success();
    tried += strCat(tried.empty() ? "" : ", ", name);
  }
  return Error::make("no ", what, " can be opened, ", names.install, "; tried ", tried);
}

void *DriverLibrary::findSymbol(const char *name) {
  void *found = dlsym(handle, name);
  if (!found && missing.empty())
    missing = name;
  return found;
}

Error DriverLibrary::getMissing() const {
  if (missing.empty())
    return Error::success();
  return Error::make("the ", what, " '", file, "' has no entry point ", missing);
}
