//===- Parser.cpp - Modules, heads of kernels, variables ------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//

#include "emulator/ptx/lib/syntax/Parser.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace moec::ptx {

namespace {
constexpr uint64_t kMostBytes = uint64_t(1) << 30; ///< Of a variable.
constexpr uint64_t kMostParameterBytes = 32764;    ///< Of a kernel.
} // namespace

std::optional<uint16_t> typeBits(std::string_view type) {
  if (type == ".pred")
    return 1;
  if (type == ".f16x2" || type == ".bf16x2" || type == ".tf32")
    return 32;
  if (type == ".bf16")
    return 16;
  if (type.size() < 3 || std::string_view("busf").find(type[1]) == std::string_view::npos)
    return std::nullopt;
  std::string_view bits = type.substr(2);
  for (uint16_t each : {8, 16, 32, 64, 128})
    if (bits == std::to_string(each) && !(type[1] == 'f' && each == 8))
      return each;
  return std::nullopt;
}

static std::optional<Space> spaceOf(std::string_view word) {
  if (word == ".global")
    return Space::Global;
  if (word == ".shared")
    return Space::Shared;
  if (word == ".const")
    return Space::Const;
  if (word == ".local")
    return Space::Local;
  return std::nullopt;
}

bool Parser::takeIf(char mark) {
  if (!lexer.peek().is(mark))
    return false;
  lexer.take();
  return true;
}

void Parser::expect(char mark) {
  if (!takeIf(mark))
    fail(lexer.peek().line, "'", mark, "' is missing before '", lexer.peek().text, "'");
}

std::string_view Parser::takeWord(const char *what) {
  if (lexer.peek().kind == TokenKind::Word)
    return lexer.take().text;
  fail(lexer.peek().line, what, " is missing before '", lexer.peek().text, "'");
  return {};
}

uint64_t Parser::takeInteger(const char *what, uint64_t most) {
  Token token = lexer.peek();
  NumberValue value = token.kind == TokenKind::Number ? readNumber(token.text) : NumberValue();
  if (value.kind != NumberValue::Integer || value.bits > most) {
    fail(token.line, what, " is '", token.text, "', no number up to ", most);
    return 0;
  }
  lexer.take();
  return value.bits;
}

Expected<ModuleSyntax> Parser::run() {
  ModuleSyntax module;
  if (!lexer.peek().is(".version"))
    fail(lexer.peek().line, "a PTX text begins with .version");
  while (!done())
    parseItem(module);
  if (message.empty() && module.target.empty())
    fail(lexer.peek().line, ".target is missing");
  if (!message.empty())
    return Error::make(message);
  return module;
}

void Parser::skipSection() {
  // Debug information: braces in it don't nest.
  while (!done() && !lexer.peek().is('{'))
    lexer.take();
  while (!done() && !lexer.peek().is('}'))
    lexer.take();
  expect('}');
}

void Parser::parseItem(ModuleSyntax &module) {
  bool isExtern = false;
  while (lexer.peek().is(".visible") || lexer.peek().is(".weak") || lexer.peek().is(".common") ||
         lexer.peek().is(".extern"))
    isExtern |= lexer.take().text == ".extern";
  Token token = lexer.take();
  if (token.is(".version")) {
    std::string text(lexer.take().text);
    size_t dot = text.find('.');
    NumberValue major = readNumber(text.substr(0, dot));
    NumberValue minor = readNumber(dot == std::string::npos ? "" : text.substr(dot + 1));
    if (major.kind != NumberValue::Integer || minor.kind != NumberValue::Integer ||
        major.bits > 99 || minor.bits > 9)
      return fail(token.line, "'", text, "' is no version");
    module.version = unsigned(major.bits * 10 + minor.bits);
  } else if (token.is(".target")) {
    module.target = takeWord("a target");
    while (takeIf(','))
      takeWord("an option of .target");
  } else if (token.is(".address_size")) {
    if (takeInteger("the size of addresses", 64) != 64)
      fail(token.line, "addresses of 32 bits are not emulated");
  } else if (token.is(".entry")) {
    parseFunction(module);
  } else if (token.is(".section")) {
    skipSection();
  } else if (token.is(".file")) {
    while (!done() && lexer.peek().line == token.line)
      lexer.take();
  } else if (std::optional<Space> space = spaceOf(token.text)) {
    Variable variable = parseVariable(isExtern);
    variable.space = *space;
    if (!module.variables.emplace(variable.name, variable).second)
      fail(variable.line, "there are two variables ", variable.name);
  } else {
    fail(token.line, "'", token.text, "' is not emulated");
  }
}

/// The element type and alignment in front of a variable's name come in either order.
Variable Parser::parseVariable(bool isExtern) {
  Variable variable;
  variable.isExtern = isExtern;
  std::optional<uint16_t> bits;
  uint64_t lanes = 1;
  while (!done() && lexer.peek().text.starts_with('.')) {
    Token token = lexer.take();
    if (token.is(".align"))
      variable.alignment = uint32_t(takeInteger("an alignment", 4096));
    else if (token.is(".v2") || token.is(".v4"))
      lanes = token.is(".v2") ? 2 : 4;
    else if (token.is(".attribute"))
      return fail(token.line, ".attribute is not emulated"), variable;
    else if (!(bits = typeBits(token.text)) || *bits < 8)
      return fail(token.line, "'", token.text, "' is no type of a variable"), variable;
  }
  variable.line = lexer.peek().line;
  if (!bits)
    return fail(variable.line, "the type of a variable is missing"), variable;
  variable.name = takeWord("a variable's name");
  variable.bytes = *bits / 8 * lanes;
  while (takeIf('[')) {
    uint64_t extent = lexer.peek().is(']') ? 0 : takeInteger("an extent", kMostBytes);
    variable.bytes = extent > kMostBytes / std::max<uint64_t>(variable.bytes, 1)
                         ? kMostBytes + 1
                         : variable.bytes * extent;
    expect(']');
  }
  if (variable.bytes > kMostBytes)
    fail(variable.line, "the variable ", variable.name, " has more than ", kMostBytes, " bytes");
  variable.alignment = std::max<uint32_t>(variable.alignment, 1);
  if (!std::has_single_bit(variable.alignment))
    fail(variable.line, "the alignment ", variable.alignment, " is no power of two");
  if (takeIf('='))
    parseImage(variable, *bits);
  expect(';');
  return variable;
}

void Parser::parseImage(Variable &variable, uint16_t bits) {
  // Nested braces say nothing that the order of the numbers doesn't.
  unsigned depth = 0;
  do {
    if (takeIf('{')) {
      ++depth;
    } else if (takeIf('}')) {
      --depth;
    } else if (!takeIf(',') || depth == 0) {
      bool isNegative = takeIf('-');
      Token token = lexer.take();
      NumberValue value = token.kind == TokenKind::Number ? readNumber(token.text) : NumberValue();
      if (value.kind == NumberValue::Bad)
        return fail(token.line, "'", token.text, "' is no number to start ", variable.name,
                    " with");
      if (isNegative)
        value.bits = ~value.bits + 1;
      for (unsigned i = 0; i < bits / 8u; ++i)
        variable.image.push_back(i < 8 ? uint8_t(value.bits >> 8 * i) : 0);
      if (variable.image.size() > variable.bytes)
        return fail(token.line, variable.name, " starts with more than its ", variable.bytes,
                    " bytes");
    }
  } while (depth && !done());
}

void Parser::parseFunction(ModuleSyntax &module) {
  FunctionSyntax function;
  function.info.line = lexer.peek().line;
  function.info.name = takeWord("a kernel's name");
  for (const FunctionSyntax &other : module.functions)
    if (other.info.name == function.info.name)
      fail(function.info.line, "there are two kernels ", other.info.name);
  if (takeIf('('))
    parseParameters(function.info);
  parseHead(function.info);
  registerCount = 0;
  if (takeIf(';'))
    return fail(function.info.line, "kernel ", function.info.name, " has no body");
  expect('{');
  parseBody(function);
  module.functions.push_back(std::move(function));
}

void Parser::parseParameters(KernelInfo &info) {
  if (takeIf(')'))
    return;
  do
    parseParameter(info);
  while (takeIf(','));
  expect(')');
}

void Parser::parseParameter(KernelInfo &info) {
  uint32_t line = lexer.peek().line;
  if (!lexer.take().is(".param"))
    return fail(line, ".param is missing");
  KernelParameter parameter;
  std::optional<uint16_t> bits;
  uint32_t alignment = 0;
  while (!done() && lexer.peek().text.starts_with('.')) {
    Token token = lexer.take();
    if (token.is(".ptr")) {
      parameter.pointer = true;
    } else if (token.is(".align")) {
      uint64_t value = takeInteger("an alignment", 4096);
      // Behind .ptr it is of what the pointer points to.
      alignment = parameter.pointer ? alignment : uint32_t(value);
    } else if (!spaceOf(token.text) && !(bits = typeBits(token.text))) {
      return fail(token.line, "'", token.text, "' is no type of a parameter");
    }
  }
  parameter.name = takeWord("a parameter's name");
  if (!bits || *bits < 8)
    return fail(line, "the parameter ", parameter.name, " has no type");
  uint64_t bytes = *bits / 8;
  parameter.alignment = std::max<uint32_t>(alignment, uint32_t(bytes));
  if (takeIf('[')) {
    bytes *= takeInteger("an extent", kMostParameterBytes);
    parameter.alignment = alignment ? alignment : parameter.alignment;
    expect(']');
  }
  if (!std::has_single_bit(parameter.alignment))
    return fail(line, "the alignment ", parameter.alignment, " is no power of two");
  uint64_t offset =
      (info.parameterBytes + parameter.alignment - 1) / parameter.alignment * parameter.alignment;
  if (offset + bytes > kMostParameterBytes)
    return fail(line, "the parameters have more than ", kMostParameterBytes, " bytes");
  parameter.offset = uint32_t(offset), parameter.size = uint32_t(bytes);
  info.parameterBytes = uint32_t(offset + bytes);
  info.parameters.push_back(std::move(parameter));
}

void Parser::parseHead(KernelInfo &info) {
  while (!done() && !lexer.peek().is('{') && !lexer.peek().is(';')) {
    Token token = lexer.take();
    if (token.is(".reqntid") || token.is(".maxntid")) {
      uint32_t extents[3] = {1, 1, 1};
      unsigned d = 0;
      do
        extents[d] = uint32_t(takeInteger("an extent", 1024));
      while (takeIf(',') && ++d < 3);
      uint64_t threads = uint64_t(extents[0]) * extents[1] * extents[2];
      info.maxThreads = uint32_t(std::min<uint64_t>(threads, info.maxThreads));
      if (token.is(".reqntid"))
        std::copy(extents, extents + 3, info.required);
    } else if (token.is(".minnctapersm") || token.is(".maxnreg") || token.is(".maxnctapersm")) {
      takeInteger("a number", ~0u); // How a machine allocates registers changes no result.
    } else if (token.is(".pragma")) {
      lexer.take();
      expect(';');
    } else {
      fail(token.line, "'", token.text, "' of a kernel is not emulated");
    }
  }
}

Expected<ModuleSyntax> parseText(std::string_view text) { return Parser(text).run(); }

} // namespace moec::ptx
