# SPDX-License-Identifier: MIT
"""deploy/kubernetes: rendered by kubectl, judged by the types and schemas of the API, held to the restricted Pod Security
Standard and to the daemon's options and metrics; and the daemon where a ConfigMap's files change under it."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.request

import network
import pytest
import yaml

KUBERNETES = network.ROOT / "deploy/kubernetes"
PACKAGES = network.ROOT / ".build/deploy/node_modules"
DAEMON = os.environ["SMESTATD"]
# What an API group's types are called in the packages.
MODELS = {"monitoring.coreos.com": "@kubernetes-models/prometheus-operator/monitoring.coreos.com"}


def render(name, place):
    """The documents of a kustomization. Debian's kubectl is from before folders could stand among the resources."""
    copy = place / "kubernetes"
    shutil.copytree(KUBERNETES, copy)
    for path in copy.rglob("kustomization.yaml"):
        document = yaml.safe_load(path.read_text())
        resources = document.get("resources", [])
        document["resources"] = [item for item in resources if item.endswith(".yaml")]
        document["bases"] = [item for item in resources if not item.endswith(".yaml")]
        path.write_text(yaml.safe_dump(document))
    done = subprocess.run([network.program("kubernetes-client", "usr/bin/kubectl"), "kustomize", str(copy / name)],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="module", params=["base", "example"])
def documents(request, tmp_path_factory):
    return render(request.param, tmp_path_factory.mktemp(request.param))


def one(documents, kind, name="smestatd"):
    found = [document for document in documents if document["kind"] == kind and document["metadata"]["name"] == name]
    assert len(found) == 1, kind
    return found[0]


def test_says_only_what_the_api_knows(documents, tmp_path):
    """The compiler finds a field that the API does not have, or a value of another type; the schemas find the rest."""
    if not PACKAGES.is_dir():
        pytest.skip("tests/run has not installed the packages of tests/deploy/package.json")
    types, checks = [], []
    for number, document in enumerate(documents):
        group, _, version = document["apiVersion"].rpartition("/")
        folder = MODELS.get(group) or ("kubernetes-models" + (f"/{group}" if group else ""))
        module = f"{folder}/{version}/{document['kind']}"
        kind = document["kind"]
        types.append(f'import type {{ I{kind} as T{number} }} from "{module}";\n'
                     f"const d{number}: T{number} = {json.dumps(document)};\nvoid d{number};\n")
        checks.append(f'import {{ {kind} as K{number} }} from "{module}";\n'
                      f"new K{number}({json.dumps(document)}).validate();\n")
    (tmp_path / "node_modules").symlink_to(PACKAGES)
    (tmp_path / "package.json").write_text('{"type": "module"}\n')
    (tmp_path / "types.ts").write_text("".join(types))
    (tmp_path / "checks.js").write_text("".join(checks))
    for command in (["node", "node_modules/typescript/bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--module",
                     "nodenext", "types.ts"], ["node", "--preserve-symlinks", "checks.js"]):
        judged = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert judged.returncode == 0, judged.stdout + judged.stderr


def test_names_what_is_there(documents):
    """References between the documents lead to one of them."""
    names = {(document["kind"], document["metadata"]["name"]) for document in documents}
    deployment = one(documents, "Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    for source in container["envFrom"]:
        assert ("ConfigMap", source["configMapRef"]["name"]) in names
    target = one(documents, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) in names
    assert ("Service", one(documents, "Ingress")["spec"]["defaultBackend"]["service"]["name"]) in names
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    ports = {port["name"] for port in container["ports"]}
    selectors = [one(documents, "Service")["spec"]["selector"], deployment["spec"]["selector"]["matchLabels"],
                 one(documents, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
                 one(documents, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"]]
    assert all(selector.items() <= labels.items() for selector in selectors)
    assert {port["targetPort"] for port in one(documents, "Service")["spec"]["ports"]} <= ports
    for rule in one(documents, "NetworkPolicy")["spec"]["ingress"]:
        assert {port["port"] for port in rule["ports"]} <= ports


def test_prometheus_finds_the_admin_port(tmp_path):
    documents = render("example", tmp_path)
    monitor, service = one(documents, "ServiceMonitor"), one(documents, "Service", "smestatd-admin")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert not monitor["spec"]["selector"]["matchLabels"].items() <= one(documents, "Service")["metadata"]["labels"].items()
    assert service["spec"]["selector"].items() <= one(documents, "Deployment")["spec"]["template"]["metadata"]["labels"].items()
    ports = {port["name"]: port["targetPort"] for port in service["spec"]["ports"]}
    assert [ports[endpoint["port"]] for endpoint in monitor["spec"]["endpoints"]] == ["admin"]


def test_meets_the_restricted_pod_security_standard(documents):
    pod = one(documents, "Deployment")["spec"]["template"]["spec"]
    assert not any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC"))
    assert pod["securityContext"]["runAsNonRoot"] is True and pod["securityContext"]["runAsUser"] != 0
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    allowed = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}
    assert all(set(volume) - {"name"} <= allowed for volume in pod["volumes"])
    assert "initContainers" not in pod
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False and not context.get("privileged")
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["readOnlyRootFilesystem"] is True
        assert not any("hostPort" in port for port in container["ports"])


def options(documents):
    options = {}
    for document in documents:
        if document["kind"] == "ConfigMap" and document["metadata"]["name"].startswith("smestatd-options"):
            options.update(document["data"])
    return options


def test_the_daemon_takes_these_options(documents, tmp_path):
    """It runs with them, and serves probes where Kubernetes asks; and it ends before it would be killed."""
    given = options(documents)
    pod = one(documents, "Deployment")["spec"]["template"]["spec"]
    ports = {port["name"]: port["containerPort"] for port in pod["containers"][0]["ports"]}
    assert int(given["SMESTATD_ADMIN_PORT"]) == ports["admin"]
    known = re.findall(r"--([\w-]+)", subprocess.run([DAEMON, "--help"], capture_output=True, text=True, check=True).stdout)
    assert all(name.removeprefix("SMESTATD_").lower().replace("_", "-") in known for name in given)
    assert pod["terminationGracePeriodSeconds"] > int(given["SMESTATD_DRAIN_GRACE"]) + 10
    if "SMESTATD_DATASET" in given:
        name = pathlib.PurePath(given["SMESTATD_DATASET"]).name
        dataset = next(document for document in documents if document["metadata"]["name"] == "smestatd-dataset")
        (tmp_path / name).write_text(dataset["data"][name])
        given["SMESTATD_DATASET"] = str(tmp_path / name)
    ephemeral = {"SMESTATD_PORT": "0", "SMESTATD_ADMIN_PORT": "0", "SMESTATD_DRAIN_GRACE": "0",
                 "SMESTATD_ADMIN_ADDRESS": "127.0.0.1"}
    process = subprocess.Popen([DAEMON], env={**os.environ, **given, **ephemeral}, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if line.startswith("admin listening on "):
                url = line.split()[-1]
                break
        probes = [pod["containers"][0][probe]["httpGet"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")]
        for probe in probes:
            assert probe["port"] == "admin"
            with urllib.request.urlopen(url + probe["path"], timeout=10) as answer:
                assert answer.status == 200
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_sees_a_changed_config_map(tmp_path):
    """As the kubelet changes one: files are links into ..data, which is a link that is replaced in one step."""
    document = json.loads((KUBERNETES / "example/dataset/bakeries.json").read_text())

    def put(version, title):
        (tmp_path / version).mkdir()
        (tmp_path / version / "bakeries.json").write_text(json.dumps({**document, "title": title}))
        (tmp_path / "..data_tmp").symlink_to(version)
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")

    put("..2026_1", "first")
    (tmp_path / "bakeries.json").symlink_to("..data/bakeries.json")
    process = subprocess.Popen([DAEMON, "--port", "0", "--drain-grace", "0", "--watch", "--dataset",
                                str(tmp_path / "bakeries.json")], stderr=subprocess.PIPE, text=True)
    try:
        url = next(line for line in process.stderr if line.startswith("listening on ")).split()[-1]

        def title():
            with urllib.request.urlopen(f"{url}/v1?fields=title", timeout=10) as answer:
                return json.load(answer)["data"]["title"]

        assert title() == "first"
        for number, name in enumerate(("second", "third"), 2):
            put(f"..2026_{number}", name)
            shutil.rmtree(tmp_path / f"..2026_{number - 1}")
            network.until(lambda name=name: title() == name, f"the {name} version")
    finally:
        process.terminate()
        process.communicate(timeout=20)
    assert process.returncode == 0


# ---- What Prometheus is told ------------------------------------------------------------------------------------------


def rules():
    return yaml.safe_load((KUBERNETES / "monitoring/prometheusrule.yaml").read_text())["spec"]


def panels():
    return json.loads((KUBERNETES / "monitoring/dashboard.json").read_text())["panels"]


def promtool(*arguments):
    done = subprocess.run([network.program("prometheus", "usr/bin/promtool"), *map(str, arguments)], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_prometheus_understands_alerts_and_panels(tmp_path):
    expressions = [target["expr"] for panel in panels() for target in panel["targets"]]
    drawn = [{"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m").replace("$instance", ".*")}
             for number, expression in enumerate(expressions)]
    document = {"groups": [*rules()["groups"], {"name": "panels", "rules": drawn}]}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(document))
    promtool("check", "rules", "--lint=none", tmp_path / "rules.yaml")


def test_alerts_come_when_they_should(tmp_path):
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rules()))
    labels = 'job="smestatd", instance="a", namespace="n"'
    cases = {
        "SmestatdErrors": ('smestatd_requests_total{%s, status="500"}' % labels, "0+1x30", "10m"),
        "SmestatdReloadFailed": ("smestatd_last_reload_success{%s}" % labels, "1 0x30", "5m"),
        "SmestatdSlow": ('smestatd_request_duration_seconds_bucket{%s, le="+Inf"}' % labels, "0+9x30", "20m"),
        "SmestatdRestarting": ("process_start_time_seconds{%s}" % labels, "0+60x30", "15m"),
    }
    tests = []
    for name, (series, values, when) in cases.items():
        extra = [{"series": 'smestatd_request_duration_seconds_bucket{%s, le="0.25"}' % labels, "values": "0+0x30"},
                 {"series": 'smestatd_request_duration_seconds_bucket{%s, le="1"}' % labels, "values": "0+9x30"}]
        alert = next(rule for group in rules()["groups"] for rule in group["rules"] if rule["alert"] == name)
        grouped = "namespace" in alert["expr"]
        said = {"exp_labels": {**alert["labels"], **({"namespace": "n"} if grouped else
                                                    {"job": "smestatd", "instance": "a", "namespace": "n"})},
                "exp_annotations": {"summary": alert["annotations"]["summary"].replace("{{ $labels.instance }}", "a")}}
        tests.append({"interval": "1m", "input_series": [{"series": series, "values": values},
                                                         *(extra if name == "SmestatdSlow" else [])],
                      "alert_rule_test": [{"eval_time": when, "alertname": name, "exp_alerts": [said]}]})
        calm = {"series": 'smestatd_requests_total{%s, status="200"}' % labels, "values": "0+9x30"}
        tests.append({"interval": "1m", "input_series": [calm],
                      "alert_rule_test": [{"eval_time": when, "alertname": name, "exp_alerts": []}]})
    (tmp_path / "tests.yaml").write_text(yaml.safe_dump({"rule_files": ["rules.yaml"], "tests": tests}))
    promtool("test", "rules", tmp_path / "tests.yaml")


def test_they_ask_for_metrics_that_there_are():
    process = subprocess.Popen([DAEMON, "--port", "0", "--drain-grace", "0"], stderr=subprocess.PIPE, text=True)
    try:
        url = next(line for line in process.stderr if line.startswith("listening on ")).split()[-1]
        with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
            types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", answer.read().decode(), re.M))
    finally:
        process.terminate()
        process.communicate(timeout=20)
    asked = " ".join([rule["expr"] for group in rules()["groups"] for rule in group["rules"]] +
                     [target["expr"] for panel in panels() for target in panel["targets"]])
    names = set(re.findall(r"\b(?:smestatd|process)_\w+", asked))
    assert {name.removesuffix("_bucket") for name in names} <= set(types), names
