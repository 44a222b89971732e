//===- Harness.cpp - Building and running test kernels ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// See Harness.h.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

namespace moec::gfx950::test {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "moec-emulator-XXXXXX").string();
  dir = mkdtemp(pattern.data()) ? pattern : "";
}
TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(dir, ignored);
}

bool run(const std::string &command) {
  int status = std::system(command.c_str());
  EXPECT_EQ(status, 0) << command;
  return status == 0;
}

std::vector<std::byte> readBytes(const std::string &path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::vector<std::byte> bytes(size_t(std::max<std::streamoff>(file.tellg(), 0)));
  file.seekg(0);
  file.read(reinterpret_cast<char *>(bytes.data()), std::streamsize(bytes.size()));
  return bytes;
}

void writeText(const std::string &path, const std::string &text) { std::ofstream(path) << text; }

static const std::string kClang = MOEC_LLVM_BIN "/clang --target=amdgcn-amd-amdhsa -mcpu=gfx950 ";

bool Device::load(const std::string &path) {
  auto loaded = Module::load(readBytes(path), memory);
  if (!loaded) {
    ADD_FAILURE() << loaded.takeError().message();
    return false;
  }
  module = std::move(*loaded);
  return true;
}

bool Device::compile(const std::string &file, int level, const std::string &flags) {
  std::string out = dir.path("code.hsaco");
  return test::run(kClang + "-nogpulib -w -O" + std::to_string(level) + " " + flags +
                   " -I " MOEC_TEST_INPUTS " -o " + out + " " +
                   (file[0] == '/' ? file : MOEC_TEST_INPUTS "/" + file)) &&
         load(out);
}

bool Device::compileText(const std::string &source, int level, const std::string &flags) {
  writeText(dir.path("source.c"), source);
  return compile(dir.path("source.c"), level, flags);
}

bool Device::assemble(const std::string &text) {
  std::string in = dir.path("text.s"), object = dir.path("text.o"), out = dir.path("code.hsaco");
  writeText(in, text);
  // What clang would start, without clang, which takes longer to start than text to assemble.
  return test::run(MOEC_LLVM_BIN "/llvm-mc --triple=amdgcn-amd-amdhsa -mcpu=gfx950 -filetype=obj "
                                 "-o " +
                   object + " " + in) &&
         test::run(MOEC_LLVM_BIN "/ld.lld --no-undefined -shared -o " + out + " " + object) &&
         load(out);
}

std::string Device::launch(const std::string &kernel, std::vector<uint32_t> grid,
                           std::vector<uint32_t> block, const std::vector<std::byte> &arguments,
                           unsigned threads) {
  const KernelInfo *info = module->kernel(kernel);
  if (!info)
    return "no kernel " + kernel;
  LaunchShape shape;
  std::copy(grid.begin(), grid.end(), shape.grid);
  std::copy(block.begin(), block.end(), shape.block);
  LaunchOptions options;
  options.threads = threads;
  options.instructionLimit = 20'000'000;
  options.allowed = allowed, options.turn = turn;
  options.checkBlocks = checkGroups;
  options.blocks = groups;
  options.profile = profiled ? &profile : nullptr;
  findings.clear();
  options.findings = &findings;
  auto result = gfx950::launch(*module, *info, shape, arguments, memory, options);
  if (!result)
    return result.takeError().message();
  counters = *result;
  return "";
}

std::string asmKernel(const std::string &name, const std::string &body) {
  std::string s =
      ".text\n.globl " + name + "\n.p2align 8\n.type " + name + ",@function\n" + name + ":\n" +
      body + "\n  s_endpgm\n.Lend_" + name + ":\n.size " + name + ", .Lend_" + name + "-" + name +
      "\n.section .rodata,\"a\"\n.p2align 6\n.amdhsa_kernel " + name +
      "\n  .amdhsa_next_free_vgpr 512\n  .amdhsa_accum_offset 256\n  .amdhsa_next_free_sgpr 96\n"
      "  .amdhsa_user_sgpr_kernarg_segment_ptr 1\n  .amdhsa_group_segment_fixed_size 65536\n"
      "  .amdhsa_kernarg_size 64\n  .amdhsa_system_sgpr_workgroup_id_x 1\n.end_amdhsa_kernel\n";
  return s + ".amdgpu_metadata\n---\namdhsa.version: [1, 2]\namdhsa.kernels:\n  - .name: " + name +
         "\n    .symbol: " + name +
         ".kd\n    .kernarg_segment_size: 64\n    .group_segment_fixed_size: 65536\n    "
         ".private_segment_fixed_size: 0\n"
         "    .kernarg_segment_align: 8\n    .wavefront_size: 64\n    .sgpr_count: 96\n    "
         ".vgpr_count: 512\n"
         "    .max_flat_workgroup_size: 1024\n...\n.end_amdgpu_metadata\n";
}

/// Like asmKernel for many kernels: metadata may appear once only.
static std::string manyKernels(const std::vector<std::pair<std::string, std::string>> &kernels) {
  std::string code, metadata = ".amdgpu_metadata\n---\namdhsa.version: [1, 2]\namdhsa.kernels:\n";
  for (const auto &[name, body] : kernels) {
    std::string one = asmKernel(name, body);
    size_t at = one.find(".amdgpu_metadata"), list = one.find("  - .name"), end = one.find("...\n");
    code += one.substr(0, at);
    metadata += one.substr(list, end - list);
  }
  return code + metadata + "...\n.end_amdgpu_metadata\n";
}

SnippetRunner::SnippetRunner(std::vector<Snippet> list) : snippets(std::move(list)) {
  std::vector<std::pair<std::string, std::string>> kernels;
  for (size_t i = 0; i < snippets.size(); ++i) {
    const Snippet &s = snippets[i];
    unsigned inBytes = (s.inputs + 3) / 4 * 16, outBytes = s.outputs * 4;
    std::string body = "  s_load_dwordx4 s[4:7], s[0:1], 0x0\n  v_mul_u32_u24 v1, " +
                       std::to_string(inBytes) + ", v0\n  v_mul_u32_u24 v2, " +
                       std::to_string(outBytes) + ", v0\n  s_waitcnt lgkmcnt(0)\n";
    for (unsigned r = 0; r < s.inputs; r += 4)
      body += "  global_load_dwordx4 v[" + std::to_string(48 + r) + ":" + std::to_string(51 + r) +
              "], v1, s[4:5] offset:" + std::to_string(4 * r) + "\n";
    for (unsigned r = 0; r < s.outputs; ++r)
      body += "  v_mov_b32 v" + std::to_string(8 + r) + ", 0\n";
    body += "  s_waitcnt vmcnt(0)\n" + s.text +
            "\n  s_nop 15\n  s_nop 15\n  s_waitcnt vmcnt(0) lgkmcnt(0)\n";
    for (unsigned r = 0; r < s.outputs; ++r)
      body += "  global_store_dword v2, v" + std::to_string(8 + r) +
              ", s[6:7] offset:" + std::to_string(4 * r) + "\n";
    kernels.push_back({"snippet" + std::to_string(i), body});
  }
  good = device.assemble(manyKernels(kernels));
}

std::vector<std::vector<uint32_t>>
SnippetRunner::operator()(size_t i, const std::vector<std::vector<uint32_t>> &input) {
  const Snippet &s = snippets[i];
  unsigned inDwords = (s.inputs + 3) / 4 * 4;
  std::vector<uint32_t> in(std::max(1u, inDwords * 64)), out(s.outputs * 64);
  for (unsigned lane = 0; lane < 64; ++lane)
    for (unsigned r = 0; r < input.size(); ++r)
      in[lane * inDwords + r] = input[r][lane];
  uint32_t *deviceIn = device.buffer(in), *deviceOut = device.buffer(out);
  message = device.launch("snippet" + std::to_string(i), {1, 1, 1}, {64, 1, 1},
                          pack(deviceIn, deviceOut));
  std::vector<std::vector<uint32_t>> result;
  if (message.empty()) {
    result.assign(s.outputs, std::vector<uint32_t>(64));
    for (unsigned lane = 0; lane < 64; ++lane)
      for (unsigned r = 0; r < s.outputs; ++r)
        result[r][lane] = deviceOut[lane * s.outputs + r];
  }
  device.memory.release(deviceIn);
  device.memory.release(deviceOut);
  return result;
}

static void compareLane(const Case &c, uint32_t got, uint32_t want, unsigned lane) {
  if (c.ulps < 0) {
    ASSERT_EQ(got, want) << c.text << " lane " << lane;
    return;
  }
  float a = std::bit_cast<float>(got), b = std::bit_cast<float>(want);
  if (a == b || (std::isnan(a) && std::isnan(b)))
    return;
  double unit = std::ldexp(1.0, std::max(std::ilogb(b), -126) - 23);
  ASSERT_LE(std::fabs(double(a) - double(b)), c.ulps * unit)
      << c.text << " lane " << lane << ": " << a << " for " << b;
}

void check(const std::vector<Case> &cases, unsigned seed, std::function<uint32_t(uint32_t)> make) {
  std::vector<Snippet> snippets;
  for (const Case &c : cases)
    snippets.push_back({"  v_mov_b32 v8, 0x11223344\n  s_nop 4\n  " + c.text, 4, 1});
  SnippetRunner runner(snippets);
  ASSERT_TRUE(runner.ok());
  std::mt19937 rng(seed);
  for (size_t i = 0; i < cases.size(); ++i) {
    std::vector<Row> in(4, Row(64));
    for (Row &row : in)
      for (uint32_t &v : row)
        v = make ? make(uint32_t(rng())) : uint32_t(rng());
    auto got = runner(i, in);
    ASSERT_EQ(runner.message, "") << cases[i].text;
    for (unsigned lane = 0; lane < 64; ++lane)
      compareLane(cases[i], got[0][lane], cases[i].want(in, lane), lane);
  }
}

} // namespace moec::gfx950::test
