//! An hour of everything at once: does memory stay flat, is every byte right, is an ordinary list quick?

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use edgehop_tests::sample::{manifest, members};
use edgehop_tests::server::{Server, folder};
use open::Stores;
use publishing::{LEAST_AGE, Pointer, Publication, Rules, collect, publish};
use resolver::catalog::{Edit, Release, Withdrawal};
use resolver::words::{ComponentName, Sha256, Timestamp};
use store::Catalog as _;

use super::report;

/// Minutes of load, if the environment does not say otherwise.
const MINUTES: u64 = 60;

/// Components that are republished in turn: in an hour each gets 18 releases.
const COMPONENTS: u64 = 200;

/// Releases of each component before the load begins: a database that had room in the caches of its readers would fill them
/// as it grows, and that would pass for a leak.
const HISTORY: u64 = 20;

/// Components that devices ask for. They are few, so that their histories do not pass for a leak.
const ASKED: u64 = 40;

/// Size of a republished artifact, in bytes.
const SMALL: usize = 16 << 10;

/// Size of the artifact that is never republished, in bytes: slow readers take minutes over it.
const LARGE: usize = 4 << 20;

/// Complaints that are printed in full.
const SHOWN: u64 = 20;

/// Runs the mixed load for `EDGEHOP_LOAD_MINUTES`, with a line a minute, and judges it.
pub(crate) fn mixed() {
    let minutes = std::env::var("EDGEHOP_LOAD_MINUTES").map_or(MINUTES, |text| text.parse().unwrap());
    let (folder, runtime) = (folder(), tokio::runtime::Runtime::new().unwrap());
    let publisher = Publisher::new(&folder, &runtime);
    let server = Server::restart(folder, &["--no-sample", "--log", "warn"]);
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let load = Load::new(server.address(), Arc::clone(&publisher.published), end);
    let reference = load.checked_package(&mut Connection::new(server.address()), "/package?large=prod").unwrap();

    let (mut memory, mut latencies) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        let (load, reference) = (&load, &reference);
        (0..4).for_each(|seed| drop(scope.spawn(move || load.lists(seed))));
        (0..2).for_each(|seed| drop(scope.spawn(move || load.unique(seed))));
        (0..2).for_each(|seed| drop(scope.spawn(move || load.packages(seed))));
        scope.spawn(move || load.resumed(9));
        for rate in [4, 8, 16, 32] {
            scope.spawn(move || load.slow(rate << 10, reference));
        }
        scope.spawn(|| publisher.republish(&runtime, end));
        for minute in 1..=minutes {
            thread::sleep((end - Duration::from_secs(60 * (minutes - minute))) - Instant::now());
            let mut of_minute = std::mem::take(&mut *load.latencies.lock().unwrap());
            memory.push(resident(server.pid()));
            let (answers, complaints) = (load.answers(), load.complaints());
            println!(
                "minute {minute:>3}: {:>6.1} MiB, {answers:>8} answers, {complaints} wrong; lists p50 {:.2}, p99 {:.2}, max {:.1} ms",
                memory[memory.len() - 1],
                quantile(&mut of_minute, 0.5),
                quantile(&mut of_minute, 0.99),
                quantile(&mut of_minute, 1.0),
            );
            latencies.append(&mut of_minute);
        }
    });
    let before = memory[usize::try_from(minutes.div_ceil(2).min(5)).unwrap() - 1];
    let after = memory[memory.len() - 1];
    let flat = (after / before - 1.0).abs() <= 0.1;
    report(
        "load: memory, MiB, minute 5 and end",
        format!("{after:.1}"),
        format!("{before:.1}"),
        after / before,
        "1 ± 0.1",
        flat,
    );
    let (wrong, answers) = (load.complaints(), load.answers());
    report(
        "load: wrong answers",
        wrong.to_string(),
        answers.to_string(),
        wrong as f64 / answers as f64,
        "0",
        wrong == 0,
    );
    let p99 = quantile(&mut latencies, 0.99);
    report("load: an ordinary list, p99, ms", format!("{p99:.2}"), "20".into(), p99 / 20.0, "< 1", p99 < 20.0);
}

/// Digests of everything that was published, by the name of its file in a package.
type PublishedDigests = Arc<Mutex<BTreeMap<String, String>>>;

/// The operator: publishes over the data folder of the running server.
struct Publisher {
    stores: Stores<embedded::SqliteCatalog, embedded::FolderArtifacts>,
    work: tempfile::TempDir,
    published: PublishedDigests,
}

impl Publisher {
    /// Publishes each component's history.
    fn new(folder: &tempfile::TempDir, runtime: &tokio::runtime::Runtime) -> Publisher {
        let stores = Stores::embedded(&folder.path().join("data")).unwrap();
        let publisher = Publisher { stores, work: edgehop_tests::server::folder(), published: Arc::default() };
        runtime.block_on(async {
            publisher.publish("large", 0, LARGE).await;
            for turn in 0..COMPONENTS * HISTORY {
                publisher.publish(&format!("part{}", turn % COMPONENTS), turn / COMPONENTS, SMALL).await;
            }
        });
        publisher
    }

    /// A new release every second, a withdrawal every ten, a collection of garbage every minute.
    fn republish(&self, runtime: &tokio::runtime::Runtime, end: Instant) {
        let mut pace = Pace::new(1.0);
        for second in 0.. {
            if !pace.wait(end) {
                break;
            }
            let (component, round) = (format!("part{}", second % COMPONENTS), second / COMPONENTS + HISTORY);
            runtime.block_on(async {
                self.publish(&component, round, SMALL).await;
                if second % 10 == 0 {
                    self.withdraw(&component, round - 1).await;
                }
                if second % 60 == 59 {
                    let rules = Rules { older_than: LEAST_AGE, withdrawn: true, dry_run: false };
                    collect(&self.stores, rules, now()).await.unwrap();
                }
            });
        }
    }

    async fn publish(&self, component: &str, round: u64, size: usize) {
        let (version, file) = (format!("1.{round}"), self.work.path().join("artifact"));
        let mut random = fastrand::Rng::with_seed(seed(component, round));
        // Half noise, half text: some of it is deflated, and some goes into packages as it is.
        let bytes: Vec<u8> = (0..size).map(|index| if index % 8192 < 4096 { random.u8(..) } else { b'x' }).collect();
        let digest = Sha256::of(&bytes).to_string();
        self.published.lock().unwrap().insert(format!("{component}_{version}"), digest);
        std::fs::write(&file, bytes).unwrap();
        let publication = Publication {
            component: component.parse().unwrap(),
            version: version.parse().unwrap(),
            file,
            terms: Default::default(),
            channel: Some(Pointer { name: "prod".parse().unwrap(), attributes: None, allow_downgrade: None }),
            force: None,
        };
        publish(&self.stores, publication, now(), |_| ()).await.unwrap();
    }

    async fn withdraw(&self, component: &str, round: u64) {
        let name: ComponentName = component.parse().unwrap();
        let before = self.stores.component(&name).await.unwrap();
        let mut release = Release::clone(before.release(&format!("1.{round}").parse().unwrap()).unwrap());
        release.withdrawn =
            Some(Withdrawal { reason: "there is a newer one".parse().unwrap(), at: now(), superseded_by: None });
        let edit = Edit { releases: vec![release], ..Edit::default() };
        self.stores.catalog.commit(&name, before.revision, &edit).await.unwrap();
    }
}

/// The devices, and what they found.
struct Load {
    server: SocketAddr,
    published: PublishedDigests,
    end: Instant,
    answers: AtomicU64,
    complaints: AtomicU64,
    /// Of lists, in milliseconds.
    latencies: Mutex<Vec<f64>>,
}

impl Load {
    fn new(server: SocketAddr, published: PublishedDigests, end: Instant) -> Load {
        Load { server, published, end, answers: 0.into(), complaints: 0.into(), latencies: Mutex::default() }
    }

    fn answers(&self) -> u64 {
        self.answers.load(Ordering::Relaxed)
    }

    fn complaints(&self) -> u64 {
        self.complaints.load(Ordering::Relaxed)
    }

    /// Counts an answer, and a complaint about it.
    fn count<T>(&self, what: &str, judged: Result<T, String>) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        if let Err(complaint) = judged
            && self.complaints.fetch_add(1, Ordering::Relaxed) < SHOWN
        {
            println!("wrong: {what}: {complaint}");
        }
    }

    /// The ordinary list, 50 times a second over one connection: these times are what is judged.
    fn lists(&self, seed: u64) {
        let (mut connection, mut pace) = (Connection::new(self.server), Pace::new(50.0));
        let mut random = fastrand::Rng::with_seed(seed);
        while pace.wait(self.end) {
            let target = format!("{}&payloadType=metadataOnly", question(random.u64(..ASKED)));
            let sent = Instant::now();
            let answer = connection.get(&target, "");
            self.latencies.lock().unwrap().push(sent.elapsed().as_secs_f64() * 1e3);
            self.count(&target, answer.and_then(|answer| self.check_list(&answer)));
        }
    }

    /// Questions that nobody asked before, 100 a second: names, digests, devices, facts.
    fn unique(&self, seed: u64) {
        let (mut connection, mut pace) = (Connection::new(self.server), Pace::new(100.0));
        let mut random = fastrand::Rng::with_seed(100 + seed);
        for turn in 0_u64.. {
            if !pace.wait(self.end) {
                break;
            }
            let part = random.u64(..ASKED);
            let mut names = |many: usize| (0..many).map(|_| format!("&n{:016x}=prod", random.u64(..))).collect();
            let (words, known): (String, bool) = match turn % 4 {
                0 => (names(60), false),
                1 => (format!("&have={:032x}", random.u128(..)), true),
                2 => (format!("&device={:032x}&hw.serial={:x}", random.u128(..), random.u64(..)), true),
                _ => (names(10), true),
            };
            let start = if known { question(part) } else { "/package?".to_owned() };
            let target = format!("{start}{words}&payloadType=metadataOnly").replace("?&", "?");
            let judged = connection.get(&target, "").and_then(|answer| match (known, answer.status) {
                (true, _) => self.check_list(&answer),
                (false, 404) => Ok(()),
                (false, status) => Err(format!("{status} in place of 404")),
            });
            self.count(&target, judged);
        }
    }

    /// Packages downloaded whole, five a second, one in ten of them large.
    fn packages(&self, seed: u64) {
        let (mut connection, mut pace) = (Connection::new(self.server), Pace::new(5.0));
        let mut random = fastrand::Rng::with_seed(200 + seed);
        while pace.wait(self.end) {
            let large = if random.u8(..10) == 0 { "&large=prod" } else { "" };
            let target = question(random.u64(..ASKED)) + large;
            self.count(&target, self.checked_package(&mut connection, &target));
        }
    }

    /// Downloads that stop somewhere and go on, five a second: whole in the end, whatever is republished in between.
    fn resumed(&self, seed: u64) {
        let (mut connection, mut pace) = (Connection::new(self.server), Pace::new(5.0));
        let mut random = fastrand::Rng::with_seed(300 + seed);
        while pace.wait(self.end) {
            let target = question(random.u64(..ASKED));
            let mut whole = || {
                let first = connection.get(&target, &format!("Range: bytes=0-{}\r\n", random.usize(..SMALL)))?;
                thread::sleep(Duration::from_millis(random.u64(..100)));
                let at = first.body.len();
                let condition = format!("Range: bytes={at}-\r\nIf-Range: {}\r\n", first.header("etag")?);
                let rest = connection.get(&target, &condition)?;
                match (first.status, rest.status) {
                    (206, 206) => Ok([first.body, rest.body].concat()),
                    (206, 200) => Ok(rest.body),
                    statuses => Err(format!("{statuses:?}")),
                }
            };
            self.count(&target, whole().and_then(|bytes| self.check_package(&bytes)));
        }
    }

    /// The large package at so many bytes a second, again and again, compared as it comes.
    fn slow(&self, rate: usize, reference: &[u8]) {
        while Instant::now() < self.end {
            let read = || {
                let mut connection = Connection::slow(self.server);
                connection.send("/package?large=prod", "").map_err(|error| error.to_string())?;
                let head = connection.head()?;
                let mut pace = Pace::new(4.0);
                let (mut at, mut piece) = (0, vec![0; rate / 4]);
                let mut buffered = std::mem::take(&mut connection.buffered);
                while at < reference.len() {
                    if buffered.is_empty() {
                        if !pace.wait(self.end) {
                            return Ok(());
                        }
                        let read = connection.stream.read(&mut piece).map_err(|error| format!("at {at}: {error}"))?;
                        buffered.extend_from_slice(&piece[..read]);
                    }
                    let end = at + buffered.len();
                    if buffered.is_empty() || reference.get(at..end) != Some(&buffered) {
                        return Err(format!("{} at byte {at}: {} bytes are wrong or missing", head.status, end - at));
                    }
                    (at, buffered) = (end, Vec::new());
                }
                Ok(())
            };
            self.count(&format!("{rate} bytes a second"), read());
        }
    }

    fn checked_package(&self, connection: &mut Connection, target: &str) -> Result<Vec<u8>, String> {
        let answer = connection.get(target, "")?;
        if answer.status != 200 {
            return Err(format!("{}: {:.200}", answer.status, String::from_utf8_lossy(&answer.body)));
        }
        self.check_package(&answer.body).map(|()| answer.body)
    }

    /// That each file of a package is one that was published, is the manifest's, and is there.
    fn check_package(&self, package: &[u8]) -> Result<(), String> {
        let read = || {
            let members = members(package);
            (manifest(&members), members)
        };
        let (manifest, members) = std::panic::catch_unwind(read).map_err(|_| "no package".to_owned())?;
        for (component, entry) in &manifest {
            let name = format!("{component}_{}", entry["latestVersion"].as_str().unwrap_or_default());
            let bytes =
                members.iter().find(|(member, _)| *member == name).map(|(_, bytes)| Sha256::of(bytes).to_string());
            self.check_digest(&name, bytes.as_deref())?;
            self.check_digest(&name, entry["sha256"].as_str())?;
        }
        (members.len() == manifest.len() + 1).then_some(()).ok_or_else(|| format!("{} files", members.len()))
    }

    /// That each entry of a list is of something that was published.
    fn check_list(&self, answer: &Answer) -> Result<(), String> {
        let body = || format!("{}: {:.200}", answer.status, String::from_utf8_lossy(&answer.body));
        let entries: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&answer.body).map_err(|_| body())?;
        // A word that no component has may have an entry of its own.
        let known = |component: &str| component.starts_with("part");
        let found: Vec<_> = entries.iter().filter(|(component, _)| known(component)).collect();
        if answer.status != 200 || found.len() != 4 {
            return Err(body());
        }
        found.into_iter().try_for_each(|(component, entry)| {
            let name = format!("{component}_{}", entry["latestVersion"].as_str().unwrap_or_default());
            self.check_digest(&name, entry["sha256"].as_str())
        })
    }

    fn check_digest(&self, name: &str, found: Option<&str>) -> Result<(), String> {
        let published = self.published.lock().unwrap();
        let right = found.is_some() && published.get(name).map(String::as_str) == found;
        right.then_some(()).ok_or_else(|| format!("{name} with the digest {found:?}"))
    }
}

/// Four of the components.
fn question(part: u64) -> String {
    let parts: Vec<String> = (0..4).map(|next| format!("part{}=prod", (part + 10 * next) % ASKED)).collect();
    format!("/package?{}", parts.join("&"))
}

/// A kept connection. One that failed is opened again.
struct Connection {
    stream: TcpStream,
    /// Bytes of a body that came with the head.
    buffered: Vec<u8>,
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Connection {
    fn new(server: SocketAddr) -> Connection {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Connection { stream, buffered: Vec::new() }
    }

    /// A connection whose system holds little, so that the server notices how slow the reader is.
    fn slow(server: SocketAddr) -> Connection {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let stream = runtime.block_on(async { socket.connect(server).await.unwrap().into_std().unwrap() });
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Connection { stream, buffered: Vec::new() }
    }

    fn get(&mut self, target: &str, headers: &str) -> Result<Answer, String> {
        let answered = self.exchange(target, headers);
        if answered.is_err() {
            *self = Connection::new(self.stream.peer_addr().unwrap());
        }
        answered
    }

    fn exchange(&mut self, target: &str, headers: &str) -> Result<Answer, String> {
        self.send(target, headers).map_err(|error| error.to_string())?;
        let mut answer = self.head()?;
        let length: usize = answer.header("content-length")?.parse().map_err(|_| "no length".to_owned())?;
        answer.body = std::mem::take(&mut self.buffered);
        let came = answer.body.len();
        answer.body.resize(length, 0);
        self.stream.read_exact(&mut answer.body[came..]).map_err(|error| format!("{}: {error}", answer.status))?;
        Ok(answer)
    }

    fn send(&mut self, target: &str, headers: &str) -> std::io::Result<()> {
        self.stream.write_all(format!("GET {target} HTTP/1.1\r\nHost: ota.test\r\n{headers}\r\n").as_bytes())
    }

    /// Reads a head; what came behind it stays buffered.
    fn head(&mut self) -> Result<Answer, String> {
        let (mut bytes, mut piece) = (Vec::new(), [0; 8192]);
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            match self.stream.read(&mut piece) {
                Ok(0) => return Err("the connection ended before an answer".to_owned()),
                Ok(read) => bytes.extend_from_slice(&piece[..read]),
                Err(error) => return Err(error.to_string()),
            }
        };
        self.buffered = bytes.split_off(end + 4);
        let head = String::from_utf8_lossy(&bytes).to_lowercase();
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| head.clone())?;
        Ok(Answer { status, head, body: Vec::new() })
    }
}

impl Answer {
    fn header(&self, name: &str) -> Result<&str, String> {
        let value =
            |line: &'_ str| line.split_once(": ").filter(|(field, _)| *field == name).map(|(_, value)| value.len());
        let found = self.head.lines().find_map(|line| Some(&line[line.len() - value(line)?..]));
        found.ok_or_else(|| format!("{} without {name}", self.status))
    }
}

/// So many times a second. Turns that were missed are left out, so that a pause is not made up for.
struct Pace {
    every: Duration,
    next: Instant,
}

impl Pace {
    fn new(a_second: f64) -> Pace {
        Pace { every: Duration::from_secs_f64(1.0 / a_second), next: Instant::now() }
    }

    /// Waits for the next turn; false when the load has ended.
    fn wait(&mut self, end: Instant) -> bool {
        let now = Instant::now();
        self.next = (self.next + self.every).max(now);
        thread::sleep(self.next.min(end) - now);
        self.next < end
    }
}

fn seed(component: &str, round: u64) -> u64 {
    component.bytes().fold(round, |seed, byte| seed.wrapping_mul(1_099_511_628_211).wrapping_add(u64::from(byte)))
}

fn now() -> Timestamp {
    Timestamp(std::time::UNIX_EPOCH.elapsed().unwrap().as_secs())
}

/// Resident memory of a process, in MiB.
fn resident(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

fn quantile(figures: &mut [f64], share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures
        .get(((figures.len() as f64 * share) as usize).min(figures.len().saturating_sub(1)))
        .copied()
        .unwrap_or(f64::NAN)
}
