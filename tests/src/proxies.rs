//! Other people's servers, as processes of a test: Varnish, nginx and Caddy before an origin, and nginx as a file
//! server. Each listens on a free port of 127.0.0.1 and ends, with all its processes and files, when it is dropped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::tools;

/// A running Varnish cache.
#[derive(Debug)]
pub struct Varnish(Server);

impl Varnish {
    /// Starts Varnish as it comes: its configuration names the origin and nothing else.
    pub fn before(origin: SocketAddr) -> Self {
        Self::with_vcl(origin, "")
    }

    /// Starts Varnish with more VCL after the definition of the backend (whose name is `default`).
    pub fn with_vcl(origin: SocketAddr, extra: &str) -> Self {
        let (host, port) = (origin.ip(), origin.port());
        let vcl =
            format!("vcl 4.1;\nbackend default {{\n    .host = \"{host}\";\n    .port = \"{port}\";\n}}\n{extra}\n");
        Self(Server::start(|folder, address| {
            let (configuration, work) = (folder.join("default.vcl"), folder.join("work"));
            fs::write(&configuration, &vcl).unwrap();
            let mut varnishd = tools::command("varnishd");
            let modules = varnish_modules(Path::new(varnishd.get_program()));
            // Without the jail it neither needs the users that the package creates nor gives up access to the folder.
            varnishd.args(["-j", "none", "-F", "-s", "malloc,256m", "-a", &address.to_string()]);
            // It drops connections when 20 are waiting for a thread, which crowds on a busy machine soon are.
            varnishd.args(["-p", "thread_queue_limit=1000"]);
            varnishd.arg("-n").arg(work).arg("-f").arg(configuration).arg("-P").arg(folder.join(PID));
            if let Some(modules) = modules {
                varnishd.arg("-p").arg(format!("vmod_path={}", modules.display()));
            }
            varnishd
        }))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }
}

/// A running nginx.
#[derive(Debug)]
pub struct Nginx(Server);

impl Nginx {
    /// Starts nginx as a cache before the origin, with `proxy_cache` switched on and its other settings as they come.
    /// `X-Cache` in a response tells what the cache did (`$upstream_cache_status`).
    pub fn caching(origin: SocketAddr) -> Self {
        Self::caching_with(origin, "")
    }

    /// Starts nginx as a cache with more directives in its `location`.
    pub fn caching_with(origin: SocketAddr, extra_location_directives: &str) -> Self {
        Self::start(1, |folder| {
            format!(
                "    proxy_cache_path \"{}\" keys_zone=one:10m;
    server {{
        listen ADDRESS;
        location / {{
            proxy_pass http://{origin};
            proxy_cache one;
            add_header X-Cache $upstream_cache_status always;
            {extra_location_directives}
        }}
    }}",
                folder.join("cache").display()
            )
        })
    }

    /// Starts nginx with these directives in its `http` block; `ADDRESS` in them is where it listens.
    pub fn with_http(http: &str) -> Self {
        Self::start(1, |_| http.to_owned())
    }

    /// Starts nginx as a server of the folder's files, set up to be fast: the peer of our benchmarks.
    pub fn serving(files: &Path) -> Self {
        let files = fs::canonicalize(files).unwrap_or_else(|error| panic!("cannot serve {}: {error}", files.display()));
        Self::start("auto", |_| {
            format!(
                "    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    server {{
        listen ADDRESS;
        root \"{}\";
    }}",
                files.display()
            )
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    fn start(workers: impl std::fmt::Display, http: impl Fn(&Path) -> String) -> Self {
        Self(Server::start(|folder, address| {
            // The worker processes read what the test wrote, so they stay the user who runs the test.
            let mut text = format!(
                "user root;
worker_processes {workers};
daemon off;
master_process on;
pid \"{pid}\";
error_log \"{log}\";
events {{
    worker_connections 4096;
}}
http {{
    access_log off;
    default_type application/octet-stream;
",
                pid = folder.join(PID).display(),
                log = folder.join(ERRORS).display(),
            );
            for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
                text.push_str(&format!("    {kind}_temp_path \"{}\";\n", folder.join(kind).display()));
            }
            text.push_str(&http(folder).replace("ADDRESS", &address.to_string()));
            text.push_str("\n}\n");
            let configuration = folder.join("nginx.conf");
            fs::write(&configuration, text).unwrap();
            let mut nginx = tools::command("nginx");
            nginx.arg("-p").arg(folder).arg("-e").arg(folder.join(ERRORS)).arg("-c").arg(configuration);
            nginx
        }))
    }
}

/// A running Caddy.
#[derive(Debug)]
pub struct Caddy(Server);

impl Caddy {
    /// Starts Caddy with this site; `ADDRESS` in it is where it listens.
    pub fn with_site(site: &str) -> Self {
        Self(Server::start(|folder, address| {
            let configuration = folder.join("Caddyfile");
            // Its port for orders would be the same for every test.
            let text = format!("{{\n\tadmin off\n}}\n{}", site.replace("ADDRESS", &address.to_string()));
            fs::write(&configuration, text).unwrap();
            let mut caddy = tools::command("caddy");
            caddy.env("HOME", folder).env_remove("XDG_DATA_HOME").env_remove("XDG_CONFIG_HOME");
            caddy.args(["run", "--adapter", "caddyfile", "--config"]).arg(configuration);
            caddy.arg("--pidfile").arg(folder.join(PID));
            caddy
        }))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }
}

const PID: &str = "pid";
const OUTPUT: &str = "output.log";
const ERRORS: &str = "error.log";
const START: Duration = Duration::from_secs(60);

/// Ends the process group `$1` and removes the folder `$2` once standard input is closed: by `drop`, or by the end of
/// a test process that was killed or keeps the server in a `static`.
const GUARD: &str = r#"
    read -r _
    kill -TERM "$1"
    tries=0
    while kill -0 "$1" && [ "$tries" -lt 250 ]; do sleep 0.02; tries=$((tries + 1)); done
    kill -KILL -- "-$1"
    rm -rf "$2"
"#;

/// A server process in a process group and a folder of its own.
#[derive(Debug)]
struct Server {
    process: Child,
    guard: Child,
    address: SocketAddr,
}

impl Server {
    fn start(command: impl Fn(&Path, SocketAddr) -> Command) -> Self {
        let mut failure = String::new();
        // Someone else may take the free port before the server does.
        for _ in 0..5 {
            match Self::try_start(&command) {
                Ok(server) => return server,
                Err(why) => failure = why,
            }
            if !failure.contains("Address already in use") {
                break;
            }
        }
        panic!("{failure}");
    }

    fn try_start(command: impl Fn(&Path, SocketAddr) -> Command) -> Result<Self, String> {
        let folder = new_folder();
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let mut command = command(&folder, address);
        let output = File::create(folder.join(OUTPUT)).unwrap();
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output).process_group(0);
        let process = command.spawn().unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
        let mut guard = Command::new("sh");
        guard.args(["-c", GUARD, "guard", &process.id().to_string()]).arg(&folder);
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut server = Self { process, guard: guard.spawn().expect("cannot run sh"), address };

        let begin = Instant::now();
        let problem = loop {
            if let Some(status) = server.process.try_wait().unwrap() {
                break format!("ended when it should have started, {status}");
            }
            // Both write their process id once the port is theirs; until then, another server could be answering.
            let bound = fs::metadata(folder.join(PID)).is_ok_and(|file| file.len() > 0);
            if bound && TcpStream::connect(address).is_ok() {
                return Ok(server);
            }
            if begin.elapsed() > START {
                break format!("accepts no connections after {START:?}");
            }
            thread::sleep(Duration::from_millis(10));
        };
        let said: String =
            [OUTPUT, ERRORS].iter().map(|log| fs::read_to_string(folder.join(log)).unwrap_or_default()).collect();
        Err(format!("{command:?} {problem}; it said:\n{said}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // The guard sees the process gone only when it has been waited for.
        let _ = self.process.wait();
        let _ = self.guard.wait();
    }
}

/// A new folder, which no other server of this or another test process has.
fn new_folder() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("proxy-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let folder = tools::target().join("tmp").join(name);
    // A process with the same number may have left one behind.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The modules next to an unpacked Varnish, which itself looks only where its package would have been installed.
fn varnish_modules(program: &Path) -> Option<PathBuf> {
    let libraries = program.ancestors().nth(2)?.join("lib");
    let folders = fs::read_dir(libraries).ok()?.map(|entry| entry.unwrap().path().join("varnish/vmods"));
    folders.into_iter().find(|folder| folder.is_dir())
}
