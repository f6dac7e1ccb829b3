# SPDX-License-Identifier: MIT
"""The Debian packages: built from deploy/debian, without a finding of lintian, installed, upgraded and removed."""
import os
import pathlib
import re
import shutil
import subprocess

import machine
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Services start when they are installed, unless the machine's policy forbids it.
PROBE = """
get() { curl --silent --show-error --fail --max-time 5 --retry 5 --retry-all-errors --retry-delay 1 "http://127.0.0.1:$1"; }
touch /probe/reference
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod +x /usr/sbin/policy-rc.d
dpkg --install /packages/smestatd_*.deb >install 2>&1
systemctl is-active smestatd.service smestatd.socket >forbidden || :
dpkg --purge smestatd >/dev/null 2>&1
rm /usr/sbin/policy-rc.d

dpkg --install /packages/*.deb >>install 2>&1
systemctl is-active smestatd.service smestatd.socket smestatd-admin.socket >active || :
get 8080/v1 >served
get 9180/readyz >ready
echo SMESTATD_DATASET=builtin:sme-series >>/etc/default/smestatd
dpkg --install /packages/smestatd_*.deb >>install 2>&1
get 8080/v1 >upgraded

pkg-config --modversion smestat >library
man --where smestatd >manual
man --where 3 smestat >>manual

dpkg --remove smestatd >remove 2>&1
systemctl is-active smestatd.service smestatd.socket >removed || :
cat /etc/default/smestatd >kept
dpkg --purge smestatd libsmestat0 libsmestat-dev >>remove 2>&1
find /etc /lib/systemd /usr /var -xdev -newer /probe/reference -name '*smestat*' ! -path '/var/lib/systemd/*' >left
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    if not shutil.which("dpkg-buildpackage") or not shutil.which("dh"):
        pytest.skip("dpkg-dev and debhelper are not installed")
    place = tmp_path_factory.mktemp("packages")
    built = subprocess.run(["sh", "deploy/package", str(place / "out")], cwd=ROOT, capture_output=True, text=True,
                           check=False, env={**os.environ, "DEB_BUILD_OPTIONS": "noautodbgsym"})
    assert built.returncode == 0, (built.stdout + built.stderr)[-4000:]
    return place / "out"


@pytest.fixture(scope="module")
def seen(packages, tmp_path_factory):
    return machine.seen(tmp_path_factory.mktemp("machine"), PROBE, {"/packages": packages})


def test_their_version_is_the_project_s():
    version = re.search(r"^  version: '([^']+)'", (ROOT / "meson.build").read_text(), re.M)[1]
    assert re.match(r"smestat \(([^)]+)\)", (ROOT / "deploy/debian/changelog").read_text())[1] == version


def test_lintian_finds_nothing(packages):
    if not shutil.which("lintian"):
        pytest.skip("lintian is not installed")
    changes = [str(path) for path in packages.glob("*.changes")]
    judged = subprocess.run(["lintian", *(["--allow-root"] if os.geteuid() == 0 else []), *changes],
                            capture_output=True, text=True, check=False)
    assert (judged.returncode, judged.stdout) == (0, ""), judged.stderr


def test_starts_nothing_where_policy_forbids(seen):
    assert "active" not in seen["forbidden"].split(), seen["install"]


def test_starts_what_it_installs(seen):
    assert seen["active"].split() == ["active"] * 3, seen["install"]
    assert '"miit-sme-2023"' in seen["served"]
    assert '"ready"' in seen["ready"]


def test_an_upgrade_keeps_the_configuration_and_restarts(seen):
    assert '"miit-sme-series"' in seen["upgraded"], seen["install"]
    assert "Could not" not in seen["install"], seen["install"]


def test_brings_the_library_and_the_manual(seen):
    assert seen["library"].strip()
    assert [line.rpartition("/")[2] for line in seen["manual"].split()] == ["smestatd.8.gz", "smestat.3.gz"]


def test_goes_without_a_trace(seen):
    assert "active" not in seen["removed"].split()
    assert "SMESTATD_DATASET" in seen["kept"]
    assert seen["left"] == "", seen["remove"]
