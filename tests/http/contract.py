# SPDX-License-Identifier: MIT
"""api/openapi.json as a judge of answers, and a record of how much of it was exercised."""
import functools
import json
import pathlib
import re
import urllib.parse

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "api" / "openapi.json"
DOCUMENT = json.loads(FILE.read_text("utf-8"))
SME = json.loads((ROOT / "api" / "sme.json").read_text("utf-8"))
# By which JSON texts are judged: the schemas of a description, as text so that what is made of them can be kept.
SCHEMAS = json.dumps(DOCUMENT["components"]["schemas"])
METHODS = ("get", "head", "options")
# Lists of rows of the built-in dataset. Facets are counts about one of them, and it declares no dimensions.
COLLECTIONS = [path.split("/")[2] for path in DOCUMENT["paths"]
               if re.fullmatch(r"/v1/[a-z-]+", path) and path not in ("/v1/facets", "/v1/dimensions")]
EXTENSIONS = re.compile(r"\.(json|csv|ndjson|jsonstat)$")

# What no client can bring about on a healthy machine.
EXEMPT_PROBLEMS = {
    "internal-error": "stands for a mistake in the program itself",
    "out-of-memory": "needs an allocation that fails, which tests/fault arranges",
}

# Sentences about what was asked for, as `promised` has them.
exercised = set()


def parse(text):
    """JSON as RFC 8259 has it: no NaN, and no name twice."""
    def members(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), f"a member stands twice among {names}"
        return dict(pairs)

    def constant(name):
        raise AssertionError(f"{name} is not JSON")

    return json.loads(text, object_pairs_hook=members, parse_constant=constant)


judge = DOCUMENT


def judge_by(document):
    """From now on a description as some daemon serves it is the judge, since it knows that one's dimensions."""
    global judge
    judge = document


def resolve(node):
    while "$ref" in node:
        here = judge
        for part in node["$ref"].removeprefix("#/").split("/"):
            here = here[part.replace("~1", "/").replace("~0", "~")]
        node = here
    return node


@functools.lru_cache(maxsize=None)
def judges(schemas):
    """A class of validators for these schemas, and what was found good: the most, such as rows, come again and again."""
    good = set()

    def reference(validator, target, value, schema):
        if (key := (target, json.dumps(value))) not in good:
            found = list(jsonschema.Draft202012Validator.VALIDATORS["$ref"](validator, target, value, schema))
            good.update([] if found else [key])
            yield from found

    return jsonschema.validators.extend(jsonschema.Draft202012Validator, {"$ref": reference}), good


@functools.lru_cache(maxsize=None)
def validator(text, schemas):
    schema = {**json.loads(text), "components": {"schemas": json.loads(schemas)}}
    jsonschema.Draft202012Validator.check_schema(schema)
    return judges(schemas)[0](schema)


def faults(schema, value, schemas=SCHEMAS):
    text, good = json.dumps(schema), judges(schemas)[1]
    if (key := (text, json.dumps(value))) in good:
        return []
    found = [f"{error.json_path}: {error.message}"[:500] for error in validator(text, schemas).iter_errors(value)]
    good.update([] if found else [key])
    return found


def template_of(path):
    """The path of the description that a path is, or None."""
    if path in DOCUMENT["paths"]:
        return path
    for template in DOCUMENT["paths"]:
        pattern = re.sub(r"\\\{(id|slug|build|file)\\\}", "[^/]+", re.escape(template))
        if "{" in template and re.fullmatch(pattern, path):
            return template
    return None


def parameters_of(template, method):
    item = judge["paths"][template]
    return [resolve(p) for p in item.get("parameters", []) + item[method].get("parameters", [])]


def responses_of(template, method):
    item = judge["paths"][template]
    if method in METHODS:
        return item[method]["responses"]
    # Other methods are refused by every resource; GET's description says how.
    return {code: item["get"]["responses"][code] for code in ("400", "405", "408", "414", "431", "500", "503", "505")}


def check_headers(answer, described):
    for name, header in described.get("headers", {}).items():
        header = resolve(header)
        value = answer.get(name)
        assert value is not None or not header.get("required"), f"{name} is missing in {answer!r} {answer.headers}"
        if value is not None:
            typed = int(value) if header["schema"].get("type") == "integer" else value
            assert not faults(header["schema"], typed), f"{name}: {value} in {answer!r}"
    known = {name.lower() for name in described.get("headers", {})}
    known |= {"date", "server", "content-type", "content-length", "connection"}
    # These come with any answer to a request that asks for them, as the description says at its top.
    known |= {"x-request-id", "server-timing", "preference-applied"}
    unknown = {name.lower() for name, _ in answer.headers} - known
    assert not unknown, f"{unknown} are not described for {answer!r}"


def check_body(answer, described, schemas):
    content = described.get("content")
    if answer.method == "HEAD" or answer.status in (204, 304, 308):
        assert answer.body == b"", answer
        return
    media = re.sub("; (charset|header)=[a-z0-9-]+", "", answer.get("Content-Type"))
    assert media in content, f"{media} is not described for {answer!r}"
    if media == "text/html":
        assert answer.text.startswith("<!DOCTYPE html>"), answer
        return
    empty = media == "application/x-ndjson" and answer.body == b""
    assert answer.text.endswith("\n") or empty, answer
    if media in ("text/csv", "application/x-ndjson"):
        check_rows(answer, media, row_schema(content), schemas)
        return
    found = faults(content[media]["schema"], answer.json if "json" in media else answer.text, schemas)
    assert not found, f"{answer!r}: {found[:5]}"
    if media == "application/problem+json":
        assert answer.json["status"] == answer.status, answer
        assert answer.slug in {row["value"] for row in SLUGS}, answer


def typed(schema, text):
    """A parameter as a client would have it before it is put into the query."""
    kind = resolve(schema)["type"]
    if kind == "array":
        return [typed(schema["items"], piece) for piece in text.split(",")]
    return text if kind == "string" else json.loads(text)


def check_parameters(answer, template, schemas):
    """What the daemon takes is what the description has, so that a typed client can ask it."""
    described = {p["name"]: p["schema"] for p in parameters_of(template, answer.method.lower()) if p["in"] == "query"}
    query = urllib.parse.urlsplit(answer.target).query
    for name, text in urllib.parse.parse_qsl(query, keep_blank_values=True):
        found = faults(described[name], typed(described[name], text), schemas)
        assert not found, f"{name} was taken in {answer!r}: {found[:5]}"


def row_schema(content):
    """The schema of a row of the JSON answer, or of the one row that it is."""
    data = resolve(content["application/json"]["schema"])["properties"]["data"]
    return data.get("items", data)


def check_rows(answer, media, schema, schemas):
    if media == "application/x-ndjson":
        for line in answer.text.splitlines():
            found = faults(schema, parse(line), schemas)
            assert not found, f"{answer!r}: {found[:5]}"
    else:
        header = answer.text.removeprefix("\ufeff").split("\r\n", 1)[0].split(",")
        assert {name.split(".")[0] for name in header} <= set(resolve(schema)["properties"]), answer


def operation(template, method):
    return f"{method.upper()} {template}"


def use(template, parameter):
    return f"{parameter['name']} in the {parameter['in']} of {template}"


def note(answer, template, sent):
    method = answer.method.lower()
    exercised.add(operation(template, method))
    # HEAD is GET without the body: one of them shows that the parameter is there.
    if answer.status not in (200, 304) or method != "get":
        return
    query = urllib.parse.urlsplit(answer.target).query
    names = {(name, "query") for name, _ in urllib.parse.parse_qsl(query, keep_blank_values=True)}
    names |= {(name.lower(), "header") for name, _ in sent}
    names |= {(name, "path") for name in ("id", "slug", "build", "file")}
    for parameter in parameters_of(template, method):
        place = parameter["in"]
        if ((parameter["name"].lower() if place == "header" else parameter["name"]), place) in names:
            exercised.add(use(template, parameter))


def path_of(target):
    """The path of a target, decoded where that cannot make new segments."""
    if not target or not target.startswith("/"):
        return None
    path = target.split("?", 1)[0]
    return path if "%2f" in path.lower() else urllib.parse.unquote(path)


def check(answer, sent, schemas=SCHEMAS):
    """Fails unless the answer is one that the description gives for its method and path."""
    assert answer.all("Server") == ["smestatd"], answer.headers
    assert len(answer.all("Date")) == 1, answer.headers
    path = path_of(answer.target)
    template = template_of(path) if path else None
    if path and path.startswith("/v1/") and EXTENSIONS.search(path) and path not in DOCUMENT["paths"]:
        template = template_of(EXTENSIONS.sub("", path))
    if template:
        responses = responses_of(template, answer.method.lower())
        assert str(answer.status) in responses, f"{answer.status} is not described for {answer!r}"
        described = resolve(responses[str(answer.status)])
        note(answer, template, sent)
        if answer.status == 200:
            check_parameters(answer, template, schemas)
    else:
        # Not an address of the description: only a problem, a redirection, or OPTIONS * is possible.
        names = {400: "BadRequest", 404: "NotFound", 405: "MethodNotAllowed", 204: "Options", 308: "Redirect",
                 408: "RequestTimeout", 414: "TargetTooLong", 431: "HeadTooLarge", 503: "Unavailable",
                 505: "VersionNotSupported"}
        if answer.target is None and answer.status not in names:
            return
        assert answer.status in names, f"{answer.status} for an address that is not described: {answer!r}"
        described = DOCUMENT["components"]["responses"][names[answer.status]]
    check_headers(answer, described)
    check_body(answer, described, schemas)
    if answer.get("Content-Type") == "application/problem+json" and answer.body:
        exercised.add(f"problem {answer.slug}")
        for error in answer.json.get("errors", []):
            if "type" in error:
                exercised.add(f"problem {error['type'].rsplit('/', 1)[1]}")


SLUGS = [{"value": slug} for slug in DOCUMENT["components"]["schemas"]["ProblemType"]["properties"]["slug"]["enum"]]


def promised():
    """All that the description promises, and some test has to ask for."""
    judge_by(DOCUMENT)
    for template in DOCUMENT["paths"]:
        for method in METHODS:
            yield operation(template, method)
        yield from (use(template, parameter) for parameter in parameters_of(template, "get"))
    yield from (f"problem {row['value']}" for row in SLUGS if row["value"] not in EXEMPT_PROBLEMS)
