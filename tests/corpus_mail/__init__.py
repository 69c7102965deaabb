# SPDX-License-Identifier: Apache-2.0
"""Mails of courts as real programs send them, and forged ones: made with a test PKI and an offline DNS zone.

What varies is drawn from a seed; keys are made anew in each process, and dates lie near the machine's clock.
"""

from tests.corpus_mail import forged_fields as _fields
from tests.corpus_mail import forged_headers as _headers
from tests.corpus_mail import forged_parts as _parts
from tests.corpus_mail import forged_persons as _persons
from tests.corpus_mail import forged_signatures as _signatures
from tests.corpus_mail import genuine_persons as _genuine_persons
from tests.corpus_mail.classes import FORGED
from tests.corpus_mail.genuine import CLASSES as GENUINE

MODULES = (_fields, _headers, _parts, _persons, _signatures, _genuine_persons)
"""Imported for what they enter into FORGED and GENUINE."""

__all__ = ["FORGED", "GENUINE", "MODULES"]
