# SPDX-License-Identifier: MIT
"""The systemd units: what systemd says of them, and whether the daemon lives under them, restarts among it."""
import os
import pathlib
import re
import shutil
import subprocess

import machine
import pytest

DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
UNIT = DEPLOY / "smestatd.service"
UNITS = [UNIT, DEPLOY / "smestatd.socket", DEPLOY / "smestatd-admin.socket"]
DAEMON = os.environ["SMESTATD"]
EXPOSURE_MAX = 0.5  # of 10, as systemd-analyze counts: what is left is the host's file system and the socket to systemd


def analyze(*arguments):
    tool = shutil.which("systemd-analyze")
    if not tool:
        pytest.skip("systemd-analyze is not installed")
    return subprocess.run([tool, "--no-pager", *arguments], text=True, capture_output=True, check=False,
                          env={**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_EMOJI": "0"})


def calls_of(group):
    """The system calls of a group, with those of the groups in it; or the one that is named itself."""
    if not group.startswith("@"):
        return {group}
    lines = analyze("syscall-filter", group).stdout.splitlines()
    words = [line.strip() for line in lines if line.startswith(" ") and not line.strip().startswith("#")]
    assert words, group
    return {call for word in words for call in calls_of(word)}


def help_text():
    return subprocess.run([DAEMON, "--help"], text=True, capture_output=True, check=True).stdout


def test_systemd_finds_no_fault(tmp_path):
    # It wants the program to be there, so it is shown the one just built in place of the installed one.
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text().replace("ExecStart=/usr/bin/smestatd", f"ExecStart={DAEMON}"))
    assert (tmp_path / UNIT.name).read_text() != UNIT.read_text()
    judged = analyze("verify", "--man=no", "--recursive-errors=no", *(str(tmp_path / unit.name) for unit in UNITS))
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


# Most lines leave a file of what they saw.
PROBE = """
echo SMESTATD_DRAIN_GRACE=0 >/etc/default/smestatd
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
python3 clients.py >clients 2>&1 & clients=$!
# It would not be started more than five times in ten seconds.
for restart in 1 2 3 4 5; do sleep 0.3; systemctl reset-failed smestatd; systemctl restart smestatd; done
: >enough
wait "$clients"
curl --silent --fail --max-time 5 http://127.0.0.1:9180/readyz >admin

mkdir -p /run/systemd/system/smestatd.service.d
printf '[Service]\nWatchdogSec=1\n' >/run/systemd/system/smestatd.service.d/soon.conf
systemctl daemon-reload; systemctl reset-failed smestatd
systemctl restart smestatd
systemctl kill --signal STOP smestatd
while [ "$(property NRestarts)" = 0 ]; do sleep 0.2; done
get >third

systemctl stop smestatd
property Result >result
property ExecMainStatus >code
systemctl stop smestatd.socket smestatd-admin.socket
get --retry 0 >after || :
"""
# Each asks again and again, over a new connection each time, and never twice for the same.
CLIENTS = """
import http.client, os, threading
counts = {"answered": 0, "lost": 0}
def ask():
    while not os.path.exists("enough"):
        connection = http.client.HTTPConnection("127.0.0.1", 8080, timeout=20)
        try:
            connection.request("GET", "/v1", headers={"Connection": "close"})
            answer = connection.getresponse()
            counts["answered" if answer.status == 200 and answer.read() else "lost"] += 1
        except OSError as error:
            counts["lost"] += 1
            print(error)
threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(counts["answered"], counts["lost"])
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What a probe saw of the daemon under a booted systemd: name to text."""
    binds = {f"/etc/systemd/system/{unit.name}": unit for unit in UNITS}
    return machine.seen(tmp_path_factory.mktemp("unit"), PROBE, {"/usr/bin/smestatd": DAEMON, **binds},
                        wants="smestatd.service", files={"clients.py": CLIENTS})


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


def test_restarts_without_a_lost_client(seen):
    answered, lost = map(int, seen["clients"].splitlines()[-1].split())
    print(f"answered: {answered}, lost: {lost}")
    assert lost == 0, seen["clients"]
    assert answered >= 500


def test_has_a_second_place_for_probes(seen):
    assert '"ready"' in seen["admin"]


def test_is_started_again_when_it_hangs(seen):
    assert seen["third"] == seen["first"]


def test_listens_no_more_without_its_socket(seen):
    assert seen["after"] == ""
