# SPDX-License-Identifier: Apache-2.0
"""Findings about who signed: shared by every kind of document that carries a certificate."""

from __future__ import annotations

from typing import Final

from counterseal.judicial.model import Effect, Kind

CANNOT, AGAINST, WITHHOLDS = Effect.INCONCLUSIVE, Effect.CONTRADICTS, Effect.WITHHOLDS
ANYONE: Final = ("anyone",)

SIGNER: Final[dict[str, Kind]] = {
    "signature_verified": Kind(
        Effect.SUPPORTS,
        "{name} signed all of it, with a registered key that is not revoked",
        "{name} 以登记且未被吊销的密钥签署了全部内容",
        "this registered key signed these bytes",
        ("stolen_agency_key", "agency_insider", "agency_ca"),
    ),
    "signer_unknown_ca": Kind(
        WITHHOLDS,
        "the signer's certificate does not lead to a pinned anchor",
        "签署人证书未链接到已固定的信任锚",
        "somebody with a certificate signed it",
        ANYONE,
    ),
    "signer_self_signed": Kind(
        WITHHOLDS, "the signer's certificate is signed by itself", "签署人证书为自签名", forgeable_by=ANYONE
    ),
    "signer_revoked": Kind(
        AGAINST,
        "the signer's certificate is revoked",
        "签署人证书已被吊销",
        "the key is not its owner's alone",
        ("stolen_agency_key",),
    ),
    "revocation_unknown": Kind(
        CANNOT,
        "whether the signer's certificate is revoked is not to be known here",
        "无法得知签署人证书是否已被吊销",
    ),
    "signer_out_of_time": Kind(
        WITHHOLDS,
        "the signer's certificate is not valid at the time that counts: {reason}",
        "签署人证书在相关时间无效：{reason}",
    ),
    "signer_unfit": Kind(
        WITHHOLDS, "the signer's certificate does not fit: {reason}", "签署人证书不合用：{reason}"
    ),
    "signer_not_registered": Kind(
        WITHHOLDS,
        "the signer is not in the registry",
        "签署人不在登记簿中",
        "a certified person signed it, perhaps a citizen",
        ("agency_ca", "anyone"),
    ),
    "signer_role": Kind(
        WITHHOLDS,
        "the signer's role in the registry is {role}, which is no judicial one",
        "签署人登记的角色为 {role}，不是司法角色",
    ),
}
