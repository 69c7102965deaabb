# SPDX-License-Identifier: Apache-2.0
"""What the source may not do: compare secrets by `==`, run text, build SQL, use cryptography in new places."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = ROOT / "src" / "counterseal"
WANTED = (ast.Call, ast.Compare, ast.Import, ast.ImportFrom, ast.Attribute, ast.FunctionDef, ast.AsyncFunctionDef)


def wanted(path: Path) -> list[ast.AST]:
    """The nodes of a module that rules look at, outer ones first."""
    return [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, WANTED)]


@functools.cache
def sources() -> dict[str, list[ast.AST]]:
    """Every module of the package; read when a test asks, not when tests are collected."""
    return {path.relative_to(PACKAGE).as_posix(): wanted(path) for path in sorted(PACKAGE.rglob("*.py"))}


SECRET = re.compile(
    r"(?:^|_)(digest|secret|mac|tag|signature|otp|answer|password|token|pepper|nonce|cookie|challenge|verifier|pin|"
    r"passphrase|seed|code|key)s?$",
    re.IGNORECASE,
)

# Comparisons by == of something called like a secret that is none. Whoever adds one says why.
HARMLESS = {
    ("access/tokens.py", "well_formed"): "a checksum against typing errors",
    ("cli/accounts.py", "import_accounts"): "the hash of a file that the caller holds",
    ("factors/throttle.py", "settle"): "a number of tokens in a bucket",
    ("guard/links.py", "read_token"): "the spelling, after the MAC held",
    ("notices/links.py", "_opened"): "the spelling, after the MAC held",
    ("store/backup.py", "read_manifest"): "the hash of a file that the operator holds",
    ("judicial/portal/sessions.py", "spend"): "nonces of challenges that were answered and verified",
    ("wiring/investigating.py", "compared"): "which of two policies this is: the digest is public",
    ("staff/desk.py", "use"): "what was signed, which every signer reads, and a purpose",
    ("staff/sessions.py", "spend"): "nonces of challenges that were answered and verified",
    ("staff/sessions.py", "touched"): "of a session that was opened",
    ("staff/signin.py", "function"): "of a session that was opened",
}
# Digests of policies, vocabularies and documents are public: they are shown and logged.
PUBLIC = (
    "prover/",
    "publishing/",
    "wiring/policies.py",
    "wiring/proofs.py",
    "guard/tools.py",
    "http/routers/polic",
    "judicial/requests/",  # what officers read and sign
    "gateways/documents/",  # of documents that strangers sent: whoever sent them knows them
)
CODES = {"code", "codes", "key", "keys"}  # of errors, of mappings: only where they stand beside an answer

# Modules that sign, encrypt or derive: the inventory of V11.1.2. Hashing and randomness are not listed one by one.
SIGNS = {
    "audit/keys.py": "Ed25519 keys of the log",
    "demo/desk_package.py": "the forger of the demonstration opens what was handed out",
    "demo/desk_papers.py": "a small PKI of the demonstration: orders signed and forged",
    "demo/desk_passkey.py": "officers' passkeys of the demonstration",
    "demo/desk_world.py": "the key of whoever asks in the demonstration",
    "demo/replay_parts.py": "an authenticator of the demonstration",
    "factors/webauthn.py": "WebAuthn assertions and registrations",
    "factors/webauthn_android.py": "attestation certificates",
    "factors/webauthn_attestation.py": "attestation certificates",
    "factors/webauthn_cbor.py": "COSE keys",
    "factors/webauthn_tpm.py": "TPM attestation",
    "gateways/delivery_keys.py": "packages for authorities: age and OpenPGP",
    "gateways/documents/chain.py": "signers' certificates",
    "gateways/documents/mail_pgp.py": "OpenPGP signatures of mails",
    "gateways/documents/trust.py": "pinned certificates and CRLs",
    "gateways/documents/xml_signature.py": "XML signatures",
    "gateways/mail_intake.py": "TLS of mail for the desk",
    "gateways/keyring.py": "AES-256-GCM wrapping, HKDF-SHA256, Ed25519",
    "gateways/kms_pkcs11.py": "AES-256-GCM in a token",
    "gateways/mail.py": "TLS to the mail server",
    "gateways/oidc.py": "ID tokens, asymmetric algorithms",
    "gateways/outbound.py": "TLS to webhooks",
    "gateways/outbound_transport.py": "TLS to the identity provider",
    "gateways/witness_mail.py": "TLS to the mail server of a witness",
    "sdk/jwk.py": "Ed25519 public keys",
    "sdk/jws.py": "EdDSA over JWS: seals, receipts, attestations, key sets",
    "sdk/keyset.py": "key sets under the root",
    "store/vault.py": "AES-256-GCM of what is personal, bound to its row",
}


def functions(place: str) -> Iterator[tuple[str, ast.AST]]:
    """Every comparison with the name of the innermost function around it."""
    found = [node for node in sources()[place] if isinstance(node, ast.Compare)]
    around = [node for node in sources()[place] if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in found:
        names = [each.name for each in around if each.lineno <= node.lineno <= (each.end_lineno or 0)]
        yield names[-1] if names else "", node


def called(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=inner) | ast.Subscript(value=inner):
            return called(inner)
    return ""


def suspicious(node: ast.AST) -> bool:
    if not isinstance(node, ast.Compare) or not any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
        return False
    sides = [node.left, *node.comparators]
    if any(isinstance(side, ast.Constant) or (called(side).isupper() and called(side)) for side in sides):
        return False
    names = [called(side) for side in sides]
    return any(SECRET.search(name) for name in names) and not all(
        name.lower() in CODES or not SECRET.search(name) for name in names
    )


def test_secrets_are_compared_in_constant_time() -> None:
    """By hmac.compare_digest, or found by a hash; what is called like a secret and is none stands in a list."""
    found = {
        (place, function)
        for place in sources()
        if not place.startswith(PUBLIC)
        for function, node in functions(place)
        if suspicious(node)
    }
    assert found - set(HARMLESS) == set(), "compare by hmac.compare_digest, or say in HARMLESS why not"
    assert set(HARMLESS) - found == set(), "gone from the source: take it off the list"


def test_the_places_that_compare_secrets_do_so() -> None:
    """Each module that verifies an answer uses compare_digest."""
    places = {
        *("access/service.py", "factors/codes.py", "factors/recovery_codes.py", "factors/totp.py"),
        *("factors/webauthn.py", "factors/webauthn_challenge.py", "guard/links.py", "http/routers/staff_oidc.py"),
        *("notices/links.py", "sdk/webhooks.py", "staff/people.py", "staff/sessions.py"),
    }
    using = {
        place for place, nodes in sources().items() if any(called_is(node, "compare_digest") for node in nodes)
    }
    assert places <= using


def called_is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and called(node.func) == name


# git, our own program and bubblewrap, by lists of arguments
PROGRAMS = {"cli/diff.py", "demo/server.py", "gateways/documents/sandbox.py"}
COMPILES = {"core/policy/compile.py"}  # the policy's own tree, never text
UNSAFE = {"eval", "exec", "compile", "__import__"}
MODULES = {"pickle", "shelve", "marshal", "dill", "telnetlib", "ftplib"}


def test_nothing_is_executed_pickled_or_given_to_a_shell() -> None:
    found = []
    for place, nodes in sources().items():
        for node in nodes:
            match node:
                case ast.Call(func=ast.Name(id=name)) if name in UNSAFE and place not in COMPILES:
                    found.append(f"{place}:{node.lineno} {name}")
                case ast.Call(keywords=keywords) if any(k.arg == "shell" for k in keywords):
                    found.append(f"{place}:{node.lineno} shell")
                case ast.Import(names=names) if {each.name.partition(".")[0] for each in names} & MODULES:
                    found.append(f"{place}:{node.lineno} import")
                case ast.Import(names=names) if "subprocess" in {each.name for each in names} - {""}:
                    if place not in PROGRAMS:
                        found.append(f"{place}:{node.lineno} subprocess")
                case ast.Attribute(value=ast.Name(id="os"), attr="system" | "popen"):
                    found.append(f"{place}:{node.lineno} os")
                case ast.Attribute(attr="format_map"):
                    found.append(f"{place}:{node.lineno} format_map")
    assert found == []


# f-strings in sa.text: names of columns and channels that are constants of the program.
TEXTS = {"store/feed.py": {"name", "standing"}, "store/postgres.py": {"name", "MIGRATION_LOCK"}}


def test_no_text_becomes_sql() -> None:
    """SQLAlchemy Core with parameters; text() and execute() take constants only."""
    found = []
    for place, nodes in sources().items():
        if not place.startswith("store/"):
            continue
        for node in nodes:
            if not (isinstance(node, ast.Call) and called(node.func) in {"text", "exec_driver_sql"} and node.args):
                continue
            given = node.args[0]
            if isinstance(given, ast.JoinedStr):
                inner = {called(each.value) for each in given.values if isinstance(each, ast.FormattedValue)}
                if not inner <= TEXTS.get(place, set()):
                    found.append(f"{place}:{node.lineno} {ast.unparse(given)}")
            elif isinstance(given, ast.BinOp):
                found.append(f"{place}:{node.lineno} {ast.unparse(given)}")
    assert found == []


def imported(place: str) -> set[str]:
    found: set[str] = set()
    for node in sources()[place]:
        match node:
            case ast.Import(names=names):
                found |= {each.name.partition(".")[0] for each in names}
            case ast.ImportFrom(module=str() as module, level=0):
                found.add(module.partition(".")[0])
    return found


WEAK = {"md5", "sha1", "DES", "ARC4", "ECB", "Blowfish", "TripleDES", "random"}
# SHA-1 as published standards have it: authenticator apps, TPM name algorithms of attestations.
WEAK_ALLOWED = {"demo/replay_parts.py", "factors/webauthn_tpm.py", "factors/webauthn_attestation.py"}
JITTER = {"sdk/transport.py"}  # when a client tries again


def test_cryptography_is_where_it_is_expected() -> None:
    """Weak algorithms nowhere; `random` nowhere; libraries that sign or encrypt in the modules of the inventory."""
    weak = []
    for place, nodes in sources().items():
        names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        if names & (WEAK - {"random"}) and place not in WEAK_ALLOWED:
            weak.append((place, sorted(names & WEAK)))
        if "random" in imported(place) and place not in JITTER:
            weak.append((place, ["random"]))
    assert weak == []
    heavy = {"cryptography", "fido2", "joserfc", "jwt", "authlib", "pkcs11", "ssl", "pyrage", "pysequoia"}
    using = {place for place in sources() if imported(place) & heavy}
    assert using == set(SIGNS), "the inventory of cryptography in SIGNS says what each module does"


def test_mail_takes_no_header_from_a_recipient() -> None:
    """A recipient with a line break, a second address or a comment is refused before a message is made."""
    import pytest  # noqa: PLC0415

    from counterseal.gateways.mail import parse_address  # noqa: PLC0415

    for hostile in (
        "a@example.test\r\nBcc: b@example.test",
        "a@example.test, b@example.test",
        "a@example.test\n",
        "<a@example.test> (b@example.test)",
        "a@example.test;b@example.test",
        "a b@example.test",
        "a\x00@example.test",
    ):
        with pytest.raises(Exception) as refused:  # noqa: PT011 - whichever class: it must not pass
            parse_address(hostile)
        assert not isinstance(refused.value, AssertionError)


WEB = ROOT / "web" / "src"
HTML = re.compile(
    r"dangerouslySetInnerHTML|\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|"
    r"addEventListener\(\s*[\"']message|postMessage|indexedDB|document\.cookie|__proto__"
)
STORES = re.compile(r"(?:local|session)Storage\.setItem\((.+?),")
KEPT = {
    "theme.ts",
    "purpose.ts",
    "i18n.tsx",
    "pages/log/source.ts",
}  # theme, purposes of this tab, language, checkpoint


def test_the_console_makes_no_html_and_keeps_no_secret() -> None:
    sources = [*WEB.rglob("*.ts"), *WEB.rglob("*.tsx")]
    assert len(sources) > 30
    found = [f"{path.name}: {m[0]}" for path in sources for m in HTML.finditer(path.read_text("utf-8"))]
    assert found == []
    storing = {path.relative_to(WEB).as_posix() for path in sources if STORES.search(path.read_text("utf-8"))}
    assert storing <= KEPT
