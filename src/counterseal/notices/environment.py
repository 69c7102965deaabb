# SPDX-License-Identifier: Apache-2.0
"""The one Jinja2 environment: autoescape always on, an undefined name is an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "http" / "templates"

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def render_template(name: str, **context: Any) -> str:
    """A template of http/templates with its context; every value is escaped."""
    return _environment.get_template(name).render(context)
