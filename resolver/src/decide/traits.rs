use std::collections::BTreeSet;

use crate::catalog::Component;
use crate::query::Trait;

/// The traits that this component's part of a decision depends on.
///
/// None yet: no channel has a rollout, which would read the cohort and the ring, and no release has patches. Who lets
/// [`decide`](super::decide) read one of them says here for which components; until then `tests/properties` fails, which asks each
/// question with every trait and without.
pub(crate) fn traits(_component: &Component) -> BTreeSet<Trait> {
    BTreeSet::new()
}
