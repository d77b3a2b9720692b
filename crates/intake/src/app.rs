//! What every request handler can reach.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::http::{Extensions, HeaderMap};
use tokio::sync::watch;

use crate::{
    budget::Budget,
    config::Config,
    form::Form,
    keeper::{Keeper, Members},
    metrics::Metrics,
    plain_ids::PlainIds,
    problem::Problem,
    rate::{Load, PerAddress},
    store::Store,
    token::{Challenges, OpenedTokens},
};

/// The address of the other end of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub SocketAddr);

/// The parts of a running server.
pub(crate) struct App {
    /// What the operator set.
    pub config: Config,
    /// Everything durable.
    pub keeper: Keeper,
    /// Reads.
    pub store: Arc<Store>,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Posts per address.
    pub rate: PerAddress,
    /// Tries of the setup code per address.
    pub claims: PerAddress,
    /// Looks and requests at waiting rooms per address.
    pub doors: PerAddress,
    /// Wakes whoever waits in a room of this process.
    pub rooms: watch::Sender<()>,
    /// Memory for bodies whose signature was not checked yet.
    pub bodies: Arc<Budget>,
    /// Posts of everybody.
    pub load: Load,
    /// Proofs of work.
    pub challenges: Challenges,
    /// Tokens of the form's page.
    pub opened: OpenedTokens,
    /// Ids of plain posts.
    pub plain_ids: PlainIds,
    /// The form's files.
    pub form: Form,
    /// The `OpenAPI` document, as JSON.
    pub openapi: String,
    /// Becomes true when the server stops.
    pub stopping: watch::Receiver<bool>,
}

impl App {
    /// Now, in milliseconds since the Unix epoch.
    #[must_use]
    pub(crate) fn now(&self) -> i64 {
        (self.config.clock)()
    }

    /// Clinic and members, if the server was claimed.
    pub(crate) fn members(&self) -> Result<Arc<Members>, Problem> {
        self.keeper.view().members.ok_or(Problem::NotClaimed)
    }

    /// Clinic and members. Another process of this server may have been claimed a moment ago: it is looked for.
    pub(crate) async fn members_by_now(&self) -> Result<Arc<Members>, Problem> {
        if self.store.is_shared() && self.members().is_err() {
            self.keeper.look().await?;
        }
        self.members()
    }

    /// The visitor's address: the connection's, or what the trusted proxy saw.
    #[must_use]
    pub(crate) fn address(&self, headers: &HeaderMap, extensions: &Extensions) -> IpAddr {
        let peer = extensions
            .get::<Peer>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        if self.config.trust_proxy {
            last_hop(headers).unwrap_or(peer)
        } else {
            peer
        }
    }
}

/// The last address of `X-Forwarded-For`: the one that our own proxy wrote; those before it are hearsay.
fn last_hop(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()?
        .to_str()
        .ok()?;
    let hop = last.rsplit(',').next()?.trim();
    hop.parse()
        .ok()
        .or_else(|| hop.parse::<SocketAddr>().ok().map(|hop| hop.ip()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_hop_is_believed() {
        let mut headers = HeaderMap::new();
        assert_eq!(last_hop(&headers), None);
        headers.append("x-forwarded-for", "1.1.1.1".parse().unwrap());
        headers.append("x-forwarded-for", "2.2.2.2, 3.3.3.3".parse().unwrap());
        assert_eq!(last_hop(&headers), Some([3, 3, 3, 3].into()));
        headers.append("x-forwarded-for", "4.4.4.4:80".parse().unwrap());
        assert_eq!(last_hop(&headers), Some([4, 4, 4, 4].into()));
        headers.append("x-forwarded-for", "nonsense".parse().unwrap());
        assert_eq!(last_hop(&headers), None);
    }
}
