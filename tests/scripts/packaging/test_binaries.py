"""A package that the image cannot run is found while it is packed, not when the first job starts."""

import pytest

from infra.artifacts import Target
from scripts.packaging.binaries import require_runnable
from scripts.setup.errors import SetupError

TARGET = Target(python="3.11")


def package(folder, *tags):
    wheel = folder / "thing-1.0.dist-info" / "WHEEL"
    wheel.parent.mkdir(parents=True)
    wheel.write_text("Wheel-Version: 1.0\n" + "".join(f"Tag: {tag}\n" for tag in tags))
    return folder


def library(folder, *, machine=183, symbols=b""):
    (folder / "thing.so").write_bytes(b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little") + symbols)
    return folder


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param(["py3-none-any"], id="pure"),
        pytest.param(["py2-none-any", "py3-none-any"], id="pure, for old and new"),
        pytest.param(["cp311-cp311-manylinux_2_28_aarch64"], id="for this Python"),
        pytest.param(["cp311-cp311-manylinux2014_aarch64"], id="for an old C library"),
        pytest.param(["cp39-abi3-manylinux_2_17_aarch64.manylinux2014_aarch64"], id="stable since 3.9"),
    ],
)
def test_what_the_image_runs_passes(tmp_path, tags):
    require_runnable(package(tmp_path, *tags), TARGET)


@pytest.mark.parametrize(
    "tag",
    [
        pytest.param("cp312-cp312-manylinux_2_28_aarch64", id="another Python"),
        pytest.param("cp312-abi3-manylinux_2_28_aarch64", id="stable since a later Python"),
        pytest.param("cp311-cp311-manylinux_2_28_x86_64", id="another machine"),
        pytest.param("cp311-cp311-manylinux_2_39_aarch64", id="a newer C library"),
        pytest.param("cp311-cp311-musllinux_1_2_aarch64", id="another C library"),
        pytest.param("cp311-cp311-macosx_11_0_arm64", id="another system"),
        pytest.param("py2-none-any", id="an old Python"),
    ],
)
def test_tag_that_does_not_fit_is_refused(tmp_path, tag):
    with pytest.raises(SetupError, match=r"thing-1\.0\.dist-info") as refused:
        require_runnable(package(tmp_path, tag), TARGET)

    assert tag == refused.value.given


def test_binary_is_read_itself_whatever_its_tag_says(tmp_path):
    fitting = package(tmp_path, "cp311-cp311-manylinux_2_28_aarch64")

    require_runnable(library(fitting, symbols=b"GLIBC_2.17\0GLIBC_2.34\0"), TARGET)
    with pytest.raises(SetupError, match=r"thing\.so"):
        require_runnable(library(fitting, machine=62), TARGET)
    with pytest.raises(SetupError) as refused:
        require_runnable(library(fitting, symbols=b"GLIBC_2.17\0GLIBC_2.35\0"), TARGET)

    assert "glibc 2.35" == refused.value.given
