"""Where two sets of objects are apart."""

import yaml


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """Dates stay texts, as in JSON."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in some if tag != "tag:yaml.org,2002:timestamp"]
    for first, some in Loader.yaml_implicit_resolvers.items()
}


def read(path):
    """The objects of a file with several documents."""
    with open(path, encoding="utf-8") as file:
        return [thing for thing in yaml.load_all(file, Loader=Loader) if thing]


def apart(plain, chart):
    """Pairs of an object, `Kind/name`, and what is apart, such as `metadata.namespace: manifests`."""
    one, other = by_name(plain), by_name(chart)
    for key in sorted(one.keys() | other.keys()):
        if key not in other:
            yield key, "object: manifests"
        elif key not in one:
            yield key, "object: chart"
        else:
            for what in sorted(set(differences(one[key], other[key], ""))):
                yield key, what


def by_name(objects):
    return {f"{thing['kind']}/{thing['metadata']['name']}": thing for thing in objects}


def differences(one, other, path):
    """Paths without the numbers of list items, each with the side that has something there."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            below = f"{path}.{key}" if path else key
            # What stands on one side alone is told key by key, too.
            empty = {} if isinstance(one.get(key, other.get(key)), dict) else None
            if key not in other and empty != {}:
                yield f"{below}: manifests"
            elif key not in one and empty != {}:
                yield f"{below}: chart"
            else:
                yield from differences(one.get(key, empty), other.get(key, empty), below)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for left, right in zip(one, other):
            yield from differences(left, right, path)
    elif one != other:
        yield f"{path}: both"
