"""Starts a server for the clients that people have: check_clients.py MODEL curl, or MODEL openai FOLDER with its node_modules."""
import pathlib
import shutil
import subprocess
import sys

from serving import Server

HERE = pathlib.Path(__file__).parent
model, client, *folder = sys.argv[1:]
if client == "curl":
    command, options = [HERE / "check_curl.sh"], []
else:
    # Node looks for packages beside the script.
    command, options = ["node", shutil.copy(HERE / "openai" / "check.mjs", folder[0])], ["--api-key", "right"]
with Server(model, *options) as server:
    subprocess.run([*command, f"http://127.0.0.1:{server.port}", *options[1:]], check=True, timeout=300)
