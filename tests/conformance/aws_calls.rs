//! How many calls each method makes: what a device's question costs.

use edgehop_tests::stand_ins::endpoints;
use resolver::catalog::{Edit, ObjectKey, Revision, Tier};
use store::{Artifacts as _, Catalog as _};

use crate::aws::Aws;
use crate::aws_watch::Watched;
use crate::suite::Place as _;
use crate::words::{Object, channel, edit, noise, release, word};

#[tokio::test(flavor = "multi_thread")]
async fn a_read_of_the_catalog_is_one_query() {
    let place = Aws::new().await;
    let Watched { catalog, .. } = &Watched::new(&place).await;
    let watched = Watched::new(&place).await;
    let releases: Vec<_> = (0..50).map(|index| release(&format!("1.{index}"), 5)).collect();
    let first = edit(&releases, &[("prod", Some(channel("1.0", &["gamer"])))]);
    catalog.commit(&word("app"), Revision(0), &first).await.unwrap();

    for key in ["app", "never"] {
        watched.catalog.component(&word(key)).await.unwrap();
        assert_eq!(watched.calls(), ["Query"], "{key}");
    }
    for attribute in ["gamer", "never"] {
        watched.catalog.wanting(&word(attribute)).await.unwrap();
        assert_eq!(watched.calls(), ["Query"], "{attribute}");
    }
    watched.catalog.components().await.unwrap();
    assert_eq!(watched.calls(), ["Query"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_a_query_and_a_transaction() {
    let watched = Watched::new(&Aws::new().await).await;
    let whole = edit(&[release("1", 5)], &[("prod", Some(channel("1", &["gamer"])))]);
    for (revision, edit) in [&whole, &whole, &Edit::default()].into_iter().enumerate() {
        watched.catalog.commit(&word("app"), Revision(revision as u64), edit).await.unwrap();
        assert_eq!(watched.calls(), ["Query", "TransactWriteItems"]);
    }
    watched.catalog.commit(&word("app"), Revision(0), &whole).await.unwrap_err();
    assert_eq!(watched.calls(), ["Query"], "it is known to be in vain");
    // The component's own item is in each transaction, and its entry in the list of all in one of them.
    let most = endpoints().transaction_items - 1;
    for (name, count, transactions) in [("fits", most - 1, 1), ("not", most, 2), ("large", 4 * most, 5)] {
        let releases: Vec<_> = (0..count).map(|index| release(&format!("1.{index}"), 5)).collect();
        watched.catalog.commit(&word(name), Revision(0), &edit(&releases, &[])).await.unwrap();
        assert_eq!(watched.calls().len(), 1 + transactions, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_method_of_the_bucket_makes_few_calls() {
    let watched = Watched::new(&Aws::new().await).await;
    let (artifacts, object) = (&watched.artifacts, Object::new(noise(1000, 1)));
    let (blob, md5) = (object.blob(), object.md5());
    let fragment = ObjectKey::Fragment(blob.sha256());
    artifacts.put(&blob, &object.file, &md5).await.unwrap();
    assert_eq!(watched.calls(), ["HEAD", "PUT"]);
    artifacts.put(&blob, &object.file, &md5).await.unwrap();
    assert_eq!(watched.calls(), ["HEAD", "COPY"]);
    artifacts.stat(&blob).await.unwrap();
    assert_eq!(watched.calls(), ["HEAD"]);
    artifacts.availability(&blob).await.unwrap();
    assert_eq!(watched.calls(), ["HEAD"]);
    artifacts.restore(&blob, Tier::Bulk, 1).await.unwrap();
    assert_eq!(watched.calls(), ["HEAD"], "it is in no archive");
    artifacts.read(&blob, 10..20).await.unwrap();
    assert_eq!(watched.calls(), ["GET"]);
    artifacts.put_signature(&blob.sha256(), "signed").await.unwrap();
    assert_eq!(watched.calls(), ["PUT"]);
    artifacts.signature(&blob.sha256()).await.unwrap();
    assert_eq!(watched.calls(), ["GET"]);
    artifacts.list().await.unwrap();
    assert_eq!(watched.calls(), ["LIST"; 4]);
    artifacts.set_aside(&blob).await.unwrap();
    assert_eq!(watched.calls(), ["HEAD", "COPY", "DELETE"]);
    artifacts.put_back(&blob).await.unwrap();
    assert_eq!(watched.calls(), ["HEAD", "HEAD", "COPY", "DELETE"]);
    artifacts.set_aside(&blob).await.unwrap();
    watched.calls();
    artifacts.discard(&blob).await.unwrap();
    assert_eq!(watched.calls(), ["DELETE", "HEAD", "GET", "DELETE", "HEAD"]);
    artifacts.discard(&fragment).await.unwrap();
    assert_eq!(watched.calls(), ["DELETE"]);
}
