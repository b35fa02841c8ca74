"""Fails when a figure on real pictures gets worse: reads what a program prints, shows the line with the figure.

    gate.py score | gate.py alarms

The figures to hold stand in score.json; better them when they become better for good.
"""

import json
import re
import sys
from pathlib import Path

# The figure's name, where it stands, and how far it may go the wrong way.
GATES = {
    "score": ("F1 with negatives", r"· F1 with negatives ([\d.]+)", -0.01),
    "alarms": ("false alarms a picture", r"\| ([\d.]+) \(\d+\) \|$", 0.05),
}


def main() -> None:
    name, pattern, most = GATES[sys.argv[1]]
    found = [(line, match[1]) for line in sys.stdin.read().splitlines() if (match := re.search(pattern, line))]
    if not found:
        sys.exit(f"gate: expected a line with '{name}', found none")
    line, figure = found[-1]
    print(line)
    recorded = json.loads(Path(__file__).with_name("score.json").read_text(encoding="utf-8"))[name]
    worse = (float(figure) - recorded) / most
    if worse > 1:
        sys.exit(f"gate: {name} went from {recorded} to {figure}, by more than {abs(most)}")
    print(f"gate: {name} {figure}, recorded {recorded}")


if __name__ == "__main__":
    main()
