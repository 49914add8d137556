use std::time::Duration;

use edgehop_tests::function_url::{event, response};
use edgehop_tests::lambda::Environment;
use edgehop_tests::sample::GAMER;
use edgehop_tests::stocked::Stocked;

use super::lambda::{deployed, peak_mib, start};

/// List prices of us-east-1 in dollars, as AWS's pricing pages have them (Lambda on arm64, DynamoDB on demand, S3 Standard,
/// CloudFront in North America and Europe, its first 10 TB).
mod price {
    pub(super) const LAMBDA_REQUEST: f64 = 0.20e-6;
    pub(super) const LAMBDA_GB_SECOND: f64 = 0.000_013_333_4;
    /// Of what a response streams beyond its first 6 MB.
    pub(super) const LAMBDA_STREAMED_GB: f64 = 0.008;
    pub(super) const DYNAMODB_READ_UNIT: f64 = 0.125e-6;
    pub(super) const S3_GET: f64 = 0.40e-6;
    pub(super) const CLOUDFRONT_REQUEST: f64 = 1.00e-6;
    pub(super) const CLOUDFRONT_GB: f64 = 0.085;
}

/// What the sample's own page says of a million requests: lists that no cache has, and packages of 10 MB.
const SAMPLE: [f64; 2] = [64.36, 851.65];

/// The function's memory, in GB: many times what it takes, for the share of a processor that comes with it.
const MEMORY_GB: f64 = 0.25;

/// That share (Lambda developer guide, "Configure Lambda function memory": at 1,769 MB it is one).
const PROCESSORS: f64 = 256.0 / 1769.0;

/// How long a store takes to answer, in seconds (DynamoDB developer guide: single-digit milliseconds).
const ROUND: f64 = 0.005;

/// What a function URL streams at once, in bytes, and how fast from there on, in bytes a second (Lambda developer guide,
/// "Bandwidth limits for response streaming").
const BURST: f64 = 6e6;
const STREAM: f64 = 2e6;

const REQUESTS: usize = 2000;
const PACKAGES: usize = 40;
const PACKAGE: usize = 10_000_000;

/// What a million requests cost, from what they were measured to take.
pub(crate) fn table() {
    let program = deployed();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cloud = runtime.block_on(Stocked::with_samples(4096));
    let bytes: Vec<u8> = (0..PACKAGE).map(|n| (n * 31 + (n >> 8) * 7 + (n >> 16)) as u8).collect();
    runtime.block_on(cloud.publish("large", &bytes));
    let mut function = start(&program, &cloud);
    let list = format!("{GAMER}&payloadType=metadataOnly");
    ask(&mut function, &list);
    let remembered = processor_seconds(&mut function, REQUESTS, |_| list.clone());
    // Each of these names is new, so each question reads one partition.
    let read = processor_seconds(&mut function, REQUESTS / 4, |n| format!("{list}&app{n}=prod")) - remembered;
    let package = processor_seconds(&mut function, PACKAGES, |_| "/package?large=prod".to_owned());
    println!(
        "  (processor: list {:.2} ms, each partition read {:.2} ms, package of 10 MB {:.1} ms; {:.1} MiB at most)",
        remembered * 1e3,
        read * 1e3,
        package * 1e3,
        peak_mib(function.pid())
    );

    // The question has 2 components and attributes outright and 4 that follow: 6 partitions in 2 rounds.
    let (partitions, rounds) = (6.0, 2.0);
    let lambda = |seconds: f64| price::LAMBDA_REQUEST + seconds * MEMORY_GB * price::LAMBDA_GB_SECOND;
    let asked = lambda((remembered + partitions * read) / PROCESSORS + rounds * ROUND);
    let uncached = price::CLOUDFRONT_REQUEST + asked + partitions * price::DYNAMODB_READ_UNIT;
    let warm = price::CLOUDFRONT_REQUEST + lambda(remembered / PROCESSORS);
    let size = PACKAGE as f64;
    let streaming = ((size - BURST) / STREAM).max(package / PROCESSORS) + ROUND;
    let egress = size / 1e9 * price::CLOUDFRONT_GB;
    let cached = price::CLOUDFRONT_REQUEST + egress;
    let streamed = lambda(streaming) + (size - BURST) / 1e9 * price::LAMBDA_STREAMED_GB + price::S3_GET;
    for (what, ours, sample) in [
        ("a list, catalog read for it", uncached, Some(SAMPLE[0])),
        ("a list, catalog in memory", warm, Some(SAMPLE[0])),
        ("a list, from the CDN", price::CLOUDFRONT_REQUEST, Some(1.0)),
        ("10 MB as a package, through the function", cached + streamed, None),
        ("10 MB as a package, from the CDN", cached, Some(SAMPLE[1])),
        ("10 MB on /blobs/, from the bucket", cached + price::S3_GET, None),
    ] {
        let theirs = sample.map_or(String::from("-"), |sample| format!("{sample:.2}"));
        let ratio = sample.map_or(String::from("-"), |sample| format!("{:.3}", ours * 1e6 / sample));
        println!("$ a million: {what:<44} {:>9.2} {theirs:>9} {ratio:>7}", ours * 1e6);
    }
}

fn ask(function: &mut Environment, target: &str) {
    let answer = response("GET", &function.invoke(&event("GET", target, &[])));
    assert!(answer.status == 200 && answer.complete);
}

/// What a request takes of a processor, user and system together, in seconds.
fn processor_seconds(function: &mut Environment, requests: usize, target: impl Fn(usize) -> String) -> f64 {
    let before = processor(function.pid());
    (0..requests).for_each(|n| ask(function, &target(n)));
    (processor(function.pid()) - before).as_secs_f64() / requests as f64
}

/// What a process has taken so far. Linux counts hundredths of a second.
fn processor(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks: u64 = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}
