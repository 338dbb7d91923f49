# SPDX-License-Identifier: Apache-2.0
"""Builds and runs doc/examples as others would: with the installed library through pkg-config and CMake, and with
Portolan as a Meson subproject, static.

Usage: install_test.py COMPILER SOURCE-ROOT BUILD-ROOT
"""

import contextlib
import glob
import hashlib
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
EXAMPLES = {
    "package_digest": "portolan-core",
    "publish": "portolan",
    "copy_anything": "portolan",
    "chart_in_memory": "portolan",
}


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


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def run_examples(folder, work, env=None):
    """One chart's road through all the examples."""
    chart, packages, first, second = (os.path.join(work, name) for name in ("chart", "packages", "first", "second"))
    write(f"{chart}/Chart.yaml", "apiVersion: v2\nname: demo\nversion: 0.1.0\n")
    write(f"{chart}/templates/configmap.yaml", "kind: ConfigMap\n")
    os.mkdir(packages)
    example = lambda name, *arguments: run(os.path.join(folder, name), *arguments, env=env)

    name, digest = example("package_digest", chart, packages).split("\n")[0].split(" ")
    with open(os.path.join(packages, name), "rb") as file:
        if name != "demo-1.4.2.tgz" or digest != "sha256:" + hashlib.sha256(file.read()).hexdigest():
            yield f"package_digest printed {name} {digest}"

    pushed = example("publish", chart, f"oci-layout:{first}//charts").split()[-1]
    copied = example("copy_anything", f"oci-layout:{first}//charts/demo", "0.1.0", f"oci-layout:{second}//charts/demo")
    if copied.split()[0] != pushed:
        yield f"publish printed {pushed}, and copy_anything {copied}"
    templates = example("chart_in_memory", f"oci-layout:{second}//charts/demo", ">=0")
    if templates != "templates/configmap.yaml 16\n":
        yield f"chart_in_memory printed {templates}"

    write(f"{chart}/values.yaml", "changed: true\n")
    try:
        example("publish", chart, f"oci-layout:{first}//charts")
        yield "publish replaced what was there"
    except Failed as failure:
        if "exit status 2\nalready published with other content\n" not in str(failure):
            yield failure


def by_pkg_config(installed, source, work):
    env = installed.pkg_config_env()
    programs = {f"doc/examples/{example}.cpp": package for example, package in EXAMPLES.items()}
    programs["test/install/versions.cpp"] = "portolan"
    os.makedirs(work)
    for program, package in programs.items():
        flags = run("pkg-config", "--cflags", "--libs", package, env=env).split()
        binary = os.path.join(work, os.path.basename(program).removesuffix(".cpp"))
        warnings = ["-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Werror"]
        run(CXX, "-std=c++20", *warnings, os.path.join(source, program), "-o", binary, *flags)
    env = {"LD_LIBRARY_PATH": installed.libdir}
    version = run(os.path.join(work, "versions"), env=env)
    if version != run("pkg-config", "--modversion", "portolan", env=installed.pkg_config_env()):
        yield f"the library says that it is {version}"
    yield from run_examples(work, work + "-run", env)


def by_script(installed, source, work):
    """mirror.sh, with the installed command line."""
    layout = lambda name: f"oci-layout:{os.path.join(work, name)}//charts"
    program = os.path.join(installed.prefix, "bin", "portolan")
    env = {"LD_LIBRARY_PATH": installed.libdir, "PATH": os.path.dirname(program) + ":" + os.environ["PATH"]}
    for version in ("1.0.0", "2.0.0", "2.1.0"):
        write(f"{work}/chart/Chart.yaml", f"apiVersion: v2\nname: demo\nversion: {version}\n")
        run(program, "push", f"{work}/chart", layout("from"), env=env)
    mirror = os.path.join(source, "doc/examples/mirror.sh")
    run(mirror, layout("from") + "/demo", layout("to") + "/demo", ">=2", env=env)
    versions = run(program, "versions", layout("to") + "/demo", env=env)
    if versions != "2.1.0\n2.0.0\n":
        yield f"the copies are {versions}"


def exact_core_version(installed, work):
    """The second library goes with its own core only."""
    shutil.copytree(installed.pkgconfig, work)
    env = {"PKG_CONFIG_LIBDIR": work}
    run("pkg-config", "--exists", "--print-errors", "portolan", env=env)
    core = os.path.join(work, "portolan-core.pc")
    with open(core, encoding="utf-8") as file:
        text = file.read()
    version = next(line for line in text.splitlines() if line.startswith("Version: "))
    write(core, text.replace(version, version + "1"))
    yield from refused("pkg-config", "--exists", "portolan", env=env)


def by_cmake(installed, source, work):
    run("cmake", "-S", os.path.join(source, "doc/examples"), f"-DCMAKE_PREFIX_PATH={installed.prefix}", "-B", work)
    run("cmake", "--build", work)
    yield from run_examples(work, work + "-run")


def cmake_versions(installed, work):
    version = run("pkg-config", "--modversion", "portolan", env=installed.pkg_config_env()).strip()
    configure = ["cmake", "-S", work, f"-DCMAKE_PREFIX_PATH={installed.prefix}", "-B", os.path.join(work, "build")]
    write(f"{work}/CMakeLists.txt", "project(asks CXX)\nfind_package(portolan ${WANTED} REQUIRED)\n")
    for fitting in [version, version.rsplit(".", 1)[0], ""]:
        run(*configure, f"-DWANTED={fitting}")
    for unfit in ["99.0", "0.0", version + ".1"]:
        yield from refused(*configure, f"-DWANTED={unfit}")


def moved(installed, work):
    """The CMake package finds its files relative to itself."""
    prefix = os.path.join(work, "elsewhere")
    shutil.copytree(installed.prefix, prefix, symlinks=True)
    write(f"{work}/CMakeLists.txt", "project(asks CXX)\nfind_package(portolan REQUIRED)\n")
    run("cmake", "-S", work, f"-DCMAKE_PREFIX_PATH={prefix}", "-B", os.path.join(work, "build"))
    with open(os.path.join(work, "build", "CMakeCache.txt"), encoding="utf-8") as file:
        if prefix not in next(line for line in file if line.startswith("portolan_core_LIBRARY:")):
            yield "the core library was found elsewhere"


def as_subproject(source, work):
    """One build serves for what a subproject and a static library need: it compiles the library once more."""
    shutil.copytree(os.path.join(source, "doc/examples"), work)
    os.mkdir(os.path.join(work, "subprojects"))
    os.symlink(source, os.path.join(work, "subprojects", "portolan"))
    build = os.path.join(work, "build")
    options = ["-Ddefault_library=static", "-Doptimization=0", "-Ddebug=false", "-Dportolan:werror=false"]
    run("meson", "setup", build, work, "--wrap-mode=forcefallback", *options)
    run("meson", "compile", "-C", build)
    yield from run_examples(build, work + "-run")
    if json.loads(run("meson", "introspect", build, "--tests")):
        yield "the subproject registers tests"
    targets = json.loads(run("meson", "introspect", build, "--targets"))
    programs = {target["name"] for target in targets if target["type"] == "executable"}
    yield from (f"the subproject builds {program}" for program in programs - set(EXAMPLES))


def by_dist(source, build):
    """The release archive holds what git holds, and nothing else."""
    run("meson", "dist", "-C", build, "--no-tests", "--allow-dirty", "--formats", "gztar")
    archive = max(glob.glob(os.path.join(build, "meson-dist", "*.tar.gz")), key=os.path.getmtime)
    with tarfile.open(archive) as tar:
        packed = {name.split("/", 1)[1] for name in (member.name for member in tar if not member.isdir())}
    committed = set(run("git", "-C", source, "ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")) - {""}
    yield from (f"only in git or only in the archive: {path}" for path in sorted(packed ^ committed))


class Cases:
    """Runs a case in a folder of its own; a failed command is what it complains about."""

    def __init__(self, tap, top):
        self.tap = tap
        self.top = top

    def run(self, name, function, *arguments):
        try:
            complaints = list(function(*arguments) or [])
        except (Failed, OSError) as failure:
            complaints = [failure]
        self.tap.case(name, complaints)

    def run_with(self, program, name, function, *arguments):
        if shutil.which(program):
            self.run(name, function, *arguments)
        else:
            self.tap.skip(name, f"{program} is not installed")

    def folder(self, name):
        return os.path.join(self.top, name)


def check_own_build(cases, source, build):
    """The build that the suite belongs to, installed."""
    kind = "static" if glob.glob(os.path.join(build, "lib", "libportolan.a")) else "shared"
    installed = Installed(build, cases.folder("destdir"))
    cases.run(
        f"the examples build with the installed {kind} library through pkg-config and run",
        by_pkg_config,
        installed,
        source,
        cases.folder("pkg-config"),
    )
    cases.run_with("jq", "the mirroring script runs", by_script, installed, source, cases.folder("script"))
    cases.run(
        "pkg-config refuses another version of the core than the library's own",
        exact_core_version,
        installed,
        cases.folder("versions"),
    )
    cases.run_with(
        "cmake",
        f"the examples build with the installed {kind} library through CMake and run",
        by_cmake,
        installed,
        source,
        cases.folder("cmake"),
    )
    cases.run_with("cmake", "CMake finds fitting versions only", cmake_versions, installed, cases.folder("asking"))
    cases.run_with("cmake", "the CMake package works where it was moved to", moved, installed, cases.folder("moved"))
    if os.path.exists(os.path.join(source, ".git")):
        cases.run_with("git", "meson dist packs what git holds", by_dist, source, build)
    else:
        cases.tap.skip("meson dist packs what git holds", "no git checkout")


def check_subproject(cases, source):
    parent = cases.folder("parent")
    cases.run(
        "the examples build with Portolan as a static Meson subproject, without its tests and tools, and run",
        as_subproject,
        source,
        parent,
    )
    installed = Installed(os.path.join(parent, "build"), cases.folder("static"), "devel")
    cases.run(
        "the examples build with the installed static library through pkg-config and run",
        by_pkg_config,
        installed,
        source,
        cases.folder("static-pkg-config"),
    )
    cases.run_with(
        "cmake",
        "the examples build with the installed static library through CMake and run",
        by_cmake,
        installed,
        source,
        cases.folder("static-cmake"),
    )


def main():
    source, build = map(os.path.abspath, sys.argv[2:])
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="portolan-install-") as top:
        cases = Cases(tap, top)
        try:
            check_own_build(cases, source, build)
            check_subproject(cases, source)
        except Failed as failure:
            tap.case("meson install puts everything below DESTDIR", [failure])
    tap.finish()


main()
