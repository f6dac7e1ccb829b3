# SPDX-License-Identifier: MIT
"""The servers that are measured: each is started on loopback, on one processor, and ends with its context."""
import contextlib
import ctypes
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CACHE = ROOT / ".build" / "cache"
NODE_FOLDER = ROOT / ".build" / "bench"
WAIT_S = 60
CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPUS, LOAD_CPUS = ({CPUS[0]}, {CPUS[1]}) if len(CPUS) > 1 else (set(CPUS), set(CPUS))
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("SMESTATD", "NODE"))}
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


class Unavailable(Exception):
    """A peer that this machine does not have, and why."""


def in_child(cpus):
    """Runs between fork and exec: keeps the child on its processors, and ends it should we be killed."""
    def prepare():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.sched_setaffinity(0, cpus)
    return prepare


def find(name, *folders):
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", ""), "/usr/sbin"])
    found = shutil.which(name, path=path)
    if not found:
        raise Unavailable(f"{name} is not on this machine")
    return found


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Server:
    """Started; answers on `port`. `pid` is the process whose time is counted."""

    def __init__(self, command, folder, port=None, announced=None, cpus=None, answers_in_child=False):
        """A server prints its port in a line that looks like `announced`, or it was told `port`."""
        self.log = pathlib.Path(folder) / f"{pathlib.Path(command[0]).name}.log"
        self.seen = b""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, env=ENVIRONMENT,
                                            stdout=subprocess.PIPE if announced else log,
                                            stderr=subprocess.STDOUT if announced else log,
                                            preexec_fn=in_child(cpus or SERVER_CPUS))
        self.pid = self.process.pid
        self.began, self.used_before = time.monotonic(), self.processor_ns()  # what came before exec was ours
        try:
            self.port = self._read_port(announced) if announced else self._wait_for(port)
            if answers_in_child:
                self.pid = self._child()
        except BaseException:
            self.stop()
            raise

    def _fail(self, what):
        said = (self.seen or self.log.read_bytes())[-400:].decode("utf-8", "replace").strip()
        raise Unavailable(f"{self.process.args[0]} {what}: {said or 'it said nothing'}")

    def _read_port(self, announced):
        out = self.process.stdout
        os.set_blocking(out.fileno(), False)
        while not (found := re.search(announced, self.seen)):
            if not select.select([out], [], [], WAIT_S)[0]:
                self._fail("did not say where it listens")
            part = out.read()
            if part == b"":
                self._fail("ended")
            self.seen += part
        return int(found[1])

    def _wait_for(self, port):
        while time.monotonic() - self.began < WAIT_S:
            if self.process.poll() is not None:
                self._fail("ended")
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=WAIT_S):
                return port
            time.sleep(0.02)
        return self._fail("does not listen")

    def _child(self):
        path = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        while time.monotonic() - self.began < WAIT_S:
            if children := path.read_text().split():
                return int(children[0])
            time.sleep(0.02)
        return self._fail("has no worker")

    def processor_ns(self):
        """Processor time of the process so far, by its own clock: what clock_getcpuclockid(3) gives."""
        return time.clock_gettime_ns(~self.pid << 3 | 2)

    def resident_kib(self):
        return int(re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{self.pid}/status").read_text())[1])

    def ask(self, target, *fields, method="GET"):
        """One answer over a connection of its own: status, head fields by lower-case name, body, and all its bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_S) as client:
            client.sendall("\r\n".join([f"{method} {target} HTTP/1.1", "Host: localhost", *fields, "", ""]).encode())
            raw = b""
            while b"\r\n\r\n" not in raw:
                raw += self._receive(client)
            head, _, body = raw.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
            while len(body) < int(headers.get("content-length", 0)) and method != "HEAD":
                body += self._receive(client)
        return int(lines[0].split()[1]), headers, body, head + b"\r\n\r\n" + body

    @staticmethod
    def _receive(client):
        part = client.recv(1 << 16)
        assert part, "the connection was closed in an answer"
        return part

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Peers:
    """Starts servers out of one build, with what they write in one folder."""

    def __init__(self, build, folder):
        self.build, self.folder = pathlib.Path(build).resolve(), pathlib.Path(folder)
        self.root = self.folder / "root"

    def built(self, name):
        path = self.build / "tests" / "bench" / name
        if not path.exists():
            raise Unavailable(f"{name} was not built, because a library is missing")
        return path

    @property
    def smestatd_path(self):
        return self.build / "src" / "daemon" / "smestatd"

    def smestatd(self, *options, threads=1, cpus=None, under=()):
        return Server([*under, self.smestatd_path, "--port", 0, "--threads", threads, "--drain-grace", 0,
                       "--idle-timeout", 3600, *options], self.folder, cpus=cpus,
                      announced=rb"listening on http://127\.0\.0\.1:(\d+)\n")

    def bare(self, reply, under=()):
        return Server([*under, self.built("bare"), reply], self.folder, announced=rb"(?m)^(\d+)\n")

    def loop(self, reply):
        return Server([self.built("loop"), reply], self.folder, announced=rb"(?m)^(\d+)\n")

    def serve_as_file(self, target, body):
        """Puts a body where the servers of files look for it."""
        path = self.root / target.partition("?")[0].lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def _configured(self, name, text):
        path = self.folder / f"{name}.conf"
        path.write_text(text, "utf-8")
        return path

    def nginx(self):
        program, port = find("nginx", CACHE / "nginx/usr/sbin"), free_port()
        temporary = "".join(f"{kind}_temp_path {self.folder}/nginx-{kind};"
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        configuration = self._configured("nginx", f"""
daemon off; worker_processes 1; pid {self.folder}/nginx.pid; error_log {self.folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    {temporary}
    access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000000; keepalive_timeout 3600;
    default_type application/json; open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h;
    server {{ listen 127.0.0.1:{port}; root {self.root}; }}
}}
""")
        return Server([program, "-e", self.folder / "nginx.log", "-c", configuration], self.folder, port,
                      answers_in_child=True)

    def lighttpd(self):
        unpacked, port = CACHE / "lighttpd", free_port()
        program = find("lighttpd", unpacked / "usr/sbin")
        configuration = self._configured("lighttpd", f"""
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{self.root}"
server.max-keep-alive-requests = 65535
server.max-keep-alive-idle = 3600
mimetype.assign = ("" => "application/json")
""")
        modules = ["-m", unpacked / "usr/lib/lighttpd"] if unpacked.is_dir() else []
        return Server([program, "-D", "-f", configuration, *modules], self.folder, port)

    def h2o(self):
        program, port = find("h2o", CACHE / "h2o/usr/bin"), free_port()
        user = "user: root\n" if os.getuid() == 0 else ""
        configuration = self._configured("h2o", f"""{user}num-threads: 1
http1-request-timeout: 3600
listen: {{host: 127.0.0.1, port: {port}}}
hosts:
  default:
    paths:
      /:
        file.dir: {self.root}
        file.mime.setdefaulttype: application/json
""")
        return Server([program, "-m", "worker", "-c", configuration], self.folder, port)

    def _package(self, name):
        if not (NODE_FOLDER / "node_modules" / name).is_dir():
            raise Unavailable(f"{name} from npm is not there")
        return NODE_FOLDER / "node_modules" / name

    def json_server(self, rows):
        port = free_port()
        path = self.folder / "rows.json"
        path.write_text(json.dumps({"observations": rows}), "utf-8")
        return Server([find("node"), self._package("json-server") / "lib/cli/bin.js", "--quiet", "--host", "127.0.0.1",
                       "--port", port, path], self.folder, port)

    def fastify(self, rows, answer):
        """Node looks for packages beside the script that asks for them."""
        port = free_port()
        self._package("fastify")
        script, path = NODE_FOLDER / "node_server.mjs", self.folder / "answer.json"
        shutil.copy(ROOT / "tests/bench/node_server.mjs", script)
        path.write_text(json.dumps({**answer, "all": rows}), "utf-8")
        return Server([find("node"), script, port, path], self.folder, port)

    def versions(self):
        """What is compared, by name, as far as it is there."""
        def first_line(command, pattern):
            with contextlib.suppress(Unavailable, OSError):
                ran = subprocess.run(list(map(str, command())), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                     text=True, env=ENVIRONMENT)
                if found := re.search(pattern, ran.stdout):
                    return found[1]
            return None

        def package(name):
            with contextlib.suppress(Unavailable):
                return json.loads((self._package(name) / "package.json").read_text())["version"]
            return None

        number = r"(\d+\.\d+[\w.+-]*)"
        found = {
            "smestatd": first_line(lambda: [self.smestatd_path, "--version"], number),
            "libmicrohttpd": first_line(lambda: ["pkg-config", "--modversion", "libmicrohttpd"], number),
            "nginx": first_line(lambda: [find("nginx", CACHE / "nginx/usr/sbin"), "-v"], "nginx/" + number),
            "lighttpd": first_line(lambda: [find("lighttpd", CACHE / "lighttpd/usr/sbin"), "-v"], "lighttpd/" + number),
            "h2o": first_line(lambda: [find("h2o", CACHE / "h2o/usr/bin"), "-v"], "h2o version " + number),
            "SQLite": first_line(lambda: [self.built("sqlite"), "--version"], number),
            "Node.js": first_line(lambda: [find("node"), "--version"], number),
            "json-server": package("json-server"),
            "fastify": package("fastify"),
            "valgrind": first_line(lambda: [find("valgrind"), "--version"], number),
        }
        return {name: version for name, version in found.items() if version}
