# SPDX-License-Identifier: MIT
"""Restarts under load: every connection asks on and on while one process follows another; no request may be lost.

    SMESTATD=… python3 tests/attack/restarts.py [RESTARTS [REQUESTS]]

A request is lost if its connection ends before the whole answer, unless the connection was kept alive and ended before a
byte of the answer came: that one a client asks again by itself (RFC 9112 section 9.3.1), and those are counted too.
"""
import asyncio
import os
import re
import signal
import sys
import time

SMESTATD = os.environ.get("SMESTATD", "smestatd")
CLIENTS = 64
REQUEST = b"GET /v1/observations?category=cultivation HTTP/1.1\r\nHost: x\r\n\r\n"


class Load:
    def __init__(self, port):
        self.port, self.stop = port, False
        self.answered, self.again, self.lost, self.wrong = 0, 0, [], 0
        self.body = None

    async def client(self):
        reader = writer = None
        while not self.stop:
            kept = writer is not None
            try:
                if not kept:
                    reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.write(REQUEST)
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(re.search(rb"Content-Length: (\d+)", head)[1]))
            except asyncio.IncompleteReadError as error:
                if kept and not error.partial:
                    self.again += 1
                else:
                    self.lost.append(repr(error))
                reader = writer = None
                continue
            except OSError as error:
                if kept:
                    self.again += 1
                else:
                    self.lost.append(repr(error))
                reader = writer = None
                continue
            self.body = self.body or body
            self.answered += 1
            self.wrong += not head.startswith(b"HTTP/1.1 200 ") or body != self.body
            if b"Connection: close" in head:
                writer.close()
                reader = writer = None
        if writer:
            writer.close()


def process_of(line):
    return int(re.search(r"process (\d+) has taken over", line)[1])


async def run(restarts, requests):
    daemon = await asyncio.create_subprocess_exec(SMESTATD, "--port", "0", "--upgrade", stderr=asyncio.subprocess.PIPE,
                                                  stdin=asyncio.subprocess.DEVNULL)
    pid, done, port = daemon.pid, 0, None
    while port is None:
        line = (await daemon.stderr.readline()).decode()
        found = re.match(r"listening on http://127\.0\.0\.1:(\d+)", line)
        port = int(found[1]) if found else None
    load = Load(port)
    clients = [asyncio.ensure_future(load.client()) for _ in range(CLIENTS)]
    begin = time.monotonic()
    try:
        while done < restarts:
            while load.answered < requests * (done + 1) // (restarts + 1):
                await asyncio.sleep(0.01)
            os.kill(pid, signal.SIGUSR2)
            # All of them write to the same standard error.
            while True:
                line = (await asyncio.wait_for(daemon.stderr.readline(), 30)).decode()
                assert line, "the daemon is gone"
                if "has taken over" in line:
                    pid = process_of(line)
                    break
            done += 1
        while load.answered < requests:
            await asyncio.sleep(0.01)
    finally:
        load.stop = True
        await asyncio.wait(clients, timeout=10)
        os.kill(pid, signal.SIGTERM)
        await asyncio.wait_for(daemon.stderr.read(), 30)  # ends when the last of them does
        await daemon.wait()
    return load, time.monotonic() - begin


def restarts_under_load(restarts, requests):
    load, seconds = asyncio.run(run(restarts, requests))
    print(f"{restarts} restarts under {CLIENTS} connections in {seconds:.1f} s: {load.answered} answers, "
          f"{len(load.lost)} lost, {load.wrong} wrong, {load.again} asked again on another connection")
    return load


if __name__ == "__main__":
    outcome = restarts_under_load(*map(int, sys.argv[1:] or (20, 200000)))
    sys.exit(1 if outcome.lost or outcome.wrong else 0)
