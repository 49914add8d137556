use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What one connection may hold: its socket, and the artifact that goes over it.
const PER_CONNECTION: u64 = 2;

/// Other open files: the listeners, connections that take no place, the database, the log.
const ELSEWHERE: u64 = 64;

/// So many connections, or as many as this process may open files for: its limit is raised as far as it can be.
///
/// A connection too many would not wait, as it should: its artifact could not be opened, and the device got 503.
pub(crate) fn places(wanted: usize) -> usize {
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
