//! The CDN's part: paths, cache keys, what is forwarded, and what is asked on the way.

use std::collections::BTreeMap;

use resolver::answer::{BLOB_SECONDS, ERROR_SECONDS, MAX_AGE_SECONDS, STALE_IF_ERROR_SECONDS};
use serde_json::{Value, json};

use crate::template::{Stack, list, stack, stack_in};

/// CloudFront's own policy CachingDisabled (CloudFront developer guide, "Use managed cache policies").
const CACHING_DISABLED: &str = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";

/// The header that the viewer-request function puts the host into.
const HOST: &str = "edgehop-host";

fn distribution(stack: &Stack) -> &Value {
    &stack.properties("Distribution")["DistributionConfig"]
}

/// The behaviours by path; the default's is `*`.
fn behaviours(stack: &Stack) -> Vec<(&str, &Value)> {
    let config = distribution(stack);
    let paths = list(&config["CacheBehaviors"]).into_iter();
    let paths = paths.map(|behaviour| (behaviour["PathPattern"].as_str().unwrap(), behaviour));
    paths.chain([("*", &config["DefaultCacheBehavior"])]).collect()
}

/// The configuration of the policy that a behaviour names.
fn policy<'a>(stack: &'a Stack, behaviour: &Value, kind: &str) -> &'a Value {
    let name = behaviour[format!("{kind}Id")].as_str().unwrap().trim_matches(['<', '>']);
    &stack.properties(name)[format!("{kind}Config")]
}

#[test]
fn each_path_has_its_origin_and_no_method_writes() {
    let stack = stack(&[]);
    let origins: Vec<_> = behaviours(&stack)
        .into_iter()
        .map(|(path, behaviour)| (path, behaviour["TargetOriginId"].as_str().unwrap()))
        .collect();
    let expected = [
        ("/package*", "resolver"),
        ("/swupdate*", "resolver"),
        ("/report*", "resolver"),
        ("/blobs/*", "artifacts"),
        ("*", "resolver"),
    ];
    assert_eq!(origins, expected);
    for (path, behaviour) in behaviours(&stack) {
        // OPTIONS says which methods there are.
        assert_eq!(behaviour["AllowedMethods"], json!(["GET", "HEAD", "OPTIONS"]), "{path}");
        assert_eq!(behaviour["CachedMethods"], json!(["GET", "HEAD"]), "{path}");
        assert_eq!(behaviour["ViewerProtocolPolicy"], "redirect-to-https", "{path}");
        // Packages are gzip already; and a compressed answer's entity tag is another.
        assert_eq!(behaviour["Compress"], false, "{path}");
        assert_eq!(behaviour["ResponseHeadersPolicyId"], "<SecurityHeaders>", "{path}");
        assert!(behaviour.get("LambdaFunctionAssociations").is_none() && behaviour.get("TrustedKeyGroups").is_none());
    }
}

#[test]
fn every_request_goes_through_the_function() {
    let stack = stack(&[]);
    let expected = json!([{ "EventType": "viewer-request", "FunctionARN": "<ViewerRequest.FunctionARN>" }]);
    for (path, behaviour) in behaviours(&stack) {
        assert_eq!(behaviour["FunctionAssociations"], expected, "{path}");
    }
    let function = stack.properties("ViewerRequest");
    assert_eq!(function["AutoPublish"], true);
    assert_eq!(function["FunctionConfig"]["Runtime"], "cloudfront-js-2.0");
    let store = json!([{ "KeyValueStoreARN": "<KnownWords.Arn>" }]);
    assert_eq!(function["FunctionConfig"]["KeyValueStoreAssociations"], store);
}

/// The canonical query is the whole key of an answer, the path that of an artifact. What a device may vary at will
/// (headers, cookies) is in none, and does not reach an origin.
#[test]
fn the_cache_key_is_the_canonical_query_and_nothing_else() {
    let stack = stack(&[]);
    let none = [("HeadersConfig", "HeaderBehavior"), ("CookiesConfig", "CookieBehavior")];
    for (path, behaviour) in behaviours(&stack) {
        let (query, told, ages) = match path {
            "/report*" => {
                assert_eq!(behaviour["CachePolicyId"], CACHING_DISABLED);
                let forwarded = policy(&stack, behaviour, "OriginRequestPolicy");
                assert_eq!(forwarded["QueryStringsConfig"]["QueryStringBehavior"], "all");
                continue;
            }
            "/blobs/*" => ("none", "none", [0, MAX_AGE_SECONDS, BLOB_SECONDS]),
            _ => ("all", "none", [0, 0, MAX_AGE_SECONDS + STALE_IF_ERROR_SECONDS]),
        };
        let cached = policy(&stack, behaviour, "CachePolicy");
        let [least, usual, most] = ["MinTTL", "DefaultTTL", "MaxTTL"].map(|name| cached[name].as_u64().unwrap());
        assert_eq!([least, usual, most], ages, "{path}: the origin's Cache-Control is obeyed");
        let key = &cached["ParametersInCacheKeyAndForwardedToOrigin"];
        assert_eq!(key["QueryStringsConfig"], json!({ "QueryStringBehavior": query }), "{path}");
        for (config, behaviour) in none {
            assert_eq!(key[config], json!({ behaviour: "none" }), "{path}");
        }
        for encoding in ["EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli"] {
            assert_eq!(key[encoding], false, "{path}");
        }
        let forwarded = policy(&stack, behaviour, "OriginRequestPolicy");
        assert_eq!(forwarded["QueryStringsConfig"], json!({ "QueryStringBehavior": told }), "{path}");
    }
}

#[test]
fn an_origin_is_told_the_host_and_no_other_header() {
    let stack = stack(&[]);
    for name in stack.of_type("AWS::CloudFront::OriginRequestPolicy") {
        let config = &stack.properties(name)["OriginRequestPolicyConfig"];
        assert_eq!(config["HeadersConfig"], json!({ "HeaderBehavior": "whitelist", "Headers": [HOST] }), "{name}");
        assert_eq!(config["CookiesConfig"], json!({ "CookieBehavior": "none" }), "{name}");
    }
    assert!(behaviours(&stack).iter().all(|(_, behaviour)| behaviour["OriginRequestPolicyId"].is_string()));
}

#[test]
fn origins_are_asked_by_https_with_a_signature_and_artifacts_by_the_resolver_where_the_bucket_has_none() {
    let stack = stack(&[]);
    let config = distribution(&stack);
    let origins: BTreeMap<_, _> =
        list(&config["Origins"]).into_iter().map(|origin| (origin["Id"].as_str().unwrap(), origin)).collect();
    assert_eq!(origins.keys().copied().collect::<Vec<_>>(), ["bucket", "resolver"]);
    assert_eq!(origins["resolver"]["DomainName"], "<FunctionUrl>");
    assert_eq!(origins["resolver"]["CustomOriginConfig"]["OriginProtocolPolicy"], "https-only");
    assert_eq!(origins["bucket"]["DomainName"], "<Bucket.RegionalDomainName>");
    for (origin, access, kind) in [("resolver", "ResolverAccess", "lambda"), ("bucket", "BucketAccess", "s3")] {
        assert_eq!(origins[origin]["OriginAccessControlId"], format!("<{access}.Id>"));
        let control = &stack.properties(access)["OriginAccessControlConfig"];
        assert_eq!(
            (&control["OriginAccessControlOriginType"], &control["SigningBehavior"], &control["SigningProtocol"]),
            (&kind.into(), &"always".into(), &"sigv4".into())
        );
    }
    // 403 is what S3 says of objects that are not there to who may not list them, and of those in an archive.
    let group = &config["OriginGroups"]["Items"][0];
    assert_eq!(group["Id"], "artifacts");
    assert_eq!(group["Members"]["Items"], json!([{ "OriginId": "bucket" }, { "OriginId": "resolver" }]));
    assert_eq!(group["FailoverCriteria"]["StatusCodes"]["Items"], json!([403, 404]));
    assert_eq!(stack.properties("FunctionUrl")["AuthType"], "AWS_IAM");
}

#[test]
fn errors_are_kept_for_seconds_and_shown_as_they_are() {
    let stack = stack(&[]);
    let errors = list(&distribution(&stack)["CustomErrorResponses"]);
    let codes: Vec<_> = errors.iter().map(|error| error["ErrorCode"].as_u64().unwrap()).collect();
    assert_eq!(codes, [400, 403, 404, 405, 414, 416, 500, 502, 503, 504]);
    for error in errors {
        assert!(error["ErrorCachingMinTTL"].as_u64().unwrap() <= ERROR_SECONDS, "{error}");
        assert!(error.get("ResponsePagePath").is_none() && error.get("ResponseCode").is_none(), "{error}");
    }
}

#[test]
fn devices_come_by_new_protocols_and_are_in_no_log() {
    let plain = stack(&[]);
    let config = distribution(&plain);
    assert_eq!((&config["HttpVersion"], &config["IPV6Enabled"]), (&"http2and3".into(), &true.into()));
    assert!(config.get("Logging").is_none(), "a log keeps addresses, and queries as devices spelled them");
    assert!(config.get("Aliases").is_none() && config.get("WebACLId").is_none());
    assert_eq!(config["ViewerCertificate"], json!({ "CloudFrontDefaultCertificate": true }));
    assert_eq!(plain.outputs["Endpoint"], "https://<Distribution.DomainName>");
    let function = &plain.properties("Function")["Environment"]["Variables"];
    assert!(function.get("EDGEHOP_URL_BASE").is_none(), "the host comes with each request");

    let headers = &plain.properties("SecurityHeaders")["ResponseHeadersPolicyConfig"];
    assert_eq!(headers["SecurityHeadersConfig"]["ContentTypeOptions"]["Override"], true);
    assert_eq!(headers["SecurityHeadersConfig"]["StrictTransportSecurity"]["AccessControlMaxAgeSec"], 31_536_000);
    assert!(headers.get("CorsConfig").is_none());
}

#[test]
fn a_domain_name_brings_its_certificate_and_its_records() {
    let certificate = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b";
    let given = [("DomainName", "ota.example.com"), ("CertificateArn", certificate), ("HostedZoneId", "Z1")];
    let own = stack(&given[..2]);
    let config = distribution(&own);
    assert_eq!(config["Aliases"], json!(["ota.example.com"]));
    assert_eq!(config["ViewerCertificate"]["MinimumProtocolVersion"], "TLSv1.2_2021");
    assert_eq!(config["ViewerCertificate"]["AcmCertificateArn"], certificate);
    assert_eq!(own.outputs["Endpoint"], "https://ota.example.com");
    let variables = &own.properties("Function")["Environment"]["Variables"];
    assert_eq!(variables["EDGEHOP_URL_BASE"], "https://ota.example.com");
    assert!(own.of_type("AWS::Route53::RecordSet").is_empty());
    let records = stack(&given);
    let kinds = records.of_type("AWS::Route53::RecordSet").into_iter();
    let kinds: Vec<_> = kinds.map(|name| records.properties(name)["Type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["A", "AAAA"]);
}

#[test]
fn the_firewall_counts_by_address_and_is_there_only_if_wanted() {
    assert!(stack(&[]).of_type("AWS::WAFv2::WebACL").is_empty());
    let stack = stack_in("us-east-1", &[("RateLimit", "2000")]);
    assert_eq!(distribution(&stack)["WebACLId"], "<Firewall.Arn>");
    let firewall = stack.properties("Firewall");
    assert_eq!(firewall["Scope"], "CLOUDFRONT");
    let rate = &firewall["Rules"][0]["Statement"]["RateBasedStatement"];
    let rate = (&rate["AggregateKeyType"], &rate["Limit"], &rate["EvaluationWindowSec"]);
    assert_eq!(rate, (&"IP".into(), &"2000".into(), &300.into()));
    // A sample of requests would show who asked.
    assert_eq!(firewall["VisibilityConfig"]["SampledRequestsEnabled"], false);
}
