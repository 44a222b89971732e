//===- ProductPlanTest.cpp - Products cut into atoms ----------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// A plan is carried out on numbers of elements instead of elements: every atom must multiply what
// belongs together, and all of them together each pair of a row and a column once along K.
//
//===----------------------------------------------------------------------===//
#include "Machines.h"

#include "lib/Simt/Layout/OperandLayouts.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

#include <map>

using namespace mlir;
using namespace moec;
using namespace moec::simt;
using namespace moec::test;

namespace {

/// What the lanes of a subgroup hold of one atom's operand or result: an element for each of the
/// atom's, by `layout` from the register `first` on. Fails where two holders differ.
std::vector<uint64_t> collect(const LinearLayout &atom, const LinearLayout &layout, unsigned first,
                              unsigned subgroup) {
  std::map<uint64_t, uint64_t> elements;
  for (unsigned lane = 0; lane < 1u << atom.getNumBits(LinearLayout::Space::Lane); ++lane)
    for (unsigned reg = 0; reg < atom.getNumRegisters(); ++reg) {
      uint64_t element = layout.getElement(first + reg, lane, subgroup);
      auto [place, isNew] = elements.emplace(atom.getElement(reg, lane, 0), element);
      EXPECT_TRUE(isNew || place->second == element);
    }
  std::vector<uint64_t> result;
  for (const auto &[place, element] : elements)
    result.push_back(element);
  EXPECT_EQ(result.size(), size_t(1) << atom.getNumElementBits());
  return result;
}

class ProductPlan : public ::testing::Test {
protected:
  ProductPlan() {
    context.loadDialect<tile::TileDialect, arith::ArithDialect, func::FuncDialect>();
  }

  /// The plan of a product of [m, k] by [n, k] on a machine; of a failure, what is said.
  FailureOr<MmaPlan> plan(const Geometry &machine, const std::string &weight, int64_t m, int64_t n,
                          int64_t k, const std::string &element = "bf16") {
    auto tile = [&](int64_t rows, int64_t columns, const std::string &type) {
      return "tensor<" + std::to_string(rows) + "x" + std::to_string(columns) + "x" + type + ">";
    };
    std::string a = tile(m, k, element), b = tile(n, k, element), d = tile(m, n, "f32");
    std::string ref = "!tile.ref<256x256x" + element + weight + ">";
    module = parseSourceString<ModuleOp>(
        "tile.kernel @gemm(%x: !tile.ref<256x256x" + element + ">, %w: " + ref +
            ", %y: !tile.ref<256x256xf32>)\n"
            "    grid(%bx = affine_map<() -> (1)>, %by = affine_map<() -> (1)>, %bz = "
            "affine_map<() -> (1)>) {\n"
            "  %c0 = arith.constant 0 : index\n"
            "  %a = tile.load %x[%c0, %c0] : !tile.ref<256x256x" +
            element + "> -> " + a +
            "\n"
            "  %b = tile.load %w[%c0, %c0] : " +
            ref + " -> " + b +
            "\n"
            "  %zero = arith.constant dense<0.0> : " +
            d +
            "\n"
            "  %d = tile.mma %a, %b, %zero b = nk : " +
            a + ", " + b + ", " + d +
            "\n"
            "  tile.store %d, %y[%c0, %c0] : " +
            d +
            ", !tile.ref<256x256xf32>\n"
            "  tile.return\n}\n",
        &context);
    EXPECT_TRUE(bool(module));
    FailureOr<MmaPlan> made = failure();
    module->walk([&](tile::MmaOp op) {
      if (asked)
        op->setAttr(tile::kProductAttr, asked);
      made = planMma(op, machine, machine.subgroups);
      source = findPackedSource(op.getB());
    });
    return made;
  }

  /// Carries out a plan and compares it with a product of [m, k] by [n, k].
  void expectProduct(const Geometry &machine, const MmaPlan &plan, int64_t m, int64_t n,
                     int64_t k) {
    const Atom &atom = *plan.atom;
    const LinearLayout &first = atom.getOperandLayout(Side::First, plan.formatB);
    const LinearLayout &second = atom.getOperandLayout(Side::Second, plan.formatA);
    // How often each product of an element of a by one of b is added to an element of d.
    std::map<std::tuple<uint64_t, uint64_t>, unsigned> counts;
    for (unsigned subgroup = 0; subgroup < machine.subgroups; ++subgroup)
      for (unsigned i = 0; i < plan.tilesM; ++i)
        for (unsigned j = 0; j < plan.tilesN; ++j) {
          auto sums = collect(atom.result, plan.acc,
                              (i * plan.tilesN + j) * atom.result.getNumRegisters(), subgroup);
          for (unsigned step = 0; step < plan.steps; ++step) {
            auto weights = collect(first, plan.b.data,
                                   (j * plan.steps + step) * first.getNumRegisters(), subgroup);
            auto rows = collect(second, plan.a.data,
                                (i * plan.steps + step) * second.getNumRegisters(), subgroup);
            for (unsigned r = 0; r < atom.rows; ++r)
              for (unsigned c = 0; c < atom.columns; ++c)
                for (unsigned l = 0; l < atom.k; ++l) {
                  uint64_t sum = sums[r * atom.columns + c];
                  uint64_t x = rows[c * atom.k + l], w = weights[r * atom.k + l];
                  ASSERT_EQ(x % k, w % k) << "both operands are at the same place of K";
                  ASSERT_EQ(sum, x / k * n + w / k) << "the sum is that of its row and column";
                  ++counts[{x, w}];
                }
          }
        }
    // Subgroups that are left over compute the same again.
    ASSERT_EQ(counts.size(), size_t(m * n * k));
    for (const auto &[pair, count] : counts)
      EXPECT_EQ(count, counts.begin()->second);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  /// What plans are asked for, if it is not null.
  tile::ProductAttr asked;
  /// The load of the last plan's weight, if it is packed.
  tile::LoadOp source;
};

TEST_F(ProductPlan, AtomsThatAreNotSquare) {
  for (auto [m, n, k] : {std::tuple{8, 16, 16}, {32, 64, 64}, {8, 128, 32}, {64, 32, 128}}) {
    FailureOr<MmaPlan> made = plan(getWide(), "", m, n, k);
    ASSERT_TRUE(succeeded(made));
    expectProduct(getWide(), *made, m, n, k);
  }
}

TEST_F(ProductPlan, SixteenLanes) {
  for (const char *element : {"bf16", "f32"})
    for (auto [m, n, k] : {std::tuple{4, 4, 4}, {16, 64, 16}, {8, 128, 32}}) {
      FailureOr<MmaPlan> made = plan(getNarrow(), "", m, n, k, element);
      ASSERT_TRUE(succeeded(made));
      expectProduct(getNarrow(), *made, m, n, k);
    }
}

// Whatever share of rows and columns subgroups are asked to take, the sums are all there.
TEST_F(ProductPlan, AskedForShares) {
  for (auto [rows, columns] : {std::pair{1, 4}, {2, 2}, {4, 1}, {1, 1}, {2, 1}, {1, 2}}) {
    asked = tile::ProductAttr::get(&context, "wide", {rows, columns}, {});
    FailureOr<MmaPlan> made = plan(getWide(), "", 64, 128, 32);
    ASSERT_TRUE(succeeded(made));
    EXPECT_EQ(made->subgroupsM, unsigned(rows));
    EXPECT_EQ(made->subgroupsN, unsigned(columns));
    expectProduct(getWide(), *made, 64, 128, 32);
  }
}

// The packing has the eight numbers of a lane's operand, of two rows, in 16 bytes: the atom's bits
// of k are then those that the packing gives them.
TEST_F(ProductPlan, PackedWeightIsReadInItsOrder) {
  FailureOr<MmaPlan> made =
      plan(getWide(), ", #tile.packed<[(1, 2, 1), (0, 2, 8), (1, 2, 2), (1, 4, 4), (0, 8, 1)]>", 16,
           32, 64);
  ASSERT_TRUE(succeeded(made));
  expectProduct(getWide(), *made, 16, 32, 64);
  ASSERT_TRUE(source);
  tile::PackedLayout packed = source.getRef().getType().getPacked().getLayout();
  const LinearLayout &layout = made->b.data;
  for (unsigned lane = 0; lane < getWide().lanes; ++lane)
    for (unsigned reg = 0; reg < 8; ++reg) {
      uint64_t element = layout.getElement(reg, lane, 0);
      EXPECT_EQ(
          packed.getOffset(layout.getCoordinate(element, 0), layout.getCoordinate(element, 1), 256),
          lane * 8 + reg);
    }
}

TEST_F(ProductPlan, NoInstruction) {
  std::string said;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    said = diagnostic.str();
    return success();
  });
  EXPECT_TRUE(failed(plan(getWide(), "", 16, 16, 16, "f32")));
  EXPECT_EQ(said, "'tile.mma' op in kernel 'gemm' multiplies 'f32' by 'f32', for which the machine "
                  "has no instruction");
}

} // namespace
