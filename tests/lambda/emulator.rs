//! The same program on somebody else's Lambda: cargo-lambda, which makes events of HTTP requests by itself and streams.

use std::collections::BTreeMap;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use edgehop_tests::client::get;
use edgehop_tests::lambda::{Environment, URL_BASE, bootstrap};
use edgehop_tests::sample::{GAMER, members};
use edgehop_tests::server::{Server, folder};
use edgehop_tests::stocked::Stocked;
use edgehop_tests::{packages, tools};

const SIZE: u64 = 1 << 20;

/// How long it may take to get ready.
const READY: Duration = Duration::from_secs(60);

/// cargo-lambda's APIs on a free port.
struct Emulator {
    process: Child,
    address: SocketAddr,
    folder: tempfile::TempDir,
}

impl Emulator {
    fn start() -> Emulator {
        // Its compiler, which it names as a dependency, is not needed to run what is built.
        let python = packages::python("cargo-lambda", &["--no-deps", "cargo-lambda==1.9.2"]);
        let (folder, address) = (folder(), TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
        // It looks for a package, of which it runs nothing here.
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/main.rs"), "fn main() {}\n").unwrap();
        let package = "[workspace]\n[package]\nname = \"none\"\nedition = \"2024\"\n";
        fs::write(folder.path().join("Cargo.toml"), package).unwrap();
        let mut command = Command::new(python.with_file_name("cargo-lambda"));
        command.args(["lambda", "watch", "--only-lambda-apis", "--disable-cors", "--invoke-address", "127.0.0.1"]);
        command.args(["--invoke-port", &address.port().to_string()]).current_dir(folder.path());
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let process = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut emulator = Emulator { process, address, folder };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = emulator.process.try_wait().unwrap().is_some();
            let said = || fs::read_to_string(emulator.folder.path().join("log")).unwrap();
            assert!(!ended && begun.elapsed() < READY, "cargo-lambda did not get ready: {}", said());
            std::thread::sleep(Duration::from_millis(50));
        }
        emulator
    }

    /// Asks with curl: status, headers, body.
    fn ask(&self, target: &str, headers: &[(&str, &str)]) -> (u16, BTreeMap<String, String>, Vec<u8>) {
        let (head, body) = (self.folder.path().join("head"), self.folder.path().join("body"));
        let _ = fs::remove_file(&body);
        let mut curl = tools::command("curl");
        curl.args(["-s", "-S", "--path-as-is", "-m", "60", "-w", "%{http_code}", "-D"]).arg(&head).arg("-o").arg(&body);
        for (name, value) in headers {
            curl.arg("-H").arg(format!("{name}: {value}"));
        }
        let output = curl.arg(format!("http://{}{target}", self.address)).output().unwrap();
        assert!(output.status.success(), "{target}: {}", String::from_utf8_lossy(&output.stderr));
        let fields = fs::read_to_string(head).unwrap();
        let fields = fields.lines().filter_map(|line| line.split_once(": "));
        let fields = fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        let status = String::from_utf8(output.stdout).unwrap().parse().unwrap();
        (status, fields, fs::read(body).unwrap_or_default())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cargo_lambda_streams_what_the_server_sends() {
    let cloud = Stocked::with_samples(SIZE).await;
    let work = move || {
        let emulator = Emulator::start();
        let mut variables = cloud.environment();
        let runtime_api = format!("http://{}/.rt/_", emulator.address);
        for (name, value) in [
            ("EDGEHOP_URL_BASE", URL_BASE),
            ("EDGEHOP_INVOKE_MODE", "RESPONSE_STREAM"),
            ("AWS_LAMBDA_RUNTIME_API", &runtime_api),
        ] {
            variables.push((name.to_owned(), value.to_owned()));
        }
        let function = Environment::bare(bootstrap(), &variables);
        let server = Server::start(&["--sample-size", &SIZE.to_string(), "--url-base", URL_BASE]);
        let list = format!("{GAMER}&payloadType=metadataOnly");
        let tag = get(server.address(), GAMER, &[]).header("etag").unwrap();
        let cases: [(&str, &[(&str, &str)]); 10] = [
            ("/", &[]),
            ("/healthz", &[]),
            ("/blobs/../healthz", &[]),
            (&list, &[]),
            (GAMER, &[]),
            (GAMER, &[("Range", "bytes=1000000-2500000")]),
            (GAMER, &[("If-None-Match", &tag)]),
            ("/package?cpuArch=armv8&payloadType=zip", &[]),
            ("/package?%63puArch=ARMv8&cpuArch=armv7&&attrGamer=%70rod", &[]),
            ("/package?ipModule=prod&installed=ipModule@5.6.14", &[]),
        ];
        // Behind an answer without a body cargo-lambda closes the function's connection, and says nothing: now before the
        // function asks for the next request over it, now after.
        for again in 0..50 {
            assert_eq!(emulator.ask(GAMER, &[("If-None-Match", &tag)]).0, 304, "{again}: {:?}", function.log());
        }
        for (target, headers) in cases {
            let local = get(server.address(), target, headers);
            let (status, mut fields, body) = emulator.ask(target, headers);
            assert_eq!(status, local.status, "{target} {headers:?}");
            assert!(body == local.body, "{target} {headers:?}: {} bytes, not {}", body.len(), local.body.len());
            // A streamed answer comes in chunks, and Lambda shows the length under another name.
            if let Some(length) = fields.remove("x-amzn-remapped-content-length") {
                fields.insert("content-length".to_owned(), length);
            }
            for field in ["transfer-encoding", "date", "lambda-runtime-function-response-mode", "connection"] {
                fields.remove(field);
            }
            let expected: BTreeMap<_, _> = local
                .headers
                .into_iter()
                .filter(|(name, _)| !["date", "connection"].contains(&name.as_str()))
                .collect();
            assert_eq!(fields, expected, "{target} {headers:?}");
        }
        let (_, _, package) = emulator.ask(GAMER, &[]);
        assert_eq!(members(&package).len(), 5);
        assert_eq!(function.log().iter().filter(|line| line["level"] == "ERROR").count(), 0, "{:?}", function.log());
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}
