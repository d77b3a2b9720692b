//! Announcing this PC in the local network, and seeing others, by multicast DNS.
use std::net::{IpAddr, SocketAddr};

use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const SERVICE: &str = "_letan._tcp.local.";
/// What an announcement says: version, and the clinic's tag of the day.
const VERSION: (&str, &str) = ("v", "1");
const TAG: &str = "t";

/// What was seen.
pub(super) enum Sighting {
    /// Another PC, or this one.
    Here {
        name: String,
        tag: String,
        addresses: Vec<SocketAddr>,
    },
    /// A PC has gone.
    Gone(String),
}

/// An announcement that stands, and a lookout.
pub(super) struct Beacon {
    daemon: ServiceDaemon,
    name: String,
    sightings: UnboundedReceiver<Sighting>,
}

impl Drop for Beacon {
    fn drop(&mut self) {
        // Says goodbye to the network; if that fails, the others find out by themselves.
        let _ = self.daemon.unregister(&self.name);
        let _ = self.daemon.shutdown();
    }
}

impl Beacon {
    /// Announces this PC under a random name; nothing where there is no multicast.
    pub(super) fn light(port: u16, tag: &str) -> Option<Self> {
        let started = Self::start(port, tag);
        started
            .inspect_err(|error| tracing::info!(%error, "this PC is not announced"))
            .ok()
    }

    fn start(port: u16, tag: &str) -> mdns_sd::Result<Self> {
        let daemon = ServiceDaemon::new()?;
        let alias = format!("{:016x}", rand::random::<u64>());
        let host = format!("{alias}.local.");
        let texts = [VERSION, (TAG, tag)];
        let service = ServiceInfo::new(SERVICE, &alias, &host, "", port, &texts[..])?;
        let service = service.enable_addr_auto();
        let name = service.get_fullname().to_owned();
        daemon.register(service)?;
        let events = daemon.browse(SERVICE)?;
        let (sender, sightings) = unbounded_channel();
        let looking = move || {
            while let Ok(event) = events.recv() {
                if !told(&sender, event) {
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("lan-lookout".to_owned())
            .spawn(looking)
            .map_err(|error| mdns_sd::Error::Msg(error.kind().to_string()))?;
        Ok(Self {
            daemon,
            name,
            sightings,
        })
    }

    /// Name of this PC's announcement.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What is seen next; nothing when the lookout ended.
    pub(super) async fn next(&mut self) -> Option<Sighting> {
        self.sightings.recv().await
    }
}

/// Passes an event on; false when nobody listens any more.
fn told(sender: &UnboundedSender<Sighting>, event: ServiceEvent) -> bool {
    let sighting = match event {
        ServiceEvent::ServiceResolved(service) => here(&service),
        ServiceEvent::ServiceRemoved(_, name) => Some(Sighting::Gone(name)),
        ServiceEvent::SearchStopped(_) => return false,
        _ => None,
    };
    sighting.is_none_or(|sighting| sender.send(sighting).is_ok())
}

fn here(service: &ResolvedService) -> Option<Sighting> {
    let said = |key: &str| service.txt_properties.get_property_val_str(key);
    if said(VERSION.0) != Some(VERSION.1) {
        return None;
    }
    let tag = said(TAG)?.to_owned();
    let mut addresses: Vec<SocketAddr> = service
        .addresses
        .iter()
        .map(mdns_sd::ScopedIp::to_ip_addr)
        .filter(reachable)
        .map(|ip| SocketAddr::new(ip, service.port))
        .collect();
    // What is nearest to being certain first.
    addresses.sort_by_key(|address| (address.is_ipv6(), *address));
    Some(Sighting::Here {
        name: service.fullname.clone(),
        tag,
        addresses,
    })
}

/// Every PC listens on IPv4; an address of one link only would need to name the link.
const fn reachable(ip: &IpAddr) -> bool {
    match ip {
        IpAddr::V4(_) => true,
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
    }
}
