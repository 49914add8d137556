//! What only the table can show: its items, those of others, and writes that came to no end.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use edgehop_tests::stand_ins::endpoints;
use resolver::catalog::{Edit, Release, Revision};
use store::{Catalog, StoreError};

use crate::aws::Aws;
use crate::aws_watch::Watched;
use crate::suite::Place as _;
use crate::words::{channel, edit, release, word};

type Item = HashMap<String, AttributeValue>;

fn item(fields: &[(&str, AttributeValue)]) -> Item {
    fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn text(value: &str) -> AttributeValue {
    S(value.to_owned())
}

impl Aws {
    async fn put_item(&self, item: Item) {
        self.clients.dynamodb.put_item().table_name(&self.table).set_item(Some(item)).send().await.unwrap();
    }

    async fn delete_item(&self, app: &str, env: &str) {
        let key = item(&[("app", text(app)), ("env", text(env))]);
        self.clients.dynamodb.delete_item().table_name(&self.table).set_key(Some(key)).send().await.unwrap();
    }

    /// The items of a partition, by range key.
    async fn partition(&self, app: &str) -> Vec<(String, Item)> {
        let query = self.clients.dynamodb.query().table_name(&self.table).consistent_read(true);
        let query = query.key_condition_expression("app = :app").expression_attribute_values(":app", text(app));
        let items = query.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await.unwrap();
        items.into_iter().map(|item| (item["env"].as_s().unwrap().clone(), item)).collect()
    }

    async fn keys(&self, app: &str) -> Vec<String> {
        self.partition(app).await.into_iter().map(|(env, _)| env).collect()
    }
}

/// An item as the sample's script writes it.
fn of_the_sample(app: &str, env: &str) -> Item {
    let fields =
        [("app", app), ("env", env), ("version", "1.1.0"), ("md5", "0"), ("url", "s3://bucket/os_armv8_1.1.0")];
    fields.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_where_the_documentation_says() {
    let place = Aws::new().await;
    let catalog = place.catalog().await;
    let first = edit(&[release("1.0", 5)], &[("prod", Some(channel("1.0", &["cellular"])))]);
    catalog.commit(&word("modemFW"), Revision(0), &first).await.unwrap();
    assert_eq!(place.keys("modemfw").await, ["#component", "channel#prod", "release#1.0"]);
    assert_eq!(place.keys("attr#cellular").await, ["modemfw"]);
    assert_eq!(place.keys("#components").await, ["modemfw"]);
    // None of what the sample's readers look at is taken.
    for (_, item) in place.partition("modemfw").await {
        for name in ["version", "md5", "url", "ident", "deviceAttr", "cpuArch"] {
            assert!(!item.contains_key(name), "{item:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_wrote_is_neither_shown_nor_overwritten() {
    let place = Aws::new().await;
    let catalog = place.catalog().await;
    let theirs = of_the_sample("os_armv8", "prod");
    place.put_item(theirs.clone()).await;
    assert_eq!(catalog.component(&word("os_armv8")).await.unwrap(), None);
    // The same component and channel: both are there.
    let pointing = |line| edit(&[release("1.0", 5)], &[(line, Some(channel("1.0", &[])))]);
    catalog.commit(&word("os_armv8"), Revision(0), &pointing("prod")).await.unwrap();
    catalog.commit(&word("os_armv8"), Revision(1), &edit(&[], &[("prod", None)])).await.unwrap();
    catalog.commit(&word("os_armv8"), Revision(2), &pointing("prod")).await.unwrap();
    let found = catalog.component(&word("os_armv8")).await.unwrap().unwrap();
    assert_eq!(found.channels.keys().map(ToString::to_string).collect::<Vec<_>>(), ["prod"]);
    assert!(place.partition("os_armv8").await.contains(&("prod".to_owned(), theirs)));

    // What somebody else put where edgehop's own would be is theirs, too.
    let odd = of_the_sample("os_armv7", "channel#beta");
    place.put_item(odd.clone()).await;
    let refused = catalog.commit(&word("os_armv7"), Revision(0), &pointing("beta")).await.unwrap_err();
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused:?}");
    assert!(refused.to_string().contains("item os_armv7 channel#beta"), "{refused}");
    assert_eq!(place.partition("os_armv7").await, [("channel#beta".to_owned(), odd)]);
}

/// The sample's function finds items by attributes that only its own have.
#[tokio::test(flavor = "multi_thread")]
async fn the_samples_own_questions_find_none_of_edgehops_items() {
    let place = Aws::new().await;
    let catalog = place.catalog().await;
    let first = edit(&[release("1.0", 5)], &[("prod", Some(channel("1.0", &["gamer"])))]);
    catalog.commit(&word("os_armv8"), Revision(0), &first).await.unwrap();
    let mut theirs = of_the_sample("os_armv8", "prod");
    theirs.insert("cpuArch".to_owned(), text("armv8"));
    let wanted = [("gamer".to_owned(), AttributeValue::Bool(true))];
    theirs.insert("deviceAttr".to_owned(), AttributeValue::M(wanted.into()));
    place.put_item(theirs.clone()).await;
    // As the sample asks, in the words of a filter: the stand-ins' PartiQL is a toy.
    for (asked, value) in [
        ("cpuArch = :is AND env = :env", text("armv8")),
        ("deviceAttr.gamer = :is AND env = :env", AttributeValue::Bool(true)),
        ("app = :is AND env = :env", text("os_armv8")),
    ] {
        let scan = place.clients.dynamodb.scan().table_name(&place.table).filter_expression(asked);
        let found = scan.expression_attribute_values(":is", value).expression_attribute_values(":env", text("prod"));
        assert_eq!(found.send().await.unwrap().items.unwrap(), [theirs.clone()], "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_of_another_layout_is_refused_and_not_changed() {
    let place = Aws::new().await;
    let catalog = place.catalog().await;
    let first = edit(&[release("1.0", 5)], &[("prod", Some(channel("1.0", &[])))]);
    catalog.commit(&word("app"), Revision(0), &first).await.unwrap();
    for (layout, said) in [
        ("1", "its layout is 1, this edgehop knows 2: no release of edgehop wrote it: publish into a new table"),
        ("3", "its layout is 3, this edgehop knows 2: use the edgehop that wrote it"),
    ] {
        let mut head = place.partition("app").await.remove(0).1;
        head.insert("layout".to_owned(), N(layout.to_owned()));
        place.put_item(head).await;
        let before = place.partition("app").await;
        let read = catalog.component(&word("app")).await.unwrap_err();
        let written = catalog.commit(&word("app"), Revision(1), &Edit::default()).await.unwrap_err();
        for refused in [read, written] {
            assert!(matches!(refused, StoreError::Damaged { .. }) && refused.to_string().contains(said), "{refused}");
        }
        assert_eq!(place.partition("app").await, before);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_refused_by_name() {
    let catalog = Aws::new().await.catalog().await;
    let trusts = (0..8000u32).map(|index| {
        let mut key = [0; 42];
        key[..2].copy_from_slice(b"Ed");
        key[2..6].copy_from_slice(&index.to_le_bytes());
        word(&base64(&key))
    });
    let large = Release { trusts: trusts.collect(), ..release("1.0", 5) };
    let refused = catalog.commit(&word("app"), Revision(0), &edit(&[large], &[])).await.unwrap_err();
    assert!(matches!(refused, StoreError::TooLarge { .. }), "{refused:?}");
    let said = refused.to_string();
    assert!(said.contains("item app release#1.0") && said.contains("409600"), "{said}");

    // With the component's own item, one too many.
    let most = endpoints().transaction_items;
    let lines: Vec<_> = (0..most).map(|index| format!("line{index}")).collect();
    let lines: Vec<_> = lines.iter().map(|name| (name.as_str(), Some(channel("1.0", &[])))).collect();
    let refused = catalog.commit(&word("app"), Revision(0), &edit(&[release("1.0", 5)], &lines)).await.unwrap_err();
    assert!(matches!(refused, StoreError::TooLarge { .. }), "{refused:?}");
    assert!(refused.to_string().contains(&format!("sets {most} channels")), "{refused}");
    assert_eq!(catalog.component(&word("app")).await.unwrap(), None);
    catalog.commit(&word("app"), Revision(0), &edit(&[release("1.0", 5)], &lines[1..])).await.unwrap();
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let threes = bytes.chunks(3).flat_map(|three| {
        let word = three.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[(word >> shift & 63) as usize]))
    });
    threes.collect()
}

/// A large edit whose process is killed: 100 releases are new, 150 change, a channel moves and one goes.
async fn killed_after(transactions: usize) {
    let place = Aws::new().await;
    let catalog = place.catalog().await;
    let old: Vec<_> = (0..150).map(|index| release(&format!("1.{index}"), 5)).collect();
    let lines = [("prod", Some(channel("1.0", &["gamer"]))), ("old", Some(channel("1.1", &["camera"])))];
    catalog.commit(&word("app"), Revision(0), &edit(&old, &lines)).await.unwrap();
    let before = catalog.component(&word("app")).await.unwrap();

    let changed = old.iter().map(|release| Release { notes: Some(word("changed")), ..release.clone() });
    let new = (0..100).map(|index| release(&format!("2.{index}"), 5));
    let lines = [("prod", Some(channel("2.99", &["cellular"]))), ("old", None)];
    let large = edit(&changed.chain(new).collect::<Vec<_>>(), &lines);
    let watched = Watched::new(&place).await;
    watched.dies_after("TransactWriteItems", transactions);
    let done = watched.catalog.commit(&word("app"), Revision(1), &large).await;
    let after = catalog.component(&word("app")).await.unwrap();
    if let Err(error) = done {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        assert_eq!(after, before, "{transactions}");
        // Others go on meanwhile, and whoever was killed comes back.
        catalog.commit(&word("app"), Revision(1), &edit(&[release("3.0", 5)], &[])).await.unwrap();
        catalog.commit(&word("app"), Revision(2), &large).await.unwrap();
    } else {
        // What is new and what changes takes so many; what is deleted then may be left to others.
        assert!(transactions > 250 / endpoints().transaction_items, "{transactions} are too few");
    }
    let found = catalog.component(&word("app")).await.unwrap().unwrap();
    for release in &large.releases {
        assert_eq!(found.release(&release.version).map(|found| &**found), Some(release));
    }
    assert_eq!(found.channels, [(word("prod"), channel("2.99", &["cellular"]))].into());
    // The next edit deletes whatever does not count.
    catalog.commit(&word("app"), found.revision, &Edit::default()).await.unwrap();
    assert_eq!(place.keys("app").await.len(), 1 + 1 + found.releases().len());
    for (attribute, count) in [("gamer", 0), ("camera", 0), ("cellular", 1)] {
        assert_eq!(catalog.wanting(&word(attribute)).await.unwrap().len(), count, "{attribute}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_edit_is_done_as_a_whole_wherever_it_is_killed() {
    // To the end and beyond, in not too many steps.
    let all = 450 / endpoints().transaction_items;
    for transactions in (0..=all).step_by((all / 8).max(1)) {
        killed_after(transactions).await;
    }
}

/// A Query may see one item of a transaction as it was and another as it is.
#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_is_read_in_the_middle_of_a_write_is_read_again() {
    let place = Aws::new().await;
    let catalog = place.catalog().await;
    let first = edit(&[release("1.0", 5), release("1.1", 5)], &[("prod", Some(channel("1.0", &[])))]);
    catalog.commit(&word("app"), Revision(0), &first).await.unwrap();
    let before = place.partition("app").await;
    let barrier = Release { barrier: Some(word("new keys")), ..release("1.0", 5) };
    catalog.commit(&word("app"), Revision(1), &edit(&[barrier], &[("prod", Some(channel("1.1", &[])))])).await.unwrap();
    let (whole, after) = (catalog.component(&word("app")).await.unwrap(), place.partition("app").await);
    for late in ["#component", "channel#prod", "release#1.0"] {
        let of = |items: &[(String, Item)]| items.iter().find(|(env, _)| env == late).unwrap().1.clone();
        place.put_item(of(&before)).await;
        let reading = tokio::spawn({
            let catalog = catalog.clone();
            async move { catalog.component(&word("app")).await }
        });
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        place.put_item(of(&after)).await;
        assert_eq!(reading.await.unwrap().unwrap(), whole, "{late}");
    }
    // What stays so is damage, and so is what somebody deletes or changes by hand.
    place.delete_item("app", "release#1.1").await;
    let damaged = catalog.component(&word("app")).await.unwrap_err();
    assert!(matches!(damaged, StoreError::Damaged { .. }) && damaged.to_string().contains("app"), "{damaged:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_names_the_item() {
    let place = Aws::new().await;
    let catalog = place.catalog().await;
    let first = edit(&[release("1.0", 5)], &[("prod", Some(channel("1.0", &[])))]);
    for (app, env, field, value) in [
        ("one", "release#1.0", "record", text("{}")),
        ("two", "channel#prod", "record", text("no JSON")),
        ("three", "#component", "revision", text("1")),
        ("four", "#component", "layout", N("3".to_owned())),
        ("five", "release#1.0", "sha256", text("short")),
    ] {
        catalog.commit(&word(app), Revision(0), &first).await.unwrap();
        let items = place.partition(app).await;
        let mut item = items.into_iter().find(|(found, _)| found == env).unwrap().1;
        item.insert(field.to_owned(), value);
        place.put_item(item).await;
        let damaged = catalog.component(&word(app)).await.unwrap_err();
        assert!(matches!(damaged, StoreError::Damaged { .. }), "{damaged:?}");
        assert!(damaged.to_string().contains(&format!("item {app} {env}")), "{damaged}");
    }
}
