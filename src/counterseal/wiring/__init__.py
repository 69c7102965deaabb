# SPDX-License-Identifier: Apache-2.0
"""Joins the areas: the only place that names concrete adapters."""
