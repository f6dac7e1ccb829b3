# SPDX-License-Identifier: MIT
"""What a client may take of time and room, and that others do not notice when one takes more."""
import re
import select
import time

import pytest

import contract
from daemon import WAIT_S, Daemon, parse_answers, read_answer

GET = b"GET /v1/observations HTTP/1.1\r\nHost: x\r\n\r\n"


def others_are_served(running):
    begin = time.monotonic()
    assert running.request("GET", "/healthz", fresh=True).status == 200
    return time.monotonic() - begin < 1


def until_closed(client, patience=WAIT_S):
    """All that still comes."""
    client.settimeout(patience)
    received = b""
    try:
        while piece := client.recv(65536):
            received += piece
    except ConnectionError:
        pass
    return received


@pytest.fixture(scope="module")
def hasty():
    with Daemon("--head-timeout", "1", "--answer-timeout", "1", "--threads", "1") as running:
        yield running


# A head has a second here, however it comes.

@pytest.mark.parametrize("before", [b"", GET], ids=["first", "second"])
def test_a_slow_head_is_answered(hasty, before):
    with hasty.connect() as client:
        client.sendall(before)
        if before:
            assert read_answer(client).status == 200
        begin = time.monotonic()
        client.sendall(b"GET /v1/years HTTP/1.1\r\nHost: x\r\n")
        while not select.select([client], [], [], 0.2)[0]:
            client.sendall(b"A: b\r\n")
            assert time.monotonic() - begin < 5 and others_are_served(hasty)
        received = until_closed(client)
    assert 0.7 < time.monotonic() - begin < 5
    (answer,), rest = parse_answers(received, ["GET"], "/v1/years")
    contract.check(answer, [])
    assert rest == b"" and (answer.status, answer.slug) == (408, "request-timeout")
    assert answer.get("Connection") == "close"


@pytest.mark.parametrize("piece", [b"\r\n", b"G"])
def test_what_is_hardly_a_head_is_slow_too(hasty, piece):
    with hasty.connect() as client:
        begin = time.monotonic()
        while not select.select([client], [], [], 0.2)[0]:
            client.sendall(piece)
            assert time.monotonic() - begin < 5
        (answer,), _ = parse_answers(until_closed(client), ["GET"])
    assert answer.status == 408


def test_time_between_requests_is_not_counted(hasty):
    with hasty.connect() as client:
        for _ in range(3):
            client.sendall(GET)
            assert read_answer(client).status == 200
            time.sleep(1.4)


def test_an_answer_that_nobody_takes(hasty):
    with hasty.connect() as client:
        client.sendall(GET * 2000)
        begin = time.monotonic()
        while others_are_served(hasty):
            client.setblocking(False)
            try:
                client.send(b"G")
            except BlockingIOError:
                pass
            except ConnectionError:
                break
            assert time.monotonic() - begin < 6
            time.sleep(0.05)
        assert len(re.findall(b"HTTP/1.1 200", until_closed(client))) < 2000


def test_a_client_that_goes_after_asking_is_let_go(hasty):
    """A request and the end of the connection at once: they make one event for the library."""
    for _ in range(20):
        with hasty.connect() as client:
            client.sendall(GET)
            client.shutdown(1)
            assert b"HTTP/1.1 200" in until_closed(client, 5)
