# SPDX-License-Identifier: Apache-2.0
"""How a proof is shown: sentences, pictures (SVG), Markdown, SARIF and JSON. Pure functions of plain data."""
