//! What it means that no answer came, or one that edgehop did not give.
//!
//! What CloudFront says is from its developer guide, "Troubleshooting error responses from your origin", and "Restrict
//! access to an AWS Lambda function URL origin".

use rustls::{CertificateError, Error as TlsError};

use super::client::{Answered, Trouble};
use super::finding::Check;

/// Check, what was found, what it means, how to mend it.
pub(super) type Explained = (Check, String, String, String);

/// Why there was no answer.
pub(super) fn silence(trouble: &Trouble) -> Explained {
    let (check, means, mend) = match trouble {
        Trouble::Tls(error) => certificate(error),
        Trouble::Connection(_) => (
            Check::Connection,
            "whoever listens there took the connection and ended it",
            "look whether it takes this scheme (http or https), and at its log",
        ),
        Trouble::NotHttp(_) => (
            Check::Http,
            "another kind of server listens there, or one that takes https only",
            "give the endpoint with https:// if that port speaks TLS",
        ),
        Trouble::Silent(_) => (
            Check::Http,
            "something between here and the stores hangs",
            "look at the origin's log for the last request that began and did not end",
        ),
    };
    (check, trouble.to_string(), means.to_owned(), mend.to_owned())
}

fn certificate(error: &TlsError) -> (Check, &'static str, &'static str) {
    let (means, mend) = match error {
        TlsError::InvalidMessage(_) => {
            ("this port does not speak TLS", "give the endpoint with http://, or the port that speaks TLS")
        }
        TlsError::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            ("its certificate has expired", "renew it; one of ACM renews itself while its DNS record stands")
        }
        TlsError::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            ("its certificate is not valid yet", "look at this machine's clock, and at the certificate's dates")
        }
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => (
            "its certificate is for another name",
            "give the stack a CertificateArn (us-east-1) that covers its DomainName, or ask under the certificate's name",
        ),
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer) => (
            "this machine does not trust who issued its certificate",
            "use a certificate that devices trust, or add its issuer to this machine's roots (SSL_CERT_FILE)",
        ),
        TlsError::AlertReceived(_) => (
            "it refused the handshake: no certificate for this name, or no version or cipher in common",
            "add the name to the distribution (DomainName, CertificateArn), and look at its security policy",
        ),
        _ => ("TLS cannot be set up", "look at the certificate and its chain: openssl s_client -connect HOST:443"),
    };
    (Check::Tls, means, mend)
}

/// What an answer means that is a failure of somebody between here and the stores; `None` if it tells nothing.
pub(super) fn failure(answered: &Answered) -> Option<(Check, String, String)> {
    let cdn = answered.header("x-cache").to_ascii_lowercase().contains("cloudfront")
        || answered.headers.contains_key("x-amz-cf-id");
    let said = |check, means: &str, mend: &str| Some((check, means.to_owned(), mend.to_owned()));
    match (answered.status.as_u16(), cdn) {
        (403, true) if answered.headers.contains_key("x-amzn-errortype") => said(
            Check::Access,
            "the function's URL refuses the distribution: origin access control must sign, and the function's permissions \
             (lambda:InvokeFunctionUrl and lambda:InvokeFunction for cloudfront.amazonaws.com) must name this distribution",
            "bring the stack to the template: edgehop init <stack> --create",
        ),
        (403, true) => said(
            Check::Access,
            "the bucket or the web ACL refuses: the bucket's policy and the key's must let this distribution read, the \
             role needs s3:ListBucket (else what is missing is forbidden), and a rate rule may have met this address",
            "bring the stack to the template: edgehop init <stack> --create; if it is the rate rule, wait 5 minutes",
        ),
        (403, false) => said(
            Check::Access,
            "somebody between here and the origin refuses the request",
            "let whoever says 403 read: its bucket policy, access list or file permissions",
        ),
        (500, _) => said(
            Check::Origin,
            "the origin failed in a way it does not know itself",
            "look at the origin's log (the stack's LogGroupName)",
        ),
        (502, true) => said(
            Check::Origin,
            "the function ended without an answer: it crashes at its start (a setting, a permission), its zip is for the \
             other architecture (Runtime.ExitError, exec format error), or it ran out of memory or time",
            "look at the stack's LogGroupName; then edgehop init <stack> --create --code ZIP with the zip for its \
             Architecture",
        ),
        (502, false) => said(
            Check::Origin,
            "who stands before the origin got no proper answer from it",
            "start the origin, and look at the address, port and scheme under which the proxy asks it",
        ),
        (503, _) if from_edgehop(answered) => said(
            Check::Health,
            "the origin runs, and its catalog or artifacts are out of reach",
            "look at the origin's log: it names the store and the cause (permission, table, bucket, throttling)",
        ),
        (503, true) => said(
            Check::EdgeFunction,
            "the viewer-request function failed, was throttled, or the origin has no capacity left",
            "look at the function's log in us-east-1 (/aws/cloudfront/function/…), then at the Lambda's Throttles",
        ),
        (503, false) => said(
            Check::Origin,
            "who stands before the origin does not reach it: it is down, or elsewhere",
            "start the origin, and look at the address and port that the cache names for it",
        ),
        (504, _) => said(
            Check::Origin,
            "the origin did not answer in time",
            "look what it waits for: its log, its stores, its security groups; then its time-out",
        ),
        (429, _) if answered.headers.contains_key("x-amzn-errortype") => said(
            Check::Origin,
            "Lambda has no capacity left for the function, and the CDN passes that on",
            "look at the function's Throttles, its reserved concurrency, and the account's concurrency (Service Quotas, \
             Concurrent executions)",
        ),
        (429, _) => said(
            Check::Access,
            "somebody between here and the origin counts requests, and takes no more of them",
            "wait, or raise the limit of whoever says 429",
        ),
        _ => None,
    }
}

/// The error is edgehop's own: JSON with one key.
pub(super) fn from_edgehop(answered: &Answered) -> bool {
    let json: Option<serde_json::Value> = serde_json::from_slice(&answered.body).ok();
    json.is_some_and(|json| json["error"].is_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_trouble_with_a_certificate_has_its_cure() {
        let cure = |error| certificate(&TlsError::InvalidCertificate(error)).2;
        for (error, part) in [
            (CertificateError::Expired, "renew it"),
            (CertificateError::NotValidYet, "clock"),
            (CertificateError::NotValidForName, "CertificateArn"),
            (CertificateError::UnknownIssuer, "SSL_CERT_FILE"),
            (CertificateError::BadEncoding, "openssl"),
        ] {
            assert!(cure(error.clone()).contains(part), "{error:?}");
        }
    }
}
