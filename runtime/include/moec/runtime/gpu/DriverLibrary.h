//===- DriverLibrary.h - A GPU driver's library, opened at run time -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_GPU_DRIVERLIBRARY_H
#define MOEC_RUNTIME_GPU_DRIVERLIBRARY_H

#include "moec/Support/Error.h"

#include <memory>
#include <span>
#include <string>

namespace moec::runtime::gpu {

/// A shared library with entry points. It stays open as long as this lives.
class DriverLibrary {
public:
  /// What it is called in sentences, the file names under which it usually is, in the order in
  /// which they are tried, and what to do where it is not.
  struct Names {
    const char *what;
    std::span<const char *const> files;
    const char *install;
  };

  DriverLibrary() = default;
  DriverLibrary(const DriverLibrary &) = delete;
  ~DriverLibrary();

  /// The library that was opened.
  const std::string &library() const { return file; }

protected:
  /// Opens the library `path`; "" tries the usual names. Fails where there is none.
  Error openLibrary(const Names &names, const std::string &path);
  /// Sets a pointer to the entry point of that name; the first that is missing is what
  /// getMissing() says.
  template <typename Function> void find(Function *&function, const char *name) {
    function = reinterpret_cast<Function *>(findSymbol(name));
  }
  Error getMissing() const;

private:
  void *findSymbol(const char *name);

  void *handle = nullptr;
  const char *what = "";
  std::string file, missing;
};

/// A class of entry points, from the library `path` or one of the usual names. Fails where there is
/// no library or an entry point is missing.
template <typename Driver> Expected<std::shared_ptr<Driver>> openDriver(const std::string &path) {
  auto driver = std::make_shared<Driver>();
  if (Error error = driver->open(path))
    return error;
  return driver;
}

} // namespace moec::runtime::gpu

#endif // MOEC_RUNTIME_GPU_DRIVERLIBRARY_H
