//===- DnnlBench.cpp - oneDNN's products, as cpu-kernel-bench has ours ----===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Rows by dense weights of one type, which oneDNN may lay out as it likes before: what it does in a
// second, as JSON.
//
//   OMP_NUM_THREADS=N cpu-dnnl-bench bf16|int8|f32 ROWS N K
//
//===----------------------------------------------------------------------===//

#include "benchmarks/cpu/InTurn.h"

#include <cstdlib>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <vector>

using namespace dnnl;
using namespace moec::bench;

namespace {
/// A type's name, oneDNN's number for it, and the bytes of a small positive number.
struct Type {
  const char *name;
  memory::data_type type;
  uint8_t fill;
};
constexpr Type types[] = {{"bf16", memory::data_type::bf16, 0x3c},
                          {"int8", memory::data_type::s8, 0x05},
                          {"f32", memory::data_type::f32, 0x3c}};

/// Memory of that description in which every byte is `fill`.
memory make(const memory::desc &description, const engine &device, uint8_t fill) {
  return memory(description, device, allocateFilled(description.get_size(), fill));
}

void run(const Type &type, int64_t rows, int64_t n, int64_t k, unsigned threads) {
  engine device(engine::kind::cpu, 0);
  stream order(device);
  using Tag = memory::format_tag;
  memory::desc x({rows, k}, type.type, Tag::ab), y({rows, n}, memory::data_type::f32, Tag::ab);
  memory::desc plain({k, n}, type.type, Tag::ab), own({k, n}, type.type, Tag::any);
  primitive_attr attributes;
  attributes.set_scratchpad_mode(scratchpad_mode::library);
  matmul::primitive_desc chosen(matmul::desc(x, own, y), attributes, device);
  matmul product(chosen);
  memory input = make(x, device, type.fill), output = make(y, device, 0);
  memory source = make(plain, device, type.fill);
  uint64_t bytes = chosen.weights_desc().get_size(), copies = countInTurn(bytes);
  std::vector<memory> weights;
  for (uint64_t i = 0; i != copies; ++i) {
    weights.push_back(make(chosen.weights_desc(), device, 0));
    reorder(source, weights.back()).execute(order, source, weights.back());
  }
  order.wait();
  double spent = 0;
  uint64_t rounds = 0;
  for (; !isMeasured(rounds, copies, spent); ++rounds) {
    double start = now(threads == 1);
    product.execute(order, {{DNNL_ARG_SRC, input},
                            {DNNL_ARG_WEIGHTS, weights[rounds % copies]},
                            {DNNL_ARG_DST, output}});
    order.wait();
    if (rounds >= copies)
      spent += now(threads == 1) - start;
  }
  printInTurn(threads, double(rows), double(n), double(k), double(bytes),
              spent / double(rounds - copies), chosen.impl_info_str());
}
} // namespace

int main(int argc, char **argv) {
  const char *threads = std::getenv("OMP_NUM_THREADS");
  if (argc == 5 && threads && std::atoi(threads) > 0)
    for (const Type &type : types)
      if (std::string(type.name) == argv[1]) {
        try {
          run(type, std::atol(argv[2]), std::atol(argv[3]), std::atol(argv[4]),
              unsigned(std::atoi(threads)));
        } catch (const dnnl::error &failure) {
          std::fprintf(stderr, "cpu-dnnl-bench: oneDNN has no such product here: %s\n",
                       failure.message);
          return 1;
        }
        return 0;
      }
  std::fprintf(stderr, "usage: OMP_NUM_THREADS=N cpu-dnnl-bench bf16|int8|f32 ROWS N K\n");
  return 1;
}
