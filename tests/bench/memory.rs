use std::io::Write as _;
use std::path::Path;

use edgehop_tests::server::{Server, folder};
use edgehop_tests::tools;
use edgehop_tests::writes::Writes as _;
use md5::Digest as _;
use resolver::catalog::{Artifact, Channel, ObjectKey, Release};
use resolver::words::{ComponentName, Digest, Timestamp};
use store::Artifacts as _;

use super::report;

/// Size of the one artifact in the package, in bytes.
const SIZE: usize = 2 << 30;

/// Peak resident memory while 32 clients read a package of 2 GiB each.
pub(crate) fn peak() {
    let folder = folder();
    tokio::runtime::Runtime::new().unwrap().block_on(publish(&folder.path().join("data"), folder.path()));
    let server = Server::restart(folder, &["--no-sample"]);
    let url = server.url("/package?large=prod");
    let output = tools::command("wrk").args(["-t2", "-c32", "-d12s", "--timeout", "60s", &url]).output().unwrap();
    assert!(output.status.success());
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let mib = line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0;
    let what = "peak memory, MiB, 32 clients, 2 GiB package";
    report(what, format!("{mib:.1}"), "64 MiB".into(), mib / 64.0, "≤ 1", mib <= 64.0);
}

/// Publishes one large artifact without a fragment: deflating noise for minutes would measure nothing here.
async fn publish(data: &Path, work: &Path) {
    let (catalog, artifacts) = embedded::open(data).unwrap();
    let mut file = tempfile::NamedTempFile::new_in(work).unwrap();
    let (mut sha256, mut md5, mut crc32) = (sha2::Sha256::new(), md5::Md5::new(), crc32fast::Hasher::new());
    for index in 0..SIZE / (1 << 20) {
        let piece = [index as u8; 1 << 20];
        file.write_all(&piece).unwrap();
        sha256.update(piece);
        md5.update(piece);
        crc32.update(&piece);
    }
    let artifact = Artifact {
        sha256: Digest(sha256.finalize().into()),
        md5: Digest(md5.finalize().into()),
        size: SIZE as u64,
        crc32: Some(crc32.finalize()),
        fragment: None,
    };
    artifacts.put(&ObjectKey::Blob(artifact.sha256), file.path(), &artifact.md5).await.unwrap();
    let (name, version): (ComponentName, _) = ("large".parse().unwrap(), "1.0".parse().unwrap());
    let release = Release::new(version, artifact, Timestamp(0));
    catalog.add_release(&name, &release).await.unwrap();
    let channel = Channel::new(release.version);
    catalog.set_channel(&name.key(), &"prod".parse().unwrap(), &channel, None).await.unwrap();
}
