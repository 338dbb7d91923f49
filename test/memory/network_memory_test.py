# SPDX-License-Identifier: Apache-2.0
"""A blob of a gibibyte to a registry and back needs no more than a few buffers over a client that only asks something.

Usage: network_memory_test.py PORTOLAN TESTREGISTRY
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import big_layout
import programs
import tracer
from tap import Tap
from testregistry import TestRegistry

PORTOLAN = os.path.abspath(sys.argv[1])
TESTREGISTRY = os.path.abspath(sys.argv[2])
MIB = 1 << 20
MOST = 16 * MIB


def peak(env, *words):
    outcome = tracer.trace([PORTOLAN, *words], env=env)
    if outcome.status != 0:
        raise AssertionError(f"{' '.join(words)}: exit status {outcome.status}: {outcome.stderr.decode()}")
    return outcome.peak


def within_limit(env, idle, *words):
    used = peak(env, *words) - idle
    print(f"# {used / MIB:.1f} MiB over the {idle / MIB:.1f} MiB of a client that asks for a tag")
    if used > MOST:
        yield f"{used / MIB:.1f} MiB; at most {MOST / MIB:.1f}"


def both_ways(tap, env, folder, name, options, words):
    with TestRegistry(TESTREGISTRY, *options) as registry:
        there = f"oci://{registry.host}/big:1"
        up = ("copy", f"oci-layout:{folder}/big//big:1", there, "-q", *words)
        # The first time makes the tag that the idle client asks for; its figure counts, too.
        first = peak(env, *up)
        idle = peak(env, "resolve", there, "-q", *words)
        tap.case(f"{name}: up", [] if first - idle <= MOST else [f"{(first - idle) / MIB:.1f} MiB"])
        print(f"# {(first - idle) / MIB:.1f} MiB over idle")
        down = ("copy", there, f"oci-layout:{folder}/{name}//big:1", "-q", *words)
        tap.case(f"{name}: down", within_limit(env, idle, *down))
        through = ("copy", there, f"oci://{registry.host}/again:1", "-q", *words)
        tap.case(f"{name}: through, down and up at once", within_limit(env, idle, *through))


def main():
    tap = Tap()
    with programs.scratch() as folder:
        env = programs.environment(folder)
        big_layout.write(os.path.join(folder, "big"))
        ca_file = os.path.join(folder, "ca.pem")
        both_ways(tap, env, folder, "plain", ["--no-mounts"], [])
        both_ways(tap, env, folder, "tls", ["--no-mounts", "--tls", ca_file], ["--ca-file", ca_file])
    tap.finish()


main()
