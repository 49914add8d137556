//! A device that installs whatever it is given and asks again, until it is given nothing more.

use std::collections::{BTreeMap, BTreeSet};

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use resolver::catalog::Components;
use resolver::decide::{Entry, Outcome, decide};
use resolver::query::Query;
use resolver::words::{FactName, FactValue, Md5, Timestamp};

use crate::draw::{Catalog, Row};
use crate::facts::FACTS;
use crate::rules::World;

/// A component's channel, and the facts of a device that follows it.
#[derive(Debug, Clone)]
pub(crate) struct Device<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) row: &'a Row,
    pub(crate) facts: Vec<(String, String)>,
}

/// What a device was given, in turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Walk {
    pub(crate) hops: Vec<Hop>,
    /// The status of the answer that brought nothing.
    pub(crate) end: u16,
}

/// A release, and how many were said to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) version: String,
    pub(crate) remaining: u32,
}

/// Some facts, and their values.
pub(crate) fn facts() -> impl Strategy<Value = Vec<(String, String)>> {
    let fact = |(name, values): &(&'static str, &'static [&'static str])| {
        let name = *name;
        option::weighted(0.8, select(*values)).prop_map(move |value| Some((name.to_owned(), value?.to_owned())))
    };
    FACTS.iter().map(fact).collect::<Vec<_>>().prop_map(|facts| facts.into_iter().flatten().collect())
}

impl<'a> Device<'a> {
    /// One for each channel of a catalog.
    pub(crate) fn of_each(catalog: &'a Catalog, facts: &[(String, String)]) -> Vec<Device<'a>> {
        catalog.rows.iter().map(|row| Device { catalog, row, facts: facts.to_vec() }).collect()
    }

    /// What the naive rules know of its component.
    pub(crate) fn world(&self) -> World<'a> {
        let releases = self.catalog.releases.iter().filter(|release| release.component == self.row.component);
        let (allow_downgrade, facts) = (self.row.allow_downgrade, Some(self.facts.clone()));
        World { releases: releases.collect(), allow_downgrade, facts }
    }

    /// Follows the hops from what the device says it runs; `None` if it does not say.
    pub(crate) fn walk(&self, published: &Components, from: Option<&str>) -> Walk {
        let (mut at, mut hops) = (from.map(str::to_owned), Vec::new());
        loop {
            let outcome = self.decided(published, at.as_deref(), BTreeSet::new()).outcome;
            let Outcome::Install { release, hops_remaining } = &outcome else {
                return Walk { hops, end: outcome.status_code() };
            };
            let version = release.version.to_string();
            hops.push(Hop { version: version.clone(), remaining: *hops_remaining });
            assert!(
                hops.len() <= self.world().releases.len(),
                "{self:?} from {from:?} goes round in circles: {hops:?}"
            );
            at = Some(version);
        }
    }

    /// What becomes of its component.
    pub(crate) fn decided(&self, published: &Components, installed: Option<&str>, have: BTreeSet<Md5>) -> Entry {
        let key: resolver::words::ComponentKey = self.row.component.to_ascii_lowercase().parse().unwrap();
        let fact = |(name, value): &(String, String)| -> (FactName, FactValue) {
            (name.parse().unwrap(), value.parse().unwrap())
        };
        let query = Query {
            components: BTreeMap::from([(key.clone(), self.row.channel.parse().unwrap())]),
            facts: self.facts.iter().map(fact).collect(),
            installed: installed.map(|version| (key, version.parse().unwrap())).into_iter().collect(),
            have,
            ..Query::default()
        };
        let mut entries = decide(&query, published, Timestamp(0)).entries;
        assert_eq!(entries.len(), 1, "one component was asked for");
        entries.remove(0)
    }
}
