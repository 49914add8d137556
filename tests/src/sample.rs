//! What the sample data is, seen from outside: read from the running server's own answers and blobs.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::net::SocketAddr;

use crate::client::get;

/// The device of the design's story: its prod components are `modemFW`, `os_armv8`, `scoreboard`, `videoStreamer`.
pub const GAMER: &str = "/package?cpuArch=armv8&attrGamer=prod&attrCellular=prod";

/// The MD5 of a component's artifact on a channel.
pub fn md5(server: SocketAddr, component: &str, channel: &str) -> String {
    let manifest = get(server, &format!("/package?{component}={channel}&payloadType=metadataOnly"), &[]).json();
    manifest[component]["md5"].as_str().unwrap_or_else(|| panic!("{component}@{channel}: {manifest}")).to_owned()
}

/// An artifact's bytes, from `/blobs/`.
pub fn artifact(server: SocketAddr, component: &str, channel: &str) -> Vec<u8> {
    let manifest = get(server, &format!("/package?{component}={channel}&payloadType=metadataOnly"), &[]).json();
    let sha256 = manifest[component]["sha256"].as_str().unwrap();
    get(server, &format!("/blobs/{sha256}"), &[]).body
}

/// The members of a package by name, in order of the archive, read with nothing but a gzip decoder. Panics if the
/// package is not one whole gzip member around a ustar archive.
pub fn members(package: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut tar = Vec::new();
    let mut decoder = flate2::bufread::GzDecoder::new(package);
    decoder.read_to_end(&mut tar).unwrap();
    assert!(decoder.into_inner().is_empty(), "bytes after the gzip member");
    let mut members = Vec::new();
    let mut rest = &tar[..];
    while rest[0] != 0 {
        let field = |from: usize, to: usize| String::from_utf8_lossy(&rest[from..to]).trim_end_matches('\0').to_owned();
        assert_eq!(&rest[257..262], b"ustar");
        let size = usize::from_str_radix(&field(124, 136), 8).unwrap();
        members.push((field(0, 100), rest[512..512 + size].to_vec()));
        rest = &rest[512 + size.next_multiple_of(512)..];
    }
    assert_eq!(rest, [0; 1024], "an archive ends with two empty blocks");
    members
}

/// The manifest of a package, by component.
pub fn manifest(members: &[(String, Vec<u8>)]) -> BTreeMap<String, serde_json::Value> {
    assert_eq!(members[0].0, "package_details.json", "the manifest is the first member");
    serde_json::from_slice(&members[0].1).unwrap()
}
