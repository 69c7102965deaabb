# SPDX-License-Identifier: Apache-2.0
"""Workers turn what was committed into outside calls, and due rows into inputs."""
