"""What compiles, what must not, and how long the single header takes."""

import glob
import os
import re
import shutil
import tempfile

import builds
from command import JOBS, ROOT, only_errors, tail
from part import part
from remembered import unchanged

WARNINGS = ["-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
COMPILERS = ["g++", "clang++-14"]


@part("every header compiles alone, without exceptions", needs=["build unit"], holds=["unit"],
      cores=JOBS)
def headers(part_):
    ninja = ["ninja", "-C", builds.folder("unit"), f"-j{JOBS}"]
    done = part_.run([*ninja, "-k0", "headers"], timeout=3600)
    everything = {os.path.relpath(f, f"{ROOT}/{base}") for base in ("include", "layouts")
                  for f in glob.glob(f"{ROOT}/{base}/**/*.hpp", recursive=True)}
    wrong = set(re.findall(r"^FAILED: \S+/alone/(\S+?)\.cpp\.o", done.output, re.M))
    if done.status and not wrong:
        part_.fail("headers", tail(done.output, 30))
        return
    part_.ok(len(everything) - len(wrong))
    for header in sorted(wrong):
        done = part_.run([*ninja, f"CMakeFiles/headers.dir/alone/{header}.cpp.o"])
        part_.fail(f"{header} alone", only_errors(done.output))


@part("mistakes fail to compile, and the message names the concept")
def compile_fail(part_):
    def one(compiler, path):
        name = f"{os.path.basename(path)} ({compiler})"
        with open(path, encoding="ascii") as text:
            expected = re.findall(r"^// expect: (.+)$", text.read(), re.M)
        command = [compiler, *WARNINGS, "-fsyntax-only", "-Iinclude", "-Ilayouts", path]
        if not expected:
            return name, "no line '// expect: Concept' in it"
        done = part_.run(command)
        if done.status:
            return name, "fails without the mistake too:\n" + only_errors(done.output)
        done = part_.run([*command, "-DMISTAKE"])
        if done.status == 0:
            return name, "the mistake compiles"
        for concept in expected:
            # As the two compilers say it of one argument, of more, and in a static_assert.
            verdict = r"(?:satisf|constraint|evaluated to)\w*"
            if not re.search(rf"{verdict}[^\n]*\b{concept}\b|\b{concept}\b[^\n]*{verdict}",
                             done.output):
                return name, f"the message does not name {concept}:\n{tail(done.output, 20)}"
        return name, None

    for path in sorted(glob.glob(f"{ROOT}/tests/compile_fail/*.cpp")):
        for compiler in COMPILERS:
            name, why = one(compiler, path)
            part_.expect(name, not why, why)


@part("the tool's sources and what they instantiate, as clang sees them", needs=["build release"])
def clang(part_):
    """Warnings and errors only: the program that clang makes is built in --deep."""
    sources = sorted([*glob.glob(f"{ROOT}/tools/*.cpp"),
                      *glob.glob(f"{builds.folder('release')}/sampling/*.cpp")])

    def compiles(source):
        done = part_.run(["clang++-14", *WARNINGS, "-DTACHYON_WITH_ZSTD=1", "-fsyntax-only",
                          "-Iinclude", "-Ilayouts", "-Itools", source])
        return part_.expect(f"{os.path.relpath(source, ROOT)} (clang)", done.status == 0,
                            only_errors(done.output))

    for source in sources:
        unchanged(part_, f"clang-{os.path.basename(source)}",
                  [source, *headers_of("include", "layouts", "tools")], ["clang++-14", "--version"],
                  lambda source=source: compiles(source))


def headers_of(*folders):
    return [path for folder in folders
            for path in glob.glob(f"{ROOT}/{folder}/**/*.hpp", recursive=True)]


@part("the tool that clang builds runs", name="clang tool", tier="deep", needs=["build clang"])
def clang_tool(part_):
    part_.check("--version", [os.path.join(builds.folder("clang"), "tachyon"), "--version"])


@part("static analysis of the umbrella header")
def tidy(part_):
    files = [f"{ROOT}/.clang-tidy", *headers_of("include", "layouts")]

    def look():
        with tempfile.NamedTemporaryFile("w", suffix=".cpp") as source:
            source.write("#include <tachyon/tachyon.hpp>\n")
            source.flush()
            done = part_.run(["clang-tidy-14", "--quiet", f"--config-file={ROOT}/.clang-tidy",
                              source.name, "--", "-std=c++20", "-Iinclude", "-Ilayouts"])
        warnings = [line for line in done.output.splitlines()
                    if "warning:" in line or "error:" in line]
        return part_.expect("clang-tidy", done.status == 0 and not warnings,
                            tail("\n".join(warnings) or done.output, 40))

    unchanged(part_, "tidy", files, ["clang-tidy-14", "--version"], look)


@part("the single header in an empty project")
def drop_in(part_):
    with tempfile.TemporaryDirectory() as folder:
        def write(name, text):
            with open(os.path.join(folder, name), "w", encoding="ascii") as out:
                out.write(text)

        os.makedirs(f"{folder}/tachyon")
        shutil.copy(f"{ROOT}/single_include/tachyon/tachyon.hpp", f"{folder}/tachyon/tachyon.hpp")
        write("main.cpp", "#include <tachyon/tachyon.hpp>\n#include <cstdio>\n"
              "const char* other();\n"
              "int main() { std::puts(tachyon::library_version.data()); return other()[0] != '0'; }\n")
        write("other.cpp", "#include <tachyon/tachyon.hpp>\n"
              "const char* other() { return tachyon::library_version.data(); }\n")
        write("only.cpp", "#include <tachyon/tachyon.hpp>\nint main() {}\n")
        for compiler in COMPILERS:
            # No zstd: not named on the command line, and not linked.
            if part_.check(f"two files that include it link ({compiler})",
                           [compiler, *WARNINGS, "-I.", "main.cpp", "other.cpp", "-o", "program"],
                           cwd=folder):
                part_.check(f"and run ({compiler})", ["./program"], cwd=folder)
            part_.check(f"no exceptions, no RTTI ({compiler})",
                        [compiler, *WARNINGS, "-fno-exceptions", "-fno-rtti", "-I.", "-c",
                         "only.cpp"], cwd=folder)
        done = part_.run(["g++", "-std=c++20", "-I.", "-E", "-nostdinc", "only.cpp"], cwd=folder)
        part_.expect("without Boost.PFR the message says what is missing",
                     done.status and "tachyon needs the headers of Boost.PFR" in done.output,
                     tail(done.output, 10))
        done = part_.run(["g++", "-std=c++17", "-I.", "-fsyntax-only", "only.cpp"], cwd=folder)
        part_.expect("without C++20 the message says so",
                     done.status and "tachyon needs C++20" in done.output, tail(done.output, 10))
        compile_time(part_, folder)


# What a file that includes only the single header may take, in processor time. The goal is 3 s with
# g++ 12, on a machine where the standard headers that it includes take 1 s. Machines differ, and a
# busy one takes longer for the same work, so both are measured in turn, up to five times; the
# quickest counts, and what fails is more than TIMES as long as the standard headers, and never less
# than the goal. Measured with g++ 12: 2.75 s to 0.88 s, and 5.22 to 1.26 where a dozen other programs
# wanted the same caches; with kernel/ 2.30 where it was 2.20 before, and 3.20 to 0.70 beside other
# programs. The factor is a tenth over that. clang has no goal; its factor only keeps it from growing
# unseen (5.28 to 0.77 beside other programs).
COMPILE_GOAL = 3.0
COMPILE_TIMES = {"g++": 5.0, "clang++-14": 7.5}


def compile_time(part_, folder):
    with open(f"{folder}/tachyon/tachyon.hpp", encoding="ascii") as text:
        system = sorted(set(re.findall(r"^#include <(?!tachyon/|zstd)[^>]+>$", text.read(), re.M)))
    with open(f"{folder}/standard.cpp", "w", encoding="ascii") as out:
        out.write("\n".join(system) + "\nint main() {}\n")
    for compiler, times in COMPILE_TIMES.items():
        took = {"standard.cpp": [], "only.cpp": []}
        for _ in range(5):
            for name, seconds in took.items():
                done = part_.run([compiler, "-std=c++20", "-O0", "-I.", "-c", name], cwd=folder)
                seconds.append(done.cpu)
                if done.status:
                    part_.fail(f"{name} compiles ({compiler})", only_errors(done.output))
                    return
            standard, only = min(took["standard.cpp"]), min(took["only.cpp"])
            limit = max(COMPILE_GOAL, times * standard)
            if only <= limit:
                break  # the quickest counts, and it can only become quicker
        figures = (f"{only:.2f} s of processor (quickest of {len(took['only.cpp'])}), "
                   f"its {len(system)} standard headers {standard:.2f} s, limit {limit:.2f} s")
        part_.say(f"a file with only the single header, {compiler} -O0: {figures}")
        part_.expect(f"compile time of the single header ({compiler})", only <= limit, figures)
