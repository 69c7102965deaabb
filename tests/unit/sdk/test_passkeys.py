# SPDX-License-Identifier: Apache-2.0
"""What the SDK makes of options and seeds."""

import json

from counterseal.sdk.passkeys import AuthenticatorSeed, PasskeyOptions, passkey_challenge, passkey_registration


def test_options_and_answer_go_back_together():
    """The one JSON that `secret` and `answer` take."""
    options = PasskeyOptions("AAEC", {"challenge": "AAEC"})
    assert json.loads(options.answered({"id": "x"})) == {"challenge": "AAEC", "response": {"id": "x"}}


def test_a_seed_does_not_end_up_in_a_log():
    """Neither its text nor its picture."""
    shown = repr(AuthenticatorSeed("JBSWY3DP", "otpauth://totp/x?secret=JBSWY3DP", "<svg/>"))
    assert shown == "AuthenticatorSeed(...)"


def test_ids_in_paths_are_escaped():
    """An id of a caller cannot name another operation."""
    assert passkey_registration("a/b").path == "/v1/accounts/a%2Fb/passkeys/options"
    assert passkey_challenge("../x").path == "/v1/actions/..%2Fx/passkey"
