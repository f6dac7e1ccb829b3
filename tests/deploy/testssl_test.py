# SPDX-License-Identifier: MIT
"""What testssl.sh finds at the daemon: nothing that is not named here, with the reason."""
import json
import os
import shutil
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "http"))
from daemon import Daemon, make_certificate  # noqa: E402

BOUND_S = 240  # it is a shell script of many processes: some 25 s of processor time by themselves
NAMED = {
    "engine_problem": "of Debian's openssl, which testssl.sh uses",
    "RC4": "the same: it cannot ask for RC4, and testssl.sh has asked by itself",
}
# All that it knows of protocols, ciphers and known attacks, in parts that TESTSSL=all adds to the first.
PARTS = [["-p"]] + ([["-s"], ["-f"], ["-P"], ["-H", "-I", "-T", "-BB", "-R", "-C", "-Z", "-O", "-W", "-F", "-A", "-L", "-4",
                                               "-D", "-J"]] if os.environ.get("TESTSSL") == "all" else [])


@pytest.mark.skipif(not shutil.which("testssl"), reason="testssl.sh is not installed")
@pytest.mark.parametrize("part", PARTS, ids=lambda part: "".join(part))
def test_nothing_is_found(tmp_path, part):
    certificate, key = make_certificate(tmp_path)
    found = tmp_path / "found.json"
    with Daemon("--head-timeout", "2", "--tls-certificate", certificate, "--tls-key", key) as running:
        subprocess.run(["testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--fast", "--jsonfile", found,
                        *part, f"127.0.0.1:{running.port}"], capture_output=True, timeout=BOUND_S)
    findings = json.loads(found.read_text())
    assert len(findings) > 5
    faults = [finding for finding in findings
              if finding["severity"] not in ("OK", "INFO") and finding["id"] not in NAMED]
    assert not faults, faults
