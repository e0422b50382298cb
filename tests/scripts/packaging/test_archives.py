"""The same content gives the same bytes."""

import os
import tarfile
import zipfile

import pytest

from scripts.packaging.archives import pack

FILES = {"b/two.py": b"two", "a.py": b"one", "b/deep/three.sql": b"three"}


def folder(path, *, order, mode, time):
    for name in order:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(FILES[name])
        file.chmod(mode)
        os.utime(file, (time, time))
    return path


@pytest.mark.parametrize("extension", [".zip", ".tgz"])
def test_order_time_and_mode_of_this_machine_do_not_show(tmp_path, extension):
    one = folder(tmp_path / "one", order=FILES, mode=0o600, time=1_000_000_000)
    two = folder(tmp_path / "two", order=reversed(FILES), mode=0o644, time=1_700_000_000)
    archives = [tmp_path / f"{source.name}{extension}" for source in (one, two)]
    for source, archive in zip((one, two), archives, strict=True):
        pack(source, archive)

    assert archives[0].read_bytes() == archives[1].read_bytes()


def test_zip_holds_every_file_readable_by_all(tmp_path):
    pack(folder(tmp_path / "in", order=FILES, mode=0o600, time=1_000_000_000), tmp_path / "out.zip")

    with zipfile.ZipFile(tmp_path / "out.zip") as packed:
        assert FILES == {name: packed.read(name) for name in packed.namelist()}
        assert {0o644} == {entry.external_attr >> 16 for entry in packed.infolist()}


def test_tgz_holds_every_file_owned_by_nobody_in_particular(tmp_path):
    pack(folder(tmp_path / "in", order=FILES, mode=0o600, time=1_000_000_000), tmp_path / "out.tgz")

    with tarfile.open(tmp_path / "out.tgz") as packed:
        assert FILES == {entry.name: packed.extractfile(entry).read() for entry in packed}
        assert {(0o644, 0, 0, 0)} == {(entry.mode, entry.uid, entry.gid, entry.mtime) for entry in packed}
