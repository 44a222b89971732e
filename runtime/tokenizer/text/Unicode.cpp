//===- Unicode.cpp - Character classes and normal forms ---------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "Unicode.h"
#include "Utf8.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>

#include <limits>

namespace moec::tokenizer {

static bool hasCategory(char32_t c, uint32_t mask) {
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & mask) != 0;
}

bool isWhiteSpace(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)); }

bool isNumeric(char32_t c) { return hasCategory(c, U_GC_N_MASK); }

bool isPunctuation(char32_t c) {
  if (c < 0x80)
    return c > ' ' && c != 0x7F && !u_isalnum(static_cast<UChar32>(c));
  return hasCategory(c, U_GC_P_MASK);
}

bool isWordChar(char32_t c) {
  return hasCategory(c, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK) ||
         u_isUAlphabetic(static_cast<UChar32>(c)) || c == 0x200C || c == 0x200D;
}

bool isMark(char32_t c) { return hasCategory(c, U_GC_M_MASK); }

static const icu::Normalizer2 *normalizerFor(NormalForm form, UErrorCode &status) {
  switch (form) {
  case NormalForm::C:
    return icu::Normalizer2::getNFCInstance(status);
  case NormalForm::D:
    return icu::Normalizer2::getNFDInstance(status);
  case NormalForm::KC:
    return icu::Normalizer2::getNFKCInstance(status);
  case NormalForm::KD:
    return icu::Normalizer2::getNFKDInstance(status);
  }
  return nullptr;
}

Expected<std::string> normalizeText(std::string_view text, NormalForm form) {
  if (text.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max()))
    return Error::make("a text of ", text.size(), " bytes is too long to normalize, the limit is ",
                       std::numeric_limits<int32_t>::max());
  UErrorCode status = U_ZERO_ERROR;
  std::string out;
  const icu::Normalizer2 *normalizer = normalizerFor(form, status);
  if (U_SUCCESS(status)) {
    icu::StringByteSink<std::string> sink(&out, static_cast<int32_t>(text.size()));
    normalizer->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<int32_t>(text.size())),
                              sink, nullptr, status);
  }
  if (U_FAILURE(status))
    return Error::make("Unicode normalization failed: ", u_errorName(status));
  return out;
}

void appendLowercase(std::string &out, char32_t c) {
  // The one character whose full mapping without context differs from its simple one.
  if (c == 0x130) {
    out += "i\xCC\x87";
    return;
  }
  appendUtf8(out, static_cast<char32_t>(u_tolower(static_cast<UChar32>(c))));
}

} // namespace moec::tokenizer
