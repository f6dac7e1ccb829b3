# SPDX-License-Identifier: MIT
"""The systemd unit: what systemd says of it, and whether the daemon lives under it.

For the latter a systemd of its own is booted in a container. Its files are this machine's, under a layer that goes with
the test; its network is its own loopback. Skips, with the reason, where this needs rights or tools that are not there.
"""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
UNIT = DEPLOY / "smestatd.service"
DAEMON = os.environ["SMESTATD"]
EXPOSURE_MAX = 1.1  # of 10, as systemd-analyze counts: 1.1 is the network, which it is there for


def analyze(*arguments):
    tool = shutil.which("systemd-analyze")
    if not tool:
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run([tool, "--no-pager", *arguments], text=True, capture_output=True, check=False,
                          env={**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_EMOJI": "0"})


def calls_of(group):
    """The system calls of a group, with those of the groups in it."""
    lines = analyze("syscall-filter", group).stdout.splitlines()
    words = [line.strip() for line in lines if line.startswith(" ") and not line.strip().startswith("#")]
    assert words, group
    return {call for word in words for call in (calls_of(word) if word.startswith("@") else [word])}


def help_text():
    return subprocess.run([DAEMON, "--help"], text=True, capture_output=True, check=True).stdout


def test_systemd_finds_no_fault(tmp_path):
    # It wants the program to be there, so it is shown the one just built in place of the installed one.
    text = UNIT.read_text()
    shown = tmp_path / UNIT.name
    shown.write_text(text.replace("ExecStart=/usr/bin/smestatd", f"ExecStart={DAEMON}"))
    assert shown.read_text() != text
    judged = analyze("verify", "--recursive-errors=no", str(shown))
    assert (judged.returncode, judged.stdout, judged.stderr) == (0, "", "")


def test_exposes_little():
    judged = analyze("security", "--offline=true", str(UNIT))
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", judged.stdout)
    assert exposure, judged
    print(f"exposure: {exposure[1]}")
    assert float(exposure[1]) <= EXPOSURE_MAX, judged.stdout


def test_sets_only_variables_that_are_options():
    options = set(re.findall(r"--([a-z-]+)", help_text()))
    for name in ("smestatd.service", "Dockerfile", "run"):
        variables = set(re.findall(r"SMESTATD_([A-Z_]+)", (DEPLOY / name).read_text()))
        assert variables, name
        for variable in variables:
            assert variable.lower().replace("_", "-") in options, f"{name}: SMESTATD_{variable}"


def test_systemd_waits_longer_than_the_daemon_drains():
    wait = int(re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.M)[1])
    text = help_text()
    drain = [int(re.search(rf"--drain-{part}\b.*?Default:\s+(\d+)", text, re.S)[1]) for part in ("grace", "timeout")]
    assert wait > sum(drain)


PROBE_UNIT = """
[Unit]
Wants=smestatd.service
After=smestatd.service
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=oneshot
ExecStart=/bin/sh -e /probe/script
TimeoutStartSec=90
"""
# What systemd must be able to do here before the unit can be blamed; in a chroot, for one, it cannot.
CONTROL_UNIT = """
[Service]
Type=oneshot
DynamicUser=yes
PrivateUsers=yes
ExecStart=/bin/true
"""
# Most lines leave a file of what they saw.
PROBE = """
cd /probe
systemctl start control 2>/dev/null || { systemctl show --property ExecMainStatus control >unable; exit; }
: >able
property() { systemctl show --property "$1" --value smestatd; }
get() { curl --silent --show-error --fail --max-time 5 --retry 15 --retry-all-errors --retry-delay 1 \
    http://127.0.0.1:8080/healthz; }
get >first || systemctl status --full --lines 50 smestatd >first 2>&1 || exit
cat "/proc/$(property MainPID)/status" >status
systemctl reload smestatd
get >reloaded
property NRestarts >restarts
systemctl kill --signal KILL smestatd
while [ "$(property NRestarts)" = 0 ]; do sleep 0.2; done
get >second
systemctl stop smestatd
property Result >result
property ExecMainStatus >code
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What a probe saw of the daemon under a booted systemd: name to text."""
    if os.geteuid() != 0:
        pytest.skip("booting a container needs root")
    for tool in ("systemd-nspawn", "unshare", "curl"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    probe = tmp_path_factory.mktemp("probe")
    (probe / "script").write_text(PROBE)
    (probe / "probe.service").write_text(PROBE_UNIT)
    (probe / "control.service").write_text(CONTROL_UNIT)
    # The layer is in memory: an overlay's upper directory may not lie in its lower one. Without this machine's fstab
    # the container looks for no disks.
    script = """
        mount -t tmpfs layer "$1"
        mkdir "$1/upper" "$1/work" "$1/root"
        mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
        exec systemd-nspawn --quiet --register=no --keep-unit --link-journal=no --private-network \
            --machine "smestat-$$" --directory "$1/root" \
            --bind-ro=/dev/null:/etc/fstab --bind "$1.probe:/probe" \
            --bind-ro "$2:/usr/bin/smestatd" --bind-ro "$3:/etc/systemd/system/smestatd.service" \
            --bind-ro "$1.probe/probe.service:/etc/systemd/system/probe.service" \
            --bind-ro "$1.probe/control.service:/etc/systemd/system/control.service" \
            /lib/systemd/systemd --unit=probe.service
    """
    layer = probe.with_name("layer")
    layer.mkdir()
    probe = probe.rename(layer.with_name("layer.probe"))
    boot = subprocess.run(["unshare", "--mount", "sh", "-ec", script, "sh", str(layer), DAEMON, str(UNIT)], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=120)
    if (probe / "unable").exists():
        pytest.skip(f"systemd cannot give a service users of its own here: {(probe / 'unable').read_text().strip()}")
    if not (probe / "able").exists():
        pytest.skip(f"systemd does not boot in a container here: {boot.stdout.strip()[-300:]!r}")
    return {path.name: path.read_text() for path in probe.iterdir()}


def test_serves_under_systemd_without_rights(seen):
    status = dict(line.split(":\t", 1) for line in seen.get("status", seen["first"]).splitlines() if ":\t" in line)
    assert status, seen["first"]
    assert "0" not in status["Uid"].split()
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_a_reload_does_not_end_it(seen):
    assert (seen["reloaded"], seen["restarts"]) == (seen["first"], "0\n")


def test_may_watch_files():
    """What is allowed has inotify in it, and what is taken away again has not."""
    filters = re.findall(r"^SystemCallFilter=(~?)(.*)$", UNIT.read_text(), re.M)
    for call in ("inotify_init1", "inotify_add_watch", "getdents64"):
        allowed = [not taken for taken, groups in filters for group in groups.split() if call in calls_of(group)]
        assert allowed and all(allowed), call


def test_is_started_again_after_a_crash_and_stops_well(seen):
    assert seen["second"] == seen["first"]
    assert (seen["result"], seen["code"]) == ("success\n", "0\n")
