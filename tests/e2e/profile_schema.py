# SPDX-License-Identifier: BSD-2-Clause
#
# profile_schema.py SCHEMA FILE...: is each what the schema says, and is every member of it in the schema?
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


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
for name in sys.argv[2:]:
    with open(name, encoding="utf-8") as file:
        document = json.load(file)
    for each in (schema, closed(schema)):
        kind = {**each, "$ref": "#/definitions/" + {"profile": "profile"}.get(document["type"], "difference")}
        kind.pop("oneOf")
        errors = sorted(jsonschema.Draft7Validator({"definitions": kind["definitions"], "$ref": kind["$ref"]})
                        .iter_errors(document), key=str)
        if errors:
            sys.exit(f"{name}: {'/'.join(map(str, errors[0].absolute_path))}: {errors[0].message[:300]}")
