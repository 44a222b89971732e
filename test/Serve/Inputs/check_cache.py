"""A checkpoint that is served twice, and a third time in another format; then a model.mlir whose checkpoint changes: check_cache.py CHECKPOINT FOLDER."""
import pathlib
import shutil
import subprocess
import sys

from serving import Server

checkpoint, folder = sys.argv[1], pathlib.Path(sys.argv[2])


def serve(*options, model=checkpoint):
    """What the start says, and a continuation."""
    log = folder / "log"
    with open(log, "w") as file, Server(model, "--cache", str(folder / "cache"), *options, program="moec", log=file) as server:
        answer = server.post("/v1/completions", {"model": "model", "prompt": "And the", "max_tokens": 8, "temperature": 0})
    return log.read_text(), answer["choices"][0]["text"]


first, text = serve()
assert "compiled before" not in first, first
again, same = serve()
assert "compiled before" in again and same == text, (again, text, same)
other, _ = serve("--quantize", "default=int8")
assert "compiled before" not in other, other
assert len(list((folder / "cache").iterdir())) == 2
# A model that drafts itself is another one; who looks up needs none.
for method, compiled in (("auto", True), ("mtp", False), ("ngram", False)):
    drafted, same = serve("--draft", "2", "--draft-method", method)
    assert ("compiled before" not in drafted) == compiled and same == text, (method, drafted, same, text)
assert len(list((folder / "cache").iterdir())) == 3

own = folder / "own"
shutil.copytree(checkpoint, own, copy_function=shutil.copy)
subprocess.run(["moec", "import", own, "-o", folder / "model.mlir"], check=True)
imported, text = serve(model=str(folder / "model.mlir"))
assert "compiled before" not in imported, imported
weights = bytearray((own / "model.safetensors").read_bytes())
weights[-1] ^= 1
(own / "model.safetensors").write_bytes(weights)
changed, _ = serve(model=str(folder / "model.mlir"))
assert "compiled before" not in changed, "the model's text is the same, but its weights are not"
print("compiled once for each set of options")
