//! Items that cannot be adopted are named, one by one, and the others are adopted.

use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use edgehop_tests::cloud::{patient_clients, wait};
use edgehop_tests::sample_table::{item, noise, put_item, put_object};

use crate::place::{Place, SIZE};

impl Place {
    /// Adds an item of an object that is there, with one field otherwise, or without it.
    fn add_odd(&self, app: &str, field: &str, value: Option<AttributeValue>) {
        let mut odd = item(&self.cloud.bucket, app, "prod", "1.0", "modemFW_1.0", &noise(SIZE, 9));
        odd.retain(|(name, _)| name != field);
        odd.extend(value.map(|value| (field.to_owned(), value)));
        wait(async { put_item(&patient_clients().await, &self.cloud.table, odd).await });
    }
}

#[test]
fn what_the_view_leaves_out_is_named_and_the_rest_is_adopted() {
    let place = Place::filled();
    let bucket = &place.cloud.bucket;
    let cases = [
        ("a", "md5", None, "md5 takes a string"),
        ("b", "md5", Some(S("0".repeat(32))), "has the MD5"),
        ("c", "version", Some(S("a b".into())), "is not a version"),
        ("d", "url", Some(S("s3://somebody-elses/x".into())), "in the bucket somebody-elses"),
        ("e", "url", Some(S(format!("s3://{bucket}/not-there"))), "not-there is missing"),
        ("f", "md5", Some(N("7".into())), "md5 takes a string"),
        ("g", "deviceAttr", Some(S("gamer".into())), "deviceAttr takes a map"),
        ("h", "url", Some(S("x".into())), "it takes s3://<bucket>/<object>"),
        ("i", "url", Some(S(format!("s3://{bucket}/empty"))), "it has 0 bytes"),
        ("j", "url", Some(S(format!("s3://{bucket}/blobs/x"))), "where edgehop keeps its own"),
        ("no.such.name", "env", Some(S("prod".into())), "is not a component name"),
    ];
    for (app, field, value, _) in cases.clone() {
        place.add_odd(app, field, value);
    }
    wait(async { put_object(&patient_clients().await, bucket, "empty", Vec::new()).await });
    // Two that cannot both be true: one version with other bytes, and one component in two spellings.
    place.add_noise("modemFW", "prod", "1.0", 9);
    place.add_noise("MODEMFW", "prod", "9.0", 79);
    let before = place.cloud.content();
    let told = place.told().0;

    let said = place.done(&format!("{} --yes", place.adopt()));
    for (app, _, _, why) in cases {
        let of = format!("not adopted: item {app} prod: ");
        assert!(said.lines().any(|line| line.starts_with(&of) && line.contains(why)), "{app}: {said}");
    }
    assert!(said.contains("not adopted: item modemFW prod: item MODEMFW prod is the same channel"), "{said}");
    place.check_kept(&before);
    // As the sample's view has it, to the last word.
    assert_eq!(place.told(), (told, true));
    let again = place.done(&format!("{} --yes", place.adopt()));
    assert!(again.contains("nothing to adopt") && again.matches("not adopted: ").count() == 12, "{again}");
}

/// An object that was put in parts has no MD5 for an entity tag: only who reads it knows.
#[test]
fn bytes_of_another_md5_are_found_where_only_reading_tells() {
    let place = Place::filled();
    let (bucket, bytes) = (&place.cloud.bucket, noise(SIZE, 500));
    wait(async {
        let clients = patient_clients().await;
        let s3 = &clients.s3;
        let upload = s3.create_multipart_upload().bucket(bucket).key("parts").send().await.unwrap();
        let id = upload.upload_id().unwrap();
        let part = s3.upload_part().bucket(bucket).key("parts").upload_id(id).part_number(1);
        let part = part.body(bytes.clone().into()).send().await.unwrap();
        let part = aws_sdk_s3::types::CompletedPart::builder().part_number(1).set_e_tag(part.e_tag).build();
        let parts = aws_sdk_s3::types::CompletedMultipartUpload::builder().parts(part).build();
        let done = s3.complete_multipart_upload().bucket(bucket).key("parts").upload_id(id).multipart_upload(parts);
        done.send().await.unwrap();
        for (app, bytes) in [("right", &bytes), ("wrong", &noise(SIZE, 501))] {
            put_item(&clients, &place.cloud.table, item(bucket, app, "prod", "1", "parts", bytes)).await;
        }
    });
    let told = place.told().0;
    let plan = place.json(&place.adopt());
    assert_eq!((&plan["releases"], &plan["left_out"]), (&11.into(), &serde_json::json!([])), "{plan}");
    let done = place.adopted();
    assert_eq!(done["releases"], 10, "{done}");
    let why = done["left_out"][0].as_str().unwrap();
    assert!(why.starts_with("item wrong prod: its object parts has the MD5 "), "{why}");
    assert_eq!(place.told(), (told, true));
}
