"""docs/settings.md has every setting of an environment's file, with its default, and no other."""

from typing import get_args

import yaml
from pydantic import BaseModel

from shared.config import Environment
from tests.docs.documents import CODE, document

LINES = [line for line in document("docs/settings.md").text.splitlines() if line.startswith("| `")]
# Its keys, and its default.
ROWS = [[cell.strip() for cell in line.split("|")[1:3]] for line in LINES]
REQUIRED = "required"
# The environment's name is that of the file.
IN_NO_FILE = ("name", REQUIRED)


def models_in(annotation):
    """The models in a field's annotation, also inside other types."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_in(part)]


def settings(model, place="", instance=None):
    """Yield every setting's dotted key with its default; a part without a default instance is a setting itself.

    The keys of a mapping `roles` are written as `<role>`.
    """
    for name, field in model.model_fields.items():
        key = place + name
        default = REQUIRED if field.is_required() else field.default
        if instance is not None:
            default = getattr(instance, name)
        [part] = models_in(field.annotation) or [None]
        if isinstance(default, BaseModel):
            yield from settings(part, f"{key}.", default)
            continue
        yield key, default
        if part:
            named = f"{key}.<{name.removesuffix('s')}>." if isinstance(default, dict) else f"{key}."
            yield from settings(part, named)


def as_written(default):
    """A default as YAML would load it."""
    if isinstance(default, dict):
        return {key: value.model_dump(mode="json", exclude_none=True) for key, value in default.items()}
    return list(default) if isinstance(default, tuple) else default


def settings_of_the_file():
    return [setting for setting in settings(Environment) if setting != IN_NO_FILE]


def test_the_page_has_every_setting_and_no_other():
    listed = [key for keys, _ in ROWS for key in CODE.findall(keys)]

    assert sorted(key for key, _ in settings_of_the_file()) == sorted(listed)


def test_the_page_says_every_default():
    said = {}
    for keys, default in ROWS:
        value = default if default == REQUIRED else yaml.safe_load(default.strip("`"))
        said |= dict.fromkeys(CODE.findall(keys), value)

    assert {key: as_written(default) for key, default in settings_of_the_file()} == said
