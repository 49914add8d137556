//! A stack of CloudFormation's, as moto has it: state, stores, and doors that must be closed.

use std::net::SocketAddr;

use aws::DynamoCatalog;
use aws_sdk_s3::types::StorageClass;
use edgehop_tests::cloud;
use edgehop_tests::sample::artifact;
use edgehop_tests::stacks::{create, resource};
use edgehop_tests::stand_ins::endpoints;
use resolver::words::Sha256;

use crate::deployment::{Deployment, HEALTHY, Plan, Visit, edgehop};
use crate::front::{Break, Front, Request, WHOLE, replace, set};

/// moto behind a door that asks for a signature, as AWS does and moto does not.
const SIGNED_ONLY: Break = Break { answer: signed_only, ..WHOLE };

fn signed_only(request: &Request, answer: &mut edgehop_tests::client::Response) {
    if request.header("authorization").is_empty() {
        replace(answer, 403, &[], "<Error><Code>AccessDenied</Code></Error>");
    }
}

/// A function's URL that takes anybody.
const OPEN: Break = Break { answer: |_, answer| replace(answer, 200, &[], "ok\n"), ..WHOLE };

/// A function's URL that takes nobody who does not sign.
const SHUT: Break = Break { answer: |_, answer| replace(answer, 403, &[], "Forbidden"), ..WHOLE };

struct Stacked {
    name: String,
    table: String,
    bucket: String,
    aws: Front,
    _function_url: Front,
    deployment: Deployment,
}

impl Stacked {
    /// A stack with the sample data in it, and a deployment that serves it.
    fn new(name: &str, aws: Break, function_url: Break, words: &str) -> Stacked {
        Stacked::with_urls(name, aws, function_url, words, None)
    }

    /// The same with URLs that start otherwise than with the endpoint.
    fn with_urls(name: &str, aws: Break, function_url: Break, words: &str, url_base: Option<&'static str>) -> Stacked {
        let moto: SocketAddr = endpoints().s3.trim_start_matches("http://").parse().unwrap();
        let url = Front::new(function_url);
        create(moto, name, &format!("http://{}/", url.address()), words);
        let (table, bucket) = (resource(moto, name, "Table"), resource(moto, name, "Bucket"));
        let mut environment = cloud::environment();
        // One stand-in is all of AWS here: a stack's table and bucket are where the stack is.
        environment.retain(|(name, _)| !name.starts_with("AWS_ENDPOINT_URL"));
        environment.push(("AWS_ENDPOINT_URL".to_owned(), endpoints().s3.clone()));
        environment.push(("EDGEHOP_CATALOG".to_owned(), format!("dynamodb:{table}")));
        environment.push(("EDGEHOP_ARTIFACTS".to_owned(), format!("s3:{bucket}")));
        let mut sample = edgehop();
        sample.args(["sample", "--sample-size", "20000"]).envs(environment.iter().cloned());
        let made = sample.output().unwrap();
        assert!(made.status.success(), "{made:?}");
        if !words.is_empty() {
            note(&table, words);
        }
        let aws = Front::new(aws);
        aws.before(moto);
        let deployment = Plan { environment, url_base, ..HEALTHY }.build();
        Stacked { name: name.to_owned(), table, bucket, aws, _function_url: url, deployment }
    }

    fn visit(&self, endpoint: Option<&str>) -> Visit {
        let mut command = edgehop();
        let aws = format!("http://{}", self.aws.address());
        command.args(["doctor", &self.name, "--json", "--endpoint-url", &aws]).envs(cloud::environment());
        if let Some(endpoint) = endpoint {
            command.args(["--endpoint", endpoint]);
        }
        Visit::of(&mut command)
    }
}

/// Notes in the table where its words are looked up, as init does.
fn note(table: &str, words: &str) {
    cloud::wait(async {
        let clients = cloud::patient_clients_at(&endpoints().s3, "us-east-1").await;
        DynamoCatalog::new(clients.dynamodb, table).add_vocabulary_store(&format!("kvs:{words}")).await.unwrap();
    });
}

#[test]
fn a_stack_that_is_well() {
    let stacked = Stacked::new("doctor-well", SIGNED_ONLY, SHUT, "");
    let visited = stacked.visit(Some(&stacked.deployment.endpoint()));
    let said = visited.json();
    assert_eq!((visited.code, visited.err.as_str()), (Some(0), ""), "{said:#}");
    assert_eq!((&said["findings"], &said["skipped"]), (&serde_json::json!([]), &serde_json::json!([])), "{said:#}");
    let checked = said["checked"].to_string();
    assert!(checked.starts_with("[\"stack\",\"stores\",\"permissions\",\"endpoint\""), "{checked}");
    // What stands in for CloudFormation has no distribution to name.
    stacked.visit(None).names("stack", &["Endpoint", "--create"]);
}

/// A domain whose record does not lead to the distribution yet, so that another name is asked.
#[test]
fn urls_on_the_stacks_own_domain() {
    let named = Break {
        answer: |request, answer| {
            signed_only(request, answer);
            let text = String::from_utf8_lossy(&answer.body);
            if text.contains("<Outputs>") {
                let output = "<OutputKey>Endpoint</OutputKey><OutputValue>https://ota.stack.test</OutputValue>";
                let text = text.replacen("<Outputs>", &format!("<Outputs><member>{output}</member>"), 1);
                set(answer, "content-length", &text.len().to_string());
                answer.body = text.into_bytes();
            }
        },
        ..WHOLE
    };
    let base = Some("https://OTA.stack.test:443");
    let stacked = Stacked::with_urls("doctor-domain", named, SHUT, "", base);
    let visited = stacked.visit(Some(&stacked.deployment.endpoint()));
    visited.notes("url-base", &["the stack's own endpoint", "OTA.stack.test"]);
    assert!(visited.json()["checked"].to_string().contains("conditions"), "{visited:?}");
}

#[test]
fn a_bucket_that_anybody_reads() {
    let stacked = Stacked::new("doctor-bucket", WHOLE, SHUT, "");
    stacked.visit(Some(&stacked.deployment.endpoint())).names("bucket-open", &["list-type=2", "public access blocks"]);
}

#[test]
fn a_function_that_anybody_calls() {
    let stacked = Stacked::new("doctor-function", SIGNED_ONLY, OPEN, "");
    stacked.visit(Some(&stacked.deployment.endpoint())).names("function-open", &["AWS_IAM"]);
}

#[test]
fn an_update_that_could_not_be_undone() {
    let failed = Break {
        answer: |request, answer| {
            signed_only(request, answer);
            let text = String::from_utf8_lossy(&answer.body);
            if text.contains("<StackStatus>") {
                let text = text.replace("CREATE_COMPLETE", "UPDATE_ROLLBACK_FAILED");
                set(answer, "content-length", &text.len().to_string());
                answer.body = text.into_bytes();
            }
        },
        ..WHOLE
    };
    let stacked = Stacked::new("doctor-rollback", failed, SHUT, "");
    let visited = stacked.visit(Some(&stacked.deployment.endpoint()));
    visited.names("stack", &["UPDATE_ROLLBACK_FAILED", "continue-update-rollback"]);
}

/// What is in cold storage is noted, and something else is asked for.
#[test]
fn an_artifact_in_cold_storage() {
    let stacked = Stacked::new("doctor-cold", SIGNED_ONLY, SHUT, "");
    let bytes = artifact(stacked.deployment.server.address(), "modemFW", "prod");
    let key = format!("blobs/{}", Sha256::of(&bytes));
    cloud::wait(async {
        let s3 = cloud::patient_clients().await.s3;
        let copy = s3.copy_object().bucket(&stacked.bucket).copy_source(format!("{}/{key}", stacked.bucket)).key(&key);
        copy.storage_class(StorageClass::Glacier).send().await.unwrap();
    });
    let visited = stacked.visit(Some(&stacked.deployment.endpoint()));
    let said = visited.json();
    let finding = &said["findings"][0];
    assert_eq!((visited.code, said["findings"].as_array().unwrap().len()), (Some(0), 1), "{said:#}");
    assert_eq!((&finding["check"], &finding["severity"]), (&"archived".into(), &"note".into()), "{said:#}");
}

const WORDS: &str = "arn:aws:cloudfront::123456789012:key-value-store/doctor";

/// A key-value store of CloudFront's beside moto, which has none, with one list of words.
fn knowing(list: &str) -> impl Fn(&Request, &mut edgehop_tests::client::Response) {
    move |request, answer| {
        signed_only(request, answer);
        if request.target.starts_with("/key-value-stores/") {
            let described = r#"{"ItemCount":1,"TotalSizeInBytes":1,"KvsARN":"x","Created":0,"LastModified":0}"#;
            let body = if request.target.contains("/keys") { list } else { described };
            replace(answer, 200, &[("etag", "E1"), ("content-type", "application/json")], body);
        }
    }
}

#[test]
fn a_function_that_does_not_know_what_is_published() {
    let old = Break {
        answer: |request, answer| {
            knowing(r#"{"Items":[{"Key":"words","Value":" os_armv8 os_armv7 scoreboard "}]}"#)(request, answer);
        },
        ..WHOLE
    };
    let stacked = Stacked::new("doctor-words", old, SHUT, WORDS);
    stacked.visit(Some(&stacked.deployment.endpoint())).names("known-words", &["are not there", "known-words --push"]);
}

#[test]
fn a_function_that_knows_no_words() {
    let none = Break { answer: |request, answer| knowing(r#"{"Items":[]}"#)(request, answer), ..WHOLE };
    let stacked = Stacked::new("doctor-no-words", none, SHUT, WORDS);
    let visited = stacked.visit(Some(&stacked.deployment.endpoint()));
    let said = visited.json();
    assert_eq!((visited.code, &said["findings"][0]["check"]), (Some(0), &"known-words".into()), "{said:#}");
    assert_eq!(said["findings"][0]["severity"], "note", "{said:#}");
}

#[test]
fn a_table_that_does_not_say_where_words_are_looked_up() {
    let none = Break { answer: |request, answer| knowing(r#"{"Items":[]}"#)(request, answer), ..WHOLE };
    let stacked = Stacked::new("doctor-unnoted", none, SHUT, WORDS);
    cloud::wait(async {
        let clients = cloud::patient_clients_at(&endpoints().s3, "us-east-1").await;
        let place = format!("kvs:{WORDS}");
        DynamoCatalog::new(clients.dynamodb, &stacked.table).remove_vocabulary_store(&place).await.unwrap();
    });
    let visited = stacked.visit(Some(&stacked.deployment.endpoint()));
    visited.names("known-words", &["the table's note", "edgehop init doctor-unnoted --create"]);
}

#[test]
fn a_stack_that_is_not_there() {
    let mut command = edgehop();
    command.args(["doctor", "doctor-nowhere", "--endpoint-url", &endpoints().s3]).envs(cloud::environment());
    let visited = Visit::of(&mut command);
    assert_eq!((visited.code, visited.out.as_str()), (Some(1), ""), "{visited:?}");
    assert!(visited.err.contains("there is no stack doctor-nowhere in us-east-1"), "{visited:?}");
    assert_eq!(visited.err.lines().count(), 1, "{visited:?}");
}
