# SPDX-License-Identifier: BSD-2-Clause
#
# lines_schema.py SCHEMA FILE...: is each line of JSON what the schema says for its type, is every member of it in the schema,
# and is every member that the schema has in a line?
import json
import sys

import jsonschema


def closed(node):
    """The schema without members that it does not name."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    out = {key: closed(value) for key, value in node.items()}
    if "properties" in out and out.get("type") == "object":
        out["additionalProperties"] = False
    return out


def named(schema, name):
    """PATH of each member below a definition."""
    def walk(node, at):
        while "$ref" in node:
            node = schema["definitions"][node["$ref"].rsplit("/", 1)[1]]
        for key, value in node.get("properties", {}).items():
            yield f"{at}.{key}"
            yield from walk(value, f"{at}.{key}")
        if "items" in node:
            yield from walk(node["items"], at)
    return set(walk(schema["definitions"][name], name))


def members(node, at):
    if isinstance(node, list):
        for item in node:
            yield from members(item, at)
    elif isinstance(node, dict):
        for key, value in node.items():
            yield f"{at}.{key}"
            yield from members(value, f"{at}.{key}")


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
kinds = [one["$ref"].rsplit("/", 1)[1] for one in schema["oneOf"]]
validators = {kind: jsonschema.Draft7Validator({"definitions": closed(schema)["definitions"], "$ref": "#/definitions/" + kind})
              for kind in kinds}
whole = jsonschema.Draft7Validator(schema)
seen = set()
for name in sys.argv[2:]:
    with open(name, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            document = json.loads(line)
            if document.get("type") not in kinds:
                sys.exit(f"{name}:{number}: the schema has no {document.get('type')}")
            for validator in validators[document["type"]], whole:
                for error in validator.iter_errors(document):
                    sys.exit(f"{name}:{number}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
            seen.update(members(document, document["type"]))
missing = set().union(*(named(schema, kind) for kind in kinds)) - seen
if missing:
    sys.exit(f"in the schema only: {', '.join(sorted(missing))}")
