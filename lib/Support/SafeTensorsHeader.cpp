//===- SafeTensorsHeader.cpp - The JSON header of a safetensors file -*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// An event parser: it keeps only tensors that it understood, so that a hostile header can't make it
// build a large tree, and it sees duplicate names, which a tree would hide.
//
//===----------------------------------------------------------------------===//

#include "moec/Support/SafeTensors.h"

#include <algorithm>
#include <nlohmann/json.hpp>

using namespace moec;

namespace {
constexpr size_t maxRank = 16;

/// Receives the events of the JSON parser. `false` stops it; `problem` then says why.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
public:
  SafeTensorsHeader header;
  std::string problem;

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("a boolean"); }
  bool number_float(number_float_t, const string_t &) override {
    return unexpected("a number with a fraction, or one of more than 64 bits");
  }
  bool binary(binary_t &) override { return unexpected("binary data"); }
  bool number_integer(number_integer_t value) override {
    return fail("a negative number, ", value);
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (state == Shape) {
      if (value > uint64_t(INT64_MAX))
        return fail("the extent ", value, " of '", tensor.name, "', more than 2^63 - 1");
      if (tensor.shape.size() == maxRank)
        return fail("more than ", maxRank, " extents for '", tensor.name, "'");
      tensor.shape.push_back(static_cast<int64_t>(value));
      return true;
    }
    if (state == Offsets) {
      if (offsets == 2)
        return fail("more than two data_offsets for '", tensor.name, "'");
      (offsets++ == 0 ? tensor.begin : tensor.end) = value;
      return true;
    }
    return unexpected("a number");
  }
  bool string(string_t &value) override {
    if (state == Metadata) {
      header.metadata.emplace_back(std::move(metadataKey), std::move(value));
      return true;
    }
    if (state != TypeName)
      return unexpected("a string");
    // A type that is new is no trouble before somebody needs the tensor.
    tensor.dtype = dtypeFromName(value).value_or(DType::Unknown);
    if (tensor.dtype == DType::Unknown)
      tensor.unknownType = value.substr(0, 32);
    seen |= 1;
    state = Tensor;
    return true;
  }
  bool start_object(size_t) override {
    if (state == Start)
      state = Top;
    else if (state == TopValue) {
      state = isMetadata ? Metadata : Tensor;
      seen = 0;
      offsets = 0;
    } else
      return unexpected("an object");
    return true;
  }
  bool key(string_t &name) override {
    switch (state) {
    case Top:
      isMetadata = name == "__metadata__";
      tensor = TensorInfo();
      tensor.name = std::move(name);
      state = TopValue;
      return true;
    case Metadata:
      metadataKey = std::move(name);
      return true;
    case Tensor:
      if (name == "dtype" && !(seen & 1))
        state = TypeName;
      else if (name == "shape" && !(seen & 2))
        state = ShapeStart;
      else if (name == "data_offsets" && !(seen & 4))
        state = OffsetsStart;
      else
        return fail("the unknown or repeated key '", name.substr(0, 32), "' in '", tensor.name,
                    "'");
      return true;
    default:
      return unexpected("a key");
    }
  }
  bool end_object() override {
    if (state == Tensor) {
      if (seen != 7)
        return fail("no dtype, shape or data_offsets for '", tensor.name, "'");
      header.tensors.push_back(std::move(tensor));
      state = Top;
    } else if (state == Metadata) {
      state = Top;
    } else {
      state = End;
    }
    return true;
  }
  bool start_array(size_t) override {
    if (state == ShapeStart)
      state = Shape;
    else if (state == OffsetsStart)
      state = Offsets;
    else
      return unexpected("an array");
    return true;
  }
  bool end_array() override {
    if (state == Offsets && offsets != 2)
      return fail("only ", offsets, " data_offsets for '", tensor.name, "'");
    seen |= state == Shape ? 2 : 4;
    state = Tensor;
    return true;
  }
  bool parse_error(size_t position, const std::string &,
                   const nlohmann::detail::exception &) override {
    if (problem.empty())
      problem = strCat("is not valid JSON at byte ", position);
    return false;
  }

private:
  enum {
    Start,
    Top,
    TopValue,
    Metadata,
    Tensor,
    TypeName,
    ShapeStart,
    Shape,
    OffsetsStart,
    Offsets,
    End
  } state = Start;
  bool isMetadata = false;
  unsigned seen = 0, offsets = 0;
  TensorInfo tensor;
  std::string metadataKey;

  template <typename... Ts> bool fail(const Ts &...parts) {
    problem = strCat("has ", parts...);
    return false;
  }
  bool unexpected(const char *what) {
    return fail(what, " where a safetensors header cannot have one",
                tensor.name.empty() ? "" : strCat(" (near '", tensor.name, "')"));
  }
};
} // namespace

/// Checks that the bytes of `info` are as many as its shape and type need.
static Error checkSize(const TensorInfo &info, uint64_t dataBytes) {
  if (info.begin > info.end || info.end > dataBytes)
    return Error::make("tensor '", info.name, "' has data_offsets [", info.begin, ", ", info.end,
                       "] outside of the ", dataBytes, " bytes of data");
  if (info.dtype == DType::Unknown)
    return Error::success();
  uint64_t bytes = dtypeSize(info.dtype);
  for (int64_t extent : info.shape)
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes))
      return Error::make("tensor '", info.name, "' has a shape of more than 2^64 bytes");
  if (bytes != info.end - info.begin)
    return Error::make("tensor '", info.name, "' needs ", bytes, " bytes by its shape and has ",
                       info.end - info.begin, " by its data_offsets");
  return Error::success();
}

Expected<SafeTensorsHeader> SafeTensorsHeader::parse(std::string_view json, uint64_t dataBytes) {
  HeaderReader reader;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &reader))
    return Error::make("the header ", reader.problem);
  std::vector<TensorInfo> &tensors = reader.header.tensors;

  for (const TensorInfo &info : tensors)
    if (Error error = checkSize(info, dataBytes))
      return error;

  // In data order each tensor must begin where the one before it ends.
  std::sort(tensors.begin(), tensors.end(), [](const TensorInfo &a, const TensorInfo &b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  uint64_t position = 0;
  for (const TensorInfo &info : tensors) {
    if (info.begin != position)
      return Error::make("tensor '", info.name, "' begins at byte ", info.begin,
                         " of the data where ", position, " was expected (",
                         info.begin > position ? "a hole" : "an overlap", ")");
    position = info.end;
  }
  if (position != dataBytes)
    return Error::make("the tensors end at byte ", position, " of the data, which has ", dataBytes);

  std::sort(tensors.begin(), tensors.end(),
            [](const TensorInfo &a, const TensorInfo &b) { return a.name < b.name; });
  for (size_t i = 1; i < tensors.size(); ++i)
    if (tensors[i].name == tensors[i - 1].name)
      return Error::make("tensor '", tensors[i].name, "' is listed twice");
  return std::move(reader.header);
}
