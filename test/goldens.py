"""A lit format for tests that every golden checkpoint has: one template of a kind gives one test a checkpoint.

In a folder whose lit.local.cfg takes GoldenTests, KIND.test stands for the tests KIND-<checkpoint>, for each checkpoint
that test/golden/checks.txt lists. Its script may say %checkpoint, the folder of that checkpoint, and, where the list has a
column KIND, %formats and %more, the words before and behind the column's +.
"""
import os

import lit.formats
import lit.Test
import lit.TestRunner


def read_checks(file):
    """Checkpoints of the list, each with its columns by name: pairs of what is before and behind the +."""
    with open(file) as opened:
        lines = [line for line in opened if line.strip() and not line.startswith("#")]
    (_, *kinds), *rows = [[cell.strip() for cell in line.split("|")] for line in lines]
    checks = {}
    for checkpoint, *cells in rows:
        if len(cells) != len(kinds):
            raise ValueError(f"{file}: {checkpoint} has {len(cells)} columns, the first line has {len(kinds)}")
        parts = [cell.partition("+") for cell in cells]
        checks[checkpoint] = {kind: (always.strip(), more.strip()) for kind, (always, _, more) in zip(kinds, parts)}
    return checks


def list_checkpoints(folder):
    """The folders with a recorded run; each must be in the list, and nothing else."""
    return {name for name in os.listdir(folder) if os.path.exists(os.path.join(folder, name, "golden.safetensors"))}


class GoldenTest(lit.Test.Test):
    """One checkpoint's test; the script is the template's, everything else goes by the test's own name."""

    def __init__(self, suite, path, config, template, substitutions):
        super().__init__(suite, path, config, file_path=template)
        self.substitutions = substitutions

    def getSourcePath(self):
        return self.file_path


class GoldenTests(lit.formats.ShTest):
    def __init__(self, goldens):
        super().__init__(execute_external=True)
        self.goldens = goldens
        self.checks = read_checks(os.path.join(goldens, "checks.txt"))
        if differing := self.checks.keys() ^ list_checkpoints(goldens):
            raise ValueError(f"{goldens}: in checks.txt or a folder, but not both: {', '.join(sorted(differing))}")

    def getTestsForPath(self, suite, path, lit_config, config):
        for template in super().getTestsForPath(suite, path, lit_config, config):
            kind = os.path.splitext(path[-1])[0]
            for checkpoint, columns in self.checks.items():
                substitutions = [("%checkpoint", os.path.join(self.goldens, checkpoint))]
                if kind in columns:
                    substitutions += zip(("%formats", "%more"), columns[kind])
                name = path[:-1] + (f"{kind}-{checkpoint}",)
                yield GoldenTest(suite, name, config, template.getSourcePath(), substitutions)

    def execute(self, test, lit_config):
        return lit.TestRunner.executeShTest(test, lit_config, self.execute_external, test.substitutions)
