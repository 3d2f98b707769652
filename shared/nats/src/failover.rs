//! Which server comes next when one is lost.
//!
//! The library picks any that has failed least often. The one whose connection was just lost has not failed yet, and if it
//! is cut off, and nobody says so, trying it again costs the time of a connect. So another one is tried first.

use std::sync::{Arc, Mutex, PoisonError};

use async_nats::{ReconnectToServer, Server, ServerAddr};

/// The server that was tried last, for who logs what became of the connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tried(Arc<Mutex<Option<ServerAddr>>>);

impl Tried {
    /// Which server it was, if any.
    pub(crate) fn last(&self) -> Option<ServerAddr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes which server it is.
    pub(crate) fn is(&self, server: &ServerAddr) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(server.clone());
    }

    /// Picks the next one. The first connection of all is the library's: it tries each of them.
    pub(crate) fn next(&self, servers: &[Server]) -> Option<ReconnectToServer> {
        if !servers.iter().any(|server| server.did_connect) {
            return None;
        }
        let addr = next(servers, self.last().as_ref())?.clone();
        self.is(&addr);
        Some(ReconnectToServer { addr, delay: None })
    }
}

/// The one that has failed least often; of several, not the last one.
fn next<'s>(servers: &'s [Server], last: Option<&ServerAddr>) -> Option<&'s ServerAddr> {
    let rank = |server: &&Server| (server.failed_attempts, Some(&server.addr) == last);
    servers.iter().min_by_key(rank).map(|server| &server.addr)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_server_is_tried_before_the_lost_one_and_one_that_fails_after_the_others() {
        let addresses: Vec<ServerAddr> = ["a", "b", "c"].map(|host| host.parse().unwrap()).to_vec();
        let check = |failed: [usize; 3], last: usize, expected: usize| {
            let servers: Vec<Server> = addresses
                .iter()
                .zip(failed)
                .map(|(addr, failed_attempts)| Server {
                    addr: addr.clone(),
                    failed_attempts,
                    did_connect: true,
                    is_discovered: false,
                    last_error: None,
                })
                .collect();
            assert_eq!(
                next(&servers, Some(&addresses[last])),
                Some(&addresses[expected]),
                "{failed:?} {last}"
            );
        };
        check([0, 0, 0], 0, 1);
        check([0, 0, 0], 1, 0);
        check([0, 7, 0], 0, 2);
        check([0, 1, 1], 1, 0);
        check([2, 1, 1], 1, 2);
        assert_eq!(next(&[], None), None);
    }
}
