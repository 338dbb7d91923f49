# SPDX-License-Identifier: Apache-2.0
"""The delay proxy: in front of a registry it makes the way there longer, and counts connections and bytes."""

import contextlib
import socket
import statistics
import subprocess
import threading
import time

from programs import Missing


class DelayProxy:
    """A way to `target` (host:port) with `round_trip` milliseconds more; `host` is where it begins."""

    def __init__(self, program, target, round_trip):
        self.process = subprocess.Popen(
            [program, target, str(round(round_trip * 500))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={},
        )
        word, _, port = self.process.stdout.readline().partition(" ")
        if word != "port":
            self.process.wait()
            raise Missing(f"{program} does not start")
        self.host = f"127.0.0.1:{port.strip()}"

    def counts(self):
        """Connections, bytes up, bytes down since it was asked before."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return tuple(int(word) for word in self.process.stdout.readline().split())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@contextlib.contextmanager
def _echo():
    """A server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client:
                        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        while data := client.recv(1 << 16):
                            client.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield "%s:%d" % listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def _exchanges(host, count):
    """Seconds of a connection's first exchange, handshake included, and of each later one."""
    address, _, port = host.rpartition(":")
    begun = time.perf_counter()
    with socket.create_connection((address, int(port))) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(count):
            client.sendall(b"x")
            client.recv(1)
            now = time.perf_counter()
            yield now - begun
            begun = now


def measure(program, round_trip):
    """What the proxy adds, measured against an echo server without it, in milliseconds."""
    with _echo() as direct, DelayProxy(program, direct, round_trip) as proxy:
        ways = {host: [list(_exchanges(host, 6)) for _ in range(10)] for host in (direct, proxy.host)}
        connections, *_ = proxy.counts()

    def median(host, which):
        return statistics.median(time for one in ways[host] for time in one[which]) * 1000

    return {
        "asked_ms": round_trip,
        "added_ms": round(median(proxy.host, slice(1, None)) - median(direct, slice(1, None)), 2),
        "added_at_first_ms": round(median(proxy.host, slice(0, 1)) - median(direct, slice(0, 1)), 2),
        "connections": connections,
    }
