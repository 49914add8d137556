use std::ops::Range;

use fixedbitset::FixedBitSet;

use super::device_view::DeviceView;
use super::installed::Position;

/// A path from the installed version to a target: its first step, and the number of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    /// The release to install next.
    pub(crate) first: usize,
    /// Number of steps, at least one.
    pub(crate) hops: u32,
}

/// Finds a shortest path of allowed steps, all in one direction; of several, the one whose first step is the newest
/// release.
///
/// The search is breadth-first from the target backwards: each round finds the releases that are one step further away.
/// A release is visited once, and unvisited releases are tested 64 at a time, so hundreds of them take microseconds.
pub(crate) fn shortest_path(view: &DeviceView<'_>, position: Position<'_>, target: usize) -> Option<Path> {
    let rank = view.graph.rank[target];
    let own = match position {
        Position::Release(index) => view.graph.rank[index],
        Position::Unpublished(_, next) => next,
    };
    let up = rank >= own;
    if let Position::Release(index) = position
        && rank < view.graph.floor[index]
    {
        return None;
    }
    // Most devices are one step away.
    if view.obstacle(position, target).is_none() {
        return Some(Path { first: target, hops: 1 });
    }
    let mut unvisited = between(view, position, target, up);
    let reach = view.barrier_ahead(position).filter(|_| up).map_or(usize::MAX, |barrier| view.graph.rank[barrier]);
    let (mut round, mut further) = (vec![target], Vec::new());
    for hops in 2.. {
        for to in round.drain(..) {
            take_predecessors(view, to, target, up, &mut unvisited, &mut further);
        }
        // A first step cannot reach beyond the next barrier.
        let near = further.iter().filter(|to| view.graph.rank[**to] <= reach);
        if let Some(first) = near.filter(|to| view.obstacle(position, **to).is_none()).max() {
            return Some(Path { first: *first, hops });
        }
        if further.is_empty() {
            break;
        }
        std::mem::swap(&mut round, &mut further);
    }
    None
}

/// Returns the releases that may lie on the path: they are offered, and strictly between its ends.
fn between(view: &DeviceView<'_>, position: Position<'_>, target: usize, up: bool) -> FixedBitSet {
    let after = match position {
        Position::Release(index) => view.same(index),
        Position::Unpublished(_, next) => next..next,
    };
    let to = view.same(target);
    let stretch = if up { after.end..to.start } else { to.end..after.start };
    let mut set = FixedBitSet::with_capacity(view.offered.len());
    if stretch.start < stretch.end {
        set.insert_range(stretch);
        set.intersect_with(&view.offered);
    }
    set
}

/// Moves the releases from which a step leads to `to` from `unvisited` to `found`.
///
/// A release's floor holds for the whole path below it: no path down leads through a release to a target below that
/// release's floor, however small the steps. On the way up, a floor is no obstacle, because it is not above its release.
fn take_predecessors(
    view: &DeviceView<'_>,
    to: usize,
    target: usize,
    up: bool,
    unvisited: &mut FixedBitSet,
    found: &mut Vec<usize>,
) {
    let graph = view.graph;
    let reach = match up {
        true => view.last_barrier_below(to)..graph.rank[to],
        false => view.same(to).end..graph.rank.len(),
    };
    let from = &graph.from[to];
    let stretch = reach.start.max(from.start)..reach.end.min(from.end);
    let trusting = &graph.trusting[graph.signer[to]];
    for (block, mask) in blocks(stretch) {
        let mut hits = unvisited.as_slice()[block] & trusting.as_slice()[block] & mask;
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

/// Returns the blocks of a bit set that a range touches, each with a mask of the bits in the range.
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
