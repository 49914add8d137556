use std::ops::Range;

use fixedbitset::FixedBitSet;

use super::installed::Place;
use super::terrain::Terrain;

/// The way from what is installed to a target: its first step, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Route {
    /// The release to install next.
    pub(crate) first: usize,
    /// Steps in all, at least one.
    pub(crate) hops: u32,
}

/// A shortest way over allowed steps, all in one direction; of several, the one whose first step is the newest
/// release. `None` if there is none.
///
/// Breadth first, from the target back: each round finds the releases that are one step further away. A release is
/// visited once, and the rest are tested 64 at a time, so hundreds of releases take microseconds.
pub(crate) fn route(terrain: &Terrain<'_>, place: Place<'_>, target: usize) -> Option<Route> {
    let rank = terrain.graph.rank[target];
    let own = match place {
        Place::Release(index) => terrain.graph.rank[index],
        Place::Unpublished(_, next) => next,
    };
    let up = rank >= own;
    if let Place::Release(index) = place
        && rank < terrain.graph.floor[index]
    {
        return None;
    }
    // Most devices are one step away.
    if terrain.obstacle(place, target).is_none() {
        return Some(Route { first: target, hops: 1 });
    }
    let mut unvisited = between(terrain, place, target, up);
    let reach = terrain.barrier_ahead(place).filter(|_| up).map_or(usize::MAX, |barrier| terrain.graph.rank[barrier]);
    let (mut round, mut further) = (vec![target], Vec::new());
    for hops in 2.. {
        for to in round.drain(..) {
            take_predecessors(terrain, to, target, up, &mut unvisited, &mut further);
        }
        // What lies beyond the next barrier is out of a first step's reach, whatever else is true of it.
        let near = further.iter().filter(|to| terrain.graph.rank[**to] <= reach);
        if let Some(first) = near.filter(|to| terrain.obstacle(place, **to).is_none()).max() {
            return Some(Route { first: *first, hops });
        }
        if further.is_empty() {
            break;
        }
        std::mem::swap(&mut round, &mut further);
    }
    None
}

/// The releases that may lie on the way: offered, and strictly between.
fn between(terrain: &Terrain<'_>, place: Place<'_>, target: usize, up: bool) -> FixedBitSet {
    let after = match place {
        Place::Release(index) => terrain.same(index),
        Place::Unpublished(_, next) => next..next,
    };
    let to = terrain.same(target);
    let stretch = if up { after.end..to.start } else { to.end..after.start };
    let mut set = FixedBitSet::with_capacity(terrain.offered.len());
    if stretch.start < stretch.end {
        set.insert_range(stretch);
        set.intersect_with(&terrain.offered);
    }
    set
}

/// Moves the releases from which a step leads to `to` out of those not visited yet.
///
/// What was once installed keeps its floor: no way down leads past a release to a target below that release's floor,
/// however small its steps. Going up, a floor is never in the way: it is not above its own release.
fn take_predecessors(
    terrain: &Terrain<'_>,
    to: usize,
    target: usize,
    up: bool,
    unvisited: &mut FixedBitSet,
    found: &mut Vec<usize>,
) {
    let graph = terrain.graph;
    let reach = match up {
        true => terrain.last_barrier_below(to)..graph.rank[to],
        false => terrain.same(to).end..graph.rank.len(),
    };
    let from = &graph.from[to];
    let stretch = reach.start.max(from.start)..reach.end.min(from.end);
    let takers = &graph.takers[graph.signer[to]];
    for (block, mask) in blocks(stretch) {
        let mut hits = unvisited.as_slice()[block] & takers.as_slice()[block] & mask;
        while hits != 0 {
            let index = block * BITS + hits.trailing_zeros() as usize;
            hits &= hits - 1;
            if graph.rank[target] >= graph.floor[index] {
                unvisited.set(index, false);
                found.push(index);
            }
        }
    }
}

const BITS: usize = usize::BITS as usize;

/// The blocks of a bit set that a stretch touches, each with the bits that lie in it.
fn blocks(stretch: Range<usize>) -> impl Iterator<Item = (usize, usize)> {
    let Range { start, end } = stretch;
    let touched = if start < end { start / BITS..(end - 1) / BITS + 1 } else { 0..0 };
    touched.map(move |block| {
        let first = block * BITS;
        let from = start.saturating_sub(first);
        let upto = (end - first).min(BITS);
        let below = |bits: usize| if bits == BITS { usize::MAX } else { (1 << bits) - 1 };
        (block, below(upto) & !below(from))
    })
}
