//===- Machine.cpp - The machine of a pass --------------------------------===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// Targets are above this layer, so a context is told who finds them.
//
//===----------------------------------------------------------------------===//
#include "Machine.h"

#include "moec/Dialect/Tile/Tile.h"

#include "mlir/IR/DialectInterface.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

using namespace mlir;
using namespace moec;
using namespace moec::simt;

namespace {
struct FinderInterface : DialectInterface::Base<FinderInterface> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(FinderInterface)

  FinderInterface(Dialect *dialect, MachineFinder find) : Base(dialect), find(std::move(find)) {}
  MachineFinder find;
};

struct FinderExtension : DialectExtension<FinderExtension, tile::TileDialect> {
  explicit FinderExtension(MachineFinder find) : find(std::move(find)) {}
  void apply(MLIRContext *, tile::TileDialect *dialect) const override {
    dialect->addInterface(std::make_unique<FinderInterface>(dialect, find));
  }
  MachineFinder find;
};
} // namespace

void simt::registerMachineFinder(DialectRegistry &dialects, MachineFinder finder) {
  dialects.addExtension(TypeID::get<FinderExtension>(),
                        std::make_unique<FinderExtension>(std::move(finder)));
}

FailureOr<const Lanes *> simt::findMachine(ModuleOp module, const Lanes *given) {
  if (given)
    return given;
  auto *dialect = module.getContext()->getOrLoadDialect<tile::TileDialect>();
  auto *interface = dialect->getRegisteredInterface<FinderInterface>();
  if (!interface)
    return emitError(module.getLoc(),
                     "is for a machine with lanes, but this program knows no machines");
  return interface->find(module);
}

/// [rows, columns] with `lanes` lanes: as much of the columns as lanes are left in a lane's
/// registers, then lanes along the columns, then along the rows.
static LinearLayout makeAtomLayout(unsigned rows, unsigned columns, unsigned lanes) {
  std::vector<uint64_t> registers, inLanes;
  for (uint64_t bit = 1; bit < uint64_t(rows) * columns; bit <<= 1)
    (bit < uint64_t(rows) * columns / lanes ? registers : inLanes).push_back(bit);
  return LinearLayout({rows, columns}, registers, inLanes, {});
}

FailureOr<std::unique_ptr<StatedMachine>> StatedMachine::create(ModuleOp module, unsigned lanes,
                                                                unsigned subgroups,
                                                                ArrayRef<unsigned> extents) {
  for (unsigned number : {lanes, subgroups})
    if (!llvm::isPowerOf2_32(number))
      return emitError(module.getLoc())
             << "a machine has a power of two of lanes and of subgroups, not " << number;
  auto machine = std::make_unique<StatedMachine>();
  machine->lanes = lanes;
  machine->subgroups = subgroups;
  if (extents.empty())
    return machine;
  if (extents.size() != 3 || !llvm::all_of(extents, llvm::isPowerOf2_32))
    return emitError(module.getLoc(), "an atom has rows, columns and k, powers of two");
  const unsigned rows = extents[0], columns = extents[1], k = extents[2];
  if (std::min({rows * k, columns * k, rows * columns}) < lanes)
    return emitError(module.getLoc()) << "an atom of " << rows << ", " << columns << ", " << k
                                      << " has no element for each of " << lanes << " lanes";
  machine->name = llvm::formatv("{0}x{1}x{2}", rows, columns, k);
  LinearLayout first = makeAtomLayout(rows, k, lanes), second = makeAtomLayout(columns, k, lanes);
  machine->atoms = {{machine->name,
                     rows,
                     columns,
                     k,
                     {{Format::BF16, first, second}, {Format::F32, first, second}},
                     makeAtomLayout(rows, columns, lanes)}};
  return machine;
}

Geometry StatedMachine::getGeometry() const {
  Geometry geometry{};
  geometry.lanes = lanes;
  geometry.subgroups = subgroups;
  geometry.atoms = atoms;
  return geometry;
}
