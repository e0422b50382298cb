"""The repository names no package registry: a company's mirror serves as well as the public one."""

import pytest

from scripts.repository_files import repository_files
from scripts.setup import paths

# Put together here, since this file is read as well.
HOSTS = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("repo1", "maven"),
        ("repo", "maven"),
        ("maven", "apache", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb", "debian"),
    )
)
# uv writes where each file of its lock was found; it has no other form.
LOCKS_OF_UV = "uv.lock"


def test_no_file_names_a_registry():
    texts = {file: file.read_bytes().decode(errors="ignore") for file in repository_files() if file.name != LOCKS_OF_UV}
    found = {str(file.relative_to(paths.ROOT)): hosts for file, text in texts.items() if (hosts := hosts_in(text))}

    assert {} == found


@pytest.mark.parametrize("host", HOSTS)
def test_a_registry_is_found_in_an_address(host):
    assert host in hosts_in(f"see https://registry.{host}/simple/")


def hosts_in(text: str) -> list[str]:
    """Return the registries a text names."""
    return [host for host in HOSTS if host in text.lower()]
