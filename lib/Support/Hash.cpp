//===- Hash.cpp - SHA-256 ---------------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// OpenSSL's, which has the processor's own instructions: artifacts have gigabytes.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Hash.h"

#include <openssl/evp.h>

#include <array>
#include <new>

using namespace moec;

void Sha256::Free::operator()(evp_md_ctx_st *context) const { EVP_MD_CTX_free(context); }

/// What fails only for want of memory, or of an OpenSSL with SHA-256.
static void require(int done) {
  if (done != 1)
    throw std::bad_alloc();
}

Sha256::Sha256() : context(EVP_MD_CTX_new()) {
  require(context ? 1 : 0);
  require(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
}

void Sha256::update(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()));
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  require(EVP_DigestFinal_ex(context.get(), digest.data(), &size));
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

std::string moec::sha256(std::span<const std::byte> bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}
