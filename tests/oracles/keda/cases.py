"""Writes the cases: ScaledObjects, and what the loop of each meets."""

import json
import random

SEED, COUNT, STEPS = 20, 400, 30


def annotations(dice):
    found = {}
    for name, share in [
        ("paused", 0.03),
        ("paused-replicas", 0.02),
        ("paused-scale-in", 0.1),
        ("paused-scale-out", 0.1),
        ("force-activation", 0.06),
    ]:
        if dice.random() < share:
            values = ["3"] if name == "paused-replicas" else ["true", "false", "1", "F", "yes", ""]
            found["autoscaling.keda.sh/" + name] = dice.choice(values)
    return found


def case(dice):
    maybe = lambda share, value: value if dice.random() < share else None
    low = maybe(0.7, dice.choice([0, 0, 1, 2, 5]))
    one = {
        "min": low,
        "idle": maybe(0.35, dice.choice([0, 0, 1])) if low else None,
        "cooldown": maybe(0.7, dice.choice([0, 30, 60, 90, 600])),
        "initialCooldown": maybe(0.3, dice.choice([0, 45, 300])),
        "fallback": maybe(0.4, dice.choice([0, 2, 4])),
        "annotations": annotations(dice),
        "replicas": dice.choice([0, 0, 1, 3, 7]),
        "steps": [],
    }
    if one["idle"] is not None and one["idle"] >= low:
        one["idle"] = None
    busy = dice.random() < 0.5
    for _ in range(STEPS):
        if dice.random() < 0.2:
            busy = not busy
        one["steps"].append(
            [
                dice.choice([5, 30, 30, 30, 60, 61]),
                dice.choice([0, 1, 4, 9]) if dice.random() < 0.2 else -1,
                int(busy),
                int(dice.random() < 0.15),
            ]
        )
    return one


def main():
    dice = random.Random(SEED)
    lines = [json.dumps(case(dice), separators=(",", ":")) for _ in range(COUNT)]
    print("[\n" + ",\n".join(lines) + "\n]")


main()
