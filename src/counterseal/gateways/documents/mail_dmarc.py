# SPDX-License-Identifier: Apache-2.0
"""DMARC (RFC 7489): the policy that the sender's domain publishes, and whether a signature is aligned to it.

The list of public suffixes is the one that authheaders brings; it is read once. authheaders reads it anew for each
name and takes only the first of several answers, so the discovery of the policy is our own.
"""

from __future__ import annotations

import importlib.resources
from functools import lru_cache
from typing import Any, Final

from publicsuffix2 import PublicSuffixList  # type: ignore[import-untyped] # has none

from counterseal.gateways.documents import mail_tags
from counterseal.gateways.documents.mail_tags import TagError
from counterseal.judicial.findings import found
from counterseal.judicial.model import Answer, Context, Finding

POLICIES: Final = frozenset({"none", "quarantine", "reject"})


def _suffixes() -> Any:
    with (importlib.resources.files("authheaders") / "public_suffix_list.txt").open(encoding="utf-8") as file:
        return PublicSuffixList(file)


_SUFFIXES: Final = _suffixes()


@lru_cache(maxsize=4_096)
def organisation(domain: str) -> str:
    """The organisational domain (RFC 7489 section 3.2): one label more than the public suffix."""
    return str(_SUFFIXES.get_sld(domain) or domain)


def names(domain: str) -> list[str]:
    """Where the policy of a domain may be (RFC 7489 section 6.6.3)."""
    return list(dict.fromkeys([f"_dmarc.{domain}", f"_dmarc.{organisation(domain)}"]))


def judge(domain: str, signed_by: frozenset[str], context: Context) -> Finding:
    """Whether a mail from `domain`, which these domains' signatures hold for, meets the policy."""
    record, at = None, ""
    for name in names(domain):
        answer = context.names.get(name)
        if answer is None or answer.status == "unknown":
            return found("dns_unknown", name, name=name)
        try:
            record, at = _record(answer), name
        except TagError:
            return found("dmarc_invalid", name, domain=domain)
        if record is not None:
            return _against(record, at, domain, signed_by)
    return found("dmarc_absent", domain=domain)


def _record(answer: Answer) -> dict[str, str] | None:
    """The one DMARC record among the texts; several count as none (RFC 7489 section 6.6.3). Raises TagError."""
    texts = [text for text in answer.texts if text.replace(" ", "").lower().startswith("v=dmarc1")]
    return mail_tags.tags(texts[0]) if len(texts) == 1 else None


def _against(record: dict[str, str], at: str, domain: str, signed_by: frozenset[str]) -> Finding:
    policy = record.get("p", "none").lower()
    if at != f"_dmarc.{domain}":
        policy = record.get("sp", policy).lower()
    if policy not in POLICIES:
        return found("dmarc_invalid", at, domain=domain)
    strict = record.get("adkim", "r").lower() == "s"
    aligned = any(
        signer == domain if strict else organisation(signer) == organisation(domain) for signer in signed_by
    )
    if aligned:
        return found("dmarc_aligned", at, policy=policy, domain=domain)
    return found("dmarc_none" if policy == "none" else "dmarc_fails", at, policy=policy, domain=domain)
