use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

/// Number of connections of each address, so that one address cannot exhaust the connection limit.
pub(crate) struct Peers {
    most: usize,
    /// Addresses without a limit, behind which are many devices.
    proxies: Vec<IpAddr>,
    open: Mutex<BTreeMap<IpAddr, usize>>,
}

impl Peers {
    pub(crate) fn new(most: usize, proxies: &[IpAddr]) -> Arc<Self> {
        let proxies = proxies.iter().map(IpAddr::to_canonical).collect();
        Arc::new(Peers { most, proxies, open: Mutex::default() })
    }

    /// Counts a connection from an address, unless the address is at its limit.
    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Admitted> {
        let address = address.to_canonical();
        if self.proxies.contains(&address) {
            return Some(Admitted { counted: None });
        }
        let peer = network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(peer).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Admitted { counted: Some((Arc::clone(self), peer)) })
    }

    fn release(&self, peer: IpAddr) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&peer);
            }
        }
    }
}

/// Guard that counts a connection until it is dropped.
pub(crate) struct Admitted {
    counted: Option<(Arc<Peers>, IpAddr)>,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        if let Some((peers, peer)) = self.counted.take() {
            peers.release(peer);
        }
    }
}

/// Returns an IPv4 address, or the /64 network of an IPv6 address, all of which one host may use.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_and_gets_them_back() {
        let peers = Peers::new(2, &["10.0.0.9".parse().unwrap()]);
        let admit = |address: &str| peers.admit(address.parse().unwrap());
        let held = [admit("10.0.0.1"), admit("::ffff:10.0.0.1")].map(Option::unwrap);
        assert!(admit("10.0.0.1").is_none() && admit("10.0.0.2").is_some());
        let _proxied: Vec<_> = (0..9).map(|_| admit("::ffff:10.0.0.9").unwrap()).collect();
        let _network = [admit("2001:db8::1"), admit("2001:db8::2")].map(Option::unwrap);
        assert!(admit("2001:db8::3").is_none() && admit("2001:db8:0:1::1").is_some());
        drop(held);
        assert!(admit("10.0.0.1").is_some());
        assert_eq!(peers.open.lock().unwrap().len(), 1, "addresses without a connection take no memory");
    }
}
