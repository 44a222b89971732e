"""The typed forms of instructions that are asked for, as data: what step 1 runs.

A form is (name, least architecture, instructions, types of results, types of sources). In the instructions {d0} … are
registers of results, {a0}, {b0}, {c0} … those of the sources, {p} is a predicate, {s} a shared address of the lane.
A form of an architecture `a` alone has a least architecture with `a`.
"""

# Register class, bytes in memory.
TYPES = {"b16": ("b16", 2), "b32": ("b32", 4), "b64": ("b64", 8), "f32": ("f32", 4), "f64": ("f64", 8)}


def simple(opcode, result, *sources, least=80):
    letters = "abc"[: len(sources)]
    text = f"{opcode} {{d0}}, " + ", ".join(f"{{{letter}0}}" for letter in letters) + ";"
    return (opcode, least, text, [result], [[source] for source in sources])


def integers():
    for opcode in ("add.s32", "sub.s32", "mul.lo.s32", "mul.hi.s32", "mul.hi.u32", "div.s32", "div.u32", "rem.s32", "rem.u32",
                   "min.s32", "min.u32", "max.s32", "max.u32", "and.b32", "or.b32", "xor.b32", "shl.b32", "shr.u32", "shr.s32"):
        yield simple(opcode, "b32", "b32", "b32")
    for opcode in ("not.b32", "popc.b32", "clz.b32", "brev.b32", "abs.s32", "neg.s32", "bfind.u32"):
        yield simple(opcode, "b32", "b32")
    for opcode in ("mad.lo.s32", "prmt.b32", "bfe.u32", "bfe.s32", "shf.l.wrap.b32", "shf.r.clamp.b32", "dp4a.s32.s32"):
        yield simple(opcode, "b32", "b32", "b32", "b32")
    for opcode in ("mul.wide.s32", "mul.wide.u32"):
        yield simple(opcode, "b64", "b32", "b32")
    yield simple("mad.wide.u32", "b64", "b32", "b32", "b64")
    for opcode in ("add.s64", "sub.s64", "mul.lo.s64", "mul.hi.u64", "and.b64", "or.b64", "xor.b64", "min.s64", "max.u64", "div.u64", "rem.s64"):
        yield simple(opcode, "b64", "b64", "b64")
    for opcode in ("shl.b64", "shr.u64", "shr.s64"):
        yield simple(opcode, "b64", "b64", "b32")
    yield ("lop3.b32.e8", 80, "lop3.b32 {d0}, {a0}, {b0}, {c0}, 0xe8;", ["b32"], [["b32"], ["b32"], ["b32"]])
    yield ("bfi.b32", 80, "bfi.b32 {d0}, {a0}, {b0}, 3, 9;", ["b32"], [["b32"], ["b32"]])
    for relation in ("lt.s32", "ge.u32", "eq.s32"):
        yield (f"setp.{relation}", 80, f"setp.{relation} {{p}}, {{a0}}, {{b0}}; selp.u32 {{d0}}, 1, 0, {{p}};", ["b32"], [["b32"], ["b32"]])


def floats():
    for opcode in ("add.rn.f32", "add.rz.f32", "add.rn.ftz.f32", "sub.rn.f32", "mul.rn.f32", "mul.rn.ftz.f32", "div.rn.f32", "div.full.f32",
                   "div.approx.f32", "min.f32", "max.f32", "min.NaN.f32", "max.NaN.f32", "copysign.f32"):
        yield simple(opcode, "f32", "f32", "f32")
    for opcode in ("fma.rn.f32", "fma.rz.f32", "fma.rn.ftz.f32"):
        yield simple(opcode, "f32", "f32", "f32", "f32")
    for opcode in ("rcp.rn.f32", "sqrt.rn.f32", "abs.f32", "neg.f32", *approximate()):
        yield simple(opcode, "f32", "f32")
    for opcode in ("add.rn.f64", "mul.rn.f64", "div.rn.f64"):
        yield simple(opcode, "f64", "f64", "f64")
    yield simple("fma.rn.f64", "f64", "f64", "f64", "f64")
    yield simple("sqrt.rn.f64", "f64", "f64")
    for kind in ("f16x2", "bf16x2"):
        yield simple(f"fma.rn.{kind}", "b32", "b32", "b32", "b32")
        yield simple(f"min.{kind}", "b32", "b32", "b32")
        yield simple(f"max.NaN.{kind}", "b32", "b32", "b32")
        yield simple(f"add.rn.{kind}", "b32", "b32", "b32", least=80 if kind == "f16x2" else 90)
        yield simple(f"mul.rn.{kind}", "b32", "b32", "b32", least=80 if kind == "f16x2" else 90)
    for relation in ("lt.f32", "leu.f32", "equ.f32", "num.f32", "nan.f32"):
        yield (f"setp.{relation}", 80, f"setp.{relation} {{p}}, {{a0}}, {{b0}}; selp.u32 {{d0}}, 1, 0, {{p}};", ["b32"], [["f32"], ["f32"]])


def approximate():
    """Those whose results cards may choose, within PTX's stated error: run on many inputs."""
    for opcode in ("ex2", "lg2", "rcp", "sqrt", "rsqrt", "sin", "cos"):
        yield f"{opcode}.approx.f32"
        yield f"{opcode}.approx.ftz.f32"
    yield "tanh.approx.f32"


def conversions():
    for text, result, source in (
        ("rn.f32.s32", "f32", "b32"), ("rn.f32.u32", "f32", "b32"), ("rz.f32.u32", "f32", "b32"), ("rn.f32.s64", "f32", "b64"),
        ("rn.f32.u64", "f32", "b64"), ("rn.f32.f64", "f32", "f64"), ("f64.f32", "f64", "f32"), ("rn.f64.s64", "f64", "b64"),
        ("rzi.s32.f32", "b32", "f32"), ("rni.s32.f32", "b32", "f32"), ("rmi.s32.f32", "b32", "f32"), ("rpi.s32.f32", "b32", "f32"),
        ("rzi.u32.f32", "b32", "f32"), ("rzi.s64.f32", "b64", "f32"), ("rzi.u64.f32", "b64", "f32"), ("rni.f32.f32", "f32", "f32"),
        ("rmi.f32.f32", "f32", "f32"), ("sat.f32.f32", "f32", "f32"), ("rn.f16.f32", "b16", "f32"), ("rz.f16.f32", "b16", "f32"),
        ("f32.f16", "f32", "b16"), ("rn.bf16.f32", "b16", "f32"), ("rz.bf16.f32", "b16", "f32"), ("rna.tf32.f32", "b32", "f32"),
        ("s64.s32", "b64", "b32"), ("u64.u32", "b64", "b32"), ("u32.u64", "b32", "b64"), ("s32.s8", "b32", "b32"), ("u32.u8", "b32", "b32"),
        ("sat.s8.s32", "b32", "b32"), ("sat.u16.s32", "b16", "b32"),
    ):
        yield simple(f"cvt.{text}", result, source)
    yield simple("cvt.f32.bf16", "f32", "b16", least=90)
    for kind in ("bf16x2", "f16x2"):
        for rounding in ("rn", "rz", "rn.relu"):
            yield simple(f"cvt.{rounding}.{kind}.f32", "b32", "f32", "f32")
    for kind in ("e4m3x2", "e5m2x2"):
        yield simple(f"cvt.rn.satfinite.{kind}.f32", "b16", "f32", "f32", least=90)
        yield simple(f"cvt.rn.f16x2.{kind}", "b32", "b16", least=90)
    byte = "{{.reg .b8 %byte; cvt.rn.satfinite.e2m1x2.f32 %byte, {a0}, {b0}; cvt.u32.u8 {d0}, %byte;}}"
    yield ("cvt.rn.satfinite.e2m1x2.f32", "100a", byte, ["b32"], [["f32"], ["f32"]])
    yield simple("cvt.rn.bf16x2.ue8m0x2", "b32", "b16", least="100a")
    yield simple("cvt.rp.satfinite.ue8m0x2.f32", "b16", "f32", "f32", least="100a")


def lanes():
    for mode in ("bfly", "up", "down", "idx"):
        clamp = 0 if mode == "up" else 31
        yield (f"shfl.sync.{mode}.b32", 80, f"and.b32 {{d0}}, {{b0}}, 31; shfl.sync.{mode}.b32 {{d0}}, {{a0}}, {{d0}}, {clamp}, -1;", ["b32"], [["b32"], ["b32"]])
    yield ("vote.sync.ballot.b32", 80, "setp.lt.s32 {p}, {a0}, 0; vote.sync.ballot.b32 {d0}, {p}, -1;", ["b32"], [["b32"]])
    for operation in ("add.s32", "min.s32", "max.u32", "and.b32", "xor.b32"):
        yield (f"redux.sync.{operation}", 80, f"redux.sync.{operation} {{d0}}, {{a0}}, -1;", ["b32"], [["b32"]])
    for count in (1, 2, 4):
        for kind in ("", ".trans"):
            registers = ", ".join(f"{{d{i}}}" for i in range(count))
            yield (f"ldmatrix.x{count}{kind}", 80,
                   "st.shared.v4.b32 [{s}], {{{a0}, {a1}, {a2}, {a3}}}; bar.warp.sync -1; "
                   f"ldmatrix.sync.aligned.m8n8.x{count}{kind}.shared.b16 {{{{{registers}}}}}, [{{s}}];", ["b32"] * count, [["b32"] * 4])
    shapes = (("m16n8k16", "f32", "bf16", 4, 2), ("m16n8k8", "f32", "bf16", 2, 1), ("m16n8k16", "f32", "f16", 4, 2),
              ("m16n8k8", "f32", "tf32", 4, 2), ("m16n8k4", "f32", "tf32", 2, 1), ("m16n8k32", "s32", "s8", 4, 2), ("m16n8k32", "s32", "u8", 4, 2))
    for shape, sum_type, kind, a, b in shapes:
        register = "f32" if sum_type == "f32" else "b32"
        groups = [", ".join(f"{{{letter}{i}}}" for i in range(n)) for letter, n in (("d", 4), ("a", a), ("b", b), ("c", 4))]
        operands = ", ".join("{{" + group + "}}" for group in groups)
        yield (f"mma.{shape}.{kind}", 80, f"mma.sync.aligned.{shape}.row.col.{sum_type}.{kind}.{kind}.{sum_type} {operands};",
               [register] * 4, [["b32"] * a, ["b32"] * b, [register] * 4])


def all_forms():
    return [*integers(), *floats(), *conversions(), *lanes()]
