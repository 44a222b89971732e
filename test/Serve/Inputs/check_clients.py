"""Starts a server for the clients that people have: check_clients.py MODEL curl, or with FOLDER, which has node_modules,
check_clients.py MODEL openai FOLDER, or check_clients.py SERVER:TEMPLATE SCRIPT.mjs FOLDER with a scripted model."""
import pathlib
import shutil
import subprocess
import sys

from serving import Server

HERE = pathlib.Path(__file__).parent
CLIENTS = HERE / "clients"
model, client, *folder = sys.argv[1:]
options, scripted = [], None
if client == "curl":
    command = [HERE / "check_curl.sh"]
else:
    # Node looks for packages beside the script.
    name = client if client.endswith(".mjs") else f"{client}.mjs"
    command, options = ["node", shutil.copy(CLIENTS / name, folder[0])], ["--api-key", "right"]
if client.endswith(".mjs"):
    program, template = model.split(":")
    scripted = [program, template, CLIENTS / "script.json"]
with Server(model, *options, command=scripted) as server:
    subprocess.run([*command, f"http://127.0.0.1:{server.port}", *options[1:]], check=True, timeout=300)
