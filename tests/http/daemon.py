# SPDX-License-Identifier: MIT
"""A running smestatd and a client for it over real sockets. What the client receives goes through the contract."""
import functools
import gzip
import http.client
import json
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

import brotli
import zstandard

import contract

SMESTATD = os.environ.get("SMESTATD", "smestatd")
# An ordinary process's environment without options of the daemon in it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("SMESTATD")}
WAIT_S = 20
EXPECTED_LINES = re.compile(r"smestatd: info: .*|(admin )?listening on (https?://|unix:).*|\{.*\"level\":\"info\".*\}")


DECODERS = {None: bytes, "gzip": gzip.decompress, "br": brotli.decompress,
            "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body)}


class Answer:
    def __init__(self, method, target, status, headers, body):
        self.method, self.target, self.status, self.headers, self.body = method, target, status, headers, body

    def __repr__(self):
        return f"<{self.method} {self.target}: {self.status} {self.body[:400]!r}>"

    def all(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        assert len(values) <= 1, f"{name} stands {len(values)} times in {self!r}"
        return values[0] if values else default

    def content(self):
        return DECODERS[self.get("Content-Encoding")](self.body)

    @functools.cached_property
    def text(self):
        return self.content().decode("utf-8")

    @functools.cached_property
    def json(self):
        return contract.parse(self.text)

    @property
    def data(self):
        return self.json["data"]

    @property
    def slug(self):
        return self.json["type"].rsplit("/", 1)[1]

    @property
    def errors(self):
        return self.json["errors"]


def parse_answers(raw, methods, target=None):
    """The answers that follow one another in `raw`, one for each method; and what is left over."""
    answers = []
    for method in methods:
        head, mark, raw = raw.partition(b"\r\n\r\n")
        assert mark, f"no complete head in {head!r}"
        lines = head.decode("latin-1").split("\r\n")
        version, status = lines[0].split(" ", 2)[:2]
        assert re.fullmatch(r"HTTP/1\.[01]", version), lines[0]
        headers = [tuple(line.split(": ", 1)) for line in lines[1:]]
        answer = Answer(method, target, int(status), headers, b"")
        if method != "HEAD" and int(status) not in (204, 304):
            length = int(answer.get("Content-Length"))
            assert len(raw) >= length, f"the body is cut: {raw!r}"
            answer.body, raw = raw[:length], raw[length:]
        answers.append(answer)
    return answers, raw


class TlsClient:
    """A socket with TLS, of which half can be ended as of a plain one: by saying so, and reading on. An SSLSocket would lose
    what it reads meanwhile."""

    def __init__(self, sock, context, session=None):
        self.socket, self.incoming, self.outgoing = sock, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost", session=session)
        self._until_done(self.object.do_handshake)

    def __getattr__(self, name):
        return getattr(self.socket, name)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.socket.close()

    def _flush(self):
        if pieces := self.outgoing.read():
            self.socket.sendall(pieces)

    def _until_done(self, step, *arguments):
        while True:
            try:
                return step(*arguments)
            except ssl.SSLWantReadError:
                self._flush()
                if piece := self.socket.recv(65536):
                    self.incoming.write(piece)
                else:
                    self.incoming.write_eof()
            finally:
                self._flush()

    def sendall(self, data):
        if data:
            self.object.write(data)
        self._flush()

    def recv(self, size):
        try:
            return self._until_done(self.object.read, size)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def shutdown(self, how):
        assert how == socket.SHUT_WR
        try:
            self.object.unwrap()
        except ssl.SSLWantReadError:
            pass
        self._flush()


def tls_context(**settings):
    """Whose certificate it is does not matter unless a test says so."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for name, value in settings.items():
        setattr(context, name, value)
    return context


def make_certificate(folder, name="localhost", *options):
    """Signed by itself, and its key: two files in a folder."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
                    "-out", certificate, *options], check=True, capture_output=True, timeout=WAIT_S)
    return certificate, key


class Daemon:
    """Started on a port that the system chooses; as a context it is stopped and must have ended well."""

    def __init__(self, *options, environment=None, validate=True, expected=EXPECTED_LINES):
        self.validate, self.expected = validate, expected
        self.lines, self.announced = [], threading.Event()
        # A connection that a slow test leaves alone must still be there for the next one.
        patience = [] if "--idle-timeout" in options else ["--idle-timeout", "3600"]
        command = [SMESTATD, "--port", "0", "--drain-grace", "0", *patience, *map(str, options)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE,
                                        env={**ENVIRONMENT, **(environment or {})})
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        assert self.announced.wait(WAIT_S), "the daemon did not say where it listens"
        announced = [line for line in self.lines if line.startswith("listening on ")]
        assert announced, f"the daemon ended: {self.lines}"
        self.url = announced[0].removeprefix("listening on ")
        place = urllib.parse.urlsplit(self.url)
        self.host, self.port = place.hostname, place.port
        self.tls = tls_context() if place.scheme == "https" else None
        self.base_url = options[options.index("--base-url") + 1] if "--base-url" in options else ""
        self.connection, self.document, self.schemas = None, contract.DOCUMENT, contract.SCHEMAS

    def learn(self):
        """From now on its answers are judged by the description that it serves itself, which knows its dataset."""
        self.document = self.ok("/openapi.json").json
        self.schemas = json.dumps(self.document["components"]["schemas"])
        return self

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.decode("utf-8", "backslashreplace").rstrip("\n"))
            if self.lines[-1].startswith("listening on "):
                self.announced.set()
        self.announced.set()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.stop()

    def stop(self, number=signal.SIGTERM):
        """Ends it; returns what it wrote on standard output. Everything about the end must be in order."""
        if self.connection:
            self.connection.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.finish()

    def finish(self):
        try:
            out = self.process.stdout.read()
            code = self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.reader.join(WAIT_S)
        self.process.stdout.close()
        self.process.stderr.close()
        assert code == 0, f"exit code {code}: {self.lines}"
        unexpected = [line for line in self.lines if not self.expected.fullmatch(line)]
        assert not unexpected, unexpected
        return out

    def _see(self, answer, headers):
        if self.validate:
            contract.judge_by(self.document)
            contract.check(answer, headers, self.schemas)
        return answer

    def request(self, method, target, headers=None, fresh=False):
        """`headers`: a dict, or pairs where a field is to be repeated."""
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers or [])
        if fresh or self.connection is None:
            if self.connection:
                self.connection.close()
            self.connection = http.client.HTTPSConnection(self.host, self.port, timeout=WAIT_S, context=self.tls) \
                if self.tls else http.client.HTTPConnection(self.host, self.port, timeout=WAIT_S)
        self.connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in pairs:
            self.connection.putheader(name, value)
        self.connection.endheaders()
        response = self.connection.getresponse()
        answer = Answer(method, target, response.status, response.getheaders(), response.read())
        return self._see(answer, pairs)

    def get(self, target, **headers):
        return self.request("GET", self.local(target),
                            {name.replace("_", "-"): value for name, value in headers.items()})

    def local(self, link):
        assert link.startswith(self.base_url), f"{link} does not begin with {self.base_url}"
        return link[len(self.base_url):]

    def ok(self, target, **headers):
        answer = self.get(target, **headers)
        assert answer.status == 200, answer
        return answer

    def data(self, target, **headers):
        return self.ok(target, **headers).data

    def problem(self, target, status, slug, **headers):
        answer = self.get(target, **headers)
        assert (answer.status, answer.slug) == (status, slug), answer
        return answer

    def connect(self):
        client = socket.create_connection((self.host, self.port), timeout=WAIT_S)
        return TlsClient(client, self.tls) if self.tls else client

    def raw(self, request, methods=("GET",), target=None):
        """Sends bytes as they are, reads to the end, and takes the answers apart."""
        with self.connect() as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            received = b""
            while piece := client.recv(65536):
                received += piece
        answers, rest = parse_answers(received, methods, target)
        assert rest == b"", f"more than was asked for: {rest!r}"
        for answer in answers:
            self._see(answer, [])
        return answers


def read_answer(client, method="GET", target=None):
    """One answer from a connection that stays open."""
    received = b""
    while True:
        if not isinstance(client, TlsClient):  # which may have more than its socket has, and waits by itself
            ready, _, _ = select.select([client], [], [], WAIT_S)
            assert ready, f"no answer, only {received!r}"
        piece = client.recv(65536)
        assert piece, f"the connection ended after {received!r}"
        received += piece
        head, mark, body = received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\nContent-Length: (\d+)", head)
        if mark and (method == "HEAD" or len(body) >= (int(length[1]) if length else 0)):
            answers, rest = parse_answers(received, [method], target)
            assert rest == b""
            return answers[0]


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


def wait_until(condition):
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def run(*options, environment=None):
    """Runs the daemon to its end, which must come by itself."""
    return subprocess.run([SMESTATD, *map(str, options)], capture_output=True, text=True, timeout=WAIT_S,
                          stdin=subprocess.DEVNULL, env={**ENVIRONMENT, **(environment or {})})


def in_numbers(path):
    """The file of the same dataset that has numbers where this one has words, or this one."""
    twin = path.with_suffix(".numbers.json")
    return twin if twin.is_file() else path


def numbers(text):
    """JSON with its numbers as they are spelt, for comparing digit for digit."""
    return json.loads(text, parse_int=str, parse_float=str)
