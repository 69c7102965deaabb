# SPDX-License-Identifier: Apache-2.0
"""The attacks of June 2024, played over HTTP against a real server, as far as its policy lets them go."""
