"""Planning rules as data files with source and evidence, and the few functions that read them.

Imports from `errors`. One public function: :func:`read_profile`.
"""

from kgspatial.standards.profile import Profile, Rule, Step, profile_names, read_profile

__all__ = ["Profile", "Rule", "Step", "profile_names", "read_profile"]
