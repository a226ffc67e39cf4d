"""conf/openapi.yaml as what an answer is judged by, and whether it is a sound document itself."""
import copy
import json
import re

import jsonschema
import yaml

METHODS = ("get", "head", "post", "put", "delete", "patch", "options", "trace")
FRAMING = {"content-type", "content-length", "connection"}
# Which fields each kind of object of OpenAPI 3.1 has; those with ! must be there. Beside x-….
FIELDS = {
    "root": "openapi! info! servers security tags paths webhooks components! externalDocs",
    "operation": "operationId! summary! description tags parameters requestBody responses! security",
    "parameter": "name! in! description required schema! examples example",
    "body": "description required content!",
    "response": "description! headers content",
    "header": "description required schema!",
    "media": "schema examples example",
}


class Unsound(Exception):
    pass


def closed(schema):
    """The same schema, with no other fields than those that it names: answers may grow for those who
    read them, but not without a word in the document."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: value if key in ("const", "enum", "examples") else
            {name: closed(one) for name, one in value.items()} if key == "properties" else closed(value)
            for key, value in schema.items()}
    if "properties" in made and isinstance(schema["properties"], dict):
        made.setdefault("additionalProperties", False)
    return made


class Document:
    def __init__(self, content):
        self.root = content
        self.reached = set()  # (method, path, status)
        self.reached_any = set()
        self.schemas = {"components": {"schemas": {
            name: closed(one) for name, one in content["components"]["schemas"].items()}}}

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(yaml.safe_load(file))

    def find(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.root
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def operations(self):
        """(METHOD, path, operation) of each."""
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if method in item:
                    yield method.upper(), path, item[method]

    def methods(self, path):
        return {method.upper() for method in METHODS if method in self.root["paths"][path]}

    def operation(self, method, path):
        return self.root["paths"].get(path, {}).get(method.lower())

    def faults(self, schema, value):
        """What is wrong with a value, for people."""
        rooted = {**closed(schema), **self.schemas}
        checker = jsonschema.Draft202012Validator(rooted, format_checker=jsonschema.FormatChecker())
        return [f"{'/'.join(map(str, one.absolute_path)) or 'the body'}: {one.message[:300]}"
                for one in checker.iter_errors(value)]

    def judge(self, method, path, reply):
        """Everything in an answer that the document does not say, or says otherwise."""
        operation = self.operation(method, path)
        status = str(reply.status)
        if operation is not None and status in operation["responses"]:
            response = self.find(operation["responses"][status])
            self.reached.add((method, path, status))
        elif status in self.root["x-any-request"]:
            response = self.find(self.root["x-any-request"][status])
            self.reached_any.add(status)
        else:
            return [f"{status} is not documented"]
        return self.judge_headers(response, reply) + self.judge_body(response, method, reply)

    def judge_headers(self, response, reply):
        found, wrong = {name.lower(): value for name, value in reply.headers}, []
        known = {name.lower(): self.find(one) for name, one in response.get("headers", {}).items()}
        for name, header in known.items():
            if name in found:
                wrong += [f"header {name}: {one}" for one in self.faults(header["schema"], found[name])]
            elif header.get("required"):
                wrong.append(f"header {name} is missing")
        return wrong + [f"header {name} is not documented" for name in found.keys() - known.keys() - FRAMING]

    def judge_body(self, response, method, reply):
        kind = (reply.header("Content-Type") or "").split(";")[0]
        content = response.get("content", {})
        if kind not in content:
            return [f"Content-Type {kind!r} is not documented"]
        if method == "HEAD":
            return ["HEAD has a body"] if reply.body else []
        schema = content[kind].get("schema", {})
        try:
            value = json.loads(reply.body) if kind.endswith("json") else reply.body.decode()
        except ValueError as error:
            return [f"the body is not {kind}: {error}"]
        wrong = self.faults(schema, value)
        if kind == "application/problem+json" and value.get("status") != reply.status:
            wrong.append(f"status in the body is {value.get('status')}")
        return wrong

    def judge_request(self, method, path, kind, text):
        """Of a request that was accepted: whether the document says that it may be so."""
        operation = self.operation(method, path)
        body = self.find(operation.get("requestBody", {})) if operation else {}
        if text is None or not body:
            return ["a body is required"] if body.get("required") else []
        media = body["content"].get(kind or "application/json")
        if media is None:
            return [f"a request of the type {kind} is not documented"]
        return self.faults(media["schema"], json.loads(text) if "ndjson" not in (kind or "") else text)

    def judge_callback(self, headers, body):
        """What the agent posts to a target, by the document's webhook."""
        operation = self.root["webhooks"]["delivery"]["post"]
        found, wrong = {name.lower(): value for name, value in headers}, []
        known = {one["name"]: one for one in operation["parameters"]}
        for name, header in known.items():
            if name in found:
                wrong += [f"{name}: {one}" for one in self.faults(header["schema"], found[name])]
            elif header.get("required"):
                wrong.append(f"{name} is missing")
        ours = {name for name in found if name.startswith(("webhook-", "ffl-"))}
        wrong += [f"{name} is not documented" for name in ours - known.keys()]
        return wrong + self.faults(operation["requestBody"]["content"]["application/json"]["schema"],
                                   json.loads(body))

    def statuses(self):
        return {(method, path, status) for method, path, operation in self.operations()
                for status in operation["responses"]}

    # Whether the document itself is sound.

    def check(self):
        self.has_fields("root", self.root, "the document")
        if not re.fullmatch(r"3\.1\.\d+", self.root["openapi"]):
            raise Unsound("openapi: expected 3.1")
        self.check_references(self.root, set())
        ids = [operation["operationId"] for _, _, operation in self.operations()]
        if len(set(ids)) != len(ids):
            raise Unsound("an operationId is there twice")
        for name, schema in self.root["components"]["schemas"].items():
            self.check_schema(schema, name)
        for path, item in self.root["paths"].items():
            for method, operation in item.items():
                if method in METHODS:
                    self.check_operation(operation, item.get("parameters", []), path, f"{method} {path}")
        self.check_operation(self.root["webhooks"]["delivery"]["post"], [], "", "the webhook")

    @staticmethod
    def has_fields(kind, node, where):
        names = FIELDS[kind].split()
        known = {name.rstrip("!") for name in names}
        for name in node:
            if name not in known and not name.startswith("x-"):
                raise Unsound(f"{where}: unknown field {name!r}")
        for name in names:
            if name.endswith("!") and name[:-1] not in node:
                raise Unsound(f"{where}: {name[:-1]} is missing")

    def check_references(self, node, seen):
        if isinstance(node, dict):
            if "$ref" in node:
                try:
                    self.find(node)
                except (KeyError, TypeError):
                    raise Unsound(f"{node['$ref']} leads nowhere") from None
                seen.add(node["$ref"])
            for value in node.values():
                self.check_references(value, seen)
        elif isinstance(node, list):
            for value in node:
                self.check_references(value, seen)
        if node is self.root:
            for kind in ("parameters", "headers", "responses", "schemas"):
                for name in node["components"][kind]:
                    if f"#/components/{kind}/{name}" not in seen:
                        raise Unsound(f"components/{kind}/{name} is used nowhere")

    def check_schema(self, schema, where):
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            raise Unsound(f"{where}: {error.message}") from None
        known = {*jsonschema.Draft202012Validator.META_SCHEMA["properties"], "$ref", "type", "const", "enum",
                 "minimum", "maximum", "minLength", "pattern", "format", "items", "minItems", "maxItems",
                 "properties", "required", "additionalProperties", "minProperties", "oneOf", "allOf",
                 "description", "default", "examples"}
        for name, value in schema.items():
            if name not in known:
                raise Unsound(f"{where}: unknown keyword {name!r}")  # a comma in a text without quotes
            if name in ("oneOf", "allOf"):
                for one in value:
                    self.check_schema(one, where)
            elif name in ("items",):
                self.check_schema(value, where)
            elif name == "properties":
                for field, one in value.items():
                    self.check_schema(one, f"{where}.{field}")
                for field in schema.get("required", []):
                    if field not in value:
                        raise Unsound(f"{where}: {field} is required but not described")

    def check_operation(self, operation, shared, path, where):
        self.has_fields("operation", operation, where)
        parameters = [self.find(one) for one in [*shared, *operation.get("parameters", [])]]
        for one in parameters:
            self.has_fields("parameter", one, f"{where}, {one.get('name')}")
            self.check_schema(one["schema"], f"{where}, {one['name']}")
        in_path = {one["name"] for one in parameters if one["in"] == "path" and one.get("required")}
        if in_path != set(re.findall(r"{(\w+)}", path)):
            raise Unsound(f"{where}: its path parameters are not those of its path")
        if "requestBody" in operation:
            self.has_fields("body", operation["requestBody"], where)
            self.check_media(operation["requestBody"]["content"], where)
        for status, response in operation["responses"].items():
            response = self.find(response)
            self.has_fields("response", response, f"{where}, {status}")
            for name, header in response.get("headers", {}).items():
                self.has_fields("header", self.find(header), f"{where}, {name}")
                self.check_schema(self.find(header)["schema"], f"{where}, {name}")
            self.check_media(response.get("content", {}), f"{where}, {status}")

    def check_media(self, content, where):
        for kind, media in content.items():
            self.has_fields("media", media, f"{where}, {kind}")
            self.check_schema(media.get("schema", {}), where)
            for name, example in media.get("examples", {}).items():
                for fault in self.faults(media["schema"], example["value"]):
                    raise Unsound(f"{where}: the example {name}: {fault}")

    def changed(self, change):
        """A document that `change` was done to."""
        content = copy.deepcopy(self.root)
        change(content)
        return Document(content)
