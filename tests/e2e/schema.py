# SPDX-License-Identifier: BSD-2-Clause
#
# schema.py SCHEMA FILE...: is each document in each file what the schema says, and is every member of it in the schema? Says of
# which types they were.
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


def documents(name):
    """One, over many lines, or one a line."""
    with open(name, encoding="utf-8") as file:
        text = file.read()
    decoder, at = json.JSONDecoder(), 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        document, at = decoder.raw_decode(text, at)
        yield document


def of_type(schema, document):
    """The choices of a schema that are of the document's type, so that what is wrong can be told."""
    for choice in schema.get("oneOf", []):
        name = choice["$ref"].removeprefix("#/definitions/")
        kind = schema["definitions"][name]["properties"].get("type", {})
        if document.get("type") in kind.get("enum", [kind.get("const")]):
            yield {"definitions": schema["definitions"], "$ref": choice["$ref"]}


def wrong(schema, document):
    found = []
    for choice in list(of_type(schema, document)) or [schema]:
        errors = sorted(jsonschema.Draft7Validator(choice).iter_errors(document), key=str)
        if not errors:
            return None
        found.append(f"{'/'.join(map(str, errors[0].absolute_path))}: {errors[0].message[:300]}")
    return "; or ".join(found)


with open(sys.argv[1], encoding="utf-8") as f:
    SCHEMA = json.load(f)
jsonschema.Draft7Validator.check_schema(SCHEMA)
seen = {}
for path in sys.argv[2:]:
    for each in documents(path):
        error = wrong(SCHEMA, each) or wrong(closed(SCHEMA), each)
        if error:
            sys.exit(f"{path}: {each.get('type')}: {error}")
        seen[each.get("type")] = seen.get(each.get("type"), 0) + 1
print(" ".join(f"{kind}:{count}" for kind, count in sorted(seen.items(), key=str)))
