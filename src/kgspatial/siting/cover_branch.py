"""Branch and bound for maximal covering: with a site and without it, until the answer is proven.

Imports from `cover_kernels`, `cover_links`, `cover_prices`.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from kgspatial.siting.cover_kernels import FORCED, OPEN, REMOVED, cut_out
from kgspatial.siting.cover_links import is_over
from kgspatial.siting.cover_prices import Part, Priced, Stand, priced, settled_sites

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from kgspatial.siting.cover_prices import Ways

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    States = NDArray[np.int8]

FIRST_STEPS, MOST_STEPS, TRIAL_STEPS = 3000, 600, 100
"""Primal-dual steps at the root, at a node, and to try a branch."""
FIRST_ENOUGH, ENOUGH = 0.05, 0.5
"""How near the bound must come to the relaxation, at the root and at a node, before branching."""
TRIED = 10
"""Sites tried per node. 5, 10 and 20 took as long on 36,100 cells of 30 x 30 km."""
SPLIT = 0.03
"""A site is branched on when its share lies this far from 0 and 1, if any does."""
LEAST_SHARE = 1e-9
"""Keeps a division by shares that are all 0 finite."""
LEAST_FALL = 1e-3
"""A branch that does not lower the bound counts with this share of the distance that is left."""
SLACK = 1e-9
"""Relative slack of comparisons with the best answer: rounding must not remove the optimum."""


@dataclass(frozen=True, eq=False)
class Cover:
    """A maximal covering, its links both ways."""

    amount: Floats
    ways: Ways
    count: int
    unit: float
    """All that can be covered is a multiple of it; 0 when that is not known."""
    keys: Ints
    """Random whole numbers per site."""

    def covered(self, sites: Ints) -> float:
        """Demand within reach of the sites."""
        start, points = self.ways[:2]
        is_covered = np.zeros(len(self.amount), dtype=np.bool_)
        for site in sites:
            is_covered[points[start[site] : start[site + 1]]] = True
        return float(self.amount[is_covered].sum())


@dataclass(frozen=True, eq=False)
class Node:
    """A part of all answers: what is settled, where the prices stand, the bound there."""

    state: States
    price: NDArray[np.float32]
    share: NDArray[np.float32]
    bound: float


@dataclass(eq=False)
class Falls:
    """By how much the bound fell without (row 0) and with (row 1) each site, per share moved."""

    total: Floats
    number: Floats

    def note(self, site: int, side: int, fall: float, moved: float) -> None:
        """Remember one branch."""
        self.total[side, site] += fall / moved
        self.number[side, site] += 1

    def expected(self, side: int) -> Floats:
        """Mean fall of each site; of a site never tried, the mean of all."""
        number = self.number[side].sum()
        mean = self.total[side].sum() / number if number else 1.0
        tried = self.number[side]
        return np.where(tried > 0, self.total[side] / np.maximum(tried, 1), mean)


@dataclass(eq=False)
class Proof:
    """What the search has reached; `open_nodes` is a heap by falling bound."""

    chosen: Ints
    objective: float
    falls: Falls
    open_nodes: list[tuple[float, int, Node]] = field(default_factory=list)
    numbered: int = 0
    done: int = 0

    def replace_first(self, branches: list[Node]) -> None:
        """Put branches in place of the node with the highest bound."""
        heapq.heappop(self.open_nodes)
        self.done += 1
        for node in branches:
            self.numbered += 1
            heapq.heappush(self.open_nodes, (-node.bound, self.numbered, node))

    @property
    def highest(self) -> float:
        """What no open node can exceed."""
        return -self.open_nodes[0][0] if self.open_nodes else -np.inf


def proven_cover(
    links: sparse.csr_array,
    amount: Floats,
    count: int,
    price: Floats,
    chosen: Ints,
    *,
    until: float,
    least_rise: float,
    tell: Callable[[float, float], None] | None = None,
) -> tuple[Ints, float]:
    """Improve an answer until it is proven or the time is up.

    Parameters
    ----------
    links : csr_array, shape (points, sites)
        Ones where a site reaches a point; no point without any.
    amount : ndarray, shape (points,)
        Demand, above 0.
    count : int
        Number of sites at most, 1 to the number of sites.
    price : ndarray, shape (points,)
        Prices to start from.
    chosen : ndarray of int
        Sites of an answer.
    until : float
        Stop at this reading of `time.perf_counter`.
    least_rise : float
        Answers that cover more by no more than this need not be found.
    tell : callable, optional
        Called with the best objective and the bound after each node.

    Returns
    -------
    tuple of ndarray and float
        The best sites found, and what no answer can exceed.

    References
    ----------
    Land and Doig (1960), Econometrica 28; trying branches first: Applegate, Bixby, Chvatal and
    Cook (1995), Finding cuts in the TSP.
    """
    cover = _cover_of(links, amount, count)
    proof = _started(cover, price, chosen)
    while proof.highest > _level(cover, proof, least_rise) and not is_over(until):
        _advance(cover, proof, until, least_rise)
        if tell is not None:
            tell(proof.objective, max(proof.highest, proof.objective))
    is_proven = proof.highest <= _level(cover, proof, least_rise)
    bound = proof.objective + least_rise if is_proven else proof.highest
    return np.sort(proof.chosen), bound


def _cover_of(links: sparse.csr_array, amount: Floats, count: int) -> Cover:
    by_site = sparse.csr_array(links.T)
    parts = (by_site.indptr, by_site.indices, links.indptr, links.indices)
    one, two, three, four = (values.astype(np.int32) for values in parts)
    unit = 1.0 if (amount == np.round(amount)).all() else 0.0
    keys = np.random.default_rng(0).integers(1, 2**62, links.shape[1])
    return Cover(amount, (one, two, three, four), count, unit, keys)


def _started(cover: Cover, price: Floats, chosen: Ints) -> Proof:
    sites = len(cover.keys)
    proof = Proof(chosen, cover.covered(chosen), Falls(np.zeros((2, sites)), np.zeros((2, sites))))
    share = np.full(sites, cover.count / sites, dtype=np.float32)
    root = Node(np.full(sites, OPEN, np.int8), price.astype(np.float32), share, np.inf)
    proof.open_nodes = [(-np.inf, 0, root)]
    return proof


def _level(cover: Cover, proof: Proof, least_rise: float) -> float:
    """A node whose bound is no higher than this is done with."""
    return max(
        proof.objective + max(least_rise, SLACK * proof.objective),
        (proof.objective + cover.unit) * (1 - 2 * SLACK) if cover.unit else 0.0,
    )


def _advance(cover: Cover, proof: Proof, until: float, least_rise: float) -> None:
    """Bound the node of the highest bound, and put its two branches in its place."""
    node = proof.open_nodes[0][2]
    is_first = proof.done == 0
    part, result = _bounded(
        cover,
        node,
        floor=_level(cover, proof, least_rise),
        most_steps=FIRST_STEPS if is_first else MOST_STEPS,
        enough=FIRST_ENOUGH if is_first else ENOUGH,
        until=until,
    )
    forced = np.flatnonzero(node.state == FORCED)
    _try_answer(cover, proof, np.append(forced, part.sites[result.taken]))
    level = _level(cover, proof, least_rise)
    node = _moved_to(cover, node, part, result, level)
    proof.replace_first(_branches(cover, proof, node, level, until) if node.bound > level else [])


def _try_answer(cover: Cover, proof: Proof, sites: Ints) -> None:
    objective = cover.covered(sites)
    if objective > proof.objective:
        proof.chosen, proof.objective = sites, objective


def _bounded(
    cover: Cover, node: Node, *, floor: float, most_steps: int, enough: float, until: float
) -> tuple[Part, Priced]:
    """Price what is open at a node."""
    part = _part_of(cover, node.state)
    share = node.share[part.sites].astype(np.float64)
    share *= min(1.0, part.count / max(float(share.sum()), LEAST_SHARE))
    price = np.bincount(part.group, node.price[part.points], len(part.amount))
    start = Stand(np.minimum(price, part.amount), share)
    return part, priced(part, start, floor=floor, most_steps=most_steps, enough=enough, until=until)


def _part_of(cover: Cover, state: States) -> Part:
    count = cover.count - int((state == FORCED).sum())
    if count == 0:
        state = np.where(state == OPEN, np.int8(REMOVED), state)
    settled, sites, points, group, amount, ways = cut_out(
        state, cover.keys, cover.amount, *cover.ways
    )
    return Part(sites, points, group, amount, ways, count, settled)


def _moved_to(cover: Cover, node: Node, part: Part, result: Priced, level: float) -> Node:
    """The node with its new bound and prices, and without the sites that these settle."""
    state, price = node.state.copy(), node.price.copy()
    share = np.zeros(len(state), dtype=np.float32)
    state[state == OPEN] = REMOVED  # unless it is in the part
    state[part.sites] = settled_sites(part, result, level)
    per_child = result.stand.price / part.amount
    price[part.points] = per_child[part.group] * cover.amount[part.points]
    share[part.sites] = result.stand.share
    return Node(state, price, share, min(result.bound, node.bound))


def _branches(cover: Cover, proof: Proof, node: Node, level: float, until: float) -> list[Node]:
    """Try the most promising sites; return the branches of the one that lowers both sides most."""
    best: list[Node] = [node]
    most = -1.0
    room = node.bound - level
    for site in _candidates(proof, node, room):
        sides = [_tried(cover, proof, node, site, side, level, until) for side in (0, 1)]
        left = [side for side in sides if side.bound > level]
        falls = [max(min(node.bound - side.bound, room), LEAST_FALL * room) for side in sides]
        if falls[0] * falls[1] > most or len(left) < 2:
            best, most = left, falls[0] * falls[1]
        if len(left) < 2 or is_over(until):
            break
    return best


def _candidates(proof: Proof, node: Node, room: float) -> list[int]:
    """Open sites with a share of neither 0 nor 1, the most promising first."""
    is_open = node.state == OPEN
    share = np.clip(np.where(is_open, node.share, 0.0), 0.0, 1.0)
    split = np.flatnonzero((share > SPLIT) & (share < 1 - SPLIT))
    if not len(split):
        return [int(np.argmax(np.where(is_open, share, -1.0)))] if is_open.any() else []
    fewer = np.minimum(proof.falls.expected(0) * share, room)
    more = np.minimum(proof.falls.expected(1) * (1 - share), room)
    promise = (fewer * more)[split]
    return [int(site) for site in split[np.argsort(-promise, kind="stable")[:TRIED]]]


def _tried(
    cover: Cover, proof: Proof, node: Node, site: int, side: int, level: float, until: float
) -> Node:
    """Bound the branch without (side 0) or with (side 1) a site."""
    state = node.state.copy()
    state[site] = (REMOVED, FORCED)[side]
    branch = replace(node, state=state)
    found = _bounded(cover, branch, floor=level, most_steps=TRIAL_STEPS, enough=0.0, until=until)
    branch = _moved_to(cover, branch, *found, level)
    share = float(np.clip(node.share[site], SPLIT, 1 - SPLIT))
    fall = min(node.bound - branch.bound, node.bound - level)
    proof.falls.note(site, side, fall, share if side == 0 else 1 - share)
    return branch
