# SPDX-License-Identifier: Apache-2.0
"""The exchange's pages: server-rendered, no script. Customers prove things on Counterseal's own pages."""
