//! Lists that were decided for an earlier question.

use edgehop_tests::sample::GAMER;

use crate::asking::{Stock, get, part, service};

#[tokio::test]
async fn a_part_of_a_list_is_answered_from_memory() {
    let Stock { catalog, artifacts } = Stock::new(1000).await;
    let service = service(catalog, artifacts);
    let target = format!("{GAMER}&payloadType=metadataOnly");
    let list = get(&service, &target).await;
    assert!(list.status == 200 && !list.is_remembered);
    assert!(get(&service, &target).await.is_remembered);
    // A list comes whole, whatever part of it is asked for.
    for range in ["0-9", "5-", "-3"] {
        let answer = part(&service, &target, range).await;
        assert_eq!((answer.status, answer.is_remembered), (200, true), "{range}");
        assert_eq!(answer.body, list.body, "{range}");
    }
}
