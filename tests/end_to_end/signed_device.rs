//! A device that has its publisher's key installs what was signed for it, and nothing else that anybody sends.

use std::cmp::Ordering;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use edgehop_tests::server;
use edgehop_tests::tools;
use resolver::words::{Sha256, Version};
use serde_json::{Map, Value, json};

use crate::device::{Device, RECIPE, SHELLS, Shell, edgehop};
use crate::help::Program;

/// Who sends devices packages of its own making.
struct Adversary {
    folder: tempfile::TempDir,
    address: SocketAddr,
}

/// A file of a package, the entry under which it goes, and its signature's text.
type Part<'a> = (&'a str, &'a str, &'a [u8], &'a str);

impl Adversary {
    fn new() -> Adversary {
        let folder = server::folder();
        for name in ["edgehop", "other"] {
            let files = [format!("{name}.key"), format!("{name}.pub")];
            edgehop(folder.path(), &["key", "generate", "--no-password", "--secret", &files[0], "--public", &files[1]]);
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, package) = (listener.local_addr().unwrap(), folder.path().join("package.tar.gz"));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, mut request) = (stream.unwrap(), [0; 4096]);
                let _ = stream.read(&mut request);
                let body = fs::read(&package).unwrap_or_default();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nETag: \"p-x\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all(&[head.as_bytes(), &body].concat());
            }
        });
        Adversary { folder, address }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A signature of these bytes.
    fn sign(&self, component: &str, version: &str, bytes: &[u8], key: &str, more: &[&str]) -> String {
        fs::write(self.path().join("file"), bytes).unwrap();
        let line = ["sign", "file", "--component", component, "--version", version, "--key", key];
        let _ = fs::remove_file(self.path().join("file.minisig"));
        edgehop(self.path(), &[&line[..], more].concat());
        fs::read_to_string(self.path().join("file.minisig")).unwrap()
    }

    /// Answers every question with a package of these files from now on.
    fn sends(&self, parts: &[Part<'_>]) {
        let mut manifest = Map::new();
        for (component, name, bytes, minisig) in parts {
            let mut entry = json!({"latestVersion": "2.0", "file": name, "status_code": 200, "sha256": Sha256::of(bytes).to_string()});
            if !minisig.is_empty() {
                entry["signature"] = json!({"keyId": "0", "minisig": minisig});
            }
            manifest.insert((*component).to_owned(), entry);
        }
        let files: Vec<_> = parts.iter().map(|(_, name, bytes, _)| (*name, *bytes)).collect();
        self.packs(&Value::Object(manifest).to_string(), &files, "");
    }

    /// A package with this manifest and these files, after a shell has done something to its folder.
    fn packs(&self, manifest: &str, files: &[(&str, &[u8])], script: &str) {
        let content = self.path().join("content");
        let _ = fs::remove_dir_all(&content);
        fs::create_dir(&content).unwrap();
        fs::write(content.join("package_details.json"), manifest).unwrap();
        files.iter().for_each(|(name, bytes)| fs::write(content.join(name), bytes).unwrap());
        let pack = if script.is_empty() { "$TAR *" } else { script };
        let tar = tools::command("tar");
        let line = format!("TAR='{} -P -czf ../package.tar.gz'; {pack}", tar.get_program().display());
        let mut shell = Command::new("sh");
        shell.envs(tar.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = shell.arg("-c").arg(line).current_dir(&content).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// A device that runs this version of `app`, and has the publisher's key.
    fn device(&self, shell: Shell, runs: &str) -> Device {
        let device = Device::new(shell);
        fs::copy(self.path().join("edgehop.pub"), device.path("key.pub")).unwrap();
        if !runs.is_empty() {
            fs::write(device.path("versions"), format!("app {runs}\n")).unwrap();
        }
        device
    }

    fn url(&self) -> String {
        format!("http://{}/package?app=prod&hw.rev=3&hw.board=evk", self.address)
    }

    /// Checks that devices do not install what is sent, and say why.
    fn check_refused(&self, runs: &str, why: &str) {
        SHELLS.into_iter().for_each(|shell| drop(self.check_refusal(&self.device(shell, runs), why)));
    }

    fn check_refusal(&self, device: &Device, why: &str) -> Output {
        let said = device.run(&self.url());
        assert_eq!(said.status.code(), Some(2), "{why}: {said:?}");
        assert!(String::from_utf8_lossy(&said.stderr).contains(why), "{why}: {said:?}");
        for left in ["installed", "new", "part", "installed.etag"] {
            assert!(!device.path(left).exists(), "{why}: {left}");
        }
        said
    }

    /// Checks that devices install what is sent, and note its version.
    fn check_installed(&self, runs: &str, what: &str) {
        for shell in SHELLS {
            let device = self.device(shell, runs);
            let said = device.run(&self.url());
            assert_eq!(said.status.code(), Some(0), "{shell:?} {what}: {said:?}");
            assert_eq!(fs::read(device.path("installed").join(NAME)).unwrap(), BYTES, "{shell:?} {what}");
            let notes = fs::read_to_string(device.path("versions")).unwrap();
            assert_eq!(notes.lines().filter(|line| line.starts_with("app ")).collect::<Vec<_>>(), ["app 2.0"]);
        }
    }
}

const NO_PACKAGE: &str = "names, links or sizes that no package has";
const BYTES: &[u8] = b"the second release";
const NAME: &str = "app_2.0";

#[test]
fn a_signed_package_is_installed_and_what_is_not_signed_is_not() {
    let folder = server::folder();
    let here = folder.path();
    edgehop(here, &["key", "generate", "--no-password"]);
    for (component, signed) in [("app", true), ("radio_lte", true), ("bare", false)] {
        fs::write(here.join(component), component.repeat(1000)).unwrap();
        if signed {
            edgehop(
                here,
                &[
                    "sign",
                    component,
                    "--component",
                    component,
                    "--version",
                    "1.0",
                    "--minimum",
                    "any",
                    "--key",
                    "edgehop.key",
                ],
            );
        }
        let keys: &[&str] = if signed { &["--trusts", "edgehop.pub"] } else { &[] };
        edgehop(here, &[&["publish", component, "1.0", component, "--channel", "prod"], keys].concat());
    }
    let program = Program::start_in(folder, &[], &[]);
    let url = |words: &str| format!("http://{}/package?{words}", program.address());
    for shell in SHELLS {
        let device = Device::new(shell);
        fs::copy(program.folder().join("edgehop.pub"), device.path("key.pub")).unwrap();
        let said = device.run(&url("app=prod&bare=prod"));
        assert_eq!((said.status.code(), device.path("installed").exists()), (Some(2), false), "{said:?}");
        let text = String::from_utf8(said.stderr).unwrap();
        assert!(text.contains("refused: bare_1.0 has no signature by key.pub"), "{text}");
        let said = device.run(&url("app=prod&radio_lte=prod"));
        assert_eq!(said.status.code(), Some(0), "{said:?}");
        assert!(!String::from_utf8_lossy(&said.stderr).contains("no key.pub"), "{said:?}");
        assert!(device.path("installed/radio_lte_1.0").exists());
        let mut notes: Vec<_> =
            fs::read_to_string(device.path("versions")).unwrap().lines().map(str::to_owned).collect();
        notes.sort();
        assert_eq!(notes, ["app 1.0", "radio_lte 1.0"]);
        assert_eq!(device.run(&url("app=prod&radio_lte=prod")).status.code(), Some(3));

        let device = Device::new(shell);
        fs::copy(program.folder().join("edgehop.pub"), device.path("key.pub")).unwrap();
        fs::remove_file(device.path("verify.sh")).unwrap();
        let said = device.run(&url("app=prod"));
        assert!(!said.status.success() && !device.path("installed").exists(), "{said:?}");

        let keyless = Device::new(shell).run(&url("bare=prod"));
        assert_eq!(keyless.status.code(), Some(0), "{keyless:?}");
        assert_eq!(String::from_utf8_lossy(&keyless.stderr).matches("no key.pub").count(), 1, "{keyless:?}");
    }
}

#[test]
fn a_signature_of_something_else_is_refused() {
    let adversary = Adversary::new();
    let any = ["--minimum", "any"];
    let right = adversary.sign("app", "2.0", BYTES, "edgehop.key", &any);
    adversary.sends(&[("app", NAME, BYTES, &right)]);
    adversary.check_installed("1.0", "as it was signed");
    let without = "has no signature by key.pub";
    for (what, bytes, minisig, why) in [
        ("unsigned", BYTES, String::new(), without),
        ("another key", BYTES, adversary.sign("app", "2.0", BYTES, "other.key", &any), without),
        ("other bytes", b"malware", right.clone(), without),
        (
            "other bytes under their own digest",
            b"malware",
            right.replace(&Sha256::of(BYTES).to_string(), &Sha256::of(b"malware").to_string()),
            without,
        ),
        ("another version", BYTES, adversary.sign("app", "1.9", BYTES, "edgehop.key", &any), "is signed as app 1.9"),
        ("another component", BYTES, adversary.sign("app_2", "0", BYTES, "edgehop.key", &any), "is signed as app_2 0"),
        ("a changed comment", BYTES, right.replace("minimum:any", "minimum:0"), without),
    ] {
        adversary.sends(&[("app", NAME, bytes, &minisig)]);
        println!("{what}");
        adversary.check_refused("1.0", why);
    }
    // One bad file spoils the package, and a signature serves its own file alone.
    let second = adversary.sign("cam", "1.0", b"cam", "edgehop.key", &any);
    adversary.sends(&[("app", NAME, BYTES, &second), ("cam", "cam_1.0", b"cam", &right)]);
    adversary.check_installed("1.0", "signatures are found by digest");
    adversary.sends(&[("app", NAME, BYTES, &right), ("cam", "cam_1.1", b"cam", &second)]);
    adversary.check_refused("1.0", "cam_1.1 is signed as cam 1.0");
}

#[test]
fn the_signed_minimum_and_facts_are_held_to() {
    let adversary = Adversary::new();
    let signed = |more: &[&str]| {
        let minisig = adversary.sign("app", "2.0", BYTES, "edgehop.key", more);
        adversary.sends(&[("app", NAME, BYTES, &minisig)]);
    };
    signed(&["--minimum", "5.6.30"]);
    for runs in ["5.6.30", "v5.6.030", "5.6.30.0", "6.15.008", "5.6.31-hotfix1"] {
        adversary.check_installed(runs, runs);
    }
    for runs in ["5.6.14", "", "5.6.9", "5.6.30-rc1", "nightly", "5.6"] {
        let shown = if runs.is_empty() { "not known" } else { runs };
        adversary.check_refused(runs, &format!("may replace 5.6.30 or newer, and what runs is {shown}"));
    }
    for (requires, met) in [
        ("hw.rev>=3", true),
        ("hw.rev>=4", false),
        ("hw.rev<10", true),
        ("hw.board=imx8|evk", true),
        ("hw.board=imx8", false),
        ("hw.board!=evk", false),
        ("hw.serial=1", false),
    ] {
        signed(&["--minimum", "any", "--requires", requires]);
        if met {
            adversary.check_installed("1.0", requires);
        } else {
            adversary.check_refused("1.0", "and the URL does not say so");
        }
    }
}

/// Before anything is unpacked: names and links that lead elsewhere, and more than there is room for.
#[test]
fn nothing_is_unpacked_outside_of_its_folder() {
    let adversary = Adversary::new();
    for script in [
        "echo x > ../../evil && $TAR package_details.json ../../evil",
        "$TAR package_details.json \"$PWD/package_details.json\"",
        "mkdir folder && echo x > folder/app_2.0 && $TAR package_details.json folder/app_2.0",
        "ln -s /tmp app_2.0 && $TAR package_details.json app_2.0",
        "ln package_details.json app_2.0 && $TAR package_details.json app_2.0",
        "echo x > -x && $TAR package_details.json -- -x",
        "echo x > 'app 2.0' && $TAR package_details.json 'app 2.0'",
        "$TAR --hard-dereference package_details.json package_details.json",
        "head -c 2000000 /dev/zero >> package_details.json && $TAR package_details.json",
    ] {
        adversary.packs("{}", &[], script);
        println!("{script}");
        adversary.check_refused("1.0", NO_PACKAGE);
    }
}

/// A small limit in place of the recipe's. The device prints how much it downloaded.
#[test]
fn what_is_larger_than_the_limit_is_refused() {
    let (adversary, limit) = (Adversary::new(), 102_400);
    let small = RECIPE.replace("limit=1073741824", &format!("limit={limit}"));
    let small = small.replace("refuse() {", "refuse() { wc -c < part;");
    let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(2 * limit).collect();
    let halves: Vec<_> = ["app_2.0", "cam_1.0"].map(|name| (name, vec![0; limit - 1000])).into();
    let halves: Vec<_> = halves.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
    let download = format!("the download has {limit} bytes or more");
    for (files, why) in [(&[(NAME, &noise[..])][..], &download[..]), (&halves, NO_PACKAGE)] {
        adversary.packs("{}", files, "");
        for shell in SHELLS {
            let device = adversary.device(shell, "1.0");
            fs::write(device.path("update.sh"), &small).unwrap();
            let said = String::from_utf8(adversary.check_refusal(&device, why).stdout).unwrap();
            assert!(said.trim().parse::<usize>().unwrap() <= limit, "{shell:?} {why}: {said}");
        }
    }
}

/// A shell's order may be undecided, and never is another one.
#[test]
fn the_order_of_the_recipe_is_that_of_the_resolver() {
    let mut random = fastrand::Rng::with_seed(1);
    let parts =
        ["0", "1", "2", "10", "01", ".", "-", "_", "+", "~", ":", "rc", "b", "hotfix", "v", "99999999999999999999"];
    let mut version = || loop {
        // Two thirds of the parts are numbers with a dot, as in most versions.
        let part = |random: &mut fastrand::Rng| match random.u8(..3) {
            0 => parts[random.usize(..parts.len())].to_owned(),
            _ => format!("{}.", parts[random.usize(..5)]),
        };
        let count = random.usize(1..5);
        let text: String = (0..count).map(|_| part(&mut random)).collect();
        if let Ok(version) = text.trim_end_matches('.').parse::<Version>() {
            break version;
        }
    };
    let pairs: Vec<_> = (0..5000).map(|_| (version(), version())).collect();
    let known = [
        ("1.10", "1.9", ">"),
        ("6.15.008", "6.15.8", "="),
        ("v5.6.030", "5.6.30.0", "="),
        ("5.6.31-hotfix1", "5.6.30", ">"),
        ("1.2", "1.2.3-rc1", "<"),
        ("1.0-rc1", "1.0-rc1", "="),
        ("1.0-rc1", "1.0", "?"),
        ("1e3", "1000", "<"),
    ];
    let lines = pairs.iter().map(|(a, b)| format!("{a} {b}\n"));
    let lines: String =
        lines.chain(known.iter().map(|(a, b, _)| format!("{a} {b}\n"))).chain([" 1.0\n".to_owned()]).collect();
    for shell in SHELLS {
        let device = Device::new(shell);
        fs::write(device.path("pairs"), &lines).unwrap();
        fs::write(device.path("update.sh"), ". ./verify.sh\norder < pairs\n").unwrap();
        let said = String::from_utf8(device.run("").stdout).unwrap();
        let said: Vec<_> = said.lines().collect();
        assert_eq!(said.len(), pairs.len() + known.len() + 1, "{shell:?}");
        for ((a, b), said) in pairs.iter().zip(&said) {
            let expected = match a.precedence(b) {
                Ordering::Less => "<",
                Ordering::Equal => "=",
                Ordering::Greater => ">",
            };
            assert!([expected, "?"].contains(said), "{shell:?} {a} {said} {b}");
        }
        for ((a, b, expected), said) in known.iter().zip(&said[pairs.len()..]) {
            assert_eq!(said, expected, "{shell:?} {a} {b}");
        }
        assert_eq!(said.last(), Some(&"?"), "{shell:?}: a version that is not known");
        let decided = said.iter().filter(|said| **said != "?").count();
        assert!(decided > pairs.len() / 2, "{shell:?} decides {decided} of {} pairs", pairs.len());
    }
}
