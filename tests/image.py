"""Build an image from scratch, without a registry: a shell, this Python, and NeMo scripts in it.

    python tests/image.py flywheel-test/fake tests/fakes/nemo_scripts
    python tests/image.py flywheel-test/nemo NEMO_CHECKOUT/examples/asr --packages

With --packages the image holds the packages of this environment too, so the real NeMo runs in it.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

SCRIPTS = "opt/NeMo/examples/asr"
PACKAGES = "opt/packages"
LEFT_OUT = {"__pycache__", "test", "tests", "site-packages", "idlelib", "tkinter", "prefect"}


def shared_libraries(binaries: list[Path]) -> Iterator[Path]:
    """The shared libraries that binaries load, the loader among them."""
    listing = subprocess.run(
        ["ldd", *map(str, binaries)], capture_output=True, text=True, check=False
    ).stdout
    for word in listing.split():
        if word.startswith("/") and not word.endswith(":"):
            yield Path(word)


def write_rootfs(out: Path, scripts: Path, packages: bool) -> None:
    """Write the root file system of the image as a tar."""
    home = Path(sys.base_prefix)
    library = Path(sysconfig.get_path("stdlib"))
    python = Path(sys.executable).resolve()
    busybox = Path(shutil.which("busybox") or "/bin/busybox")
    extensions = [python, *library.glob("lib-dynload/*.so"), *home.glob("lib/libpython*.so*")]
    environment = "\n".join(
        ["#!/bin/sh", f"export PYTHONHOME={home} PYTHONPATH=/{PACKAGES}"]
        + [f"export LD_LIBRARY_PATH={home}/lib", f'exec {python} "$@"', ""]
    )

    def slim(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return None if LEFT_OUT & set(Path(member.name).parts[-1:]) else member

    with tarfile.open(out, "w") as tar:
        for folder, mode in (("tmp", 0o1777), ("proc", 0o755), ("dev", 0o755), ("etc", 0o755)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
        tar.add(busybox, "bin/busybox")
        for name in ("sh", "cat", "kill", "sleep"):
            link = tarfile.TarInfo(f"bin/{name}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)
        starter = tarfile.TarInfo("bin/python")
        starter.size, starter.mode = len(environment.encode()), 0o755
        tar.addfile(starter, io.BytesIO(environment.encode()))
        tar.add(python, str(python)[1:])
        tar.add(library, str(library)[1:], filter=slim)
        libraries = {*shared_libraries(extensions), *home.glob("lib/libpython*.so*")}
        tar.add(scripts, SCRIPTS)
        if packages:
            site = Path(sysconfig.get_path("purelib"))
            binaries = [*site.rglob("*.so"), *site.rglob("*.so.*")]
            tar.add(site, PACKAGES)
            found = set(shared_libraries(binaries))
            libraries |= {path for path in found if not path.is_relative_to(site)}
        for path in sorted(libraries):
            if not path.is_relative_to(library):
                tar.add(path.resolve(), str(path)[1:])


def build(tag: str, scripts: Path, work: Path, *, packages: bool = False) -> str:
    """Import the root file system into the engine under a tag, and return the tag."""
    import docker

    rootfs = work / f"rootfs-{os.getpid()}.tar"
    write_rootfs(rootfs, scripts, packages)
    client = docker.from_env(timeout=600)
    with rootfs.open("rb") as file:
        chunks = iter(lambda: file.read(1 << 20), b"")
        client.api.import_image_from_stream(chunks, repository=tag, changes=["ENV PATH=/bin"])
    rootfs.unlink()
    client.close()
    return f"{tag}:latest"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tag")
    parser.add_argument("scripts", type=Path, help="folder of the two NeMo scripts")
    parser.add_argument("--packages", action="store_true", help="add this environment's packages")
    parser.add_argument("--work", type=Path, default=Path("/tmp"), help="room for the tar")
    arguments = parser.parse_args()
    print(build(arguments.tag, arguments.scripts, arguments.work, packages=arguments.packages))


if __name__ == "__main__":
    main()
