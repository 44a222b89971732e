//===- BlockOrderTest.cpp - Orders of blocks are permutations -------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// What is emitted for constants is folded, so that the code itself says which block is whose.
//
//===----------------------------------------------------------------------===//

#include "moec/Simt/BlockOrder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

using namespace mlir;
using namespace moec;
using namespace moec::simt;

namespace {

using Place = std::array<int64_t, 2>;

/// Folds the code of one place of a plane.
class Folder {
public:
  Folder() { context.loadDialect<arith::ArithDialect>(); }

  Place operator()(Place place, Place extents, const BlockBands &bands) {
    OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
    ImplicitLocOpBuilder builder(module->getLoc(), &context);
    builder.setInsertionPointToEnd(module->getBody());
    auto number = [&](int64_t value) -> Value {
      return arith::ConstantOp::create(builder, builder.getI32IntegerAttr(int32_t(value)));
    };
    std::array<Value, 2> block = emitBlockOrder(builder, {number(place[0]), number(place[1])},
                                                {number(extents[0]), number(extents[1])}, bands);
    Place found{-1, -1};
    for (unsigned axis = 0; axis != 2; ++axis)
      if (std::optional<int64_t> value = getConstantIntValue(block[axis]))
        found[axis] = *value;
    return found;
  }

private:
  MLIRContext context;
};

TEST(BlockOrder, EachBlockIsComputedOnce) {
  Folder order;
  for (unsigned caches : {1, 2, 8})
    for (int64_t height : {1, 2, 3})
      for (int64_t columns : {1, 2, 3, 4, 7, 11})
        for (int64_t rows : {0, 1, 2, 5, 7, 8, 15, 16, 17, 24, 26, 49}) {
          std::set<Place> seen;
          for (int64_t y = 0; y != rows; ++y)
            for (int64_t x = 0; x != columns; ++x) {
              Place block = order({x, y}, {columns, rows}, {caches, height});
              EXPECT_TRUE(block[0] >= 0 && block[0] < columns && block[1] >= 0 && block[1] < rows)
                  << block[0] << ", " << block[1];
              EXPECT_TRUE(seen.insert(block).second)
                  << block[0] << ", " << block[1] << " again: " << caches << " caches, " << height
                  << " rows of " << columns << " x " << rows;
            }
        }
}

// Blocks of a whole band are on one cache, and no other block is there before they are done.
TEST(BlockOrder, CachesHaveBands) {
  Folder order;
  constexpr int64_t columns = 3, rows = 33, caches = 8, height = 2;
  std::map<int64_t, std::vector<Place>> onCache;
  for (int64_t number = 0; number != columns * rows; ++number)
    onCache[number % caches].push_back(
        order({number % columns, number / columns}, {columns, rows}, {caches, height}));
  for (auto &[cache, blocks] : onCache)
    for (int64_t band = 0; band != rows / (caches * height); ++band)
      for (int64_t place = 0; place != height * columns; ++place) {
        Place block = blocks[band * height * columns + place];
        EXPECT_EQ(block[1], (band * caches + cache) * height + place % height);
        EXPECT_EQ(block[0], place / height);
      }
}

} // namespace
