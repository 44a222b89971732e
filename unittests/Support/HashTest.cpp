//===- HashTest.cpp - SHA-256 -----------------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// The test vectors of FIPS 180-4 and the lengths around a block.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/Hash.h"
#include "moec/Support/File.h"

#include <gtest/gtest.h>

using namespace moec;

TEST(Sha256, PublishedVectors) {
  EXPECT_EQ(sha256(asBytes("")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256(asBytes("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256(asBytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(asBytes(std::string(1000000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PiecesGiveTheSameAsTheWhole) {
  for (size_t length : {54, 55, 56, 63, 64, 65, 119, 120, 128, 200}) {
    std::string text;
    for (size_t i = 0; i < length; ++i)
      text.push_back(static_cast<char>(i * 7));
    for (size_t piece : {1, 3, 64, 65}) {
      Sha256 hash;
      for (size_t i = 0; i < length; i += piece)
        hash.update(asBytes(std::string_view(text).substr(i, piece)));
      EXPECT_EQ(hash.finish(), sha256(asBytes(text))) << length << " by " << piece;
    }
  }
}
