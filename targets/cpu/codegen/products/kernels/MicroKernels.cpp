//===- MicroKernels.cpp - Products of f32 rows and panels -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//
//===----------------------------------------------------------------------===//

#include "targets/cpu/codegen/products/kernels/MicroKernels.h"
#include "targets/cpu/codegen/lower/Vectors.h"

using namespace mlir;
using namespace moec;
using namespace moec::cpu;

LLVM::LLVMFuncOp MicroKernels::declare(StringRef name, ArrayRef<Type> arguments) {
  CodeBuilder b(module.getLoc(), module.getContext());
  b.setInsertionPointToStart(module.getBody());
  auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), arguments);
  auto function = LLVM::LLVMFuncOp::create(b, name, type, LLVM::Linkage::Internal);
  // One copy for all kernels of the module: a register block is a few kilobytes of straight code,
  // and its call costs nothing beside the thousands of multiply-adds that it makes.
  function.setNoInline(true);
  function.addEntryBlock(b);
  for (auto [number, argument] : llvm::enumerate(arguments))
    // Operands and accumulator never overlap, so loads for the next columns need not wait for the
    // stores of these.
    if (isa<LLVM::LLVMPointerType>(argument))
      function.setArgAttr(number, LLVM::LLVMDialect::getNoAliasAttrName(), b.getUnitAttr());
  return function;
}

namespace {
/// The body of a product: `rows` rows of f32 times one panel, a few vectors of its rows at a time.
///
/// The accumulators of the block, `rows` x `vectors`, stay in registers for all of K. Each k takes
/// `vectors` loads of the panel and `rows` broadcasts of the left operand for rows · vectors
/// multiply-adds, so a higher block needs fewer loads for each. How high and wide it may be says
/// its atom. Where it is narrower than the panel, the panel is read again for the next columns,
/// from a cache by then.
///
/// Each element of the result is one chain of fused multiply-adds from k = 0 up. Blocks of other
/// heights and widths have other elements in flight, not another order of their sums, so rows may
/// be covered by any blocks.
class Product {
public:
  /// Of the panel whose arrays start at `streams`.
  Product(CodeBuilder &b, const Machine &machine, const PanelFormat &format, RegisterBlock block,
          int64_t aStride, Value a, ArrayRef<Value> streams, Value cStride)
      : b(b), format(format), rows(block.rows), lanes(machine.getLanes()), vectors(block.vectors),
        aStride(aStride), a(a), panel(streams.front()), cStride(cStride),
        reader(b, machine, format, vectors, streams) {}

  /// Adds to `c` what these columns make of `depth` k.
  void emit(Value c, Value bStep, Value depth) {
    SmallVector<Value> sums;
    for (unsigned r = 0; r != rows; ++r)
      for (unsigned v = 0; v != vectors; ++v)
        sums.push_back(b.load(b.vec(b.getF32Type(), lanes), getPlace(c, r, v)));
    sums = format.isScaled() ? addBlocks(sums, depth) : addNumbers(sums, bStep, depth);
    for (unsigned r = 0; r != rows; ++r)
      for (unsigned v = 0; v != vectors; ++v)
        b.store(sums[r * vectors + v], getPlace(c, r, v));
  }

private:
  /// Element (row, vector · lanes) of the block, 4 bytes each; rows are cStride bytes apart.
  Value getPlace(Value c, unsigned row, unsigned vector) {
    return b.offset(b.offset(c, b.getI8Type(), b.mul(cStride, row)), 4 * vector * lanes);
  }

  /// Adds column `k` of the left operand from `aColumn` on, times the numbers of one k.
  void accumulate(SmallVectorImpl<Value> &sums, ArrayRef<Value> numbers, Value aColumn, int64_t k) {
    for (unsigned r = 0; r != rows; ++r) {
      Value left = b.load(b.getF32Type(), b.offset(aColumn, 4 * (r * aStride + k)));
      Value wide = b.splat(left, lanes);
      for (unsigned v = 0; v != vectors; ++v)
        sums[r * vectors + v] = b.fma(wide, numbers[v], sums[r * vectors + v]);
    }
  }

  /// A panel of floats, four k at a time and then one group of them, which is one or a pair.
  SmallVector<Value> addNumbers(SmallVector<Value> sums, Value bStep, Value depth) {
    int64_t group = format.getGroup();
    auto steps = [&](Value from, Value to, int64_t unroll) {
      sums = b.loop(from, to, unroll, sums, [&](Value k, ValueRange carried) {
        SmallVector<Value> next(carried);
        Value aColumn = b.offset(a, b.getF32Type(), k);
        Value row = b.offset(panel, b.getI8Type(), b.mul(k, bStep));
        // The first block of rows reads the panel from memory, and computing hides little of the
        // wait: the processor begins a few hundred instructions ahead, a few k of a high block, and
        // prefetches within a page of 4 kB only. F32 panels are mostly in scratch.
        if (format.isBf16())
          b.prefetchStream(row, unroll / group * panelRows * format.getRowBytes());
        for (int64_t u = 0; u != unroll; u += group) {
          for (auto [k, numbers] : llvm::enumerate(reader.readGroup(row, {})))
            accumulate(next, numbers, aColumn, u + k);
          row = b.offset(row, b.getI8Type(), b.mul(bStep, group));
        }
        return next;
      });
    };
    // `depth` is a value: K ends at a bound that only the launch knows.
    Value whole = b.mul(b.div(depth, 4), 4);
    steps(b.index(0), whole, 4);
    steps(whole, depth, group);
    return sums;
  }

  /// A panel of codes, a block at a time.
  SmallVector<Value> addBlocks(ArrayRef<Value> sums, Value depth) {
    int64_t size = format.getBlock().blockColumns;
    return b.loop(b.index(0), b.div(depth, size), 1, sums, [&](Value block, ValueRange carried) {
      // Scales are made into f32 once for a block and stay in registers, `vectors` of them; the
      // inner loop is over groups of codes.
      PanelReader::Block beside = reader.readBlock(block);
      return reader.loopGroups(
          block, size / format.getGroup(), beside, a, SmallVector<Value>(carried),
          [&](SmallVectorImpl<Value> &next, ArrayRef<Value> numbers, Value aColumn, int64_t k) {
            accumulate(next, numbers, aColumn, k);
          });
    });
  }

  CodeBuilder &b;
  PanelFormat format;
  unsigned rows, lanes, vectors;
  int64_t aStride;
  Value a, panel, cStride;
  PanelReader reader;
};

} // namespace

LLVM::LLVMFuncOp
MicroKernels::makeProduct(const std::string &name, const PanelFormat &format, RegisterBlock block,
                          function_ref<void(CodeBuilder &, const Columns &)> body) {
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return function;
  CodeBuilder b(module.getLoc(), module.getContext());
  Type ptr = b.ptrType(), i64 = b.getI64Type();
  unsigned streams = format.getStreamBits().size();
  SmallVector<Type> arguments(streams + 2, ptr);
  arguments.append(3, i64);
  auto function = declare(name, arguments);
  b.setInsertionPointToStart(&function.front());
  ValueRange given = function.getArguments();
  auto size = [&](unsigned number) {
    return b.castTo(given[streams + 2 + number], b.getIndexType());
  };
  Value cStride = size(0), bStep = size(1), depth = size(2);
  b.loop(b.index(0), b.index(panelRows), block.vectors * machine.getLanes(), [&](Value column) {
    body(b, {given[0],
             b.offset(given[streams + 1], b.getF32Type(), column),
             cStride,
             bStep,
             depth,
             format.getStreamsAt(b, given.slice(1, streams), column),
             {},
             {}});
  });
  LLVM::ReturnOp::create(b, ValueRange());
  return function;
}

LLVM::LLVMFuncOp MicroKernels::getProduct(const PanelFormat &format, RegisterBlock block,
                                          int64_t aStride) {
  std::string name =
      ("moec_product_" + format.getName() + "_" + Twine(block.rows) + "_" + Twine(aStride)).str();
  return makeProduct(name, format, block, [&](CodeBuilder &b, const Columns &columns) {
    Product product(b, machine, format, block, aStride, columns.a, columns.streams,
                    columns.cStride);
    product.emit(columns.c, columns.bStep, columns.depth);
  });
}

/// Numbers that bf16 holds exactly as words of one of `even` and one of `odd`.
static Value makePairs(CodeBuilder &b, Value even, Value odd) {
  VectorType i32 = cast<VectorType>(even.getType()).clone(b.getI32Type());
  return b.ori(b.shr(b.bitcast(even, i32), 16), b.andi(b.bitcast(odd, i32), int32_t(0xffff0000)));
}

LLVM::LLVMFuncOp MicroKernels::getDequantize(const PanelFormat &format, bool toPairs) {
  std::string name = (toPairs ? "moec_pairs_" : "moec_dequantize_") + format.getName();
  if (auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name))
    return function;
  CodeBuilder b(module.getLoc(), module.getContext());
  unsigned streams = format.getStreamBits().size(), lanes = machine.getLanes();
  SmallVector<Type> arguments(streams + 1, b.ptrType());
  arguments.push_back(b.getI64Type());
  auto function = declare(name, arguments);
  b.setInsertionPointToStart(&function.front());
  SmallVector<Value> given(function.getArguments());
  Value out = given[streams], depth = b.castTo(given[streams + 1], b.getIndexType());
  // The whole width at once: nothing is accumulated, so there are registers for it.
  PanelReader reader(b, machine, format, panelRows / lanes, ArrayRef(given).take_front(streams));
  int64_t size = format.getBlock().blockColumns, group = format.getGroup(), groups = size / group;
  b.loop(b.index(0), b.div(depth, size), 1, [&](Value block) {
    PanelReader::Block beside = reader.readBlock(block);
    b.loop(b.index(0), b.index(groups), 1, [&](Value g) {
      Value place = b.add(b.mul(block, groups), g);
      Value row = b.offset(given[0], b.getI8Type(), b.mul(place, format.getRowBytes() * panelRows));
      auto numbers = reader.readGroup(row, beside);
      int64_t together = toPairs ? 2 : 1;
      Value to = b.offset(out, b.getI8Type(), b.mul(place, 4 * panelRows * group / together));
      for (int64_t k = 0; k != group / together; ++k)
        for (unsigned v = 0; v != panelRows / lanes; ++v) {
          Value word =
              toPairs ? makePairs(b, numbers[2 * k][v], numbers[2 * k + 1][v]) : numbers[k][v];
          b.store(word, b.offset(to, 4 * (k * panelRows + v * lanes)));
        }
    });
  });
  LLVM::ReturnOp::create(b, ValueRange());
  return function;
}
