# SPDX-License-Identifier: MIT
"""Bytes on the wire and what may come back: every line of wire/*.txt, at once and byte by byte, and at once within TLS; with
WIRE=all in the environment byte by byte there too, each in a record.

A line is an outcome, a space, and what is sent: with \\r, \\n, \\t, \\0, \\\\, \\xNN, {text*count}, and names in braces. An
outcome is the answers' statuses with commas (HEAD: before one to a HEAD; a bar between two that are as good), "open" at the
end if the connection must live on, and "eof:" before it if the client then ends its half of the connection. Where it does
not, another request follows: answered if the connection lives on, and never answered if it does not.
"""
import os
import pathlib
import re
import socket

import pytest

from daemon import WAIT_S, parse_answers

HERE = pathlib.Path(__file__).parent / "wire"
NAMES = {
    "G": b"GET /v1/years HTTP/1.1\r\n",
    "H": b"Host: x\r\n",
    "S": b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
}
CANARY = b"GET /canary HTTP/1.1\r\nHost: x\r\n\r\n"
PIECE = re.compile(r"\\x([0-9a-f]{2})|\\([rnt0\\])|\{([GHS])\}|\{([^{}]+)\*(\d+)\}|(.)", re.S)
ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}


def spelt(text):
    """The bytes that a text stands for."""
    out = b""
    for number, escape, name, repeated, count, letter in PIECE.findall(text):
        out += bytes([int(number, 16)]) if number else ESCAPES[escape] if escape else NAMES[name] if name else \
            spelt(repeated) * int(count) if repeated else letter.encode("ascii")
    return out


def cases():
    for path in sorted(HERE.glob("*.txt")):
        for number, line in enumerate(path.read_text("ascii").splitlines(), 1):
            if line and not line.startswith("#"):
                outcome, _, text = line.partition(" ")
                yield pytest.param(outcome, spelt(text), id=f"{path.stem}:{number}")


CASES = list(cases())
WAYS = ["whole", "pieces", "tls whole"] + (["tls pieces"] if os.environ.get("WIRE") == "all" else [])


def exchange(daemon, sent, ends, pieces):
    """All that comes back until the other side ends the connection."""
    received = b""
    with daemon.connect() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for at in range(0, len(sent), pieces):
                client.sendall(sent[at:at + pieces])
            if not ends:
                client.sendall(CANARY.replace(b"Host", b"Connection: close\r\nHost"))
            client.shutdown(socket.SHUT_WR)
        except OSError:  # it had heard enough
            pass
        while True:
            try:
                piece = client.recv(65536)
            except ConnectionResetError:
                pytest.fail(f"the connection was reset after {received!r}")
            if not piece:
                return received
            received += piece


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("outcome, sent", CASES)
def test_wire(daemon, secure, outcome, sent, way):
    daemon = secure if way.startswith("tls") else daemon
    ends, rest = outcome.startswith("eof:"), outcome.removeprefix("eof:")
    stays = rest.endswith("open")
    wanted = [] if rest == "none" else rest.removesuffix("open").split(",")
    methods = ["HEAD" if status.startswith("HEAD:") else "GET" for status in wanted]
    statuses = [{int(one) for one in status.removeprefix("HEAD:").split("|")} for status in wanted]
    if stays:
        methods.append("GET")
        statuses.append({404})
    received = exchange(daemon, sent, ends, len(sent) if way.endswith("whole") else max(1, len(sent) // 5000))
    assert b"<html" not in received and b"100 Continue" not in received
    answers, left = parse_answers(received, methods, None)
    assert left == b"", f"more answers than requests: {left!r}"
    for answer, allowed in zip(answers, statuses):
        assert answer.status in allowed, answer
        daemon._see(answer, [])
        if answer.status >= 400 and answer.body:
            assert answer.get("Content-Type") == "application/problem+json"
            assert answer.json["status"] == answer.status
    if stays:
        assert answers[-1].json["instance"] == "/canary"
        answers.pop()
    for answer in answers[:-1] if not stays else answers:
        assert answer.get("Connection", "").lower() != "close", answer
    assert stays or ends or not answers or answers[-1].get("Connection", "").lower() == "close", answers
    assert all("smuggled" not in answer.text for answer in answers)


def test_there_are_enough_cases():
    assert len(CASES) >= 200


def test_a_hundred_pipelined_requests(daemon):
    paths = [f"/nowhere/{number}" for number in range(100)]
    received = exchange(daemon, b"".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for path in paths), False,
                        1 << 20)
    answers, left = parse_answers(received, ["GET"] * 101, None)
    assert left == b"" and [answer.json["instance"] for answer in answers] == paths + ["/canary"]


def test_not_modified(daemon):
    wanted = daemon.ok("/v1/years")
    request = f"GET /v1/years HTTP/1.1\r\nHost: x\r\nIf-None-Match: {wanted.get('ETag')}\r\n\r\n".encode()
    answers, left = parse_answers(exchange(daemon, request * 3, False, 1 << 20), ["GET"] * 4, None)
    assert left == b"" and [answer.status for answer in answers] == [304, 304, 304, 404]
    for answer in answers[:3]:
        for name in ("ETag", "Cache-Control", "Vary", "Content-Length"):
            assert answer.get(name) == wanted.get(name)


def test_head(daemon):
    wanted = daemon.ok("/v1/years")
    received = exchange(daemon, b"HEAD /v1/years HTTP/1.1\r\nHost: x\r\n\r\n", False, 1 << 20)
    (head, _), left = parse_answers(received, ["HEAD", "GET"], None)
    assert left == b""
    for name in ("ETag", "Cache-Control", "Vary", "Content-Length", "Content-Type"):
        assert head.get(name) == wanted.get(name)


def test_half_closed_while_answers_are_many(daemon):
    """The client ends its half at once; all answers come nevertheless."""
    one = daemon.ok("/v1/observations").body
    received = exchange(daemon, b"GET /v1/observations HTTP/1.1\r\nHost: x\r\n\r\n" * 30, False, 1 << 20)
    answers, left = parse_answers(received, ["GET"] * 31, None)
    assert left == b"" and all(answer.body == one for answer in answers[:30])
