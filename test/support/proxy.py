# SPDX-License-Identifier: Apache-2.0
"""A proxy, and a socket that leads to a registry, while a test runs. Everything stays on this machine: whatever name is
asked for, a proxy connects to the one place that it was given."""

import contextlib
import os
import socket
import threading


def _pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end, how in ((source, socket.SHUT_RD), (target, socket.SHUT_WR)):
        with contextlib.suppress(OSError):
            end.shutdown(how)


def _join(one, other):
    back = threading.Thread(target=_pump, args=(other, one), daemon=True)
    back.start()
    _pump(one, other)
    back.join()


class _Listener:
    def __init__(self, listening):
        self.listening = listening
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(OSError):
            self.handle(connection)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join()


class Proxy(_Listener):
    """Takes requests for any host to `target`, "127.0.0.1:PORT"; with a status, it answers so by itself.

    `requests` are the first lines that it was sent, `accounts` the values of Proxy-Authorization.
    """

    def __init__(self, target=None, status=None):
        self.target, self.status = target, status
        self.requests, self.accounts = [], []
        listening = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{listening.getsockname()[1]}"
        super().__init__(listening)

    def handle(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            data = connection.recv(65536)
            if not data:
                return
            head += data
        lines = head.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        self.requests.append(lines[0])
        self.accounts += [line.split(": ", 1)[1] for line in lines if line.lower().startswith("proxy-authorization:")]
        if self.status is not None:
            connection.sendall(f"HTTP/1.1 {self.status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            return
        place, port = self.target.split(":")
        with socket.create_connection((place, int(port))) as there:
            if lines[0].startswith("CONNECT "):
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                # One request for each connection, so that each is seen.
                method, url, version = lines[0].split(" ")
                path = "/" + url.split("://", 1)[1].partition("/")[2]
                kept = [line for line in lines[1:] if not line.lower().startswith(("proxy-", "connection:", "host:"))]
                kept += [f"Host: {self.target}", "Connection: close"]
                there.sendall("\r\n".join([f"{method} {path} {version}", *kept, "", ""]).encode("latin-1"))
                there.sendall(head.split(b"\r\n\r\n", 1)[1])
            _join(connection, there)


class SocketTo(_Listener):
    """A Unix socket at `path` that leads to "127.0.0.1:PORT"."""

    def __init__(self, path, target):
        self.path, self.target, self.connections = path, target, 0
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listening.bind(path)
        listening.listen()
        super().__init__(listening)

    def handle(self, connection):
        self.connections += 1
        place, port = self.target.split(":")
        with socket.create_connection((place, int(port))) as there:
            _join(connection, there)

    def __exit__(self, *rest):
        super().__exit__(*rest)
        os.unlink(self.path)
