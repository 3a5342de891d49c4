"""What others get: the static tool, the packages, the library in other projects."""

import glob
import os
import re
import shutil
import tempfile

import builds
from command import JOBS, ROOT
from part import part

# One date for what is packed, as a distribution sets it.
DATED = {"SOURCE_DATE_EPOCH": "1700000000"}


@part("the tool is static, small, and runs in an empty root", tier="quick",
      needs=["build release"])
def static(part_):
    exe = os.path.join(builds.folder("release"), "tachyon")
    size = os.path.getsize(exe)
    part_.say(f"{size:,} bytes")
    part_.expect("the stripped tool is at most 4.2 MB", size <= 4_200_000, f"{size} bytes")
    headers = part_.run(["readelf", "-lSW", exe]).output
    part_.expect("no dynamic section, no loader",
                 "INTERP" not in headers and "DYNAMIC" not in headers, headers)
    part_.expect("stripped", ".symtab" not in headers, "it has a .symtab")
    if os.geteuid():
        part_.skip("runs in an empty root", "chroot needs root")
        return
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(exe, f"{folder}/tachyon")
        done = part_.run(["chroot", folder, "/tachyon", "--version"])
        part_.expect("runs in an empty root",
                     done.status == 0 and re.search(r"\d+\.\d+\.\d+", done.output), done.output)


CONSUMER = """\
#include <tachyon/layouts/cpython_3_15_x86_64.hpp>
#include <tachyon/version.hpp>

#include <cstdio>

int main() {
  static_assert(tachyon::CompiledLayout<tachyon::layouts::cpython_3_15_x86_64>);
  std::puts(tachyon::library_version.data());
}
"""


@part("other projects can use it: find_package, FetchContent, pkg-config",
      needs=["build release"], holds=["release"])
def consumer(part_):
    with tempfile.TemporaryDirectory() as folder:
        prefix = f"{folder}/prefix"
        if not part_.check("install of the library", [
                "cmake", "--install", builds.folder("release"), "--component", "library",
                "--prefix", prefix]):
            return
        ways = {
            "find_package": "find_package(tachyon 0.1 REQUIRED)\n",
            "FetchContent": "include(FetchContent)\n"
                            f"FetchContent_Declare(tachyon SOURCE_DIR {ROOT})\n"
                            "FetchContent_MakeAvailable(tachyon)\n"}
        for way, how in ways.items():
            place = f"{folder}/{way}"
            os.makedirs(place)
            with open(f"{place}/main.cpp", "w", encoding="ascii") as out:
                out.write(CONSUMER)
            with open(f"{place}/CMakeLists.txt", "w", encoding="ascii") as out:
                out.write("cmake_minimum_required(VERSION 3.22)\nproject(consumer CXX)\n" + how +
                          "add_executable(program main.cpp)\n"
                          "target_link_libraries(program PRIVATE tachyon::tachyon)\n")
            if part_.check(f"{way} configures", [
                    "cmake", "-G", "Ninja", "-S", place, "-B", f"{place}/build",
                    f"-DCMAKE_PREFIX_PATH={prefix}"]):
                # With FetchContent, `all` must not build our tool and tests.
                part_.check(f"{way} builds", ["ninja", "-C", f"{place}/build"])
                part_.check(f"{way} runs", [f"{place}/build/program"])
        flags = part_.run(["pkg-config", "--cflags", "tachyon"], env={
            **os.environ, "PKG_CONFIG_PATH": f"{prefix}/share/pkgconfig"})
        if flags.status:
            part_.fail("pkg-config", flags.output)
        elif part_.check("pkg-config flags compile", [
                "g++", *flags.output.split(), f"{folder}/find_package/main.cpp",
                "-o", f"{folder}/program"]):
            part_.check("and run", [f"{folder}/program"])


@part("the packages: contents, use in an empty root, same bytes twice", needs=["build release"],
      holds=["release"])
def package(part_):
    with tempfile.TemporaryDirectory() as folder:
        made = [pack(part_, builds.folder("release"), f"{folder}/{time}") for time in range(2)]
        if not all(made):
            return
        same_bytes(part_, *made)
        use_package(part_, folder, next(p for n, p in made[0].items() if n.endswith(".deb")))
        # What is compiled elsewhere: two files here, the whole tool in --deep.
        place = configure_elsewhere(part_, folder)
        if place:
            for source in ("tools/attach.cpp", "tools/doctor.cpp"):
                target = f"CMakeFiles/tachyon_tool.dir/{source}.o"
                if part_.check(f"{source} compiles elsewhere",
                               ["ninja", "-C", place, f"-j{JOBS}", target], env=uncached()):
                    same_bytes(part_, *({source: f"{base}/{target}"}
                                        for base in (builds.folder("release"), place)))


@part("the tool and its packages built twice are the same bytes", name="same bytes", tier="deep",
      needs=["build release"], holds=["release"], cores=JOBS)
def build_twice(part_):
    with tempfile.TemporaryDirectory() as folder:
        place = configure_elsewhere(part_, folder)
        if not place or not part_.check("the tool builds elsewhere", [
                "ninja", "-C", place, f"-j{JOBS}", "tachyon"], env=uncached(), timeout=3600):
            return
        made = [pack(part_, base, f"{folder}/{number}")
                for number, base in enumerate((builds.folder("release"), place))]
        if all(made):
            same_bytes(part_, *made)
            same_bytes(part_, *({"tachyon": f"{base}/tachyon"}
                                for base in (builds.folder("release"), place)))


def uncached():
    """For a second compilation that must be one."""
    return {**os.environ, **DATED, "CCACHE_DISABLE": "1"}


def configure_elsewhere(part_, folder):
    """A copy of the sources, to be built in a folder whose path has another length."""
    source, place = f"{folder}/source", f"{folder}/a/longer/path/to/build"
    os.makedirs(source)
    for name in ("CMakeLists.txt", "LICENSE", "include", "layouts", "tools"):
        (shutil.copytree if os.path.isdir(f"{ROOT}/{name}") else shutil.copy)(
            f"{ROOT}/{name}", f"{source}/{name}")
    configured = part_.check("configures elsewhere", [
        "cmake", "-G", "Ninja", "-S", source, "-B", place, "-DCMAKE_BUILD_TYPE=Release",
        "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -DNDEBUG", "-DCMAKE_CXX_COMPILER=g++",
        "-DTACHYON_TESTS=OFF"])
    return place if configured else None


def pack(part_, build, into):
    """name -> path of the packages of a build."""
    part_.check(f"cpack of {os.path.basename(build)}", [
        "cpack", "--config", f"{build}/CPackConfig.cmake", "-B", into],
        env={**os.environ, **DATED})
    made = {os.path.basename(p): p for ending in ("deb", "tar.gz")
            for p in glob.glob(f"{into}/*.{ending}")}
    part_.expect("a .deb and a .tar.gz", len(made) == 2, f"{sorted(made)}")
    return made if len(made) == 2 else None


def same_bytes(part_, one, other):
    for name in sorted(one):
        with open(one[name], "rb") as first, open(other[name], "rb") as second:
            part_.expect(f"two of {name} are the same bytes", first.read() == second.read())


def use_package(part_, folder, deb):
    done = part_.run(["dpkg-deb", "-c", deb])
    wanted = ["usr/bin/tachyon", "usr/share/man/man1/tachyon.1",
              "usr/share/bash-completion/completions/tachyon",
              "usr/share/zsh/vendor-completions/_tachyon",
              "usr/share/fish/vendor_completions.d/tachyon.fish"]
    missing = [w for w in wanted
               if not re.search(rf"\./{re.escape(w)}(\.gz)?$", done.output, re.M)]
    part_.expect("contents of the .deb", done.status == 0 and not missing,
                 f"not in it: {missing}\n{done.output}")
    done = part_.run(["dpkg-deb", "-f", deb, "Depends"])
    part_.expect("the .deb depends on nothing", done.status == 0 and not done.output.strip(),
                 done.output)
    if os.geteuid():
        part_.skip("used in an empty root", "chroot needs root")
        return
    # What the package does is put files there, so that is what is tried; it has no scripts.
    target = f"{folder}/root"
    part_.check("unpacks", ["dpkg-deb", "-x", deb, target])
    part_.check("runs where it was unpacked",
                ["chroot", target, "/usr/bin/tachyon", "--version"])
