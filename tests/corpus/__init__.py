# SPDX-License-Identifier: Apache-2.0
"""Court orders in PDF, genuine and forged, made with a test PKI from a seed and apart from the verifier.

`python -m tests.corpus make DIR` writes the files with `labels.json`, the PKI and the registry.
"""
