//===- TokenizerFile.cpp - Reading tokenizer.json ---------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "TokenizerFile.h"

#include <limits>

namespace moec::tokenizer {

using nlohmann::json;

namespace {

/// Receives the parser's events. Containers that are being read are on a stack; the two big lists
/// of the model are caught there and never become JSON values.
class Reader {
public:
  explicit Reader(TokenizerFile &file) : file(file) {}

  Error takeError() { return std::move(failure); }

  bool null() { return value(nullptr); }
  bool boolean(bool v) { return value(v); }
  bool number_integer(json::number_integer_t v) { return integer(v); }
  bool number_unsigned(json::number_unsigned_t v) { return integer(v); }
  bool number_float(json::number_float_t v, const std::string &) { return value(v); }
  bool binary(json::binary_t &) { return fail("binary values are not JSON"); }
  bool string(std::string &v) {
    if (place() == Place::Merges)
      return mergeLine(v);
    if (place() == Place::MergePair) {
      pair.push_back(std::move(v));
      return true;
    }
    return value(std::move(v));
  }

  bool key(std::string &name) {
    keys.back() = std::move(name);
    return true;
  }
  bool start_object(size_t) {
    if (isModelField("vocab") && place() == Place::Document) {
      if (file.hasVocab)
        return fail("model.vocab is given twice");
      file.hasVocab = true;
      return open(nullptr, Place::Vocab);
    }
    return open(json::object(), Place::Document);
  }
  bool start_array(size_t) {
    if (place() == Place::Merges) {
      pair.clear();
      return open(nullptr, Place::MergePair);
    }
    if (isModelField("merges") && place() == Place::Document) {
      if (file.hasMerges)
        return fail("model.merges is given twice");
      file.hasMerges = true;
      return open(nullptr, Place::Merges);
    }
    return open(json::array(), Place::Document);
  }
  bool end_object() { return close(); }
  bool end_array() {
    if (place() == Place::MergePair) {
      if (pair.size() != 2)
        return fail(
            strCat("merge ", file.merges.size(), " has ", pair.size(), " tokens where 2 belong"));
      file.merges.emplace_back(std::move(pair[0]), std::move(pair[1]));
    }
    return close();
  }

  bool parse_error(size_t position, const std::string &, const json::exception &e) {
    // Only what comes behind the library's own name and position.
    std::string_view what = e.what();
    if (size_t colon = what.find(": "); colon != what.npos)
      what.remove_prefix(colon + 2);
    return fail(strCat("invalid JSON at byte ", position, ": ", what));
  }

private:
  enum class Place { Document, Vocab, Merges, MergePair };
  static constexpr size_t maxDepth = 64;

  Place place() const { return places.empty() ? Place::Document : places.back(); }

  bool isModelField(std::string_view name) const {
    return keys.size() == 2 && keys[0] == "model" && keys[1] == name;
  }

  bool fail(std::string message) {
    if (!failure)
      failure = Error::make(message);
    return false;
  }

  bool open(json container, Place where) {
    if (places.size() == maxDepth)
      return fail(strCat("JSON nested deeper than ", maxDepth));
    json *slot = place() == Place::Document || where == Place::Document
                     ? attach(std::move(container))
                     : nullptr;
    if (place() != Place::Document && where == Place::Document)
      return fail(unexpected());
    containers.push_back(slot);
    places.push_back(where);
    keys.emplace_back();
    return true;
  }

  bool close() {
    containers.pop_back();
    places.pop_back();
    keys.pop_back();
    return true;
  }

  /// Puts `v` into the container on top; null when that is one of the streamed lists.
  json *attach(json v) {
    if (containers.empty()) {
      file.document = std::move(v);
      return &file.document;
    }
    json *top = containers.back();
    if (place() != Place::Document)
      return nullptr;
    if (top->is_array()) {
      top->push_back(std::move(v));
      return &top->back();
    }
    json &slot = (*top)[keys.back()];
    slot = std::move(v);
    return &slot;
  }

  std::string unexpected() const {
    if (place() == Place::Vocab)
      return strCat("the id of token \"", keys.back(), "\" is not an integer");
    return strCat("merge ", file.merges.size(), " is not made of strings");
  }

  bool value(json v) { return attach(std::move(v)) ? true : fail(unexpected()); }

  template <typename Int> bool integer(Int v) {
    if (place() != Place::Vocab)
      return value(v);
    if (v < 0 ||
        static_cast<uint64_t>(v) > static_cast<uint64_t>(std::numeric_limits<int32_t>::max()))
      return fail(strCat("the id of token \"", keys.back(), "\" is ", v, ", ids go from 0 to ",
                         std::numeric_limits<int32_t>::max()));
    file.vocab.emplace_back(std::move(keys.back()), static_cast<int32_t>(v));
    return true;
  }

  bool mergeLine(std::string_view line) {
    if (line.starts_with("#version"))
      return true;
    const size_t space = line.find(' ');
    if (space == line.npos || line.find(' ', space + 1) != line.npos)
      return fail(strCat("merge ", file.merges.size(), ", \"", line,
                         "\", is not two tokens with one space between"));
    file.merges.emplace_back(line.substr(0, space), line.substr(space + 1));
    return true;
  }

  TokenizerFile &file;
  Error failure = Error::success();
  std::vector<json *> containers;
  std::vector<Place> places;
  std::vector<std::string> keys; ///< The key being read in each open container.
  std::vector<std::string> pair;
};

} // namespace

Expected<TokenizerFile> parseTokenizerFile(std::string_view text) {
  TokenizerFile file;
  Reader reader(file);
  if (!json::sax_parse(text.begin(), text.end(), &reader))
    return reader.takeError();
  return file;
}

} // namespace moec::tokenizer
