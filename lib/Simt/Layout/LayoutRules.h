//===- LayoutRules.h - Layouts that follow from others ----------*- C++ -*-===//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions. See LICENSE.
//===----------------------------------------------------------------------===//
//
// How layouts follow from each other along with the elements of tiles, and those that ops across
// elements work best in.
//
//===----------------------------------------------------------------------===//
#ifndef MOEC_LIB_SIMT_LAYOUT_LAYOUTRULES_H
#define MOEC_LIB_SIMT_LAYOUT_LAYOUTRULES_H

#include "OperandLayouts.h"

namespace moec::simt {

/// How many subgroups a kernel's schedule asks for: `subgroups`, else the machine's.
unsigned getNumSubgroups(tile::KernelOp kernel, const Geometry &machine);

/// The layout of the operand of a broadcast to a tile in `layout`, register for register.
LinearLayout getBroadcastSource(tile::BroadcastOp op, LinearLayout layout);

/// The layout in which a reduction takes its operand, which lies as `layout`: that one, but where
/// only subgroups have the dimension, as they have slices of a product, they exchange, so that each
/// combines its part of the results and goes on with that.
LinearLayout getReduceSource(tile::ReduceOp op, const LinearLayout &layout);

/// The layout of the row indices of a gathered tile in `layout`: its first dimension alone.
LinearLayout getRowsLayout(LinearLayout layout);

/// Whether a reshape keeps the numbering of elements when extents are padded.
bool keepsNumbering(tile::ReshapeOp op);

/// The layout of the operand of a transposition whose result lies as `layout`, and the reverse.
LinearLayout getTransposeSource(tile::TransposeOp op, const LinearLayout &layout);
LinearLayout getTransposeResult(tile::TransposeOp op, const LinearLayout &layout);

/// The layout of a block-scaled tile whose numbers lie as `data`.
TileLayout withScales(const LinearLayout &data, mx::BlockType block);

/// The layout of scales that are nowhere but stored, which numbers need in the lanes of `scales`:
/// one in which lanes that need the same have one of several each, where the machine can swap them.
LinearLayout shareAmongLanes(const LinearLayout &scales, const Geometry &machine);

/// Whether a layout of codes has those that share a register in different lanes, or apart.
bool partsRegisters(const LinearLayout &data, mx::BlockType block);

/// Whether codes in a layout become numbers in the same: a lane holds whole registers of codes, and
/// small floats in pairs of one block.
bool canConvert(const LinearLayout &data, mx::BlockType block);

/// Whether a layout for numbers of `block` is one that codes may have: it can be converted, and no
/// block is in two subgroups.
bool suitsBlock(const LinearLayout &data, mx::BlockType block);

/// The layout of the operand and the result of a scan: what is scanned stays in one subgroup.
LinearLayout getScanLayout(tile::ScanOp op, const Geometry &machine, unsigned subgroups);

/// A layout of a vector whose elements are spread over lanes first, then subgroups.
LinearLayout getSpreadLayout(int64_t extent, const Geometry &machine, unsigned subgroups);

/// The layout of `count` results for each row of a tile in `layout`: they are the lowest registers.
LinearLayout getChosenLayout(const LinearLayout &layout, int64_t count);

/// The layout of codes whose numbers are wanted as `wanted`, given how the codes lie now.
TileLayout getCodesLayout(const LinearLayout &wanted, const TileLayout &now, mx::BlockType block);

/// Whether `value` follows from its place alone: a splat, constant or iota, which is made anew in
/// any layout without another lane's help.
bool isMadeAnywhere(mlir::Value value);

} // namespace moec::simt

#endif // MOEC_LIB_SIMT_LAYOUT_LAYOUTRULES_H
