# SPDX-License-Identifier: MIT
"""The container image: builds deploy/Dockerfile for real, looks into the image, runs it as an engine would, stops it.

buildah builds without a daemon, in a chroot, from the base image that tests/deploy/base.sh made; all its files are in a
directory that goes with the test. Everything runs in network namespaces without any network, so the port is the real
one and nothing outside can be asked. Skips, with the reason, where this needs rights or tools that are not there.
"""
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BASE = TOP / ".build/cache/base.tar"
SIZE_MAX = 16 << 20  # bytes; GnuTLS, which Debian's libmicrohttpd brings, and its own libraries are more than half


def run(*command, **options):
    return subprocess.run(command, text=True, capture_output=True, check=False, **options)


def good(*command, **options):
    done = run(*command, **options)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout.strip()


class Buildah:
    """buildah with a storage of its own."""

    def __init__(self, directory):
        self.storage = ["--root", f"{directory}/root", "--runroot", f"{directory}/run", "--storage-driver", "vfs"]

    def command(self, verb, *arguments):
        return ["unshare", "--net", "buildah", *self.storage, verb, *arguments]

    def __call__(self, verb, *arguments):
        return good(*self.command(verb, *arguments), cwd=TOP)


@pytest.fixture(scope="module")
def buildah():
    if os.geteuid() != 0:
        pytest.skip("building an image needs root")
    for tool in ("buildah", "unshare", "nsenter", "setpriv", "ip", "curl"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    if not BASE.exists():
        pytest.skip(f"{BASE.relative_to(TOP)} is missing: sh tests/deploy/base.sh makes it")
    namespaces = run("unshare", "--net", "--mount", "true")
    if namespaces.returncode != 0:
        pytest.skip(f"no namespaces here: {namespaces.stderr.strip()}")
    with tempfile.TemporaryDirectory(prefix="image.", dir=BASE.parent) as directory:
        tool = Buildah(directory)
        base = tool("from", "scratch")
        tool("add", "--quiet", base, str(BASE), "/")
        probe = run(*tool.command("run", "--isolation", "chroot", base, "true"))
        if probe.returncode != 0:
            pytest.skip(f"buildah cannot run commands here: {probe.stderr.strip()[-500:]}")
        tool("commit", "--quiet", "--rm", base, "localhost/base")
        yield tool


@pytest.fixture(scope="module")
def image(buildah):
    buildah("bud", "--isolation", "chroot", "--pull-never", "--format", "docker", "--build-arg", "BASE=localhost/base",
            "--file", "deploy/Dockerfile", "--tag", "localhost/smestat", ".")
    return json.loads(buildah("inspect", "--type", "image", "localhost/smestat"))["Docker"]["config"]


@pytest.fixture(scope="module")
def root(buildah, image):
    """The image's files, mounted."""
    container = buildah("from", "--pull-never", "localhost/smestat")
    yield pathlib.Path(buildah("mount", container))
    buildah("umount", container)


def in_image(image, root, *command):
    """A command line that runs one in the image, as its user, with its environment and no way to more rights."""
    user = image["User"]
    return ["env", "-i", *image["Env"], "/usr/bin/setpriv", "--no-new-privs",
            "/usr/sbin/chroot", f"--userspec={user}", "--groups=", str(root), *command]


class Container:
    """The image's own command, on a read-only root, in a network of its own."""

    def __init__(self, image, root):
        self.image, self.root = image, root
        # Every step replaces the one before, so the process started here is the daemon in the end.
        script = 'ip link set lo up; mount --bind "$0" "$0"; mount -o remount,ro,bind "$0"; exec "$@"'
        self.process = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-ec", script, str(root),
             *in_image(image, root, *image["Entrypoint"], *image["Cmd"])],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def inside(self, *command):
        return run("nsenter", "--target", str(self.process.pid), "--net", *command)

    def get(self, path):
        return self.inside("curl", "--silent", "--show-error", "--max-time", "5", "--write-out", "\n%{http_code}",
                           f"http://127.0.0.1:8080{path}")

    def health(self):
        return self.inside(*in_image(self.image, self.root, *self.image["Healthcheck"]["Test"][1:]))

    def wait(self):
        deadline = time.monotonic() + 20
        while self.process.poll() is None and time.monotonic() < deadline:
            # Before it has a network of its own, it would be this machine's port 8080 that answers.
            own = os.readlink(f"/proc/{self.process.pid}/ns/net") != os.readlink("/proc/self/ns/net")
            if own and self.get("/healthz").stdout.endswith("\n200"):
                return
            time.sleep(0.1)
        self.process.kill()
        pytest.fail(f"it did not come up: {self.process.communicate()[0]}")


@pytest.fixture
def container(image, root):
    started = Container(image, root)
    try:
        started.wait()
        yield started
    finally:
        started.process.kill()
        started.process.communicate()


def test_runs_as_a_numeric_user_that_is_not_root(image):
    # By number, so that an orchestrator can see that it is not root without a user list.
    user, _, group = image["User"].partition(":")
    assert int(user) > 0
    assert int(group) > 0


def test_says_how_to_run_it(image):
    assert list(image["ExposedPorts"]) == ["8080/tcp"]
    assert image["StopSignal"] == "SIGTERM"
    assert image["Entrypoint"] == ["/smestatd"]
    assert image["Healthcheck"]["Test"] == ["CMD", "/smestatd", "--health"]  # no shell is there to run another form


def test_labels(image, root):
    labels = {key.removeprefix("org.opencontainers.image."): value for key, value in image["Labels"].items()}
    assert labels["title"] == "smestat"
    assert labels["licenses"] == "MIT"
    assert labels["description"]
    printed = good(*in_image(image, root, "/smestatd", "--version"))
    assert labels["version"] in printed.split(), printed


def test_holds_the_daemon_and_its_libraries_only(root):
    files = [path for path in root.rglob("*") if not path.is_dir()]
    programs = {f"/{path.relative_to(root)}" for path in files
                if path.stat().st_mode & 0o111 and ".so" not in path.name}
    assert programs == {"/smestatd"}
    packages = {path.name for path in (root / "var/lib/dpkg/status.d").iterdir()}
    licences = {path.parent.name for path in (root / "usr/share/doc").glob("*/copyright")}
    assert "libmicrohttpd12" in packages
    assert packages == licences
    rest = [path for path in files if ".so" not in path.name and path.name not in ("smestatd", "copyright")
            and path.parent != root / "var/lib/dpkg/status.d"]
    assert rest == []


def test_nothing_in_it_is_writable_or_gives_rights(root):
    for path in root.rglob("*"):
        status = path.lstat()
        assert status.st_uid == 0 and status.st_gid == 0, path
        if not stat.S_ISLNK(status.st_mode):
            assert not status.st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWGRP | stat.S_IWOTH), path


def test_is_small_and_stripped(root):
    size = sum(path.lstat().st_size for path in root.rglob("*") if not path.is_dir())
    print(f"image: {size} bytes in files")
    assert size <= SIZE_MAX
    assert ".symtab" not in good("readelf", "--section-headers", "--wide", str(root / "smestatd"))


def test_serves_without_rights_on_a_read_only_root(container, root):
    reply = container.get("/v1")
    assert reply.returncode == 0 and reply.stdout.endswith("\n200"), reply
    process = pathlib.Path(f"/proc/{container.process.pid}")
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines())
    assert set(status["Uid"].split()) == {container.image["User"].partition(":")[0]}
    assert status["Groups"].split() == []
    assert int(status["CapEff"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    options = [line.split()[5].split(",") for line in (process / "mountinfo").read_text().splitlines()
               if line.split()[4] in ("/", str(root))]
    assert "ro" in options[-1]


def test_health_check_tells_a_live_daemon_from_none(container, image, root):
    healthy = container.health()
    assert healthy.returncode == 0, healthy
    alone = run("unshare", "--net", *in_image(image, root, *image["Healthcheck"]["Test"][1:]))
    assert alone.returncode == 1, alone


def test_ends_by_itself_when_asked(container):
    container.process.terminate()
    output, _ = container.process.communicate(timeout=20)
    assert container.process.returncode == 0, output
