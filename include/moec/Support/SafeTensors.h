//===- SafeTensors.h - Reading and writing safetensors ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Files are mapped, never copied; their headers are not trusted: memory and time are bounded by
// the size of the header, and every rule of the format is checked before an offset is used.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_SUPPORT_SAFETENSORS_H
#define MOEC_SUPPORT_SAFETENSORS_H

#include "moec/Support/DType.h"
#include "moec/Support/Error.h"
#include "moec/Support/File.h"
#include "moec/Support/OutputFile.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moec {

/// One tensor of a file: `begin` and `end` are byte offsets into the file's data section, and
/// end − begin is the number of elements times the element size, where that is known.
struct TensorInfo {
  std::string name;
  DType dtype = DType::U8;
  std::vector<int64_t> shape;
  uint64_t begin = 0, end = 0;
  std::string unknownType; ///< what the file calls the type, where dtype is Unknown

  /// The element type as the file spells it.
  std::string_view typeName() const {
    return dtype == DType::Unknown ? std::string_view(unknownType) : dtypeName(dtype);
  }
  /// The product of the extents.
  uint64_t elements() const { return (end - begin) / dtypeSize(dtype); }
};

/// What the JSON header of a file says.
struct SafeTensorsHeader {
  std::vector<TensorInfo> tensors; ///< in name order
  std::vector<std::pair<std::string, std::string>> metadata;

  /// Parses and checks the JSON text of a header for a data section of `dataBytes` bytes: known
  /// types, non-negative extents, sizes that match, unique names, no overlap, no holes.
  static Expected<SafeTensorsHeader> parse(std::string_view json, uint64_t dataBytes);
};

/// One mapped .safetensors file.
class SafeTensors {
public:
  /// Maps `path` and checks its header.
  static Expected<SafeTensors> open(const std::string &path);
  /// Checks the header of a file whose bytes outlive the result; errors call it `path`.
  static Expected<SafeTensors> read(std::span<const std::byte> bytes, const std::string &path);

  /// All tensors, in name order.
  const std::vector<TensorInfo> &tensors() const { return header.tensors; }
  /// The string map `__metadata__`, in file order.
  const std::vector<std::pair<std::string, std::string>> &metadata() const {
    return header.metadata;
  }
  /// The tensor of that name, or null.
  const TensorInfo *find(std::string_view name) const;
  /// The bytes of a tensor of this file; they live as long as this object.
  std::span<const std::byte> data(const TensorInfo &info) const {
    return section.subspan(info.begin, info.end - info.begin);
  }
  /// The whole data section; it lives as long as this object.
  std::span<const std::byte> allData() const { return section; }
  /// Where the data section starts in the file, in bytes.
  uint64_t dataOffset() const { return offset; }
  const std::string &path() const { return filePath; }

private:
  MappedFile file;
  std::span<const std::byte> section;
  uint64_t offset = 0;
  std::string filePath;
  SafeTensorsHeader header;
};

/// The tensors of a checkpoint folder: one model.safetensors, or shards, mostly listed by
/// model.safetensors.index.json.
class Checkpoint {
public:
  /// Opens every file of the checkpoint in folder `dir`. As in Transformers, a model.safetensors is
  /// the whole of it unless the index names it, too; else the index says which file's tensor
  /// counts; without one, model-00001-of-0000N.safetensors and so on are all of it.
  static Expected<Checkpoint> open(const std::string &dir);
  /// The tensors of one file.
  static Checkpoint of(SafeTensors file);
  /// Whether folder `dir` has one of these files.
  static bool isIn(const std::string &dir);

  /// A tensor and the file that holds it. Both live as long as the checkpoint.
  struct Entry {
    const SafeTensors *file;
    const TensorInfo *info;
    std::span<const std::byte> data() const { return file->data(*info); }
  };
  /// The tensor of that name, if any shard has it.
  std::optional<Entry> find(std::string_view name) const;
  /// All tensors of all shards, in name order.
  const std::vector<Entry> &tensors() const { return entries; }
  /// Sentences about what stands in the folder and does not count.
  const std::vector<std::string> &remarks() const { return said; }

private:
  void add(SafeTensors file);

  std::vector<std::unique_ptr<SafeTensors>> shards;
  std::vector<Entry> entries;
  std::vector<std::string> said;
};

/// Writes one file, streaming. The same calls give the same bytes; the data section starts at a
/// multiple of `alignment` (the header is padded with spaces).
class SafeTensorsWriter {
public:
  /// What to declare about a tensor before its data is known.
  struct Declaration {
    std::string name;
    DType dtype;
    std::vector<int64_t> shape;
  };

  /// Starts a file beside `path` and writes the header. The data follows in the order of
  /// `tensors`.
  static Expected<SafeTensorsWriter>
  create(const std::string &path, std::vector<Declaration> tensors,
         const std::vector<std::pair<std::string, std::string>> &metadata = {},
         uint64_t alignment = 4096);
  SafeTensorsWriter(SafeTensorsWriter &&) = default;
  /// Removes what was written unless finish() succeeded.
  ~SafeTensorsWriter();

  /// Appends bytes of data; the pieces need not match tensor boundaries.
  Error append(std::span<const std::byte> bytes);
  /// Writes data at an offset in the data section, each byte once, in place of append(). May be
  /// called from several threads.
  Error write(uint64_t offset, std::span<const std::byte> bytes) const;
  /// What stands in the file in front of the data.
  std::string_view head() const { return start; }
  /// The bytes of data that were declared.
  uint64_t dataBytes() const { return expected; }
  /// Checks that as many bytes were written as were declared, closes the file and gives it its
  /// name.
  Error finish();

private:
  SafeTensorsWriter() = default;
  std::unique_ptr<OutputFile> file;
  std::string path, temporary, start;
  uint64_t expected = 0, appended = 0;
};

} // namespace moec

#endif // MOEC_SUPPORT_SAFETENSORS_H
