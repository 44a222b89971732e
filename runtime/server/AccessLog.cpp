//===- AccessLog.cpp - What was served --------------------------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "runtime/server/AccessLog.h"

#include "runtime/server/api/Json.h"

#include <cerrno>
#include <cstring>
#include <ctime>

using namespace moec;
using namespace moec::server;

Expected<AccessLog> AccessLog::open(const std::string &path) {
  if (path.empty())
    return AccessLog(nullptr);
  if (path == "-")
    return AccessLog(std::shared_ptr<std::FILE>(stdout, [](std::FILE *) {}));
  std::FILE *file = std::fopen(path.c_str(), "a");
  if (!file)
    return Error::make("cannot write '", path, "': ", std::strerror(errno));
  return AccessLog(std::shared_ptr<std::FILE>(file, [](std::FILE *file) { std::fclose(file); }));
}

/// 2025-01-31T12:00:00.123Z.
static std::string iso8601(std::chrono::system_clock::time_point time) {
  auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  auto seconds = static_cast<std::time_t>(milliseconds / 1000);
  std::tm parts;
  gmtime_r(&seconds, &parts);
  char text[40];
  size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + size, sizeof(text) - size, ".%03dZ", static_cast<int>(milliseconds % 1000));
  return text;
}

std::string server::toLine(const AccessRecord &record, std::chrono::system_clock::time_point time) {
  OrderedJson line;
  line["time"] = iso8601(time);
  line["id"] = record.id;
  line["method"] = record.method;
  line["path"] = record.path;
  line["status"] = record.status;
  auto optional = [&](const char *name, const auto &value) {
    line[name] = value ? OrderedJson(*value) : OrderedJson();
  };
  optional("prompt_tokens", record.promptTokens);
  optional("completion_tokens", record.completionTokens);
  line["seconds"] = record.seconds;
  optional("first_token_seconds", record.firstTokenSeconds);
  line["reason"] = record.reason;
  return dumpJson(line) + "\n";
}

void AccessLog::write(const AccessRecord &record) const {
  if (!file)
    return;
  std::string line = toLine(record, std::chrono::system_clock::now());
  std::fwrite(line.data(), 1, line.size(), file.get());
  std::fflush(file.get());
}
