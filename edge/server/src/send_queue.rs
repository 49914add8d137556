use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpStream;

/// Send queue of a connection in the kernel: bytes that the device has not acknowledged. It may have megabytes, which a
/// slow device takes minutes to read while the kernel accepts no more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SendQueue {
    local: SocketAddr,
    peer: SocketAddr,
}

impl SendQueue {
    /// Returns the queue of a connection; `None` if it is closed already.
    pub(crate) fn of(stream: &TcpStream) -> Option<SendQueue> {
        Some(SendQueue { local: stream.local_addr().ok()?, peer: stream.peer_addr().ok()? })
    }

    /// Returns the queue's length in bytes from Linux' `/proc/net/tcp` (proc_pid_net(5)); `None` if it is not listed.
    pub(crate) fn length(&self) -> Option<u64> {
        let list = if self.local.is_ipv4() { "/proc/net/tcp" } else { "/proc/net/tcp6" };
        let lines = BufReader::new(File::open(list).ok()?).lines().map_while(Result::ok);
        self.listed(lines)
    }

    fn listed(&self, mut lines: impl Iterator<Item = String>) -> Option<u64> {
        let addresses = format!(" {} {} ", listed(self.local), listed(self.peer));
        let line = lines.find(|line| line.contains(&addresses))?;
        let length = line.split_ascii_whitespace().nth(4)?.split(':').next()?;
        u64::from_str_radix(length, 16).ok()
    }
}

/// Formats an address as in the list: its bytes as hexadecimal numbers of four bytes in native byte order.
fn listed(address: SocketAddr) -> String {
    let octets = match address.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    };
    let (words, _) = octets.as_chunks();
    let ip: String = words.iter().map(|word| format!("{:08X}", u32::from_ne_bytes(*word))).collect();
    format!("{ip}:{:04X}", address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 0026A1F4:00000000 01:00000018 00000000     0        0 2 4 0 20 4 30 10 -1
";

    #[test]
    #[cfg(target_endian = "little")]
    fn the_right_line_is_found() {
        let queue = |peer: &str| SendQueue { local: "127.0.0.1:8080".parse().unwrap(), peer: peer.parse().unwrap() };
        let length = |peer| queue(peer).listed(LIST.lines().map(str::to_owned));
        assert_eq!(length("127.0.0.1:50000"), Some(0x26_A1F4));
        assert_eq!(length("127.0.0.1:50001"), None);
        assert_eq!(listed("[2001:db8::1]:443".parse().unwrap()), "B80D0120000000000000000001000000:01BB");
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn a_queue_grows_until_its_device_reads() {
        use tokio::io::AsyncReadExt as _;
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = tokio::net::TcpListener::bind(address).await else { continue };
            let mut device = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (stream, _) = listener.accept().await.unwrap();
            let queue = SendQueue::of(&stream).unwrap();
            assert_eq!(queue.length(), Some(0));
            let mut sent = 0;
            stream.writable().await.unwrap();
            while let Ok(more) = stream.try_write(&[0; 64 * 1024]) {
                sent += more;
            }
            let full = queue.length().unwrap();
            assert!(full > 0, "{sent} bytes sent");
            device.read_exact(&mut vec![0; sent]).await.unwrap();
            assert!(queue.length().unwrap() < full);
        }
    }
}
