# SPDX-License-Identifier: Apache-2.0
"""Named times of the engine, in ms. Waits of actions are the policy's, not here."""

from __future__ import annotations

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

PROOF_LIFETIME = 10 * MINUTE
"""A proof counts for its action this long; after the requirement was met once it counts until the end."""

ACTION_LIFETIME = 30 * MINUTE
"""An open action that nobody finishes is over after this."""

COLLECT = DAY
"""An outflow whose requirement is met gets its seal within this, or has to be asked for again."""

SEAL_LIFETIME = 120 * SECOND
RECEIPT_LIFETIME = 10 * SECOND

OLD_CONTACT = 7 * DAY
"""A replaced contact is told, and may cancel and freeze, this long."""

NOTICE_KEPT = 30 * DAY
UNTOLD_KEPT = 366 * DAY
CLOSED_KEPT = DAY
MOST_OPEN = 64
"""Of open actions that nobody has answered, the newest so many are kept: asking costs a stranger nothing."""

OBJECT_KEPT = 30 * DAY
SPENDS_KEPT = 32 * DAY
"""No limit looks further back: a policy is refused whose limit has a period over 31 days."""

FAILURES_KEPT = DAY
TOKEN_KEPT = DAY
LINK_LIFETIME = 3 * DAY
LINK_FREEZE = 3 * DAY
FREEZER_KEPT = 30 * DAY

OFFICER_AFTER = 7 * DAY
"""A hold whose notice no channel accepted may be started by two officers after this."""

SUSPECT_FREEZER = 30 * DAY
"""How long a channel stays suspect that froze twice."""

GLASS_LONGEST = 4 * HOUR
GLASS_PERIOD = DAY
"""Break-glass lasts at most so long, and all of a period together no longer."""

CODE_FAILURES = 5
"""Wrong answers that block a factor for one action (PSD2 RTS art. 4)."""
