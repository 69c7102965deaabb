# SPDX-License-Identifier: Apache-2.0
"""From an answer to its signed seal or receipt. Signing is deterministic: a repeated request gets the same."""

from __future__ import annotations

import msgspec

from counterseal.core.account import Payment
from counterseal.core.errors import ConflictError
from counterseal.guard.model import Answer
from counterseal.guard.seals import SealFacts, Signers, receipt_claims, seal_claims, sign_receipt, sign_seal


class Sealer(msgspec.Struct, frozen=True):
    """Signs what the guard allowed. `issuer`: the log's origin, which names this Counterseal. Each seal is signed
    by the key that was current when it was issued, so that a repeated request gets the same one."""

    issuer: str
    signers: Signers

    def seal(self, answer: Answer) -> str:
        """The seal that this answer issued."""
        facts = self._facts(answer)
        return sign_seal(seal_claims(facts), self.signers.at(facts.issued))

    def receipt(self, answer: Answer) -> str:
        """The receipt of the redemption that this answer tells of."""
        held, decision = answer.action.seal, answer.action.decision
        if held is None or held.redeemed_at is None or decision is None:
            raise ConflictError("the seal is not redeemed", code="seal_not_redeemed")
        claims = receipt_claims(
            seal_claims(self._facts(answer)),
            receipt=f"{held.id}.receipt",
            policy=decision.policy,
            position=answer.position,
            epoch=held.epoch,
            now=held.redeemed_at,
        )
        return sign_receipt(claims, self.signers.at(held.redeemed_at))

    def _facts(self, answer: Answer) -> SealFacts:
        action = answer.action
        held, decision = action.seal, action.decision
        if held is None or decision is None:
            raise ConflictError("the action has no seal", code="no_seal")
        return SealFacts(
            issuer=self.issuer,
            seal=held.id,
            account=answer.account,
            action=action.id,
            outflow=action.request.rule,
            payment=action.request.payment or Payment(),
            policy=decision.policy,
            position=answer.position,
            epoch=held.epoch,
            issued=held.issued,
            test=held.test,
        )
