# SPDX-License-Identifier: Apache-2.0
"""Settings come from four places, refuse what they do not know, and never repeat a secret."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from counterseal.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("COUNTERSEAL_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_defaults_serve_on_loopback_under_the_hardened_policy() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.policy, settings.clock) == (
        "127.0.0.1",
        8400,
        "hardened",
        "real",
    )
    assert settings.body_limit == 65536
    assert settings.checkpoint_interval_ms == 10_000
    assert settings.witness_interval_ms == 60_000
    assert settings.public_url == "http://127.0.0.1:8400"
    assert settings.metrics_open


def test_they_travel_to_another_process() -> None:
    settings = load_settings(port=8411)
    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - ours
    assert settings.model_fields_set == {"port"}


def test_arguments_win_over_variables_over_secrets_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "counterseal.toml").write_text(
        'host = "a"\nport = 1\nlog_level = "debug"\npolicy = "okx-2024"\n[smtp]\nhost = "mail"\nsender = "s@x"\n'
    )
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "COUNTERSEAL_SMTP__PASSWORD").write_text("hunter2")
    (tmp_path / "secrets" / "COUNTERSEAL_LOG_LEVEL").write_text("error")
    monkeypatch.setenv("COUNTERSEAL_PORT", "2")
    monkeypatch.setenv("COUNTERSEAL_HOST", "b")
    settings = load_settings(secrets=tmp_path / "secrets", host="c", base_url="https://guard.example")
    assert (settings.host, settings.port, settings.log_level, settings.policy) == ("c", 2, "error", "okx-2024")
    assert settings.smtp is not None
    assert settings.smtp.password is not None
    assert settings.smtp.password.get_secret_value() == "hunter2"
    assert "hunter2" not in repr(settings)


HTTPS = "`base_url`: https, since browsers offer no passkeys without it; http only on localhost"
NAMED = "`base_url`: a host name, since passkeys belong to a name and to no address; 127.0.0.1 means localhost"


@pytest.mark.parametrize(
    "url", ["https://guard.example", "http://localhost:1", "http://127.0.0.1:8401", "http://a.localhost"]
)
def test_where_people_can_use_passkeys(url: str) -> None:
    assert load_settings(base_url=url).public_url == url


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("prot = 1\n", "`prot` is not a setting; did you mean `port`?"),
        ('[smtp]\nhost = "h"\nsender = "s"\nuser = "u"\n', "`smtp.user` is not a setting"),
        ("port = 70000\n", "`port`: input should be less than or equal to 65535"),
        ("test_scopes = true\n", "`test_scopes` and `simulated_start_ms` need `clock = simulated`"),
        ('base_url = "https://x.example/api"\n', "`base_url`: a scheme, a host and a port, nothing more"),
        ('base_url = "http://guard.example"\n', HTTPS),
        ('base_url = "https://203.0.113.7"\n', NAMED),
        ('base_url = "https://127.0.0.1"\n', NAMED),
        ('base_url = "http://[::1]:8400"\n', NAMED),
        ('host = "0.0.0.0"\n', "`base_url`: say under which name people reach a server that others can reach"),
        ('witnesses = [{name = "w"}]\n', "`witnesses.0`: name exactly one target: `file`, `url` or `mail`"),
        ("port = \n", "`counterseal.toml` is not TOML: Invalid value (at line 1, column 8)"),
    ],
)
def test_a_wrong_file_is_refused_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "counterseal.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.sentence == sentence


def test_a_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSEAL_DATABSE", "x")
    with pytest.raises(SettingsError, match="`COUNTERSEAL_DATABSE` sets nothing; did you mean `database`"):
        load_settings()


def test_a_wrong_secret_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "counterseal.toml").write_text('[smtp]\nhost="h"\nsender="s"\npassword=["topsecret"]\n')
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "topsecret" not in caught.value.diagnostics()


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not exist"):
        load_settings(tmp_path / "absent.toml")


def test_metrics_need_a_token_off_loopback() -> None:
    given = {"host": "0.0.0.0", "base_url": "https://guard.example"}  # noqa: S104 - the very case
    assert not load_settings(**given).metrics_open
    assert load_settings(**given, metrics_access="open").metrics_open


def test_an_outbox_that_anybody_could_read_is_refused(tmp_path: Path) -> None:
    """Its page needs no token and shows codes and one-button links."""
    with pytest.raises(SettingsError, match="outbox_folder"):
        load_settings(outbox_folder=tmp_path, host="0.0.0.0")  # noqa: S104 - refused
    assert load_settings(outbox_folder=tmp_path).outbox_folder == tmp_path
