"""Starts `serve` of moec-run, or of another program, on a free port and talks to it."""
import http.client
import json
import os
import signal
import socket
import subprocess
import time


class Server:
    """A running server; ends with exit code 0, or the test fails."""

    def __init__(self, model, *options, program="moec-run", log=None, environment={}, command=None):
        command = command or [program, "serve", model, "--port", "0", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, **environment})
        line = self.process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:"), line
        self.port = int(line.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        assert kind or code == 0, f"the server ended with {code}"

    def request(self, method, path, body=None, headers={}):
        """Status, headers and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        result = answer.status, answer.headers, answer.read()
        connection.close()
        return result

    def post(self, path, body, **headers):
        """The object of an answer that must be right."""
        status, _, data = self.request("POST", path, body, headers)
        assert status == 200, (status, data)
        return json.loads(data)

    def refused(self, path, body, headers={}):
        """Status and error of an answer that must be an error."""
        status, _, data = self.request("POST", path, body, headers)
        assert status >= 400, (status, data)
        return status, json.loads(data)["error"]

    def stream(self, path, body):
        """The objects of a stream, which must end as it should."""
        status, headers, data = self.request("POST", path, {**body, "stream": True})
        assert status == 200, (status, data)
        assert headers["Content-Type"].startswith("text/event-stream"), headers
        events = data.decode().split("\n\n")
        assert events[-2:] == ["data: [DONE]", ""], events[-3:]
        assert all(event.startswith("data: ") for event in events[:-1]), events
        return [json.loads(event[6:]) for event in events[:-2]]

    def metrics(self):
        """Values by name, for those without further labels."""
        lines = self.request("GET", "/metrics")[2].decode().splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#") and "," not in line)
        return {name.split("{")[0]: float(value) for name, value in pairs}

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.settimeout(60)
        return connection


def wait_until(condition, seconds=30):
    """Fails unless `condition` holds in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.02)
