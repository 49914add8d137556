//! What the AWS sample's own init script leaves in a table and a bucket: nine items, and the objects that they name.

use aws::Clients;
use aws_sdk_dynamodb::types::AttributeValue::{self, Bool, M, S};
use md5::Digest as _;
use resolver::words::{Digest, Md5};

/// App, env, version, CPU architecture, attributes.
type Row = (&'static str, &'static str, &'static str, Option<&'static str>, &'static [&'static str]);

const ROWS: [Row; 9] = [
    ("os_armv8", "beta", "2.0.0", Some("armv8"), &[]),
    ("os_armv8", "prod", "1.1.0", Some("armv8"), &[]),
    ("os_armv7", "beta", "2.0.0", Some("armv7"), &[]),
    ("os_armv7", "prod", "1.0.0", Some("armv7"), &[]),
    ("scoreboard", "beta", "2.0.0", None, &["gamer"]),
    ("scoreboard", "prod", "1.0.0", None, &["gamer"]),
    ("videoStreamer", "beta", "0.1.2", None, &["camera"]),
    ("videoStreamer", "prod", "0.0.1", None, &["camera", "gamer"]),
    ("modemFW", "prod", "1.0", None, &["cellular"]),
];

/// Fills an empty table and an empty bucket, with objects of `size` bytes of noise.
pub async fn fill(clients: &Clients, table: &str, bucket: &str, size: usize) {
    for (seed, (app, env, version, arch, attributes)) in (1..).zip(ROWS) {
        let object = format!("{app}_{version}");
        let bytes = noise(size, seed);
        let mut item = item(bucket, app, env, version, &object, &bytes);
        item.extend(arch.map(|arch| ("cpuArch".to_owned(), S(arch.to_owned()))));
        if !attributes.is_empty() {
            let wanted = attributes.iter().map(|name| ((*name).to_owned(), Bool(true)));
            item.push(("deviceAttr".to_owned(), M(wanted.collect())));
        }
        put_object(clients, bucket, &object, bytes).await;
        put_item(clients, table, item).await;
    }
}

/// An item, without what only some items have.
pub fn item(
    bucket: &str,
    app: &str,
    env: &str,
    version: &str,
    object: &str,
    bytes: &[u8],
) -> Vec<(String, AttributeValue)> {
    let url = format!("s3://{bucket}/{object}");
    let md5: Md5 = Digest(md5::Md5::digest(bytes).into());
    let md5 = md5.to_string();
    let fields = [("app", app), ("env", env), ("ident", app), ("version", version), ("url", &url), ("md5", &md5)];
    fields.map(|(name, value)| (name.to_owned(), S(value.to_owned()))).into()
}

/// Puts an item there.
pub async fn put_item(clients: &Clients, table: &str, item: Vec<(String, AttributeValue)>) {
    let item = Some(item.into_iter().collect());
    clients.dynamodb.put_item().table_name(table).set_item(item).send().await.unwrap();
}

/// Puts an object there.
pub async fn put_object(clients: &Clients, bucket: &str, name: &str, bytes: Vec<u8>) {
    clients.s3.put_object().bucket(bucket).key(name).body(bytes.into()).send().await.unwrap();
}

/// Bytes that do not compress, the same for the same seed.
pub fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        // xorshift64: Marsaglia, "Xorshift RNGs", 2003.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..size).map(|_| next()).collect()
}
