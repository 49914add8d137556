//! That a stack's distribution may read artifacts in a bucket that the stack did not make: one statement of its policy.

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use serde_json::{Value, json};

use super::account::{Account, Identity};
use super::error::StackError;

/// What the statement is called. Nothing else in the policy is ever changed.
const SID: &str = "EdgehopCloudFrontReads";

/// Allows a distribution to read `blobs/*` of a bucket. Whether the policy had to be changed for it.
pub(super) async fn give(
    account: &Account,
    owner: &Identity,
    bucket: &str,
    distribution: &str,
) -> Result<bool, StackError> {
    change(account, owner, bucket, distribution, true).await
}

/// Takes it back. A bucket that is not there has nothing to be taken back.
pub(super) async fn take_back(
    account: &Account,
    owner: &Identity,
    bucket: &str,
    distribution: &str,
) -> Result<bool, StackError> {
    change(account, owner, bucket, distribution, false).await
}

async fn change(
    account: &Account,
    owner: &Identity,
    bucket: &str,
    distribution: &str,
    allowed: bool,
) -> Result<bool, StackError> {
    let s3 = &account.clients.s3;
    let what = |verb: &str| format!("cannot {verb} the policy of the bucket {bucket}");
    let before = match s3.get_bucket_policy().bucket(bucket).send().await {
        Ok(found) => found.policy,
        Err(error) if error.code() == Some("NoSuchBucketPolicy") => None,
        Err(error) if !allowed && error.code() == Some("NoSuchBucket") => return Ok(false),
        Err(error) => return Err(account.failed(what("read"), "s3:GetBucketPolicy", &error)),
    };
    let arn = format!("arn:{}:cloudfront::{}:distribution/{distribution}", owner.partition, owner.account);
    let resource = format!("arn:{}:s3:::{bucket}/blobs/*", owner.partition);
    let after = with(before.as_deref(), &resource, &arn, allowed).ok_or_else(|| StackError::Call {
        what: what("read"),
        said: "it is no JSON object with a list of statements".to_owned(),
        may_pass: false,
    })?;
    match after {
        Changed::Not => return Ok(false),
        Changed::Gone => {
            let delete = s3.delete_bucket_policy().bucket(bucket).send().await;
            delete.map_err(|error| account.failed(what("delete"), "s3:DeleteBucketPolicy", &error))?;
        }
        Changed::To(policy) => {
            let put = s3.put_bucket_policy().bucket(bucket).policy(policy.to_string()).send().await;
            put.map_err(|error| account.failed(what("change"), "s3:PutBucketPolicy", &error))?;
        }
    }
    Ok(true)
}

/// What becomes of a policy.
#[derive(Debug, PartialEq)]
enum Changed {
    Not,
    To(Value),
    Gone,
}

/// The policy, in which a distribution is among those that may read, or is not; `None` if it is no policy.
fn with(before: Option<&str>, resource: &str, arn: &str, allowed: bool) -> Option<Changed> {
    let before: Value = match before {
        Some(text) => serde_json::from_str(text).ok()?,
        None => json!({ "Version": "2012-10-17", "Statement": [] }),
    };
    let mut policy = before.clone();
    let statements = policy.as_object_mut()?.entry("Statement").or_insert_with(|| json!([]));
    if statements.is_object() {
        // One statement need not be in a list (IAM user guide, "Grammar of the IAM JSON policy language").
        *statements = json!([statements.take()]);
    }
    let statements = statements.as_array_mut()?;
    let ours = statements.iter().position(|statement| statement["Sid"] == SID);
    let mut readers = ours.map_or_else(Vec::new, |at| readers(&statements[at]));
    let there = readers.iter().any(|reader| reader == arn);
    if there == allowed {
        return Some(Changed::Not);
    }
    match allowed {
        true => readers.push(arn.to_owned()),
        false => readers.retain(|reader| reader != arn),
    }
    readers.sort();
    let statement = statement(resource, &readers);
    match ours {
        Some(at) if readers.is_empty() => drop(statements.remove(at)),
        Some(at) => statements[at] = statement,
        None => statements.push(statement),
    }
    Some(if statements.is_empty() { Changed::Gone } else { Changed::To(policy) })
}

/// The distributions that our statement names.
fn readers(statement: &Value) -> Vec<String> {
    let named = &statement["Condition"]["StringEquals"]["AWS:SourceArn"];
    let list = named.as_array().map_or_else(|| vec![named], |list| list.iter().collect());
    list.into_iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn statement(resource: &str, readers: &[String]) -> Value {
    json!({
        "Sid": SID, "Effect": "Allow", "Principal": { "Service": "cloudfront.amazonaws.com" },
        "Action": "s3:GetObject", "Resource": resource,
        "Condition": { "StringEquals": { "AWS:SourceArn": readers } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESOURCE: &str = "arn:aws:s3:::b/blobs/*";

    fn to(changed: Option<Changed>) -> Value {
        match changed {
            Some(Changed::To(policy)) => policy,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_statement_is_merged_and_taken_out_again() {
        let other = json!({ "Sid": "Theirs", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" });
        for before in [json!({ "Id": "x", "Statement": other }), json!({ "Id": "x", "Statement": [other] })] {
            let once = to(with(Some(&before.to_string()), RESOURCE, "a", true));
            assert_eq!((&once["Statement"][0], &once["Id"]), (&other, &json!("x")));
            assert_eq!(once["Statement"][1], statement(RESOURCE, &["a".to_owned()]));
            assert_eq!(with(Some(&once.to_string()), RESOURCE, "a", true), Some(Changed::Not));
            let both = to(with(Some(&once.to_string()), RESOURCE, "b", true));
            assert_eq!(readers(&both["Statement"][1]), ["a", "b"]);
            let second = to(with(Some(&both.to_string()), RESOURCE, "a", false));
            assert_eq!(readers(&second["Statement"][1]), ["b"]);
            let none = to(with(Some(&second.to_string()), RESOURCE, "b", false));
            assert_eq!(none["Statement"], json!([other]));
            assert_eq!(with(Some(&none.to_string()), RESOURCE, "b", false), Some(Changed::Not));
        }
    }

    #[test]
    fn a_policy_of_ours_alone_comes_and_goes() {
        let ours = to(with(None, RESOURCE, "a", true));
        assert_eq!(with(Some(&ours.to_string()), RESOURCE, "a", false), Some(Changed::Gone));
        assert_eq!(with(None, RESOURCE, "a", false), Some(Changed::Not));
        assert_eq!(with(Some("[]"), RESOURCE, "a", true), None);
    }
}
