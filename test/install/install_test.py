# SPDX-License-Identifier: Apache-2.0
"""Uses Portolan as others would: installed, through pkg-config and CMake; and as a Meson subproject, static.

Usage: install_test.py COMPILER SOURCE-ROOT BUILD-ROOT CONSUMER-DIR
"""

import contextlib
import glob
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from tap import Tap

CXX = sys.argv[1]
HAVE_CMAKE = shutil.which("cmake") is not None
PROGRAMS = {"core": "portolan-core", "full": "portolan"}


class Failed(Exception):
    pass


def run(*command, env=None):
    """What the command prints; Failed with all of it where it fails."""
    env = {**os.environ, "CXX": CXX, **(env or {})}
    result = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise Failed(f"{' '.join(command)}\nexit status {result.returncode}\n{result.stdout[-4000:]}")
    return result.stdout


def refused(*command, env=None):
    """Complains where the command succeeds."""
    with contextlib.suppress(Failed):
        run(*command, env=env)
        yield f"{' '.join(command)} succeeded"


class Installed:
    """A build installed below a DESTDIR."""

    def __init__(self, build, destdir, tags=None):
        self.destdir = destdir
        run("meson", "install", "-C", build, "--no-rebuild", "--destdir", destdir, *(["--tags", tags] if tags else []))
        self.pkgconfig = os.path.dirname(self.only("**/pkgconfig/portolan.pc"))
        self.libdir = os.path.dirname(self.pkgconfig)
        self.prefix = self.only("**/include/portolan/portolan.h").removesuffix("/include/portolan/portolan.h")

    def only(self, pattern):
        found = glob.glob(os.path.join(self.destdir, pattern), recursive=True)
        if len(found) != 1:
            raise Failed(f"{pattern} is installed {len(found)} times")
        return found[0]

    def pkg_config_env(self):
        defaults = run("pkg-config", "--variable=pc_path", "pkg-config").strip()
        return {"PKG_CONFIG_SYSROOT_DIR": self.destdir, "PKG_CONFIG_LIBDIR": f"{self.pkgconfig}:{defaults}"}


def complaints_of(case, *arguments):
    """A failed command is what a case complains about."""
    try:
        return list(case(*arguments) or [])
    except Failed as failure:
        return [failure]


def run_consumers(folder, env=None):
    for program in PROGRAMS:
        output = run(os.path.join(folder, program), env=env)
        if not output.startswith(program + " "):
            yield f"{program} printed: {output}"


def by_pkg_config(installed, consumer, work):
    env = installed.pkg_config_env()
    os.makedirs(work)
    for program, package in PROGRAMS.items():
        flags = run("pkg-config", "--cflags", "--libs", package, env=env).split()
        source = os.path.join(consumer, program + ".cpp")
        run(CXX, "-std=c++20", "-Wall", "-Wextra", "-Werror", source, "-o", os.path.join(work, program), *flags)
    yield from run_consumers(work, {"LD_LIBRARY_PATH": installed.libdir})


def exact_core_version(installed, work):
    """The second library goes with its own core only."""
    shutil.copytree(installed.pkgconfig, work)
    env = {"PKG_CONFIG_LIBDIR": work}
    run("pkg-config", "--exists", "--print-errors", "portolan", env=env)
    core = os.path.join(work, "portolan-core.pc")
    with open(core, encoding="utf-8") as file:
        text = file.read()
    version = next(line for line in text.splitlines() if line.startswith("Version: "))
    with open(core, "w", encoding="utf-8") as file:
        file.write(text.replace(version, version + "1"))
    yield from refused("pkg-config", "--exists", "portolan", env=env)


def by_cmake(installed, consumer, work):
    configure = ["cmake", "-S", consumer, f"-DCMAKE_PREFIX_PATH={installed.prefix}", "-DCMAKE_CXX_STANDARD=20"]
    version = run("pkg-config", "--modversion", "portolan", env=installed.pkg_config_env()).strip()
    run(*configure, "-B", work, f"-DWANTED_VERSION={version}")
    run("cmake", "--build", work)
    yield from run_consumers(work)
    for number, unfit in enumerate(["99.0", "0.0", version + ".1"]):
        yield from refused(*configure, "-B", f"{work}-{number}", f"-DWANTED_VERSION={unfit}")


def moved(installed, consumer, work):
    """The CMake package finds its files relative to itself."""
    shutil.copytree(installed.prefix, work + "-prefix", symlinks=True)
    run("cmake", "-S", consumer, f"-DCMAKE_PREFIX_PATH={work}-prefix", "-B", work)
    with open(os.path.join(work, "CMakeCache.txt"), encoding="utf-8") as file:
        if f"{work}-prefix/" not in next(line for line in file if line.startswith("portolan_core_LIBRARY:")):
            yield "the core library was found elsewhere"


def as_subproject(source, consumer, work):
    """One build serves for what a subproject and a static library need: it compiles the library once more."""
    shutil.copytree(consumer, work)
    os.mkdir(os.path.join(work, "subprojects"))
    os.symlink(source, os.path.join(work, "subprojects", "portolan"))
    build = os.path.join(work, "build")
    options = ["-Ddefault_library=static", "-Doptimization=0", "-Ddebug=false", "-Dportolan:werror=false"]
    run("meson", "setup", build, work, "--wrap-mode=forcefallback", *options)
    run("meson", "compile", "-C", build)
    yield from run_consumers(build)
    if json.loads(run("meson", "introspect", build, "--tests")):
        yield "the subproject registers tests"
    targets = json.loads(run("meson", "introspect", build, "--targets"))
    programs = {target["name"] for target in targets if target["type"] == "executable"}
    yield from (f"the subproject builds {program}" for program in programs - set(PROGRAMS))


def by_dist(source, build):
    """The release archive holds what git holds, and nothing else."""
    run("meson", "dist", "-C", build, "--no-tests", "--allow-dirty", "--formats", "gztar")
    archive = max(glob.glob(os.path.join(build, "meson-dist", "*.tar.gz")), key=os.path.getmtime)
    with tarfile.open(archive) as tar:
        packed = {name.split("/", 1)[1] for name in (member.name for member in tar if not member.isdir())}
    committed = set(run("git", "-C", source, "ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")) - {""}
    yield from (f"only in git or only in the archive: {path}" for path in sorted(packed ^ committed))


def check_own_build(tap, source, build, consumer, top):
    """The build that the suite belongs to, installed."""
    kind = "static" if glob.glob(os.path.join(build, "lib", "libportolan.a")) else "shared"
    installed = Installed(build, os.path.join(top, "destdir"))
    tap.case(
        f"programs build against the installed {kind} library through pkg-config and run",
        complaints_of(by_pkg_config, installed, consumer, os.path.join(top, "pkg-config")),
    )
    tap.case(
        "pkg-config refuses another version of the core than the library's own",
        complaints_of(exact_core_version, installed, os.path.join(top, "versions")),
    )
    if HAVE_CMAKE:
        tap.case(
            f"programs build against the installed {kind} library through CMake and run, of a fitting version only",
            complaints_of(by_cmake, installed, consumer, os.path.join(top, "cmake")),
        )
        tap.case(
            "the CMake package works where it was moved to",
            complaints_of(moved, installed, consumer, os.path.join(top, "moved")),
        )
    else:
        tap.skip("programs build against the installed library through CMake", "cmake is not installed")
    if os.path.exists(os.path.join(source, ".git")) and shutil.which("git"):
        tap.case("meson dist packs what git holds", complaints_of(by_dist, source, build))
    else:
        tap.skip("meson dist packs what git holds", "no git checkout")


def check_subproject(tap, source, consumer, top):
    parent = os.path.join(top, "parent")
    tap.case(
        "programs build with Portolan as a static Meson subproject, without its tests and tools, and run",
        complaints_of(as_subproject, source, consumer, parent),
    )
    installed = Installed(os.path.join(parent, "build"), os.path.join(top, "static"), "devel")
    tap.case(
        "programs build against the installed static library through pkg-config and run",
        complaints_of(by_pkg_config, installed, consumer, os.path.join(top, "static-pkg-config")),
    )
    if HAVE_CMAKE:
        tap.case(
            "programs build against the installed static library through CMake and run",
            complaints_of(by_cmake, installed, consumer, os.path.join(top, "static-cmake")),
        )


def main():
    source, build, consumer = map(os.path.abspath, sys.argv[2:])
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="portolan-install-") as top:
        try:
            check_own_build(tap, source, build, consumer, top)
            check_subproject(tap, source, consumer, top)
        except Failed as failure:
            tap.case("meson install puts everything below DESTDIR", [failure])
    tap.finish()


main()
