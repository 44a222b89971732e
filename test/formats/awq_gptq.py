"""AWQ and GPTQ: INT4 in words of 32 bits, [K, N] and not [N, K], with zero points."""
import struct

from codes import INT4, UINT4, split, transposed, words_along_rows

# Which of eight columns lies at each place of a word, the lowest first.
AWQ_ORDER = (0, 2, 4, 6, 1, 3, 5, 7)


def awq(x, group=128):
    """(code - zero) * scale; codes and zeros in words along N, zeros as they are."""
    codes, (_, groups) = x.codes(UINT4), x.grid((1, group))
    zeros = x.codes(UINT4, "zeros", x.rows * groups)
    stored, scales = x.scales("F16", x.rows * groups, 0.7 * x.unit(INT4))
    x.put("qweight", "I32", [x.columns, x.rows // 8],
          words_along_rows(transposed(codes, x.rows, x.columns), x.columns, x.rows, 4, AWQ_ORDER))
    x.put("qzeros", "I32", [groups, x.rows // 8],
          words_along_rows(transposed(zeros, x.rows, groups), groups, x.rows, 4, AWQ_ORDER))
    x.put("scales", "F16", [groups, x.rows], b"".join(transposed(split(stored, 2), x.rows, groups)))
    if x.damage == "word-order":  # columns lie in a word as they are counted
        codes, zeros = (misread(items, x.rows, AWQ_ORDER) for items in (codes, zeros))
    if x.damage == "order-inverse":  # the place of a column is looked up as if it were the column of a place
        codes, zeros = (misread(items, x.rows, [AWQ_ORDER[place] for place in AWQ_ORDER]) for items in (codes, zeros))
    x.value(UINT4, codes, scales, (1, group), zeros=list(zeros))


def misread(items, rows, places):
    """Rows of eight, where each is taken from another place: items[n] is what was stored for another n."""
    size = len(items) // rows
    lines = [items[row * size:row * size + size] for row in range(rows)]
    return b"".join([lines[row - row % 8 + places[row % 8]] for row in range(rows)])


def gptq(x, group=128, stored_less=1, act_order=False):
    """Codes in words along K, zeros along N and, in the first convention, one less than they are; g_idx: K -> group."""
    codes, (_, groups) = x.codes(UINT4), x.grid((1, group))
    zeros = bytes([1 + zero for zero in x.codes(range(15), "zeros", x.rows * groups)])
    stored, scales = x.scales("F16", x.rows * groups, 0.7 * x.unit(INT4))
    sequential = [column // group for column in range(x.columns)]
    g_idx = order_of_activations(x, sequential) if act_order else sequential
    words = words_along_rows(codes, x.rows, x.columns, 4)
    x.put("qweight", "I32", [x.columns // 8, x.rows], b"".join(transposed(split(words, 4), x.rows, x.columns // 8)))
    kept = transposed(bytes([zero - stored_less for zero in zeros]), x.rows, groups)
    x.put("qzeros", "I32", [groups, x.rows // 8], words_along_rows(kept, groups, x.rows, 4))
    x.put("scales", "F16", [groups, x.rows], b"".join(transposed(split(stored, 2), x.rows, groups)))
    x.put("g_idx", "I32", [x.columns], struct.pack(f"<{x.columns}i", *g_idx))
    if x.damage == "zero-as-stored":
        zeros = bytes([zero - stored_less for zero in zeros])
    if x.damage == "zero-axis":
        zeros = transposed(zeros, groups, x.rows)
    x.value(UINT4, codes, scales, (1, group), zeros=list(zeros),
            groups=g_idx if act_order and x.damage != "g-idx-unread" else None)


def order_of_activations(x, sequential):
    """Groups dealt out to columns as to columns sorted by something else."""
    keys = x.codes(range(251), "order", x.columns)
    order = sorted(range(x.columns), key=lambda column: (keys[column], column))
    g_idx = [0] * x.columns
    for place, column in enumerate(order):
        g_idx[column] = sequential[place]
    return g_idx


def gptq_act_order(x):
    gptq(x, act_order=True)


def gptq_v2(x):
    gptq(x, stored_less=0)


def awq_config(modules):
    return {"bits": 4, "group_size": 128, "modules_to_not_convert": modules, "quant_method": "awq", "version": "gemm",
            "zero_point": True}


def gptq_config(**others):
    meta = {"damp_auto_increment": 0.0025, "damp_percent": 0.01, "mse": 0.0, "quantizer": ["gptqmodel:2.3.0-dev"],
            "static_groups": False, "true_sequential": True, "uri": "https://github.com/modelcloud/gptqmodel"}
    return {"bits": 4, "checkpoint_format": "gptq", "desc_act": False, "group_size": 128, "hyb_act": False,
            "lm_head": False, "meta": meta, "pack_dtype": "int32", "quant_method": "gptq", "sym": False} | others
