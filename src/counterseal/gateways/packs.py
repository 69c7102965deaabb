# SPDX-License-Identifier: Apache-2.0
"""Policy packs: the shipped ones and those of the operator, from files into loaded policies."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from counterseal.core.errors import NotFoundError
from counterseal.core.policy.loader import load_policy, load_vocabulary
from counterseal.core.policy.model import Policy, Vocabulary
from counterseal.gateways.yaml_source import MAX_BYTES, read_yaml

VOCABULARY = "vocabulary"

_PACKAGE = Path(__file__).resolve().parent.parent
_INSTALLED = _PACKAGE / "_policies"  # in a wheel (pyproject.toml: force-include)
_DEVELOPMENT = _PACKAGE.parent.parent / "policies"  # in a checkout


def packs_directory() -> Path:
    """Where the shipped packs lie: beside the package once installed, at the root of a checkout otherwise."""
    return _INSTALLED if _INSTALLED.is_dir() else _DEVELOPMENT


def shipped_packs() -> tuple[str, ...]:
    """Names of the shipped policies, without the vocabulary."""
    return tuple(sorted(path.stem for path in packs_directory().glob("*.yaml") if path.stem != VOCABULARY))


@cache
def shipped_vocabulary() -> Vocabulary:
    """The vocabulary that the shipped packs share."""
    return vocabulary_from((packs_directory() / f"{VOCABULARY}.yaml").read_bytes())


def vocabulary_from(source: str | bytes) -> Vocabulary:
    """A vocabulary from YAML. Raises PolicyError with spans."""
    return load_vocabulary(read_yaml(source), _text(source))


def policy_from(source: str | bytes, vocabulary: Vocabulary | None = None) -> Policy:
    """A policy from YAML, under the shipped vocabulary unless another is given. Raises PolicyError with spans."""
    if vocabulary is None or vocabulary is shipped_vocabulary():
        return _under_shipped(source)
    return load_policy(read_yaml(source), _text(source), vocabulary)


@lru_cache(maxsize=16)  # the text decides, and nobody changes a loaded policy
def _under_shipped(source: str | bytes) -> Policy:
    return load_policy(read_yaml(source), _text(source), shipped_vocabulary())


def load_pack(name_or_path: str | Path, vocabulary: Vocabulary | None = None) -> Policy:
    """A shipped pack by name, or a file by path (it ends in .yaml or .yml, or is a Path).

    Raises NotFoundError (`policy_missing`) and PolicyError with spans.
    """
    path = Path(name_or_path)
    if isinstance(name_or_path, str) and path.suffix not in {".yaml", ".yml"}:
        if name_or_path not in shipped_packs():
            hint = f"Shipped: {', '.join(shipped_packs())}. Or give the path of a .yaml file."
            raise NotFoundError(f"there is no pack `{name_or_path[:80]}`", code="policy_missing", hint=hint)
        path = packs_directory() / f"{name_or_path}.yaml"
    try:
        with path.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        sentence = f"the policy {str(path)[:200]!r} cannot be read: {getattr(error, 'strerror', error)}"
        raise NotFoundError(sentence, code="policy_missing") from None
    return policy_from(source, vocabulary)


def configured_pack(policy: str, vocabulary: Path | None) -> Policy:
    """The pack of the settings `policy` and `vocabulary`: under that vocabulary, or the shipped one (None).

    Raises NotFoundError (`policy_missing`, `vocabulary_missing`) and PolicyError with spans.
    """
    if vocabulary is None:
        return load_pack(policy)
    try:
        with vocabulary.open("rb") as file:
            source = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", error)
        sentence = f"the vocabulary {str(vocabulary)[:200]!r} cannot be read: {reason}"
        raise NotFoundError(sentence, code="vocabulary_missing") from None
    return load_pack(policy, vocabulary_from(source))


def _text(source: str | bytes) -> str:
    return source.decode() if isinstance(source, bytes) else source
