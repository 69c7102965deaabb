# SPDX-License-Identifier: Apache-2.0
"""The store: adapters of `core.transaction.Store`.

`MemoryStore` (counterseal.store.memory) for tests and demonstrations, `SqliteStore`
(counterseal.store.sqlite) for use; `backup` and `restore` in counterseal.store.backup.
"""
