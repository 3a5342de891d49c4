"""What can be checked of .github without running it: the scripts in the workflows, the forms."""

import glob
import json
import os
import re
import shutil
import subprocess
import unittest


ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WORKFLOWS = sorted(glob.glob(f"{ROOT}/.github/workflows/*.yml"))
FORMS = sorted(set(glob.glob(f"{ROOT}/.github/ISSUE_TEMPLATE/*.yml")) -
               {f"{ROOT}/.github/ISSUE_TEMPLATE/config.yml"})
ACTIONS = {"actions/checkout", "actions/cache", "actions/upload-artifact"}
# Made by the build, not part of the repository.
MADE = ("build/", "dist", "notes.md")


def text_of(path):
    with open(path, encoding="ascii") as file:
        return file.read()


def scripts(text):
    """The value of each `run:` of a step: the rest of the line, or the block below `|`."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        found = re.match(r"^( +)(- )?run: (.*)$", line)
        if not found:
            continue
        if found[3] != "|":
            yield found[3] + "\n"
            continue
        depth = len(found[1]) + len(found[2] or "")
        block = []
        for below in lines[number + 1:]:
            if below.strip() and len(below) - len(below.lstrip()) <= depth:
                break
            block.append(below[depth + 2:])
        yield "\n".join(block).rstrip() + "\n"


def files_in(script):
    """Words of a script that look like files of the repository."""
    for word in re.findall(r"[\w./*-]+", script):
        if re.match(r"(\.ci|tools|tests|gen|include|single_include)/", word) or word.endswith(".md"):
            yield word


class Workflows(unittest.TestCase):
    def test_the_reader_of_this_test(self):
        text = ("    steps:\n      - run: one\n      - name: x\n        run: |\n          two\n"
                "            three\n\n          four\n      - uses: a/b@v1\n")
        self.assertEqual(list(scripts(text)), ["one\n", "two\n  three\n\nfour\n"])
        self.assertEqual(list(files_in('.ci/run "$x"; gen/a.py --check > notes.md\n')),
                         [".ci/run", "gen/a.py", "notes.md"])

    def test_every_workflow_has_scripts(self):
        self.assertEqual([os.path.basename(path) for path in WORKFLOWS],
                         ["check.yml", "deep.yml", "release.yml"])
        for path in WORKFLOWS:
            text = text_of(path)
            steps = len(re.findall(r"^      - ", text, re.M))
            uses = re.findall(r"^      - uses: (\S+)@v\d+$", text, re.M)
            self.assertEqual(steps, len(uses) + len(list(scripts(text))), path)
            self.assertLessEqual(set(uses), ACTIONS, path)
            self.assertRegex(text, r"\n    timeout-minutes: \d+\n", path)

    def test_scripts_are_bash(self):
        for path in WORKFLOWS:
            for script in scripts(text_of(path)):
                with self.subTest(path, script=script):
                    done = subprocess.run(["bash", "-n"], input=script, capture_output=True,
                                          text=True, check=False)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    # Text from outside has to come by the environment.
                    self.assertNotIn("${{", script)

    def test_scripts_name_files_that_exist(self):
        named = []
        for path in WORKFLOWS:
            for script in scripts(text_of(path)):
                for name in files_in(script):
                    if name.startswith(MADE):
                        continue
                    named.append(name)
                    self.assertTrue(os.path.exists(os.path.join(ROOT, name)), f"{path}: {name}")
                    if script.startswith(name) or f"\n{name} " in script:
                        self.assertTrue(os.access(os.path.join(ROOT, name), os.X_OK), name)
                for preset in re.findall(r"--preset (\S+)", script):
                    known = json.loads(text_of(f"{ROOT}/CMakePresets.json"))["configurePresets"]
                    self.assertIn(preset, [each["name"] for each in known])
        self.assertLessEqual({".ci/run", "tools/check", "gen/amalgamate.py", "CHANGELOG.md"},
                             set(named))

    def test_release_reads_version_and_changelog(self):
        release = list(scripts(text_of(f"{ROOT}/.github/workflows/release.yml")))
        version = re.search(r'library_version = "(.*)"', text_of(
            f"{ROOT}/include/tachyon/version.hpp"))[1]
        test = next(line for script in release for line in script.splitlines()
                    if line.startswith("test "))
        notes = next(line for script in release for line in script.splitlines()
                     if line.startswith("awk "))
        for tag, status in ((f"v{version}", 0), (f"v{version}.1", 1)):
            done = subprocess.run(["bash", "-c", test], cwd=ROOT, check=False,
                                  env=dict(os.environ, GITHUB_REF_NAME=tag))
            self.assertEqual(done.returncode, status, tag)
        done = subprocess.run(["bash", "-c", notes.replace("> notes.md", "")], cwd=ROOT, text=True,
                              env=dict(os.environ, GITHUB_REF_NAME="v0.1.0"), check=True,
                              capture_output=True)
        self.assertIn("`tachyon run`, `attach`", done.stdout)
        self.assertNotIn("## ", done.stdout.replace("### ", ""))

    def test_yaml(self):
        try:
            import yaml  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("no yaml (Debian: apt-get install python3-yaml)")
        for path in WORKFLOWS:
            flow = yaml.safe_load(text_of(path))
            read = [step["run"] for job in flow["jobs"].values() for step in job["steps"]
                    if "run" in step]
            self.assertEqual([text.rstrip() for text in read],
                             [text.rstrip() for text in scripts(text_of(path))], path)
        for path in FORMS:
            form = yaml.safe_load(text_of(path))
            self.assertLessEqual({"name", "description", "body"}, set(form), path)
            for field in form["body"]:
                self.assertIn(field["type"], {"markdown", "textarea", "input", "dropdown",
                                              "checkboxes"}, path)
                wanted = "value" if field["type"] == "markdown" else "label"
                self.assertIn(wanted, field["attributes"], path)
            names = [field["id"] for field in form["body"] if field["type"] != "markdown"]
            self.assertEqual(len(names), len(set(names)), path)


class Forms(unittest.TestCase):
    def test_they_ask_for_what_is_needed(self):
        self.assertEqual([os.path.basename(path) for path in FORMS],
                         ["bug.yml", "feature.yml", "wrong_stack.yml"])
        for name in ("bug", "wrong_stack"):
            self.assertIn("tachyon doctor PID", text_of(f"{ROOT}/.github/ISSUE_TEMPLATE/{name}.yml"))
        self.assertTrue(text_of(f"{ROOT}/.github/pull_request_template.md").rstrip().endswith(
            "`tools/check` ends with `0 failed`"))

    def test_what_is_told_to_be_printed_is_printed(self):
        tool = os.environ.get("TACHYON")
        if not tool or not shutil.which(tool):
            self.skipTest("no tool was built")
        done = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True)
        self.assertRegex(done.stdout, r"\Atachyon \d+\.\d+\.\d+\n")


if __name__ == "__main__":
    unittest.main()
