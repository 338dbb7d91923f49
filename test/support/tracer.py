# SPDX-License-Identifier: Apache-2.0
"""Runs a program under ptrace: stops it at chosen system calls, and looks at it in the moment it ends.

strace counts the calls of each thread on its own; here they are counted over all threads, so that "the seventh write"
is one moment of the whole program, and stepping through these moments leaves none out.
"""

import ctypes
import os
import platform
import signal
import struct

PTRACE_TRACEME, PTRACE_CONT, PTRACE_POKEUSER = 0, 7, 6
PTRACE_SYSCALL, PTRACE_SETOPTIONS, PTRACE_GETEVENTMSG, PTRACE_GET_SYSCALL_INFO = 24, 0x4200, 0x4201, 0x420E
O_TRACESYSGOOD, O_TRACEFORK, O_TRACEVFORK, O_TRACECLONE, O_TRACEEXEC, O_TRACEEXIT = 1, 2, 4, 8, 16, 64
O_EXITKILL = 1 << 20
EVENT_EXIT = 6
SYSCALL_STOP = signal.SIGTRAP | 0x80
INFO_ENTRY, INFO_EXIT = 1, 2
WALL = 0x40000000

# name: (number on x86_64, number on aarch64)
CALLS = {
    "write": (1, 64),
    "pwrite64": (18, 68),
    "writev": (20, 66),
    "pwritev": (296, 70),
    "pwritev2": (328, 287),
    "sendfile": (40, 71),
    "copy_file_range": (326, 285),
    "fallocate": (285, 47),
    "ftruncate": (77, 46),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "sync_file_range": (277, 84),
    "syncfs": (306, 267),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "rmdir": (84, None),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "open": (2, None),
    "openat": (257, 56),
    "creat": (85, None),
    "flock": (73, 32),
    "fcntl": (72, 25),
    "close": (3, 57),
    "exit_group": (231, 94),
}
WRITES = ("write", "pwrite64", "writev", "pwritev", "pwritev2", "sendfile", "copy_file_range")
CHANGES = WRITES + (
    "fallocate",
    "ftruncate",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "syncfs",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "unlink",
    "unlinkat",
    "rmdir",
    "mkdir",
    "mkdirat",
    "flock",
    "exit_group",
)

OPENS = ("open", "openat", "creat")
# Which argument is the path (the last one where there are two), and which the folder that it is relative to.
_PATHS = {
    "open": (0, None),
    "creat": (0, None),
    "mkdir": (0, None),
    "rename": (1, None),
    "openat": (1, 0),
    "mkdirat": (1, 0),
    "renameat": (3, 2),
    "renameat2": (3, 2),
}
_AT_FDCWD = 2**32 - 100

_ORIG_RAX, _RAX = 15 * 8, 10 * 8

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


class CannotTrace(Exception):
    pass


def _ptrace(request, pid, address=0, data=0):
    result = _libc.ptrace(request, pid, address, data)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _numbers(names):
    column = {"x86_64": 0, "aarch64": 1}.get(platform.machine())
    if column is None:
        raise CannotTrace(f"the system call numbers of {platform.machine()} are not known here")
    return {CALLS[name][column]: name for name in names if CALLS[name][column] is not None}


def can_inject_errors():
    return platform.machine() == "x86_64"


class Call:
    """A system call that is about to be made; `number` counts from 1 over all threads."""

    def __init__(self, tid, number, name, arguments):
        self.tid, self.number, self.name, self.arguments = tid, number, name, arguments

    def changes_file(self):
        """Whether it does more than open a file for reading."""
        if self.name not in OPENS:
            return True
        flags = os.O_CREAT if self.name == "creat" else self.arguments[1 if self.name == "open" else 2]
        return bool(flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR))

    def path(self):
        """The file that it works on; what a pipe or another thing without a path is called begins with no slash."""
        if self.name not in _PATHS:
            return self._open_file(self.arguments[1 if self.name == "copy_file_range" else 0])
        path, folder = _PATHS[self.name]
        folder = _AT_FDCWD if folder is None else self.arguments[folder] & 0xFFFFFFFF
        above = os.readlink(f"/proc/{self.tid}/cwd") if folder == _AT_FDCWD else self._open_file(folder)
        return os.path.normpath(os.path.join(above, self._text(self.arguments[path])))

    def _open_file(self, descriptor):
        return os.readlink(f"/proc/{self.tid}/fd/{descriptor}")

    def _text(self, address):
        found = b""
        with open(f"/proc/{self.tid}/mem", "rb", buffering=0) as memory:
            while b"\0" not in found:
                memory.seek(address + len(found))
                found += memory.read(256 - (address + len(found)) % 256)  # never beyond a page that ends there
        return os.fsdecode(found.partition(b"\0")[0])


class Outcome:
    """How a traced program ended; `maps` and `peak` (bytes) are those of its last moment."""

    def __init__(self):
        self.status = None  # as subprocess gives it: negative for a signal
        self.stdout = b""
        self.stderr = b""
        self.calls = []  # names of the watched calls, in order, as far as they were made
        self.maps = ""
        self.peak = 0

    @property
    def killed(self):
        return self.status == -signal.SIGKILL


def _look(pid, outcome):
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as file:
            outcome.maps = file.read()
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    outcome.peak = int(line.split()[1]) * 1024
    except OSError:
        pass


class _Tracer:
    def __init__(self, pid, watched, on_call):
        self.pid, self.watched, self.on_call = pid, watched, on_call
        self.outcome = Outcome()
        self.resume = PTRACE_SYSCALL if watched else PTRACE_CONT
        self.pending = {}  # thread: what its current call shall answer, or that it is to be killed on return
        self.info = ctypes.create_string_buffer(128)

    def run(self):
        _, status = os.waitpid(self.pid, 0)
        if not os.WIFSTOPPED(status):
            raise CannotTrace("the program did not stop for its tracer")
        options = O_TRACESYSGOOD | O_TRACEFORK | O_TRACEVFORK | O_TRACECLONE | O_TRACEEXEC | O_TRACEEXIT | O_EXITKILL
        if not self.watched:
            options = O_TRACEEXEC | O_TRACEEXIT | O_EXITKILL
        _ptrace(PTRACE_SETOPTIONS, self.pid, 0, options)
        _ptrace(self.resume, self.pid)
        while self.outcome.status is None:
            tid, status = os.waitpid(-1 if self.watched else self.pid, WALL)
            try:
                self.step(tid, status)
            except ProcessLookupError:
                pass  # killed in between
        return self.outcome

    def step(self, tid, status):
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            if tid == self.pid:
                self.outcome.status = os.waitstatus_to_exitcode(status)
            return
        delivered = 0
        stop, event = os.WSTOPSIG(status), status >> 16
        if stop == SYSCALL_STOP:
            self.at_call(tid)
        elif event == EVENT_EXIT:
            if tid == self.pid:
                _look(tid, self.outcome)
        elif event == 0 and stop not in (signal.SIGSTOP, signal.SIGTRAP):
            delivered = stop
        _ptrace(self.resume, tid, 0, delivered)

    def at_call(self, tid):
        size = _ptrace(PTRACE_GET_SYSCALL_INFO, tid, len(self.info), ctypes.addressof(self.info))
        if size <= 0:
            return
        kind = self.info.raw[0]
        if kind == INFO_ENTRY:
            number, *arguments = struct.unpack_from("<Q6Q", self.info.raw, 24)
            name = self.watched.get(number)
            if name is None:
                return
            self.outcome.calls.append(name)
            verdict = self.on_call(Call(tid, len(self.outcome.calls), name, arguments))
            if verdict == "kill":
                os.kill(self.pid, signal.SIGKILL)
            elif verdict == "kill after":
                self.pending[tid] = verdict
            elif verdict is not None:  # an errno
                _ptrace(PTRACE_POKEUSER, tid, _ORIG_RAX, ctypes.c_ulong(-1 & (2**64 - 1)).value)
                self.pending[tid] = verdict
        elif kind == INFO_EXIT and tid in self.pending:
            verdict = self.pending.pop(tid)
            if verdict == "kill after":
                os.kill(self.pid, signal.SIGKILL)
            else:
                _ptrace(PTRACE_POKEUSER, tid, _RAX, (-verdict) & (2**64 - 1))


def trace(command, calls=(), on_call=lambda call: None, env=None, cwd=None, uid=None, umask=None):
    """Runs `command`, asking `on_call` before each Call whose name is in `calls`.

    It answers None (go on), "kill" (end the program before the call), "kill after", or the errno that the call is to
    fail with instead of being made. Raises CannotTrace where that is not allowed.
    """
    watched = _numbers(calls)
    out, err = os.memfd_create("stdout"), os.memfd_create("stderr")
    null = os.open(os.devnull, os.O_RDONLY)
    arguments = [os.fsencode(word) for word in command]
    environment = {os.fsencode(k): os.fsencode(v) for k, v in (os.environ if env is None else env).items()}
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(null, 0)
            os.dup2(out, 1)
            os.dup2(err, 2)
            if cwd is not None:
                os.chdir(cwd)
            if umask is not None:
                os.umask(umask)
            if uid is not None:
                os.setgroups([])
                os.setresgid(uid, uid, uid)
                os.setresuid(uid, uid, uid)
            if _libc.ptrace(PTRACE_TRACEME, 0, None, None) < 0:
                os._exit(127)
            os.execve(arguments[0], arguments, environment)
        finally:
            os._exit(126)
    try:
        outcome = _Tracer(pid, watched, on_call).run()
        for fd, name in ((out, "stdout"), (err, "stderr")):
            os.lseek(fd, 0, os.SEEK_SET)
            with os.fdopen(os.dup(fd), "rb") as file:
                setattr(outcome, name, file.read())
        return outcome
    finally:
        for fd in (out, err, null):
            os.close(fd)
