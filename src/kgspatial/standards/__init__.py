"""Planning rules as data files with source and evidence, and the few functions that read them.

Imports from `errors`. Module order: rule_files, single_rules, norms, profile, listing, demography,
hazards, costs. A profile inherits from the one that it is based on.
"""

from kgspatial.standards.demography import share_3_to_5
from kgspatial.standards.norms import NormBasis, NormRule, NormStep, Pool, Split
from kgspatial.standards.profile import Profile, Step, profile_names, read_profile
from kgspatial.standards.rule_files import Origin, Rule

__all__ = [
    "NormBasis",
    "NormRule",
    "NormStep",
    "Origin",
    "Pool",
    "Profile",
    "Rule",
    "Split",
    "Step",
    "profile_names",
    "read_profile",
    "share_3_to_5",
]
