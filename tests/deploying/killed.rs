//! `kill -9` at any moment of `init --create`, `init` and `destroy`: repeated, they come to what an undisturbed run comes to.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use edgehop_tests::cloud::wait;
use serde_json::Value;

use crate::desk::{Desk, clients};
use crate::flow::is_there;

/// How often each verb is killed.
const ROUNDS: usize = 20;

/// A region a round: each has a bucket for code of its own, which is made there.
const REGIONS: [&str; ROUNDS] = [
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "af-south-1",
    "ap-east-1",
    "ap-south-1",
    "ap-south-2",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "ca-central-1",
    "eu-central-1",
    "eu-central-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
];

/// Numbers that look random, and are the same for a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// What is in a deployment, whatever it is called and whenever it was made.
#[derive(Debug, PartialEq)]
struct Content {
    releases: Value,
    objects: Vec<(String, String)>,
    code_policy: String,
    uploads: Vec<String>,
}

fn content(desk: &Desk, region: &str, deployment: &Value) -> Content {
    let [table, bucket] = ["table", "bucket"].map(|key| deployment[key].as_str().unwrap());
    let stores = format!("--catalog dynamodb:{table} --artifacts s3:{bucket}");
    let mut releases = desk.json(&format!("releases {stores}"));
    for release in releases.as_object_mut().unwrap().values_mut().flat_map(|list| list.as_array_mut().unwrap()) {
        release.as_object_mut().unwrap().remove("published");
    }
    let code = format!("edgehop-code-123456789012-{region}");
    wait(async {
        let s3 = clients(region).await.s3;
        let list = async |bucket: &str| s3.list_objects_v2().bucket(bucket).send().await.unwrap().contents.unwrap();
        let of =
            |object: &aws_sdk_s3::types::Object| [object.key(), object.e_tag()].map(|text| text.unwrap().to_owned());
        let objects = list(bucket).await.iter().map(of).map(|[key, tag]| (key, tag)).collect();
        let uploads = list(&code).await.iter().map(|object| object.key().unwrap().to_owned()).collect();
        let policy = s3.get_bucket_policy().bucket(&code).send().await.unwrap().policy.unwrap();
        Content { releases, objects, code_policy: policy.replace(region, "REGION"), uploads }
    })
}

#[test]
fn every_verb_is_killed_at_any_moment_and_repeated() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    eprintln!("seed {seed}");
    let mut random = Random(seed);
    let lines = ["init ota --create --code arm64.zip", "init ota", "destroy ota --yes"];

    let (mut takes, mut expected) = (Vec::new(), None);
    // The first time moto has all its parts to load: what counts is how long it takes the second time.
    for region in ["eu-south-2", "eu-south-1"] {
        let undisturbed = Desk::new(region);
        takes.clear();
        for (at, line) in lines.iter().enumerate() {
            let begun = Instant::now();
            let said = undisturbed.json(line);
            takes.push(begun.elapsed());
            if at == 1 {
                expected = Some(content(&undisturbed, region, &said));
            }
        }
    }
    let expected = expected.unwrap();

    let mut killed = [0; 3];
    for (round, region) in REGIONS.into_iter().enumerate() {
        let desk = Desk::new(region);
        // One moment in each stretch of the time that it takes, and one before anything can have happened.
        let mut kill = |at: usize| {
            let moment = match round {
                0 => Duration::ZERO,
                _ => takes[at].mul_f64((round as f64 + random.fraction()) / ROUNDS as f64),
            };
            match desk.killed_after(lines[at], moment) {
                // The machine is faster than it was: the next moments are shares of what it takes now.
                Some(took) => takes[at] = took,
                None => killed[at] += 1,
            }
        };
        for at in [0, 1] {
            kill(at);
            desk.json(lines[at]);
        }
        let deployment = desk.json(lines[1]);
        assert_eq!(content(&desk, region, &deployment), expected, "{region}");

        kill(2);
        let said = desk.run(lines[2]);
        let over = said.code == Some(1) && said.err.contains("there is no stack ota");
        assert!(said.code == Some(0) || over, "{said:?}");
        assert!(!is_there(&deployment), "{region}");
        let code = format!("edgehop-code-123456789012-{region}");
        let left = wait(async { clients(region).await.s3.list_objects_v2().bucket(&code).send().await.unwrap() });
        assert_eq!(left.contents(), [], "{region}");
    }
    eprintln!(
        "{ROUNDS} rounds: killed before their end were create {}, init {}, destroy {}",
        killed[0], killed[1], killed[2]
    );
    assert!(killed.iter().all(|count| *count >= ROUNDS / 4), "kills came too late: {killed:?}");
}
