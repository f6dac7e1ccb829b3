# SPDX-License-Identifier: MIT
"""TLS: which there is, with which clients, certificates that are renewed, and who does not mean it."""
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

from daemon import (ENVIRONMENT, SMESTATD, WAIT_S, Daemon, TlsClient, make_certificate, parse_answers, read_answer, run,
                    tls_context, until_closed, wait_until)
from reload_test import metrics

GET = b"GET /v1/observations HTTP/1.1\r\nHost: x\r\n\r\n"
ANY = re.compile(".*")


def options(certificate):
    return "--tls-certificate", certificate[0], "--tls-key", certificate[1]


def certificate_of(running):
    with running.connect() as client:
        return client.object.getpeercert(True)


def der(path):
    return ssl.PEM_cert_to_DER_cert(pathlib.Path(path).read_text())


# Versions and clients.

def s_client(running, *options):
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{running.port}", "-ign_eof", *options],
                          input=b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", capture_output=True,
                          timeout=WAIT_S)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


@pytest.mark.parametrize("version, spoken", [("tls1", False), ("tls1_1", False), ("tls1_2", True), ("tls1_3", True)])
def test_versions(secure, version, spoken):
    said = s_client(secure, f"-{version}", "-cipher", "ALL:@SECLEVEL=0")
    assert ("HTTP/1.1 200" in said) == spoken, said
    assert spoken or "alert protocol version" in said


@pytest.mark.parametrize("choice, spoken", [
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], True),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], True),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0"], False),
    (["-tls1_2", "-cipher", "AES128-SHA:AES128-GCM-SHA256:@SECLEVEL=0"], False),
    (["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], True),
    (["-tls1_3", "-maxfraglen", "512"], True),
    (["-tls1_2", "-maxfraglen", "512"], True),
    (["-alpn", "http/1.1"], True),
    (["-alpn", "h2,http/1.1"], True),
    (["-alpn", "h2"], False),
])
def test_choices(secure, choice, spoken):
    said = s_client(secure, *choice)
    assert ("HTTP/1.1 200" in said) == spoken, said
    assert "-alpn" not in choice or not spoken or "ALPN protocol: http/1.1" in said


@pytest.mark.parametrize("version", ["--tlsv1.2", "--tls-max=1.2", "--tlsv1.3"])
def test_curl(secure, certificate, version, tmp_path):
    wanted = secure.ok("/v1/observations").body
    urls = [f"https://localhost:{secure.port}/v1/observations"] * 3
    done = subprocess.run(["curl", "-sS", "--cacert", certificate[0], *version.split("="), *urls], capture_output=True,
                          timeout=WAIT_S)
    assert done.returncode == 0 and done.stdout == wanted * 3, done.stderr
    stranger = make_certificate(tmp_path, "stranger")
    assert subprocess.run(["curl", "-sS", "--cacert", stranger[0], *version.split("="), urls[0]], capture_output=True,
                          timeout=WAIT_S).returncode == 60


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_sessions_are_resumed(certificate, version):
    context = tls_context(minimum_version=version, maximum_version=version)
    with Daemon(*options(certificate)) as running:
        session = None
        for round in range(3):
            with TlsClient(socket.create_connection((running.host, running.port), timeout=WAIT_S), context, session) as client:
                client.sendall(GET)
                assert read_answer(client).status == 200
                assert client.object.session_reused == (round > 0)
                session = client.object.session
        found = metrics(running)
        assert [found["smestatd_tls_handshakes_total", how] for how in ("full", "resumed", "failed")] == [2, 2, 0]


# Answers are those of a connection without TLS.

def test_beside_plain(certificate, daemon):
    with Daemon("--listen", "127.0.0.1:0,tls:127.0.0.1:0", *options(certificate)) as running:
        wait_until(lambda: sum("listening on" in line for line in running.lines) == 2)
        assert running.url.startswith("http://")
        wanted = running.ok("/v1/observations").body
        running.url = next(line for line in running.lines if line.startswith("listening on https://"))
        running.connection, running.tls, running.port = None, tls_context(), int(running.url.rsplit(":", 1)[1])
        assert running.ok("/v1/observations").body == wanted
        assert running.ok("/v1").json["links"]["self"] == "/v1"


def test_large_answers_to_who_reads_slowly(secure):
    """More than the socket holds, so that records are sent in part; and many at once."""
    wanted = secure.ok("/openapi.json").body
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(WAIT_S)
        plain.connect((secure.host, secure.port))
        client = TlsClient(plain, secure.tls)
        client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 4)
        time.sleep(0.3)
        client.shutdown(socket.SHUT_WR)
        received = b""
        while piece := client.recv(3000):
            received += piece
    answers, left = parse_answers(received, ["GET"] * 4)
    assert left == b"" and all(answer.body == wanted for answer in answers)


def test_a_client_that_only_ends_the_connection_beneath(secure):
    """Without a word of TLS; what it asked before is answered."""
    with socket.create_connection((secure.host, secure.port), timeout=WAIT_S) as plain:
        client = TlsClient(plain, secure.tls)
        client.sendall(GET * 3)
        plain.shutdown(socket.SHUT_WR)
        answers, left = parse_answers(until_closed(client), ["GET"] * 3)
    assert left == b"" and [answer.status for answer in answers] == [200] * 3


def test_the_end_is_said(secure):
    """A client can tell an answer's end from that of a line that was cut."""
    with secure.connect() as client:
        client.sendall(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        while client._until_done(client.object.read, 65536):  # would raise SSLEOFError
            pass


# Who does not mean it.

def test_plain_text(secure):
    with socket.create_connection((secure.host, secure.port), timeout=WAIT_S) as client:
        client.sendall(GET)
        assert re.fullmatch(rb"\x15\x03.\x00\x02\x02.", until_closed(client), re.S)


@pytest.mark.parametrize("sent", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"], ids=["nothing", "byte", "part"])
def test_unfinished_handshakes(certificate, sent):
    """They take neither the processor nor more than the time for a head, and others do not notice."""
    with Daemon("--head-timeout", "1", "--threads", "1", *options(certificate)) as running:
        begin = time.monotonic()
        clients = [socket.create_connection((running.host, running.port), timeout=WAIT_S) for _ in range(50)]
        for client in clients:
            client.sendall(sent)
        assert running.request("GET", "/healthz", fresh=True).status == 200
        used = metrics(running)["process_cpu_seconds_total",]
        for client in clients:
            assert until_closed(client) == b""
            client.close()
        assert 0.7 < time.monotonic() - begin < 5
        wait_until(lambda: metrics(running)["smestatd_tls_handshakes_total", "failed"] == 50)
        found = metrics(running)
        assert found["smestatd_connections_cut_total", "handshake_timeout"] == 50
        assert found["process_cpu_seconds_total",] - used < 0.5


def test_noise_within_tls(secure):
    """Records that are none of this session end it, and nothing else."""
    with secure.connect() as client:
        client.sendall(GET)
        assert read_answer(client).status == 200
        client.socket.sendall(b"\x17\x03\x03\x00\x20" + bytes(32))
        assert b"HTTP" not in until_closed(client)
    assert secure.request("GET", "/healthz", fresh=True).status == 200


def test_slow_heads_and_answers(certificate):
    with Daemon("--head-timeout", "1", "--answer-timeout", "1", *options(certificate), expected=ANY) as running:
        with running.connect() as client:
            client.sendall(b"GET / HTTP/1.1\r\n")
            (answer,), left = parse_answers(until_closed(client), ["GET"])
            assert left == b"" and (answer.status, answer.slug) == (408, "request-timeout")
        with running.connect() as client:
            time.sleep(1.5)  # not asked yet: that is no slow head
            client.sendall(GET)
            assert read_answer(client).status == 200
        with running.connect() as client:
            client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
            wait_until(lambda: metrics(running)["smestatd_connections_cut_total", "answer_timeout"] == 1)


def test_no_room(certificate):
    with Daemon("--max-connections", "1", *options(certificate), expected=ANY) as running:
        with running.connect() as client:
            client.sendall(GET)
            assert read_answer(client).status == 200
            with socket.create_connection((running.host, running.port), timeout=WAIT_S) as late:
                assert until_closed(late) == b"\x15\x03\x03\x00\x02\x02\x50"


# The certificate.

@pytest.mark.parametrize("arguments, said", [
    (["--tls-certificate", "nowhere.pem"], "--tls-certificate nowhere.pem: No such file or directory"),
    (["--tls-certificate", "a.pem", "--tls-key", "nowhere.key"], "--tls-key nowhere.key: No such file or directory"),
    (["--tls-certificate", "a.key"], "--tls-certificate a.key: there is none in it in PEM form"),
    (["--tls-certificate", "a.pem"], "--tls-key a.pem: there is none in it in PEM form"),
    (["--tls-certificate", "a.pem", "--tls-key", "b.key"], "--tls-key b.key: this is not the key of the certificate"),
    (["--tls-certificate", "a.pem", "--tls-key", "locked.key"], "--tls-key locked.key: the key is encrypted"),
    (["--tls-certificate", "large.pem", "--tls-key", "a.key"], "--tls-certificate large.pem: File too large"),
    (["--tls-certificate", "many.pem", "--tls-key", "a.key"], "--tls-certificate many.pem: there are too many"),
    (["--tls-certificate", ".", "--tls-key", "a.key"], "--tls-certificate .: Is a directory"),
    (["--tls-key", "a.key"], "--tls-key is given without --tls-certificate"),
    (["--listen", "tls:127.0.0.1:0"], "there is no --tls-certificate"),
    (["--listen", "127.0.0.1:0", "--tls-certificate", "a.pem", "--tls-key", "a.key"], "TLS is spoken nowhere"),
], ids=lambda value: " ".join(value).replace("--", "") if isinstance(value, list) else "")
def test_faults_at_the_start(tmp_path, arguments, said):
    a, b = make_certificate(tmp_path, "a"), make_certificate(tmp_path, "b")
    subprocess.run(["openssl", "ec", "-in", a[1], "-aes128", "-passout", "pass:x", "-out", tmp_path / "locked.key"],
                   check=True, capture_output=True)
    (tmp_path / "large.pem").write_bytes(b"x" * 65536)
    (tmp_path / "many.pem").write_text(a[0].read_text() * 17)
    done = subprocess.run([SMESTATD, "--port", "0", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=WAIT_S,
                          env=ENVIRONMENT)
    assert done.returncode == 1 and said in done.stderr, done
    assert b[1].is_file()


def test_one_file_for_both_and_an_old_one(tmp_path):
    certificate, key = make_certificate(tmp_path, "a")
    both, old = tmp_path / "both.pem", tmp_path / "old.pem"
    subprocess.run(["openssl", "x509", "-in", certificate, "-signkey", key, "-days", "-1", "-out", old], check=True,
                   capture_output=True)
    both.write_text(key.read_text() + old.read_text())
    with Daemon("--tls-certificate", both, expected=ANY) as running:
        assert running.ok("/healthz").json == {"status": "ok"}
        assert any("warning: " in line and "was valid until" in line for line in running.lines)


@pytest.mark.parametrize("watched", [False, True], ids=["signal", "watch"])
def test_renewal(tmp_path, watched):
    """As programs that renew it do: another file in its place. What is wrong changes nothing but the log and a metric."""
    old, new, other = (make_certificate(tmp_path, name) for name in ("old", "new", "other"))
    used = tmp_path / "used.pem", tmp_path / "used.key"

    def use(certificate, key):
        for source, target in ((key, used[1]), (certificate, used[0])):
            shutil.copy(source, tmp_path / "next")
            (tmp_path / "next").rename(target)
        if not watched:
            running.process.send_signal(signal.SIGHUP)

    for source, target in zip(old, used):
        shutil.copy(source, target)
    with Daemon(*options(used), *["--watch"] * watched, "--sandbox", "auto", expected=ANY) as running:
        with running.connect() as client:
            client.sendall(GET)
            wanted = read_answer(client)
            assert client.object.getpeercert(True) == der(old[0])
            use(*new)
            wait_until(lambda: certificate_of(running) == der(new[0]))
            use(new[0], other[1])
            wait_until(lambda: any("this is not the key of the certificate; the old certificate stays in use" in line
                                   for line in running.lines))
            assert certificate_of(running) == der(new[0])
            use(*new)
            wait_until(lambda: running.lines[-1].endswith("used.pem: the same certificate"))
            client.sendall(GET)  # it goes on with what it began with
            assert read_answer(client).body == wanted.body
        found = metrics(running)
        assert found["smestatd_tls_certificate_reloads_total", "ok"] == 1
        assert found["smestatd_tls_certificate_reloads_total", "failed"] >= 1
        until = ssl.cert_time_to_seconds(subprocess.run(
            ["openssl", "x509", "-in", new[0], "-noout", "-enddate"], capture_output=True, text=True).stdout.strip()[9:])
        assert found["smestatd_tls_certificate_expiry_timestamp_seconds",] == until


def test_renewal_under_load(tmp_path):
    """New connections and old ones, a renewal every tenth of a second: no request fails."""
    both = [make_certificate(tmp_path, name) for name in ("a", "b")]
    used = tmp_path / "used.pem"
    for number, (certificate, key) in enumerate(both):
        (tmp_path / f"{number}").write_text(certificate.read_text() + key.read_text())
    shutil.copy(tmp_path / "0", used)
    seen, failed, over = set(), [], threading.Event()

    def ask():
        try:
            while not over.is_set():
                with running.connect() as client:
                    seen.add(client.object.getpeercert(True))
                    for _ in range(5):
                        client.sendall(GET)
                        assert read_answer(client).status == 200
        except Exception as error:
            failed.append(error)

    with Daemon("--tls-certificate", used) as running:
        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(1, 20):
            shutil.copy(tmp_path / f"{number % 2}", tmp_path / "next")
            (tmp_path / "next").rename(used)
            running.process.send_signal(signal.SIGHUP)
            time.sleep(0.1)
        over.set()
        for thread in threads:
            thread.join(WAIT_S)
        assert not failed and seen == {der(certificate) for certificate, _ in both}
        wait_until(lambda: metrics(running)["smestatd_tls_certificate_reloads_total", "ok"] >= 10)


# The process.

def test_health(certificate, secure):
    asked = "--port", secure.port, *options(certificate)
    assert run("--health", *asked).returncode == 0
    assert run("--health", "--port", secure.port).returncode == 1
    with Daemon() as plain:
        done = run("--health", "--port", plain.port, *options(certificate))
        assert done.returncode == 1 and "no TLS" in done.stderr


def test_sockets_that_are_passed_in(certificate):
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        passed = {3: first.fileno(), 4: second.fileno()}

        def place():
            high = {target: os.dup(fd) for target, fd in passed.items()}
            high = {target: fd if fd > 4 else os.dup(fd) for target, fd in high.items()}
            for target, fd in high.items():
                os.dup2(fd, target)
        process = subprocess.Popen(
            ["sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=any:tls exec "$0" "$@"', SMESTATD, "--drain-grace", "0",
             *map(str, options(certificate))],
            preexec_fn=place, pass_fds=(3, 4), stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
        try:
            lines = []
            while len([line for line in lines if line.startswith("listening")]) < 2:
                lines.append(process.stderr.readline())
                assert lines[-1], lines
            ports = [server.getsockname()[1] for server in (first, second)]
            assert f"listening on http://127.0.0.1:{ports[0]}\n" in lines
            assert f"listening on https://127.0.0.1:{ports[1]}\n" in lines
            with TlsClient(socket.create_connection(("127.0.0.1", ports[1]), timeout=WAIT_S), tls_context()) as client:
                client.sendall(GET)
                assert read_answer(client).status == 200
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=WAIT_S)
        assert process.returncode == 0


def test_upgrade(certificate):
    """The next process speaks TLS on the socket that it was handed."""
    with Daemon("--upgrade", *options(certificate), expected=ANY) as running:
        with running.connect() as client:
            client.sendall(GET)
            assert read_answer(client).status == 200
        running.process.send_signal(signal.SIGUSR2)
        wait_until(lambda: any("has taken over" in line for line in running.lines))
        (pid,) = [int(match[1]) for line in running.lines if (match := re.search(r"process (\d+) has taken over", line))]
        try:
            running.process.wait(WAIT_S)
            with running.connect() as client:
                client.sendall(GET)
                assert read_answer(client).status == 200
        finally:
            os.kill(pid, signal.SIGTERM)


def test_memory_of_connections(certificate):
    """What a connection takes comes back when it leaves."""
    count = 300
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[0] < 2 * count:
        pytest.skip(f"only {limit[0]} files may be open")
    with Daemon("--threads", "1", *options(certificate)) as running:
        def memory():
            return metrics(running)["process_resident_memory_bytes",]
        for _ in range(2):
            before = memory()
            clients = [running.connect() for _ in range(count)]
            for client in clients:
                client.sendall(GET)
                assert read_answer(client).status == 200
            most = memory()
            for client in clients:
                client.socket.close()
            wait_until(lambda: metrics(running)["smestatd_connections",] == 1)
        if "sanitize" not in SMESTATD:
            assert (most - before) / count < 100_000 and memory() < before + 10e6
