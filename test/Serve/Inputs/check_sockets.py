"""What a server makes of clients that behave badly, and of its own end: check_sockets.py MODEL."""
import json
import signal
import sys

from serving import Server, wait_until

COMPLETIONS = "/v1/completions"


def post(path, body, *headers):
    """The bytes of a request."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def complete(**fields):
    return {"model": "m", "prompt": "And the Lord", "temperature": 0, "max_tokens": 4, **fields}


def read_to_end(client):
    data = b""
    while piece := client.recv(65536):
        data += piece
    return data.decode()


def exchange(server, data):
    """All that comes back for some bytes, until the server ends the connection."""
    with server.connect() as client:
        client.sendall(data)
        return read_to_end(client)


def check_wire(server):
    last = "Connection: close"
    answers = exchange(server, b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n" + post("/tokenize", {"prompt": "a"})
                       + post(COMPLETIONS, complete()) + post(COMPLETIONS, complete(stream=True))
                       + post("/detokenize", {"tokens": [1]}, last))
    assert answers.count("HTTP/1.1 200 OK\r\n") == 5, answers
    order = ["\"version\"", "\"token_strs\"", "\"text_completion\"", "[DONE]", "\"prompt\":"]
    places = [answers.index(word) for word in order]
    assert places == sorted(places), "pipelined requests are answered in order"

    # Byte by byte.
    with server.connect() as client:
        for byte in post("/tokenize", {"prompt": "a"}, last):
            client.sendall(bytes([byte]))
        assert "200 OK" in read_to_end(client)
    data = json.dumps({"prompt": "a"}).encode()
    chunked = (b"POST /tokenize HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
               b"Transfer-Encoding: chunked\r\n\r\n3\r\n" + data[:3] + b"\r\n%x\r\n" % len(data[3:]) + data[3:] + b"\r\n0\r\n\r\n")
    assert "200 OK" in exchange(server, chunked)


def check_limits(server):
    def refused(data, status, *words):
        answer = exchange(server, data)
        assert answer.startswith(f"HTTP/1.1 {status} "), answer
        message = json.loads(answer.split("\r\n\r\n", 1)[1])["error"]["message"]
        assert all(word in message for word in words), message

    refused(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 5000 + b"\r\n\r\n", 431, "4096")
    refused(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 2000 + b"\r\n", 431, "4096")
    refused(post("/tokenize", b"x" * 20000), 413, "20000", "10000")
    refused(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "TLS")
    refused(b"GET /health HTTP/1.1\r\nHo", 408, "0.5 s")
    with server.connect() as idle:
        assert read_to_end(idle) == "", "an idle connection just ends"
    # A body that does not fit is no reason to serve nobody else.
    assert server.request("GET", "/health")[0] == 200


def check_bodies(server):
    def refused(data, *words):
        status, error = server.refused(COMPLETIONS, data)
        assert status == 400 and all(word in error["message"] for word in words), (status, error)

    refused(b"{\"model\": ", "is not valid JSON at byte")
    refused(b"{\"model\": \"\xff\"}", "is not valid JSON")
    refused(b"[" * 5000, "nested deeper than 200")
    refused(complete(temperature=-1), "'temperature' is -1; it must be a number of at least 0")
    status, _, _ = server.request("POST", COMPLETIONS, b"{}", {"Content-Type": "text/plain"})
    assert status == 415, status
    status, headers, _ = server.request("GET", COMPLETIONS)
    assert (status, headers["Allow"]) == (405, "POST, OPTIONS"), (status, headers)
    assert server.request("GET", "/v2")[0] == 404


def check_queue(server):
    """More than may wait are refused, and served once there is room."""
    with server.connect() as client:
        client.sendall(post(COMPLETIONS, complete(n=128, max_tokens=200, ignore_eos=True)))
        wait_until(lambda: server.metrics()["vllm:num_requests_waiting"] >= 2)
        status, error = server.refused(COMPLETIONS, complete())
        assert status == 429 and "at most 2" in error["message"], (status, error)
    wait_until(lambda: server.request("POST", COMPLETIONS, complete())[0] == 200)


def check_keys(model):
    with Server(model, "--api-key", "one", "--api-key", "two", "--cors-origin", "http://page") as server:
        assert server.request("GET", "/v1/models")[0] == 401
        assert server.request("GET", "/v1/models", headers={"Authorization": "Bearer three"})[0] == 401
        headers = {"Authorization": "Bearer two", "Origin": "http://page", "X-Request-Id": "mine"}
        status, got, _ = server.request("GET", "/v1/models", headers=headers)
        assert (status, got["Access-Control-Allow-Origin"], got["X-Request-Id"]) == (200, "http://page", "mine"), got
        assert server.request("GET", "/health")[0] == 200
    with Server(model, environment={"MOEC_API_KEY": "three"}) as server:
        assert server.request("GET", "/v1/models")[0] == 401
        assert server.request("GET", "/v1/models", headers={"Authorization": "Bearer three"})[0] == 200


def check_end(model):
    """SIGTERM lets what runs end; a second one does not wait for it."""
    def begin(server, tokens):
        client = server.connect()
        client.sendall(post(COMPLETIONS, complete(stream=True, max_tokens=tokens, ignore_eos=True)))
        # More than the head may have arrived by now.
        first = client.recv(65536)
        assert b"200 OK" in first
        return client, first.decode()

    with Server(model, "--served-model-name", "m") as server:
        client, first = begin(server, 30)
        with client, server.connect() as idle:
            server.process.send_signal(signal.SIGTERM)
            assert read_to_end(idle) == ""
            assert (first + read_to_end(client)).count("data: {") >= 20
    with Server(model, "--served-model-name", "m") as server:
        client, _ = begin(server, 4000)
        with client:
            server.process.send_signal(signal.SIGTERM)
            server.process.send_signal(signal.SIGINT)
            assert "the server is shutting down" in read_to_end(client)


def main():
    model = sys.argv[1]
    options = ("--max-header", "4096", "--max-body", "10000", "--request-timeout", "0.5", "--idle-timeout", "1",
               "--max-queue", "2", "--served-model-name", "m")
    with Server(model, *options) as server:
        check_wire(server)
        check_limits(server)
        check_bodies(server)
        check_queue(server)
    check_keys(model)
    check_end(model)
    print("clients got what they deserved")


if __name__ == "__main__":
    main()
