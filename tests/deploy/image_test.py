# SPDX-License-Identifier: MIT
"""The container image: builds deploy/Dockerfile for real, looks into the image, runs it as an engine would, stops it.

buildah builds without a daemon, in a chroot, from the base image that tests/deploy/base.sh made; all its files are in a
directory that goes with the test. Everything runs in network namespaces without any network, so the port is the real
one and nothing outside can be asked. Skips, with the reason, where this needs rights or tools that are not there.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
BASE = TOP / ".build/cache/base.tar"
DOCKERFILE = TOP / "deploy/Dockerfile"
MINIMAL = TOP / "tests/data/valid/minimal.json"
SIZE_MAX = 12_000_000  # bytes of all files as they lie there, not compressed


def run(*command, **options):
    return subprocess.run(command, text=True, capture_output=True, check=False, **options)


def good(*command, **options):
    done = run(*command, **options)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout.strip()


class Buildah:
    """buildah with a storage of its own, in layers where that is possible and else in copies."""

    def __init__(self, directory):
        for driver in ("overlay", "vfs"):
            self.storage = ["--root", f"{directory}/{driver}", "--runroot", f"{directory}/run",
                            "--storage-driver", driver]
            if run(*self.command("info")).returncode == 0:
                break

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
        try:
            yield tool
        finally:
            tool("umount", "--all")
            run("umount", f"{directory}/overlay/overlay")  # which buildah leaves behind


def build(tool, tag, *options):
    """The command line of a build without layers kept, as a registry's builder would."""
    return tool.command("bud", "--isolation", "chroot", "--pull-never", "--format", "docker", "--timestamp", "0",
                        "--tag", tag, *options)


@pytest.fixture(scope="module")
def twins(buildah, tmp_path_factory):
    """The image, built twice at once: here, and from a copy of the sources elsewhere, whose files are younger."""
    copy = tmp_path_factory.mktemp("copy") / "sources"
    shutil.copytree(TOP, copy, ignore=shutil.ignore_patterns(".git", ".build"), copy_function=shutil.copyfile)
    builds = [subprocess.Popen(build(buildah, tag, "--build-arg", "BASE=localhost/base", "--file", "deploy/Dockerfile",
                                     "."), cwd=place, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
              for tag, place in (("localhost/smestat", TOP), ("localhost/twin", copy))]
    outputs = [started.communicate()[0] for started in builds]
    for started, output in zip(builds, outputs):
        assert started.returncode == 0, output[-4000:]
    return [json.loads(buildah("inspect", "--type", "image", tag)) for tag in ("localhost/smestat", "localhost/twin")]


@pytest.fixture(scope="module")
def image(twins):
    return twins[0]["Docker"]["config"]


def mounted(buildah, tag):
    """The files of an image. They go with the storage."""
    return pathlib.Path(buildah("mount", buildah("from", "--pull-never", tag)))


@pytest.fixture(scope="module")
def root(buildah, image):
    return mounted(buildah, "localhost/smestat")


@pytest.fixture(scope="module")
def derived(buildah, image, tmp_path_factory):
    """The image with a dataset of one's own, as deploy/Dockerfile says it is made: its configuration and its files."""
    place = tmp_path_factory.mktemp("derived")
    shutil.copy(MINIMAL, place / "bakeries.json")
    lines = re.search(r"^#     FROM smestat\n(?:#     .*\n)+", DOCKERFILE.read_text(), re.M)[0]
    (place / "Dockerfile").write_text(lines.replace("#     ", "").replace("FROM ", "FROM localhost/"))
    good(*build(buildah, "localhost/bakeries", str(place)))
    image = json.loads(buildah("inspect", "--type", "image", "localhost/bakeries"))["Docker"]["config"]
    return image, mounted(buildah, "localhost/bakeries")


def in_image(image, root, *command):
    """A command line that runs one in the image, as its user, with its environment and no way to more rights."""
    user = image["User"]
    return ["env", "-i", *image["Env"], "/usr/bin/setpriv", "--no-new-privs",
            "/usr/sbin/chroot", f"--userspec={user}", "--groups=", str(root), *command]


class Container:
    """The image's own command, on a read-only root, in a network of its own; perhaps with a directory for its /data."""

    def __init__(self, image, root, data=None):
        self.image, self.root = image, root
        # Every step replaces the one before, so the process started here is the daemon in the end.
        script = """
            ip link set lo up
            mount --bind "$0" "$0"
            mount -o remount,ro,bind "$0"
            if [ -n "$1" ]; then mount --bind "$1" "$0/data"; fi
            shift
            exec "$@"
        """
        self.process = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-ec", script, str(root), str(data or ""),
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


@contextlib.contextmanager
def running(image, root, data=None):
    started = Container(image, root, data)
    try:
        started.wait()
        yield started
    finally:
        started.process.kill()
        started.process.communicate()


@pytest.fixture
def container(image, root):
    with running(image, root) as started:
        yield started


def test_two_builds_make_the_same_image(buildah, twins, tmp_path):
    """As OCI images: in Docker's older form this buildah notes the names of its own containers."""
    digests = []
    for tag in ("localhost/smestat", "localhost/twin"):
        buildah("push", "--quiet", "--format", "oci", "--digestfile", str(tmp_path / "digest"), tag,
                f"oci:{tmp_path}/{tag.rpartition('/')[2]}")
        digests.append((tmp_path / "digest").read_text())
    assert digests[0] == digests[1]
    assert twins[0]["OCIv1"]["rootfs"] == twins[1]["OCIv1"]["rootfs"]


def test_is_one_layer(twins):
    assert len(twins[0]["OCIv1"]["rootfs"]["diff_ids"]) == 1


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
    assert "org.opencontainers.image.revision" in image["Labels"]
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
    assert {"libc6", "libmicrohttpd-dev", "libgnutls28-dev", "libzstd-dev"} <= packages
    assert packages == licences
    # What the daemon loads is there, and nothing that it doesn't.
    loaded = good("/usr/sbin/chroot", str(root), "/lib64/ld-linux-x86-64.so.2", "--list", "/smestatd")
    assert {pathlib.Path(name).name for name in re.findall(r"/\S+", loaded)} == {
        path.name for path in files if ".so" in path.name}
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


def title(container):
    reply = container.get("/v1?fields=title&lang=en")
    assert reply.stdout.endswith("\n200"), reply
    return json.loads(reply.stdout.rpartition("\n")[0])["data"]["title"]


def test_two_lines_more_make_an_image_with_another_dataset(derived):
    with running(*derived) as container:
        assert title(container) == json.loads(MINIMAL.read_text())["title"]


def test_serves_a_mounted_dataset_and_its_next_version(derived, tmp_path):
    tmp_path.chmod(0o755)  # its user is another one
    document = json.loads(MINIMAL.read_text())
    for name in ("first", "second"):
        document["title"] = name
        (tmp_path / name).write_text(json.dumps(document))
    (tmp_path / "first").rename(tmp_path / "bakeries.json")
    with running(*derived, data=tmp_path) as container:
        assert title(container) == "first"
        (tmp_path / "second").rename(tmp_path / "bakeries.json")
        container.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while title(container) != "second":
            assert time.monotonic() < deadline, "the second version was not served"
            time.sleep(0.05)
        container.process.terminate()
        output, _ = container.process.communicate(timeout=20)
        assert container.process.returncode == 0, output
