//! The addresses on which a stack listens.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Context as _, Result, bail};
use wallet_contract::subject::Service;

use super::{Options, is_taken};

/// The addresses of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// NATS for clients.
    pub nats: SocketAddr,
    /// NATS for monitoring.
    pub monitor: SocketAddr,
    /// HTTP of ledger-svc: queries and viewer.
    pub ledger: SocketAddr,
    /// HTTP of debit-svc: health and metrics.
    pub debit: SocketAddr,
    /// HTTP of credit-svc: health and metrics.
    pub credit: SocketAddr,
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// Finds `N` free ports of this machine. They are free again when this returns, but are not handed out again soon.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut listeners = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind(local(0)).context("no free port on 127.0.0.1")?;
        *port = listener.local_addr()?.port();
        listeners.push(listener);
    }
    Ok(ports)
}

impl Addresses {
    /// Free ports on 127.0.0.1.
    pub fn free() -> Result<Self> {
        let [nats, monitor, ledger, debit, credit] = free_ports()?.map(local);
        Ok(Self {
            nats,
            monitor,
            ledger,
            debit,
            credit,
        })
    }

    /// The usual ports: NATS on 4222, the ledger on `http`, debit-svc and credit-svc on the two ports after it.
    pub fn standard(http: SocketAddr) -> Result<Self> {
        let after = |n: u16| {
            let port = http.port().checked_add(n).filter(|_| http.port() != 0);
            let port =
                port.with_context(|| format!("--http {http}: use a port between 1 and {}", u16::MAX - 2))?;
            Ok::<_, anyhow::Error>(SocketAddr::new(http.ip(), port))
        };
        let monitor = if is_taken(local(8222)) {
            local(free_ports::<1>()?[0])
        } else {
            local(8222)
        };
        Ok(Self {
            nats: local(4222),
            monitor,
            ledger: http,
            debit: after(1)?,
            credit: after(2)?,
        })
    }

    /// The HTTP address of a service.
    pub fn of(&self, service: Service) -> SocketAddr {
        match service {
            Service::Debit => self.debit,
            Service::Credit => self.credit,
            Service::Ledger => self.ledger,
        }
    }

    /// All addresses, with the names of their listeners.
    pub fn all(&self) -> [(&'static str, SocketAddr); 5] {
        [
            ("nats-server", self.nats),
            ("nats-server", self.monitor),
            (Service::Ledger.name(), self.ledger),
            (Service::Debit.name(), self.debit),
            (Service::Credit.name(), self.credit),
        ]
    }
}

/// Reports an address that is in use, and what to do, before anything is started.
pub(super) fn check_free(name: &str, address: SocketAddr, options: &Options) -> Result<()> {
    let is_nats = address == options.addresses.nats || address == options.addresses.monitor;
    if (is_nats && options.nats.is_some()) || !is_taken(address) {
        return Ok(());
    }
    if is_nats {
        bail!(
            "{name} can't listen on {address}: the address is in use. If a NATS server uses it, use that one with \
             --nats nats://{address}; otherwise stop the other program"
        );
    }
    bail!(
        "{name} can't listen on {address}: the address is in use. Move all three services with another --http, \
         such as --http 127.0.0.1:9080"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_are_different() {
        let mut ports = free_ports::<5>().unwrap().to_vec();
        ports.sort_unstable();
        ports.dedup();
        assert_eq!(ports.len(), 5);
    }

    #[test]
    fn the_services_follow_the_ledger() {
        let standard = Addresses::standard("127.0.0.1:9080".parse().unwrap()).unwrap();
        assert_eq!(standard.of(Service::Debit).to_string(), "127.0.0.1:9081");
        assert_eq!(standard.of(Service::Credit).to_string(), "127.0.0.1:9082");
        for bad in ["127.0.0.1:0", "127.0.0.1:65534"] {
            assert!(Addresses::standard(bad.parse().unwrap()).is_err(), "{bad}");
        }
    }
}
