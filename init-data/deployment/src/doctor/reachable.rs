//! Whether anybody answers, and whether it is edgehop.

use std::time::Duration;

use http::Method;
use http::Uri;
use http::header::LOCATION;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::examination::Examination;
use super::finding::Check;
use super::limits::{CONNECT, RESOLVE};
use super::statuses::{failure, silence};

/// Name, connection, TLS, HTTP, health: the first that fails explains all the rest. `None` then.
pub(super) async fn reachable(exam: &mut Examination) -> Option<()> {
    exam.checked("endpoint");
    connection(exam).await?;
    health(exam).await
}

/// The steps of a connection one by one, so that each is told from the others.
async fn connection(exam: &mut Examination) -> Option<()> {
    let uri: Uri = exam.endpoint.parse().ok()?;
    let host = uri.host()?.trim_matches(['[', ']']).to_owned();
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    let asked = format!("{host}:{port}");
    let resolved = match timeout(RESOLVE, lookup_host((host.as_str(), port))).await {
        Ok(Ok(addresses)) => Ok(addresses.collect::<Vec<_>>()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer within {} s", seconds(RESOLVE))),
    };
    let addresses = match resolved {
        Ok(addresses) if !addresses.is_empty() => addresses,
        Ok(_) => return no_name(exam, asked, "the name has no address".to_owned()),
        Err(why) => return no_name(exam, asked, why),
    };
    let why = match timeout(CONNECT, TcpStream::connect(&*addresses)).await {
        Ok(Ok(_)) => return Some(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", seconds(CONNECT)),
    };
    let means = "nobody listens there, or a firewall lets nothing through";
    let mend = "look whether the distribution or server is up, and whether this machine's network lets that port out";
    exam.problem(Check::Connection, asked, "a TCP connection", why, means, mend);
    None
}

fn no_name(exam: &mut Examination, asked: String, why: String) -> Option<()> {
    let means = "the name does not exist, or this machine's resolver does not know it yet";
    let mend = "look for a typing error; a DomainName needs a record that points at the distribution (HostedZoneId makes \
                it); a new distribution's name takes minutes";
    exam.problem(Check::Name, asked, "an address", why, means, mend);
    None
}

async fn health(exam: &mut Examination) -> Option<()> {
    const ASKED: &str = "GET /healthz";
    let answered = match exam.attempt(Method::GET, "/healthz", &[]).await {
        Ok(answered) => answered,
        Err(trouble) => {
            let (check, found, means, mend) = silence(&trouble);
            exam.problem(check, ASKED, "an answer", found, means, mend);
            return None;
        }
    };
    if answered.status == 200 && &*answered.body == b"ok\n" {
        return Some(());
    }
    let location = answered.header(LOCATION);
    if answered.status.is_redirection() && !location.is_empty() {
        let found = format!("{} to {location}", answered.status.as_u16());
        let means = "devices that follow nothing stop here";
        let there = location.trim_end_matches("/healthz");
        let mend = format!("give the endpoint as {there}, and tell devices to ask there");
        exam.problem(Check::Edgehop, ASKED, "200 \"ok\"", found, means, mend);
        return None;
    }
    let (check, means, mend) = failure(&answered).unwrap_or((
        Check::Edgehop,
        "something else than edgehop answers here".to_owned(),
        "give the endpoint that `edgehop init` printed, or the address under which the server was started".to_owned(),
    ));
    exam.problem(check, ASKED, "200 \"ok\"", answered.in_short(), means, mend);
    None
}

fn seconds(time: Duration) -> u64 {
    time.as_secs()
}
