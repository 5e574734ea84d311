"""Who is measured: how each is installed, its version, and the command that runs its driver."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
TARGET = HERE.parent.parent / "target" / "peers"

# Seconds that an installer may take.
patience = 3600.0


@dataclass
class Candidate:
    name: str
    stores: list  # what its driver takes: "SQLite", "PostgreSQL", or a folder of its own
    install: object  # makes it ready; raises NotInstalled
    command: object  # the driver's command, once it is installed
    version: object
    works: list = field(default_factory=lambda: ["commands", "projection", "replay"])


class NotInstalled(Exception):
    pass


def run(command, log, **options):
    """Runs an installer; a failure is told by the line of its log that says most."""
    log = TARGET / "log" / log
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        try:
            done = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, timeout=patience, **options)
        except OSError as error:
            raise NotInstalled(str(error)) from None
        except subprocess.TimeoutExpired:
            raise NotInstalled(f"took longer than {patience:g} s") from None
    if done.returncode:
        lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
        telling = [line for line in lines if "error" in line.lower()] or lines or ["no output"]
        raise NotInstalled(telling[0][:200])


def once(stamp, wanted, install):
    """Installs unless the same was installed before."""
    if not stamp.exists() or stamp.read_text() != wanted:
        install()
        stamp.write_text(wanted)


def rust(folder, package):
    """A workspace of its own, so that one that does not build breaks no other."""
    place = HERE / "rust" / folder

    def install():
        environment = {**os.environ, "CARGO_TARGET_DIR": str(TARGET / "cargo")}
        run(["cargo", "build", "--release", "--locked"], f"{folder}.log", cwd=place, env=environment)

    def version():
        lock = (place / "Cargo.lock").read_text()
        found = re.search(rf'name = "{package}"\nversion = "([^"]+)"', lock)
        return f"{package} {found[1]}"

    binary = TARGET / "cargo" / "release" / f"peer-{folder}"
    return {"install": install, "command": lambda: [str(binary)], "version": version}


def python():
    place, wanted = TARGET / "python", HERE / "python" / "requirements.txt"

    def install():
        def fresh():
            run([sys.executable, "-m", "venv", "--clear", str(place)], "python.log")
            run([str(place / "bin" / "python"), "-m", "pip", "install", "--no-deps", "-r", str(wanted)], "python.log")

        place.mkdir(parents=True, exist_ok=True)
        once(place / "installed", wanted.read_text(), fresh)

    return {
        "install": install,
        "command": lambda: [str(place / "bin" / "python"), str(HERE / "python" / "driver.py")],
        "version": lambda: wanted.read_text().splitlines()[0].replace("==", " "),
    }


def emmett(store):
    place, source = TARGET / f"emmett-{store}", HERE / "emmett"

    def install():
        place.mkdir(parents=True, exist_ok=True)
        for file in [source / "driver.mjs", *(source / store).iterdir()]:
            shutil.copy(file, place)
        fresh = ["npm", "ci", "--no-audit", "--no-fund"]
        lock = (source / store / "package-lock.json").read_text()
        once(place / "installed", lock, lambda: run(fresh, f"emmett-{store}.log", cwd=place))

    def version():
        package = (source / store / "package.json").read_text()
        return f"emmett-{store} " + re.search(rf'emmett-{store}": "([^"]+)"', package)[1]

    return {"install": install, "command": lambda: ["node", str(place / "driver.mjs")], "version": version}


OURS = "Althing's backbone"

ALL = [
    Candidate(OURS, ["SQLite", "PostgreSQL"], **rust("althing", "althing-backbone")),
    Candidate("cqrs-es", ["SQLite", "PostgreSQL"], **rust("cqrs-es", "cqrs-es")),
    # Its recorder on SQLite has no subscriptions.
    Candidate("eventsourcing (Python)", ["SQLite"], **python(), works=["commands", "replay"]),
    Candidate("eventsourcing (Python)", ["PostgreSQL"], **python()),
    Candidate("Emmett (Node)", ["SQLite"], **emmett("sqlite")),
    Candidate("Emmett (Node)", ["PostgreSQL"], **emmett("postgresql")),
    Candidate("obix", ["PostgreSQL"], **rust("obix", "obix"), works=["commands", "replay"]),
    Candidate("UmaDB", ["its own file"], **rust("umadb", "umadb"), works=["commands", "replay"]),
]
