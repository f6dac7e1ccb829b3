# SPDX-License-Identifier: MIT
"""What hostile clients cost, by figures: python3 tests/attack/attack.py [small]

Each attack runs against a daemon of its own on loopback, bounded in count and time, while a friendly client asks on and on.
SMESTATD names the daemon. "small" is a tenth, as the test suite runs it. The exit status is 0 if every promise held.
"""
import contextlib
import multiprocessing
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))
import make_csv  # noqa: E402 (found by the line above)

SMESTATD = os.environ.get("SMESTATD", "smestatd")
DEADLINE_S = 4
FRIENDLY = b"GET /v1/observations?category=cultivation HTTP/1.1\r\nHost: x\r\n\r\n"
MIB = 1 << 20


def connect(port, receive=None):
    client = socket.socket()
    if receive:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    return client


class Daemon:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            [SMESTATD, "--port", "0", "--admin-port", "0", "--head-timeout", str(DEADLINE_S), "--answer-timeout",
             str(DEADLINE_S), "--drain-grace", "0", *options], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        ports = {}
        for line in self.process.stderr:
            if found := re.match(r"(admin )?listening on http://127\.0\.0\.1:(\d+)", line):
                ports[bool(found[1])] = int(found[2])
            if False in ports:
                break
        self.port, self.admin_port = ports[False], ports[True]
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(30) == 0, f"exit status {self.process.returncode}"

    def metrics(self):
        with connect(self.admin_port) as client:
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = b""
            while piece := client.recv(65536):
                text += piece
        return text.decode()

    def connections(self):
        return int(re.search(r"^smestatd_connections (\d+)", self.metrics(), re.M)[1]) - 1  # the one that asks

    def resident(self):
        return int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Aside:
    """A function in a process of its own as long as the block lasts, so that nobody waits for it; then it has an outcome."""

    def __init__(self, function, *arguments, nice=0):
        self.stopping, (self.receiver, end) = multiprocessing.Event(), multiprocessing.Pipe(False)
        self.process = multiprocessing.Process(target=self.run, args=(function, arguments, nice, end), daemon=True)

    def run(self, function, arguments, nice, end):
        os.nice(nice)
        end.send(function(self.stopping, *arguments))

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.outcome = self.receiver.recv()
        self.process.join()


def attacker(function, *arguments):
    """Strangers have processors of their own: here they get what the daemon and its friend leave."""
    return Aside(function, *arguments, nice=19)


def length(answer):
    return int(re.search(rb"Content-Length: (\d+)", answer)[1])


def ask_on(stopping, port):
    """Asks a hundred times a second over one connection. How long each answer took, and what failed."""
    seconds, failures = [], []
    with connect(port) as client:
        while not stopping.wait(0.01) and not failures:
            begin = time.perf_counter()
            try:
                client.sendall(FRIENDLY)
                answer = b""
                while b"\r\n\r\n" not in answer or len(answer.split(b"\r\n\r\n", 1)[1]) < length(answer):
                    piece = client.recv(65536)
                    if not piece:
                        raise ConnectionError("ended")
                    answer += piece
                seconds.append(time.perf_counter() - begin)
                if not answer.startswith(b"HTTP/1.1 200 "):
                    failures.append(str(answer[:40]))
            except OSError as error:
                failures.append(repr(error))
    return seconds, failures


def p99_ms(seconds):
    return sorted(seconds)[len(seconds) * 99 // 100] * 1000


def quiet_p99_ms(daemon, seconds=2):
    with Aside(ask_on, daemon.port) as friend:
        time.sleep(seconds)
    return p99_ms(friend.outcome[0])


HEAD = b"GET /v1/years HTTP/1.1\r\nHost: x\r\n"
BODY = b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
# (what is sent at once, what is sent each second, how large the receive buffer is, whether it is read)
SLOW = {
    "heads": (HEAD, b"A: b\r\n", None),
    "bodies": (BODY, b"x", None),
    "reads": (b"GET /v1/observations HTTP/1.1\r\nHost: x\r\n\r\n" * 100, b"", 4096),
}


def step(client, sent):
    """One more piece. False: the other side has had enough."""
    try:
        if sent:
            client.send(sent)
        else:
            return client.recv(1) != b""
    except (BlockingIOError, TimeoutError):
        return True
    except OSError:
        return False
    return True


def hold(stopping, port, kind, count, there):
    """So many slow clients at once."""
    first, then, receive = SLOW[kind]
    clients = []
    for _ in range(count):
        clients.append(connect(port, receive))
        clients[-1].setblocking(False)
        step(clients[-1], first)
    there.set()
    while not stopping.wait(1):
        for client in clients:
            step(client, then)
    for client in clients:
        client.close()


def slow(kind, count):
    """So many slow clients: how long they last, and what a friendly one notices."""
    there = multiprocessing.Event()
    with Daemon("--max-connections", "2000") as daemon:
        quiet = quiet_p99_ms(daemon)
        before = daemon.resident()
        with Aside(ask_on, daemon.port) as friend, attacker(hold, daemon.port, kind, count, there):
            there.wait(60)
            begin, most = time.monotonic(), daemon.resident()
            # As many seconds as the daemon has to be rid of them, and it must not need them.
            left = count
            while left > 0 and time.monotonic() - begin < DEADLINE_S * 2 + 5:
                most = max(most, daemon.resident())
                time.sleep(1)
                left = daemon.connections() - 1
            seconds = time.monotonic() - begin
    answers, failures = friend.outcome
    print(f"slow {kind}: {count} clients, the last was gone {seconds:.0f} s after they came (deadline {DEADLINE_S} s), "
          f"{left} left; friendly p99 {quiet:.1f} ms before, {p99_ms(answers):.1f} ms meanwhile, "
          f"{len(failures)} failures; memory +{(most - before) / MIB:.0f} MiB", flush=True)
    return there.is_set() and left == 0 and not failures


def idle(count, asks):
    """So many clients that keep their connections, and have been answered once or not."""
    with Daemon("--max-connections", str(count + 100), "--idle-timeout", "600") as daemon:
        quiet = quiet_p99_ms(daemon)
        before, clients = daemon.resident(), []
        for _ in range(count):
            clients.append(connect(daemon.port))
            if asks:
                clients[-1].sendall(FRIENDLY)
                assert clients[-1].recv(12) == b"HTTP/1.1 200"
        time.sleep(2)
        full, cpu = daemon.resident(), daemon.cpu_s()
        time.sleep(5)
        cpu = daemon.cpu_s() - cpu
        busy = quiet_p99_ms(daemon)
        for client in clients:
            client.close()
        end = time.monotonic() + 10
        while daemon.connections() > 0 and time.monotonic() < end:
            time.sleep(0.2)
        time.sleep(1)
        after = daemon.resident()
    print(f"idle: {count} clients, {'each answered once' if asks else 'none of which asks'}; resident {before / MIB:.1f} MiB "
          f"before, {full / MIB:.1f} with them, {after / MIB:.1f} after; {cpu:.2f} s of processor in 5 s; friendly p99 "
          f"{quiet:.2f} ms before, {busy:.2f} ms with them", flush=True)
    return full - before <= count * 5500 + 10**7 and after - before <= 5 * MIB and cpu <= 0.25


def hoard(count):
    """So many clients that each ask for another page of 10,000 rows and do not take it."""
    with tempfile.TemporaryDirectory() as folder:
        make_csv.write(20_000, pathlib.Path(folder))
        with Daemon("--dataset", f"{folder}/dataset.json", "--max-connections", str(count + 100)) as daemon, \
                contextlib.ExitStack() as stack:
            before, statuses = daemon.resident(), []
            for offset in range(count):
                client = stack.enter_context(connect(daemon.port, 4096))
                client.sendall(f"GET /v1/observations?limit=10000&offset={offset} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                statuses.append(client.recv(12)[-3:])
            full = daemon.resident()
            with connect(daemon.port) as friend:
                friend.sendall(FRIENDLY.replace(b"category=cultivation", b"limit=20"))
                served = friend.recv(12) == b"HTTP/1.1 200"
    given = statuses.count(b"200")
    print(f"hoard: {count} clients that do not take 6 MB each; {given} get them, {count - given} hear 503; resident "
          f"{before / MIB:.0f} MiB before, {full / MIB:.0f} with them; a small answer {'is' if served else 'is not'} given",
          flush=True)
    # --large-answer-bytes, --reply-cache-bytes, what is being made, and gaps.
    return served and given + statuses.count(b"503") == count and full - before <= (64 + 16 + 48) * MIB


def flood(stopping, port, number):
    """Queries never asked before, each when the last one is answered. How many were answered."""
    asked = answered = 0
    while not stopping.is_set():
        with contextlib.suppress(OSError), connect(port) as client:
            for _ in range(50):
                asked += 1
                client.sendall(f"GET /v1/observations?value={number}.{asked}..&fields=id HTTP/1.1\r\nHost: x\r\n\r\n"
                               .encode())
                answered += client.recv(65536) != b""
    return answered


def linger(stopping, port, kind, count):
    """So many slow clients all the time: who is cut off comes back. How often one came."""
    first, then, receive = SLOW[kind]
    clients, came = [], 0
    while not stopping.wait(0.5):
        clients = [client for client in clients if step(client, then) or client.close()]
        while len(clients) < count and not stopping.is_set():
            try:
                client = connect(port, receive)
            except OSError:
                break
            client.setblocking(False)
            step(client, first)
            clients.append(client)
            came += 1
    for client in clients:
        client.close()
    return came


def mixed(seconds, count, most_times=None):
    """All at once: slow heads, slow reads, connections that come and go, and a flood of queries never asked before. A
    friend waits at most so many times as long as in quiet, if that is asked."""
    with Daemon("--max-connections", "2000") as daemon:
        quiet, most = quiet_p99_ms(daemon, 2 if most_times is None else 10), 0
        floods = [attacker(flood, daemon.port, number) for number in range(2)]
        crowds = [attacker(linger, daemon.port, kind, count) for kind in ("heads", "reads")]
        with contextlib.ExitStack() as stack:
            friend = stack.enter_context(Aside(ask_on, daemon.port))
            for one in floods + crowds:
                stack.enter_context(one)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                most = max(most, daemon.resident())
                time.sleep(0.2)
        text = daemon.metrics()
        faults = [line for line in text.splitlines() if re.match(r'smestatd_requests_total\{.*status="5', line)]
    answers, failures = friend.outcome
    meanwhile = p99_ms(answers)
    print(f"mixed: {seconds} s, in each {sum(one.outcome for one in floods) / seconds:.0f} queries never asked before and "
          f"{sum(one.outcome for one in crowds) / seconds:.0f} slow clients that come; friendly p99 {quiet:.1f} ms before, "
          f"{meanwhile:.1f} ms meanwhile, {len(failures)} failures of {len(answers)}; 5xx: {faults or 'none'}; memory at most "
          f"{most / MIB:.0f} MiB", flush=True)
    return not failures and not faults and most <= 100 * MIB and (most_times is None or meanwhile <= most_times * quiet)


def main(small):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    count = 100 if small else 1000
    kept = [slow(kind, count) for kind in SLOW]
    kept += [idle(1000 if small else 10000, asks) for asks in (False, True)]
    kept.append(hoard(count))
    kept.append(mixed(5, count // 2) if small else mixed(60, count // 2, 5))
    return all(kept)


if __name__ == "__main__":
    sys.exit(0 if main(sys.argv[1:] == ["small"]) else 1)
