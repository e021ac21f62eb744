"""The registry of defects: which function injects the defect of which rule into which corpus."""

# Ends each line on which the finding may stand; taken out before the file is written.
MARK = "\x01"

REGISTRY = []


class Case:
    """One injected defect: a text in the place of the foreign file, or whole folders."""

    def __init__(self, variant, bad, clean=None):
        self.variant = variant
        self.bad = bad
        self.clean = clean


def defect(rule, corpus):
    """Registers `function(file, rng)`, which yields cases; `file` is what the corpus gives."""

    def register(function):
        REGISTRY.append((rule, corpus, function))
        return function

    return register
