# SPDX-License-Identifier: MIT
"""A machine to try things on: a systemd of its own, booted in a container. Its files are this machine's, under a layer in
memory that goes with the test; its network is its own loopback."""
import os
import shutil
import subprocess

import pytest

PROBE_UNIT = """
[Unit]
{wants}
SuccessAction=poweroff-force
FailureAction=poweroff-force

[Service]
Type=oneshot
ExecStart=/bin/sh -e /probe/script
TimeoutStartSec=150
"""
# What systemd must be able to do here before a unit can be blamed; in a chroot, for one, it cannot.
CONTROL_UNIT = """
[Service]
Type=oneshot
DynamicUser=yes
PrivateUsers=yes
ExecStart=/bin/true
"""
BEGIN = """
cd /probe
systemctl start control 2>/dev/null || { systemctl show --property ExecMainStatus control >unable; exit; }
: >able
"""


def seen(place, script, binds=None, wants="", files=None):
    """Boots a machine that runs a script in a directory with some files, and returns what is in that afterwards: name to
    text. `binds` are files of this machine by the names they have there. Skips, with the reason, where this needs rights
    or tools that are not there."""
    if os.geteuid() != 0:
        pytest.skip("booting a container needs root")
    for tool in ("systemd-nspawn", "unshare", "curl"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    probe, layer = place / "probe", place / "layer"
    probe.mkdir()
    layer.mkdir()
    units = {"probe.service": PROBE_UNIT.format(wants=f"Wants={wants}\nAfter={wants}" if wants else ""),
             "control.service": CONTROL_UNIT}
    for name, text in {"script": BEGIN + script, **units, **(files or {})}.items():
        (probe / name).write_text(text)
    shown = {f"/etc/systemd/system/{name}": probe / name for name in units}
    options = [f"--bind-ro={here}:{there}" for there, here in {**shown, **(binds or {})}.items()]
    # An overlay's upper directory may not lie in its lower one. Without this machine's fstab the container looks for no
    # disks.
    boot = """
        mount -t tmpfs layer "$1"
        mkdir "$1/upper" "$1/work" "$1/root"
        mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
        root=$1/root probe=$2
        shift 2
        exec systemd-nspawn --quiet --register=no --keep-unit --link-journal=no --private-network \
            --machine "smestat-$$" --directory "$root" --bind-ro=/dev/null:/etc/fstab --bind "$probe:/probe" "$@" \
            /lib/systemd/systemd --unit=probe.service
    """
    done = subprocess.run(["unshare", "--mount", "sh", "-ec", boot, "sh", str(layer), str(probe), *options], text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=240)
    if (probe / "unable").exists():
        pytest.skip(f"systemd cannot give a service users of its own here: {(probe / 'unable').read_text().strip()}")
    if not (probe / "able").exists():
        pytest.skip(f"systemd does not boot in a container here: {done.stdout.strip()[-300:]!r}")
    return {path.name: path.read_text() for path in probe.iterdir()}
