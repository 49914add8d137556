//! What an operator is told when AWS refuses: answers as AWS gives them, and what to do about each.

use resolver::catalog::ObjectKey;
use resolver::words::Sha256;
use store::{Artifacts as _, Catalog as _};

use crate::aws_faults::{answering, said, stores};
use crate::words::word;

const POLICY: &str = "may not do this: allow it in their policy";
const UNKNOWN: &str = "AWS does not know these credentials: look at AWS_PROFILE, or at AWS_ACCESS_KEY_ID";
const EXPIRED: &str = "the credentials have expired: get new ones";
const REGION: &str = "the bucket is in another region: set AWS_REGION to that one";

#[tokio::test(flavor = "multi_thread")]
async fn of_a_table() {
    for (body, advice) in [
        (
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#,
            "there is no such table in this region: make it, with the hash key app and the range key env",
        ),
        (
            r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: arn:aws:iam::1:user/a is not authorized to perform: dynamodb:Query on resource: t because no identity-based policy allows the dynamodb:Query action"}"#,
            POLICY,
        ),
        (
            r#"{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"The security token included in the request is invalid."}"#,
            UNKNOWN,
        ),
        (
            r#"{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"The security token included in the request is expired"}"#,
            EXPIRED,
        ),
    ] {
        let (url, _) = answering(400, body);
        let error = stores(&url).await.0.component(&word("app")).await.unwrap_err();
        let said = said(&error);
        assert!(said.contains(advice) && said.lines().count() == 1, "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_bucket() {
    let key = ObjectKey::Blob(Sha256::of(b"some"));
    for (status, body, advice) in [
        (
            404,
            "<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message><BucketName>b</BucketName></Error>",
            "there is no such bucket: make it, or look at its name",
        ),
        (
            301,
            "<Error><Code>PermanentRedirect</Code><Message>The bucket you are attempting to access must be addressed using the specified endpoint.</Message><Endpoint>b.s3-eu-west-1.amazonaws.com</Endpoint></Error>",
            REGION,
        ),
        (
            400,
            "<Error><Code>AuthorizationHeaderMalformed</Code><Message>The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'</Message><Region>eu-west-1</Region></Error>",
            REGION,
        ),
        (
            403,
            "<Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/a is not authorized to perform: s3:GetObject on resource: o</Message></Error>",
            POLICY,
        ),
        (
            403,
            "<Error><Code>InvalidAccessKeyId</Code><Message>The AWS Access Key Id you provided does not exist in our records.</Message></Error>",
            UNKNOWN,
        ),
        (
            403,
            "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided.</Message></Error>",
            UNKNOWN,
        ),
        (400, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>", EXPIRED),
        (
            403,
            "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the server's time is too large.</Message></Error>",
            "this machine's clock is wrong: set it",
        ),
    ] {
        let (url, _) = answering(status, body);
        let Err(error) = stores(&url).await.1.read(&key, 0..10).await.map(drop) else { panic!("it was opened") };
        let said = said(&error);
        assert!(said.contains(advice) && said.lines().count() == 1, "{said}");
    }
    // An answer to HEAD has no body that would say why.
    for (status, advice) in [(403, POLICY), (301, REGION)] {
        let (url, _) = answering(status, "");
        let said = said(&stores(&url).await.1.stat(&key).await.unwrap_err());
        assert!(said.contains(advice), "{said}");
    }
    // What only AWS can do something about comes without advice.
    let (url, _) = answering(503, "<Error><Code>SlowDown</Code><Message>reduce your rate</Message></Error>");
    let said = said(&stores(&url).await.1.read(&key, 0..10).await.map(drop).unwrap_err());
    assert!(said.contains("SlowDown") && !said.contains(';'), "{said}");
}
