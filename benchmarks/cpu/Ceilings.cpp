//===- Ceilings.cpp - What this machine can do at most ----------------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Prints as JSON, for a number of threads: bytes a second read from memory, multiply-adds of f32
// and of bytes a second, two operations each, by the widest vectors that generated code would use.
// The best of several runs counts, since a ceiling is asked for.
//
//===----------------------------------------------------------------------===//

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <immintrin.h>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace {
constexpr uint64_t bytesPerThread = 1ull << 30;
constexpr int repetitions = 5;
/// Accumulators, enough to hide the latency of a multiply-add on two ports.
constexpr int chains = 12;

double seconds(unsigned threads, const std::function<void(unsigned)> &work) {
  using Clock = std::chrono::steady_clock;
  double best = 1e30;
  for (int i = 0; i < repetitions; ++i) {
    auto begin = Clock::now();
    std::vector<std::thread> pool;
    for (unsigned t = 0; t < threads; ++t)
      pool.emplace_back(work, t);
    for (std::thread &thread : pool)
      thread.join();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - begin).count());
  }
  return best;
}

/// Keeps a value alive.
template <typename T> void use(T value) { asm volatile("" : : "x"(value)); }

void readAll(const uint8_t *data) {
  __m256i sum[4] = {};
  for (uint64_t i = 0; i < bytesPerThread; i += 128)
    for (int j = 0; j < 4; ++j)
      sum[j] = _mm256_xor_si256(
          sum[j], _mm256_load_si256(reinterpret_cast<const __m256i *>(data + i + 32 * j)));
  for (__m256i part : sum)
    use(part);
}

/// Multiplies and adds in `chains` vectors of f32, by AVX2 or AVX-512.
void multiplyFloats(uint64_t rounds) {
  __m256 sum[chains], x = _mm256_set1_ps(1.0f), y = _mm256_set1_ps(1e-9f);
  for (__m256 &s : sum)
    s = x;
  for (uint64_t i = 0; i < rounds; ++i) {
    asm volatile("" : "+x"(x), "+x"(y));
    for (__m256 &s : sum)
      s = _mm256_fmadd_ps(x, y, s);
  }
  for (__m256 part : sum)
    use(part);
}

[[gnu::target("avx512f")]] void multiplyWideFloats(uint64_t rounds) {
  __m512 sum[chains], x = _mm512_set1_ps(1.0f), y = _mm512_set1_ps(1e-9f);
  for (__m512 &s : sum)
    s = x;
  for (uint64_t i = 0; i < rounds; ++i) {
    asm volatile("" : "+v"(x), "+v"(y));
    for (__m512 &s : sum)
      s = _mm512_fmadd_ps(x, y, s);
  }
  for (__m512 part : sum)
    asm volatile("" : : "v"(part));
}

/// The same with bytes: vpmaddubsw and vpmaddwd, or vpdpbusd.
void multiplyBytes(uint64_t rounds) {
  __m256i sum[chains] = {}, x = _mm256_set1_epi8(3), y = _mm256_set1_epi8(5),
          one = _mm256_set1_epi16(1);
  for (uint64_t i = 0; i < rounds; ++i) {
    asm volatile("" : "+x"(x), "+x"(y));
    for (__m256i &s : sum) {
      __m256i pairs;
      asm volatile("vpmaddubsw %2, %1, %0" : "=x"(pairs) : "x"(x), "x"(y));
      s = _mm256_add_epi32(s, _mm256_madd_epi16(pairs, one));
    }
  }
  for (__m256i part : sum)
    use(part);
}

[[gnu::target("avx512f,avx512vnni")]] void multiplyWideBytes(uint64_t rounds) {
  __m512i sum[chains] = {}, x = _mm512_set1_epi8(3), y = _mm512_set1_epi8(5);
  for (uint64_t i = 0; i < rounds; ++i) {
    asm volatile("" : "+v"(x), "+v"(y));
    for (__m512i &s : sum)
      s = _mm512_dpbusd_epi32(s, x, y);
  }
  for (__m512i part : sum)
    asm volatile("" : : "v"(part));
}
} // namespace

int main(int argc, char **argv) {
  unsigned threads = argc > 1 ? unsigned(std::atoi(argv[1])) : 1;
  if (threads == 0) {
    std::fprintf(stderr, "usage: cpu-ceilings [THREADS]\n");
    return 1;
  }
  std::vector<uint8_t *> buffers(threads);
  for (uint8_t *&buffer : buffers) {
    buffer = static_cast<uint8_t *>(std::aligned_alloc(2 << 20, bytesPerThread));
    if (!buffer) {
      std::fprintf(stderr, "cpu-ceilings: no memory for %u times 1 GiB\n", threads);
      return 1;
    }
    madvise(buffer, bytesPerThread, MADV_HUGEPAGE);
    std::fill(buffer, buffer + bytesPerThread, uint8_t(1));
  }
  constexpr uint64_t rounds = 50'000'000;
  double read =
      threads * double(bytesPerThread) / seconds(threads, [&](unsigned t) { readAll(buffers[t]); });
  bool wide = __builtin_cpu_supports("avx512f");
  bool vnni = wide && __builtin_cpu_supports("avx512vnni");
  double floats =
      threads * rounds * chains * (wide ? 16 : 8) * 2.0 /
      seconds(threads, [&](unsigned) { (wide ? multiplyWideFloats : multiplyFloats)(rounds); });
  double bytes =
      threads * rounds * chains * (vnni ? 64 : 32) * 2.0 /
      seconds(threads, [&](unsigned) { (vnni ? multiplyWideBytes : multiplyBytes)(rounds); });
  std::printf("{\"threads\": %u, \"vectors\": \"%s\", \"bytes_per_second\": %.4g, "
              "\"f32_ops_per_second\": %.4g, \"int8_ops_per_second\": %.4g}\n",
              threads,
              vnni   ? "AVX-512, VNNI"
              : wide ? "AVX-512"
                     : "AVX2",
              read, floats, bytes);
  for (uint8_t *buffer : buffers)
    std::free(buffer);
  return 0;
}
