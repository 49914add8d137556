//! A package is an ordinary `.tar.gz` to the programs that devices have.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use edgehop_tests::client::get;
use edgehop_tests::sample::{GAMER, manifest, members};
use edgehop_tests::server::Server;
use edgehop_tests::{server, tools};

use crate::help::{blob_file, fragment_of, md5, sha256};

/// Reads the package named by its first argument; prints digest and name of each member.
const PYTHON: &str = "
import hashlib, sys, tarfile
for mode in ['r:gz', 'r|gz']:
    with tarfile.open(sys.argv[1], mode) as package:
        for member in package:
            assert member.isreg() and member.mtime == 0 and member.uid == 0 and member.gid == 0, member.get_info()
            print(hashlib.sha256(package.extractfile(member).read()).hexdigest(), member.name)
";

/// The same with nothing but Node's own modules: once from the whole package, once from a stream of it.
const NODE: &str = "
const { createHash } = require('crypto'), fs = require('fs'), zlib = require('zlib');
const print = (tar) => {
  for (let at = 0; tar[at] !== 0; ) {
    const text = (from, to) => tar.toString('latin1', at + from, at + to).replace(/\\0.*$/, '');
    const size = parseInt(text(124, 136), 8), begin = at + 512;
    const digest = createHash('sha256').update(tar.subarray(begin, begin + size)).digest('hex');
    console.log(digest, text(0, 100));
    at = begin + Math.ceil(size / 512) * 512;
  }
};
const file = process.argv[1], pieces = [];
print(zlib.gunzipSync(fs.readFileSync(file)));
const stream = fs.createReadStream(file, { highWaterMark: 1000 }).pipe(zlib.createGunzip());
stream.on('data', (piece) => pieces.push(piece)).on('end', () => print(Buffer.concat(pieces)));
";

/// The gamer's package on disk, and what must be in it: digest and name, in order.
struct Package {
    _server: Server,
    folder: tempfile::TempDir,
    expected: Vec<(String, String)>,
}

impl Package {
    fn download() -> Self {
        let server = Server::start(&[]);
        let answer = get(server.address(), GAMER, &[]);
        let members = members(&answer.body);
        let blobs = manifest(&members).into_iter().map(|(component, entry)| {
            let text = |key: &str| entry[key].as_str().unwrap();
            let blob = get(server.address(), &format!("/blobs/{}", text("sha256")), &[]).body;
            assert_eq!((sha256(&blob), md5(&blob)), (text("sha256").into(), text("md5").into()));
            assert_eq!(entry["size"].as_u64(), Some(blob.len() as u64));
            (sha256(&blob), format!("{component}_{}", text("latestVersion")))
        });
        let first = (sha256(&members[0].1), members[0].0.clone());
        let expected: Vec<_> = [first].into_iter().chain(blobs).collect();
        assert_eq!(expected.len(), 5);
        let folder = server::folder();
        fs::write(folder.path().join("package.tar.gz"), &answer.body).unwrap();
        Package { _server: server, folder, expected }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("package.tar.gz")
    }

    /// Runs a reader that must have nothing to complain about; returns what it printed.
    fn run(&self, command: &mut Command) -> String {
        let output = command.stderr(Stdio::piped()).stdout(Stdio::piped()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{command:?} {}: {said}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    /// That a tar lists the members in order, and unpacks them byte for byte: from a file, and as they come in.
    fn check_tar(&self, name: &str) {
        let names: String = self.expected.iter().map(|(_, name)| format!("{name}\n")).collect();
        assert_eq!(self.run(tar(name, "tzf").arg(self.path())), names);
        for streamed in [false, true] {
            let into = self.folder.path().join(format!("unpacked-{streamed}"));
            fs::create_dir(&into).unwrap();
            let mut tar = tar(name, "xzf");
            tar.arg(if streamed { "-" } else { "../package.tar.gz" }).current_dir(&into);
            if streamed {
                tar.stdin(File::open(self.path()).unwrap());
            }
            self.run(&mut tar);
            self.check_unpacked(&into);
        }
    }

    fn check_unpacked(&self, folder: &Path) {
        assert_eq!(fs::read_dir(folder).unwrap().count(), self.expected.len());
        for (digest, name) in &self.expected {
            assert_eq!(&sha256(&fs::read(folder.join(name)).unwrap()), digest, "{name}");
        }
    }

    /// That a script printed the members' digests and names, twice.
    fn check_printed(&self, printed: &str) {
        let once = self.expected.iter().map(|(digest, name)| format!("{digest} {name}\n"));
        assert_eq!(printed, once.collect::<String>().repeat(2));
    }
}

fn tar(name: &str, verb: &str) -> Command {
    let mut tar = tools::command(name);
    if name == "busybox" {
        tar.arg("tar");
    }
    tar.arg(verb);
    tar
}

/// Or the tests below would show less than they seem to.
#[test]
fn the_package_has_compressed_and_stored_members() {
    let server = Server::start(&[]);
    for (component, compressed) in [("modemFW", false), ("os_armv8", true)] {
        let blob = edgehop_tests::sample::artifact(server.address(), component, "prod");
        assert!(blob_file(&server.data(), &sha256(&blob)).exists());
        assert_eq!(fragment_of(&server.data(), &blob).is_some(), compressed, "{component}");
    }
}

#[test]
fn gnu_tar_reads_a_package() {
    Package::download().check_tar("tar");
}

#[test]
fn busybox_reads_a_package() {
    Package::download().check_tar("busybox");
}

#[test]
fn bsdtar_reads_a_package() {
    Package::download().check_tar("bsdtar");
}

#[test]
fn python_reads_a_package() {
    let package = Package::download();
    package.check_printed(&package.run(tools::command("python3").args(["-I", "-c", PYTHON]).arg(package.path())));
}

#[test]
fn node_reads_a_package() {
    let package = Package::download();
    package.check_printed(&package.run(tools::command("node").args(["-e", NODE]).arg(package.path())));
}

#[test]
fn gzip_and_pigz_find_a_package_intact() {
    let package = Package::download();
    package.run(tools::command("pigz").arg("-t").arg(package.path()));
    // Every system with a shell has it.
    package.run(Command::new("gzip").arg("-t").arg(package.path()));
}
