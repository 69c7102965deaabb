# SPDX-License-Identifier: Apache-2.0
"""The prover's side of the model. Its search comes later; what a proof rests on is named here already."""
