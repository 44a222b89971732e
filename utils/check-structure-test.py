#!/usr/bin/env python3
"""Plants one violation of each rule of check-structure.py in a small tree and looks for its line."""
import importlib.util
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("check_structure", Path(__file__).parent / "check-structure.py")
rules = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rules)

OP = '''def MoE_Op1Op : MoE_Op<"op1", [Pure]> {
  let summary = "one";
  let description = [{
    ```mlir
    %y = moe.op1 %x
    ```
  }];
  let arguments = (ins MoE_Rows:$x, I64Attr:$n);
  let results = (outs MoE_Rows:$y);
  let hasVerifier = 1;
}
'''
TD = "include/moec/Dialect/MoE/MoEOps.td"

# What every lit test below begins with, unless a test of the rules says otherwise.
INTENT = {".mlir": "// It works.\n", ".test": "# It works.\n"}

# A tree without findings.
GOOD = {
    "lib/Dialect/MoE/MoE.cpp": '#include "moec/Dialect/MoE/MoE.h"\n#include "mlir/IR/Builders.h"\n',
    "lib/Support/File.cpp": '#include "moec/Support/File.h"\n',
    "lib/Compiler/Stages.cpp": 'static const P stages[] = {{Stage::Fuse, "fuse"}};\n',
    TD: OP,
    "include/moec/Dialect/MoE/Transforms/Passes.td": 'def Fuse : Pass<"moe-fuse", "ModuleOp"> {}\n',
    "test/Dialect/MoE/invalid.mlir": "// expected-error @+1 {{rows differ}}\n%y = moe.op1 %x\n",
    "test/Dialect/MoE/fuse.mlir": "// RUN: moec-opt %s --moe-fuse\n",
    "test/Compiler/pipelines.test": "# REQUIRES: target-box\n# RUN: moec compile x --dump-pass-pipeline\n# CHECK: fuse: builtin.module(moe-fuse)\n",
    "unittests/Support/FileTest.cpp": "",
    "targets/box/CMakeLists.txt": "add_library(MoecBoxCodegen Box.cpp)\n",
    "targets/box/codegen/Box.cpp": '#include "moec/Target/Target.h"\n#include "targets/box/codegen/Box.h"\n',
    "targets/box/device/Box.cpp": '#include "moec/runtime/Device.h"\n',
    "unittests/BoxCodegen/CMakeLists.txt": "if(TARGET MoecBoxCodegen)\n  moec_add_unittest(T T.cpp LINK MoecBoxCodegen)\nendif()\n",
    "unittests/BoxCodegen/T.cpp": '#include "targets/box/codegen/Box.h"\n',
    "test/EndToEnd/box.test": "# REQUIRES: target-box\n# RUN: moec compile x --target box\n",
}


class StructureTest(unittest.TestCase):
    def findings(self, changes=None, allowed=None, committed=None, intent=INTENT):
        with tempfile.TemporaryDirectory() as root:
            subprocess.run(["git", "init", "-q"], cwd=root, check=True)
            files = GOOD | (changes or {})
            if committed is not None:
                files = {"utils/check-structure.py": f"ALLOWED_SIZES = {committed!r}\n"} | files
            for name, text in files.items():
                if text is not None:
                    path = Path(root) / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(intent.get(path.suffix, "") + text)
            if committed is not None:
                identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
                subprocess.run(["git", "add", "-A"], cwd=root, check=True)
                subprocess.run(["git", *identity, "commit", "-qm", "x"], cwd=root, check=True)
            tree = rules.Tree(root)
            found = [line for check in rules.CHECKS[1:] for line in check(tree)]
            return found + list(rules.check_sizes(tree, allowed or {}))

    def expect(self, line, changes=None, **options):
        found = self.findings(changes, **options)
        self.assertTrue(any(line in finding for finding in found), found)
        self.assertEqual(len(found), 1, found)

    def test_good_tree(self):
        self.assertEqual(self.findings(), [])

    def test_sizes(self):
        long = "int x;\n" * 601
        self.expect("a.cpp: 601 lines, at most 600", {"a.cpp": long})
        self.assertEqual(self.findings({"a.cpp": long}, allowed={"a.cpp": 601}), [])
        self.expect("a.cpp has 601 lines by now, not 700", {"a.cpp": long}, allowed={"a.cpp": 700})
        self.expect("b.cpp does not exist", allowed={"b.cpp": 700})
        self.assertEqual(self.findings({"a.cpp": long}, {"a.cpp": 601}, committed={"a.cpp": 650}), [])
        self.expect("the list only shrinks", {"a.cpp": long}, allowed={"a.cpp": 601}, committed={})

    def test_folders(self):
        many = {f"docs/pages/{number}.md": "" for number in range(21)}
        self.expect("docs/pages: 21 files, at most 20", many)
        self.assertEqual(self.findings({name.replace("pages", "sub/pages"): "" for name in list(many)[1:]}), [])

    def test_layers(self):
        def including(name, header):
            return {name: f'#include "{header}"\n'}

        self.expect("lib/Dialect/MoE may not include moec/Dialect/Tile/Tile.h",
                    including("lib/Dialect/MoE/A.cpp", "moec/Dialect/Tile/Tile.h"))
        self.expect("lib/Dialect/MoE may not include moec/Dialect/Exec/Exec.h",
                    including("include/moec/Dialect/MoE/A.h", "moec/Dialect/Exec/Exec.h"))
        self.expect("targets/*/codegen may not include moec/Import/Import.h",
                    including("targets/box/codegen/A.cpp", "moec/Import/Import.h"))
        self.expect("targets/*/codegen may not include targets/bag/codegen/B.h",
                    including("targets/box/codegen/A.cpp", "targets/bag/codegen/B.h"))
        self.expect("targets/*/device may not include targets/box/codegen/Box.h",
                    including("targets/box/device/A.cpp", "targets/box/codegen/Box.h"))
        self.expect("moec/Dialect/Tile/Layout.h above the waist",
                    including("include/moec/Conversion/MoEToTile/A.h", "moec/Dialect/Tile/Layout.h"))
        self.expect("llvm/ADT/STLExtras.h where LLVM may not be needed",
                    including("runtime/lib/A.cpp", "llvm/ADT/STLExtras.h"))

    def test_words(self):
        self.expect("vendor word 'gfx950' above the waist", {"lib/Dialect/MoE/A.cpp": "// as on gfx950\n"})

    def test_words_where_vendors_share(self):
        shared = {"lib/Simt/Lanes.cpp": "// fields of waveforms\n", "unittests/Simt/LanesTest.cpp": ""}
        self.assertEqual(self.findings(shared), [])
        for word in ("wave", "waves", "LDS", "sm_90a", "ptx", "vgprs"):
            planted = shared | {"lib/Simt/Lanes.cpp": f"// all {word} at once\n"}
            found = self.findings(planted)
            self.assertIn(f"lib/Simt/Lanes.cpp:1: a vendor's word, '{word}', where vendors share", found)
        self.assertIn("emulator/core/Streams.cpp:1: vendor word 'hip' above the waist",
                      self.findings({"emulator/core/Streams.cpp": "// as hip has them\n"}))

    def test_lanes_see_no_target(self):
        source = '#include "targets/box/codegen/Box.h"\n'
        found = self.findings({"lib/Simt/Lanes.cpp": source, "unittests/Simt/LanesTest.cpp": ""})
        self.assertTrue(any("lib/Simt may not include targets/box/codegen/Box.h" in line for line in found), found)
        self.assertEqual(self.findings({"unittests/BoxCodegen/A.cpp": "// as on gfx950\n"}), [])
        self.expect("finish it or file an issue", {"lib/Dialect/MoE/A.cpp": "// TO" + "DO: more\n"})

    def test_mirror(self):
        self.expect("lib/Dialect/MX: has no test/Dialect/MX", {"lib/Dialect/MX/MX.cpp": ""})
        self.expect("lib/Layout: has no test/Layout and no unittests/Layout", {"lib/Layout/Layout.cpp": ""})

    def test_ops(self):
        self.expect("MoE_Op1Op has no summary", {TD: OP.replace("let summary", "// let")})
        self.expect("MoE_Op1Op has no example", {TD: OP.replace("```mlir", "```")})
        self.expect("MoE_Op1Op relates values without a verifier", {TD: OP.replace("  let hasVerifier = 1;\n", "")})
        self.expect("MoE_Op1Op has a verifier and no test that it refuses", {"test/Dialect/MoE/invalid.mlir": "%y = moe.op1 %x\n"})
        one = OP.replace("  let hasVerifier = 1;\n", "").replace("MoE_Rows:$x, ", "")
        self.assertEqual(self.findings({TD: one, "test/Dialect/MoE/invalid.mlir": "\n"}), [])

    def test_passes(self):
        self.expect("no test names pass moe-fuse", {"test/Dialect/MoE/fuse.mlir": "", "test/Compiler/pipelines.test":
                    "# REQUIRES: target-box\n# RUN: moec compile x --dump-pass-pipeline\n# CHECK: fuse: nothing\n"})
        self.expect("no test dumps pipeline all-of-it",
                    {"lib/Compiler/P.cpp": 'PassPipelineRegistration<> p("all-of-it", "", f);\n'})
        self.expect("has the passes of stage fuse", {"test/Compiler/pipelines.test": "# moe-fuse\n"})

    def test_tests(self):
        test = "test/Dialect/MoE/a.test"
        rest = {name: INTENT[Path(name).suffix] + text for name, text in GOOD.items() if Path(name).suffix in INTENT}
        for first in "", "\n# Late.\n", "# RUN: true\n# Late.\n", "RUN: true\n", "// REQUIRES: x\n":
            self.expect(f"{test}:1: is no comment that says", rest | {test: first}, intent={})
        self.expect(f"{test}:2: -canonicalize has one dash", {test: "# RUN: not moec-opt %s -canonicalize -o - | x -abc\n"})
        self.assertEqual(self.findings({test: "# RUN: rm -rf %t && moec x --abc -o - > -abc\n"}), [])

    def test_machines(self):
        self.expect("names MoecBoxCodegen without if(TARGET",
                    {"unittests/Other/CMakeLists.txt": "moec_add_unittest(O O.cpp LINK MoecBoxCodegen)\n"})
        self.expect("unittests/Other/O.cpp: names targets/box and is built without it too",
                    {"unittests/Other/O.cpp": '#include "targets/box/codegen/Box.h"\n'})
        self.expect("compiles for a machine without 'REQUIRES: target-<x>'",
                    {"test/EndToEnd/box.test": "# RUN: moec compile x -o y\n"})
        self.expect("needs 'REQUIRES: target-box'", {"test/EndToEnd/box.test": "# RUN: moec-codegen x --target box\n"})


if __name__ == "__main__":
    unittest.main()
