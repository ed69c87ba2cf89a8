"""The scripts that a host gets: what they say, and the texts that install and remove them."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"
_LOCAL = {"install.sh", "remove.sh", "swarm-member.sh", "watch.sh"}
_END = "END_OF_CROSSHOST_SCRIPT"


@cache
def bundle() -> dict[str, str]:
    """File name -> text of the scripts that are installed on a host, by name."""
    paths = sorted(SCRIPTS.glob("*.sh"))
    return {path.name: path.read_text() for path in paths if path.name not in _LOCAL}


@cache
def bundle_hash() -> str:
    """What facts tell of over the installed scripts: sha256 of all texts in name order."""
    return sha256("".join(bundle().values()).encode()).hexdigest()


@cache
def watcher() -> str:
    """A shell script that is sent to a host to watch containers while an up runs."""
    return (SCRIPTS / "watch.sh").read_text()


@cache
def installer() -> str:
    """A shell script that installs the bundle: `install`, or `restore` where it is not there."""
    files = "".join(
        f"cat >\"$new/{name}\" <<'{_END}'\n{text}{_END}\n" for name, text in bundle().items()
    )
    return (SCRIPTS / "install.sh").read_text().replace("# FILES\n", files)


@cache
def remover() -> str:
    """A shell script that removes the bundle, and what the stack keeps on the host."""
    return (SCRIPTS / "remove.sh").read_text()
