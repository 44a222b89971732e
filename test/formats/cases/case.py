"""What a hostile case is: a form in memory, and a function that changes one thing of it."""
import copy

from checkpoint import write_checkpoint
from forms import FORMS

UP = "model.layers.0.mlp.experts.1.up_proj"
DOWN = "model.layers.1.mlp.experts.2.down_proj"
FUSED = "model.layers.1.self_attn.o_proj"
QUERY = "model.layers.1.self_attn.q_proj"
NOT_A_NUMBER = ("NaN", "nan", "not a number", "not finite")


class Checkpoint:
    """A form in memory, of which one thing is changed before it is written."""

    def __init__(self, form):
        self.form = FORMS[form]
        config, _, self.tensors, _ = self.form.make()
        # Copies, for cases change what is inside.
        self.config, self.files = copy.deepcopy(config), copy.deepcopy(self.form.files)
        self.missing_bytes = 0

    @property
    def quantization(self):
        return self.config["quantization_config"]

    @property
    def weights(self):
        return self.quantization["config_groups"]["group_0"]["weights"]

    def write(self, folder):
        write_checkpoint(folder, self.config, self.tensors, self.files, self.form.shards)
        if self.missing_bytes:
            path = folder / "model.safetensors"
            path.write_bytes(path.read_bytes()[:-self.missing_bytes])

    def drop(self, name):
        del self.tensors[name]

    def replace(self, name, dtype=None, shape=None, data=None):
        old = self.tensors[name]
        self.tensors[name] = dtype or old[0], shape or old[1], data or old[2]

    def patch(self, name, place, data):
        old = self.tensors[name][2]
        self.replace(name, data=old[:place] + data + old[place + len(data):])

    def store_wide(self, name):
        """A quantised linear becomes a plain one."""
        shape = self.form.model.shapes[f"{name}.weight"]
        for tensor in [tensor for tensor in self.tensors if tensor.startswith(f"{name}.")]:
            self.drop(tensor)
        self.tensors[f"{name}.weight"] = "BF16", shape, bytes(2 * shape[0] * shape[1])


CASES = {}


def case(form, *words):
    """Makes a function that changes a Checkpoint a case of its name, hyphens for underscores."""
    def register(change):
        CASES[change.__name__.replace("_", "-")] = form, change, words
        return change
    return register
