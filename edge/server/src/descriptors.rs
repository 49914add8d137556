use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files of one connection: its socket and the artifact that it sends.
const PER_CONNECTION: u64 = 2;

/// Open files beside those of counted connections: listeners, refused connections, the database, the log.
const ELSEWHERE: u64 = 64;

/// Returns the number of connections to allow: as many as wanted, or as many as the process can open files for after
/// raising its limit.
///
/// Without this, a device over the limit would get 503, because its artifact could not be opened, in place of waiting.
pub(crate) fn connection_limit(wanted: usize) -> usize {
    let needed = ELSEWHERE.saturating_add(PER_CONNECTION.saturating_mul(wanted as u64));
    let limit = getrlimit(Resource::Nofile);
    let allowed = limit.maximum.unwrap_or(u64::MAX).min(needed);
    let had = limit.current.unwrap_or(u64::MAX);
    let raised = Rlimit { current: Some(allowed), maximum: limit.maximum };
    let has = if had < allowed && setrlimit(Resource::Nofile, raised).is_ok() { allowed } else { had };
    if has >= needed {
        return wanted;
    }
    let room = has.saturating_sub(ELSEWHERE) / PER_CONNECTION;
    let places = usize::try_from(room).unwrap_or(usize::MAX).max(1);
    tracing::warn!(
        places,
        wanted,
        open_files = has,
        "fewer connections than --max-connections says: further ones wait; raise the limit of open files (ulimit -Hn) to {needed}"
    );
    places
}
