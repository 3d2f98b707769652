//! The choice of the next server after a connection is lost.
//!
//! The library picks at random among the servers that have failed least often, and the one whose connection was just lost does
//! not yet count as failed. If it is cut off silently, trying it again costs a connect timeout. So the other servers are tried
//! first.

use std::sync::{Arc, Mutex, PoisonError};

use async_nats::{ReconnectToServer, Server, ServerAddr};

/// The server that was tried last, for logging.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tried(Arc<Mutex<Option<ServerAddr>>>);

impl Tried {
    /// The server that was tried last, if any.
    pub(crate) fn last(&self) -> Option<ServerAddr> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records the server that is being tried.
    pub(crate) fn is(&self, server: &ServerAddr) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(server.clone());
    }

    /// Picks the next server. The first connection is left to the library, which tries each of them.
    pub(crate) fn next(&self, servers: &[Server]) -> Option<ReconnectToServer> {
        if !servers.iter().any(|server| server.did_connect) {
            return None;
        }
        let addr = next(servers, self.last().as_ref())?.clone();
        self.is(&addr);
        Some(ReconnectToServer { addr, delay: None })
    }
}

/// The server after the last one in the list, wrapping around.
fn next<'s>(servers: &'s [Server], last: Option<&ServerAddr>) -> Option<&'s ServerAddr> {
    let at = servers.iter().position(|server| Some(&server.addr) == last);
    let behind = at.map_or(servers, |at| &servers[at + 1..]);
    behind.first().or(servers.first()).map(|server| &server.addr)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(did_connect: bool) -> Vec<Server> {
        let server = |host: &str| Server {
            addr: host.parse().unwrap(),
            failed_attempts: 0,
            did_connect,
            is_discovered: false,
            last_error: None,
        };
        ["a", "b", "c"].map(server).to_vec()
    }

    #[test]
    fn the_lost_server_is_tried_last() {
        let (all, tried) = (servers(true), Tried::default());
        tried.is(&all[1].addr);
        let order: Vec<String> = (0..4)
            .filter_map(|_| Some(tried.next(&all)?.addr.host().to_owned()))
            .collect();
        assert_eq!(order, ["c", "a", "b", "c"]);
        let alone = &all[..1];
        assert_eq!(tried.next(alone).map(|next| next.addr), Some(all[0].addr.clone()));
        assert_eq!(next(&[], None), None);
    }

    #[test]
    fn the_first_connection_is_left_to_the_library() {
        assert!(Tried::default().next(&servers(false)).is_none());
    }
}
