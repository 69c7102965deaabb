# SPDX-License-Identifier: Apache-2.0
"""Signed notes and checkpoints: the published example, round trips, and everything that must be refused."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterseal.audit.keys import Ed25519Signer, verify_ed25519
from counterseal.core.checkpoint import (
    Checkpoint,
    CheckpointError,
    format_checkpoint,
    open_checkpoint,
    parse_checkpoint,
    peek_checkpoint,
    sign_checkpoint,
)
from counterseal.core.note import (
    NoteError,
    SignatureError,
    make_verifier_key,
    open_note,
    parse_verifier_key,
    sign_note,
    split_note,
    split_notes,
)

# The example that the Go module sumdb/note publishes with the format: key, note and signature.
NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_SEED = b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
NEUMANN_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
NEUMANN_NOTE = (
    NEUMANN_TEXT + "\n\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
# The example of C2SP tlog-checkpoint.
SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
SOFA_NOTE = (
    SOFA + "\n\u2014 example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)

SIGNER = Ed25519Signer.from_seed("log.example/a", sha256(b"a").digest())
OTHER = Ed25519Signer.from_seed("log.example/a", sha256(b"b").digest())
CHECKPOINT = Checkpoint("log.example/a", 42, sha256(b"root").digest(), 1_717_891_200_000, 3)
NOTE = sign_checkpoint(CHECKPOINT, SIGNER.key, SIGNER)


def test_the_published_note_is_signed_and_opened() -> None:
    key = parse_verifier_key(NEUMANN)
    signer = Ed25519Signer.from_seed("PeterNeumann", NEUMANN_SEED)

    assert key.key_id.hex() == "c74f20a3"
    assert str(signer.key) == NEUMANN
    assert sign_note(NEUMANN_TEXT, key, signer) == NEUMANN_NOTE
    assert open_note(NEUMANN_NOTE, key, verify_ed25519) == NEUMANN_TEXT


def test_the_published_checkpoint_is_read() -> None:
    expected = b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")

    assert peek_checkpoint(SOFA_NOTE) == Checkpoint("example.com/behind-the-sofa", 20852163, expected)
    assert format_checkpoint(peek_checkpoint(SOFA_NOTE)) == SOFA


def test_the_text_of_a_checkpoint() -> None:
    root = b64encode(CHECKPOINT.root).decode()

    assert format_checkpoint(CHECKPOINT) == f"log.example/a\n42\n{root}\ntime 1717891200000\nepoch 3\n"


def test_a_signed_checkpoint_opens() -> None:
    assert open_checkpoint(NOTE, SIGNER.key, verify_ed25519) == CHECKPOINT


def test_other_extension_lines_are_kept() -> None:
    checkpoint = msgspec.structs.replace(CHECKPOINT, extensions=("witnessed by hand", "时间 x"))

    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1),
    st.integers(0, 2**53 - 1),
    st.binary(min_size=32, max_size=32),
    st.none() | st.integers(0, 2**53 - 1),
    st.none() | st.integers(0, 2**53 - 1),
)
def test_every_checkpoint_reads_back(origin, size, root, time, epoch) -> None:
    checkpoint = Checkpoint(origin, size, root, time, epoch)

    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n42\n", "\n042\n"),
        ("\n42\n", "\n+42\n"),
        ("\n42\n", "\n\uff14\uff12\n"),
        ("\n42\n", "\n-1\n"),
        ("\n42\n", "\n9007199254740992\n"),
        ("\n42\n", "\n" + "9" * 5000 + "\n"),
        ("\n42\n", "\n\n"),
        ("log.example/a\n", "\n"),
        ("time 1717891200000", "time 1e3"),
        ("time 1717891200000", "time"),
        ("epoch 3", "epoch 3\nepoch 3"),
        ("epoch 3", "time 1"),
        ("epoch 3", "epoch  3"),
        ("epoch 3\n", "epoch 3"),
        ("=\n", "\n"),
        ("=\n", "==\n"),
    ],
)
def test_a_malformed_checkpoint_is_refused(old: str, new: str) -> None:
    text = format_checkpoint(CHECKPOINT)
    assert old in text

    with pytest.raises(CheckpointError):
        parse_checkpoint(text.replace(old, new, 1))


def test_a_checkpoint_that_would_not_read_back_is_not_written() -> None:
    for change in (
        {"origin": "a\nb"},
        {"size": -1},
        {"root": b"short"},
        {"extensions": ("time 5",)},
        {"epoch": -1},
    ):
        with pytest.raises(CheckpointError):
            format_checkpoint(msgspec.structs.replace(CHECKPOINT, **change))


def test_any_changed_byte_is_refused() -> None:
    data = NOTE.encode()
    for position in range(len(data)):
        for turned in (data[position] ^ 0x01, data[position] ^ 0x20):
            changed = (data[:position] + bytes((turned,)) + data[position + 1 :]).decode(errors="replace")
            with pytest.raises(NoteError):
                open_checkpoint(changed, SIGNER.key, verify_ed25519)


def test_any_cut_is_refused() -> None:
    for end in range(len(NOTE)):
        with pytest.raises(NoteError):
            open_checkpoint(NOTE[:end], SIGNER.key, verify_ed25519)


def test_another_key_of_the_same_name_does_not_count() -> None:
    with pytest.raises(NoteError) as caught:
        open_checkpoint(NOTE, OTHER.key, verify_ed25519)
    assert caught.value.code == "note_unsigned"


def test_a_checkpoint_of_another_origin_is_refused() -> None:
    text = format_checkpoint(msgspec.structs.replace(CHECKPOINT, origin="log.example/b"))

    with pytest.raises(CheckpointError) as caught:
        open_checkpoint(sign_note(text, SIGNER.key, SIGNER), SIGNER.key, verify_ed25519)
    assert caught.value.code == "checkpoint_origin"
    with pytest.raises(CheckpointError) as caught:
        sign_checkpoint(CHECKPOINT, make_verifier_key("log.example/b", bytes(32)), SIGNER)
    assert caught.value.code == "checkpoint_origin"


def test_signatures_of_unknown_keys_are_ignored() -> None:
    line = sign_note(format_checkpoint(CHECKPOINT), OTHER.key, OTHER).rpartition("\n\n")[2]
    stranger = "\u2014 witness.example/w " + b64encode(b"abcd" + b"x" * 3000).decode() + "\n"

    for note in (NOTE + line, NOTE + stranger * 16, NOTE.replace("\n\n", "\n\n" + stranger + line)):
        assert open_checkpoint(note, SIGNER.key, verify_ed25519) == CHECKPOINT


def test_one_wrong_signature_of_the_known_key_spoils_the_note() -> None:
    wrong = SIGNER.key.key_id + bytes(64)
    short = SIGNER.key.key_id + bytes(63)
    for raw in (wrong, short):
        line = f"\u2014 {SIGNER.key.name} {b64encode(raw).decode()}\n"
        with pytest.raises(SignatureError) as caught:
            open_note(NOTE + line, SIGNER.key, verify_ed25519)
        assert caught.value.code == "note_signature"


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n\n",
        "text\n",
        "text\n\n",
        NOTE.replace("\u2014", "-"),
        NOTE + "\n",
        NOTE + "trailing\n",
        NOTE.replace("\n\n", "\n\n\u2014 two words AAAAAAAA\n"),
        NOTE.replace("\n\n", "\n\n\u2014 a+b AAAAAAAA\n"),
        NOTE.replace("\n\n", "\n\n\u2014 name AAAA\n"),
        NOTE.replace("\n\n", "\n\n\u2014 name !!!!\n"),
        NOTE.replace("\n\n", "\n\n\u2014 name AAAAAAB=\n"),
        "nul\x00" + NOTE,
        "tab\t" + NOTE,
        NOTE.replace("\n", "\r\n"),
        "x" * 200_000 + NOTE,
        "\ud800" + NOTE,
    ],
)
def test_a_malformed_note_is_refused(note: str) -> None:
    assert note != NOTE
    with pytest.raises(NoteError):
        open_note(note, SIGNER.key, verify_ed25519)


def test_a_text_may_hold_empty_lines() -> None:
    text = "first\n\nsecond\n"
    note = sign_note(text, SIGNER.key, SIGNER)

    assert open_note(note, SIGNER.key, verify_ed25519) == text
    assert split_note(note)[0] == text


@pytest.mark.parametrize("text", ["", "\n", "no newline", "tab\t\n", "\ud800\n"])
def test_what_no_note_may_hold_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        sign_note(text, SIGNER.key, SIGNER)


def test_a_signer_must_return_64_bytes() -> None:
    with pytest.raises(NoteError):
        sign_note("text\n", SIGNER.key, lambda message: b"short")


def test_mangled_verifier_keys_are_refused() -> None:
    key = parse_verifier_key(str(SIGNER.key))
    assert key == SIGNER.key

    text = str(key)
    mangled = [text[:end] for end in range(len(text))] + [text[start:] for start in range(1, len(text))]
    mangled += ["PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", text + "=", " " + text]
    for wrong in mangled:
        with pytest.raises(NoteError) as caught:
            parse_verifier_key(wrong)
        assert caught.value.code == "key_invalid"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\n", "\x7f", "\ud800"])
def test_bad_key_names_are_refused(name: str) -> None:
    with pytest.raises(NoteError) as caught:
        make_verifier_key(name, bytes(32))
    assert caught.value.code == "key_invalid"


def test_a_file_of_notes_is_split() -> None:
    later = sign_checkpoint(msgspec.structs.replace(CHECKPOINT, size=43), SIGNER.key, SIGNER)

    assert split_notes(NOTE) == [NOTE]
    assert split_notes(f"{NOTE}\n{later}\n") == [NOTE, later]
    assert split_notes(f"{NOTE}\n{later}\nlog.example/a\n44\nAAAA") == [NOTE, later]
    assert split_notes(f"log.example/a\n44\nAAAA\n\n{NOTE}\n") == [NOTE]
    assert split_notes("no note\n") == []
    assert split_notes("") == []
