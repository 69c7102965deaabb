# SPDX-License-Identifier: Apache-2.0
"""Which check opens which kind. Imported inside the sandbox only: it loads every library that parses documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from counterseal.gateways.documents.container import check_asic, check_xml
from counterseal.gateways.documents.mail import check_mail
from counterseal.gateways.documents.pdf import check_pdf
from counterseal.judicial.model import Checked, Context

CHECKS: Final[dict[str, Callable[[bytes, Context], Checked]]] = {
    "pdf": check_pdf,
    "mail": check_mail,
    "asic": check_asic,
    "xml": check_xml,
}
