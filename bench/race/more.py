#!/usr/bin/env python3
"""The race with two more workloads.

    BENCH_PROJECT=$PWD/bench/race bench/race/more.py PATH-OF-THE-RACE project hand --workloads w1h --rounds 3

w4t is w4 in which texts differ: every body carries a comment with a number of its own behind the query, so that nothing that
goes by the bytes of a request is of use (what is kept by them holds a tenth of so many at most), and the customers are w4's
hundred. w1h is w1d with so many connections that the gateway is about half busy. The rest is the race's own rig.
"""
import importlib.util
import itertools
import json
import sys
from pathlib import Path

rig = Path(sys.argv.pop(1)).resolve() / "rig" / "bench.py"
spec = importlib.util.spec_from_file_location("bench", rig)
bench = importlib.util.module_from_spec(spec)
sys.modules["bench"] = bench
spec.loader.exec_module(bench)

# As many as the rig's generator tells apart.
TEXTS = 32_768
bodies = bench.bodies


def numbered(kind, ids, customers):
    if ids != "texts":
        return bodies(kind, ids, customers)
    hot, number = bodies(kind, "hot", customers), itertools.count()
    return [with_comment(hot[n % len(hot)], next(number)) for n in range(TEXTS)]


def with_comment(body, number):
    asked = json.loads(body)
    asked["query"] += f" #{number}"
    return json.dumps(asked)


bench.bodies = numbered
bench.WORKLOADS = {
    "w4t": ("one", 64, "texts", bench.NO_DELAY, "hot", "w4, texts that differ"),
    "w1h": ("one", 80, "random", bench.DELAYS, "cold", "w1d at half load"),
}
bench.main()
