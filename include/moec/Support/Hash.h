//===- Hash.h - SHA-256 -----------------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Artifacts carry the SHA-256 of their files in the format of sha256sum(1), so that they can be
// checked with and without moec.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_HASH_H
#define MOEC_SUPPORT_HASH_H

#include <cstddef>
#include <memory>
#include <span>
#include <string>

struct evp_md_ctx_st;

namespace moec {

/// An incremental SHA-256 (FIPS 180-4).
class Sha256 {
public:
  Sha256();
  /// Appends bytes to the message.
  void update(std::span<const std::byte> bytes);
  /// The digest of the message as 64 lower-case hexadecimal digits. Call once, last.
  std::string finish();

private:
  struct Free {
    void operator()(evp_md_ctx_st *context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context;
};

/// The SHA-256 of `bytes` as 64 lower-case hexadecimal digits.
std::string sha256(std::span<const std::byte> bytes);

} // namespace moec

#endif // MOEC_SUPPORT_HASH_H
