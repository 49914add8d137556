//! Every way there is from where a device stands to a target, one by one.

use crate::draw::Shipped;
use crate::rules::{Stand, World};
use crate::versions::rank;

/// The way that a device is sent: a shortest one, and of those the one whose first release is the highest.
pub(crate) fn way<'a>(world: &World<'a>, at: Stand<'_>, target: &'a Shipped) -> Option<Vec<&'a Shipped>> {
    let mut all = ways(world, at, target);
    let shortest = all.iter().map(Vec::len).min()?;
    all.retain(|way| way.len() == shortest);
    all.into_iter().max_by_key(|way| (rank(&way[0].version), &way[0].version))
}

/// All of them: each is a row of releases, the last of which is the target.
fn ways<'a>(world: &World<'a>, at: Stand<'_>, target: &'a Shipped) -> Vec<Vec<&'a Shipped>> {
    let mut found = Vec::new();
    // What was once installed keeps its floor, however small the steps that lead away from it.
    let floor = at.release.and_then(|release| release.floor).map_or(0, |floor| rank(floor).min(rank(at.version)));
    if rank(&target.version) < floor {
        return found;
    }
    if world.closed(target).is_none() && world.stopped(at, target).is_none() {
        found.push(vec![target]);
    }
    for next in &world.releases {
        let (here, step, end) = (rank(at.version), rank(&next.version), rank(&target.version));
        let between = here < step && step < end || end < step && step < here;
        if between && world.closed(next).is_none() && world.stopped(at, next).is_none() {
            for mut rest in ways(world, Stand::on(next), target) {
                rest.insert(0, next);
                found.push(rest);
            }
        }
    }
    found
}
