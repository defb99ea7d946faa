#!/usr/bin/env python3
"""The table of docs/reliability.md, from files that campaigns wrote with --table. Several runs of one campaign are added up."""
import json
import sys

COLUMNS = ["faults", "acknowledged", "lost", "damaged", "twice", "most_in_flight"]


def main():
    rows = {}
    for name in sys.argv[1:]:
        with open(name) as f:
            for line in f:
                one = json.loads(line)
                row = rows.setdefault(one["campaign"], dict.fromkeys(COLUMNS, 0))
                for column in COLUMNS:
                    row[column] = max(row[column], one[column]) if column == "most_in_flight" else row[column] + one[column]
    print("| campaign | faults | acknowledged | lost | damaged | twice | in flight at most |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, row in sorted(rows.items()):
        print(f"| {name} | " + " | ".join(f"{row[c]:,}" for c in COLUMNS) + " |")


if __name__ == "__main__":
    main()
