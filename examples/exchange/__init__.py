# SPDX-License-Identifier: Apache-2.0
"""A small custodial exchange that shows how a platform works with Counterseal. See README.md.

    auth.py    who is there: passwords, sessions, devices; holds the attestation key
    web.py     what the internet talks to; asks Counterseal, relays challenges, can pay nothing
    payer.py   the signer and the ledger's only writer; pays against a redeemed seal
    feed.py    prices for the guard's limits and the ledger's market
    coverage.py  compares what left with what was redeemed

Each part is a process with its own folder, token and key. None can read another's.
"""
