//! PCs of the clinic in the local network: found, dialled and answered while the vault is open.
mod beacon;
mod host;
mod visit;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use vault::Vault;

use beacon::{Beacon, Sighting};

/// Fixed addresses of other PCs, `host:port` with commas between.
const PEERS: &str = "LETAN_LAN_PEERS";
/// Where to listen, `address:port`.
const LISTEN: &str = "LETAN_LAN_LISTEN";
/// How often today's beacon is looked at: it changes at midnight.
const RENEW: Duration = Duration::from_mins(10);
/// Where nothing can be listened on, this is tried again.
const AGAIN: Duration = Duration::from_mins(1);

/// Where to listen and whom to dial.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// Listen here; anywhere if not given.
    pub listen: Option<SocketAddr>,
    /// Dial these, whether they announce themselves or not.
    pub peers: Vec<String>,
    /// Don't announce this PC, and don't look for others.
    pub silent: bool,
}

impl Places {
    /// As the environment says: for tests, and for networks in which announcements don't get through.
    #[must_use]
    pub fn from_env() -> Self {
        let listen = std::env::var(LISTEN).ok();
        let peers = std::env::var(PEERS).unwrap_or_default();
        let peers = peers.split(',').map(str::trim);
        Self {
            listen: listen.and_then(|listen| listen.parse().ok()),
            peers: peers
                .filter(|peer| !peer.is_empty())
                .map(str::to_owned)
                .collect(),
            silent: false,
        }
    }
}

/// The local network while the vault is open.
pub struct Lan {
    on: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Lan {
    /// Starts in the current runtime, on or off.
    #[must_use]
    pub fn start(vault: Vault, places: Places, on: bool) -> Self {
        let (on, switch) = watch::channel(on);
        let task = tokio::spawn(switched(vault, places, switch));
        Self { on, task }
    }

    /// Switches it on or off.
    pub fn switch(&self, on: bool) {
        self.on
            .send_if_modified(|was| std::mem::replace(was, on) != on);
    }

    /// Ends everything.
    pub async fn stop(self) {
        self.task.abort();
        // Cancelled is what was asked for.
        let _ = self.task.await;
    }
}

async fn switched(vault: Vault, places: Places, mut on: watch::Receiver<bool>) {
    loop {
        let wanted = *on.borrow_and_update();
        tokio::select! {
            () = live(&vault, &places), if wanted => {}
            changed = on.changed() => if changed.is_err() { return },
        }
    }
}

/// Everything, until it is dropped.
async fn live(vault: &Vault, places: &Places) {
    let anywhere = SocketAddr::from(([0, 0, 0, 0], 0));
    let listen = places.listen.unwrap_or(anywhere);
    let (listener, port) = loop {
        match TcpListener::bind(listen).await.and_then(|listener| {
            let port = listener.local_addr()?.port();
            Ok((listener, port))
        }) {
            Ok(bound) => break bound,
            Err(error) => {
                tracing::info!(kind = ?error.kind(), "no place to listen in the local network");
                tokio::time::sleep(AGAIN).await;
            }
        }
    };
    let rooms = Arc::new(Rooms::default());
    let mut tasks = JoinSet::new();
    tasks.spawn(host::accept(vault.clone(), listener, Arc::clone(&rooms)));
    for peer in &places.peers {
        let spot = Arc::new(Spot::fixed(peer.clone()));
        tasks.spawn(visit::visit(vault.clone(), spot, Arc::clone(&rooms)));
    }
    if places.silent {
        std::future::pending::<()>().await;
    }
    look_around(vault, port, &rooms, &mut tasks).await;
}

/// Announces this PC and dials whoever announces the same clinic.
async fn look_around(vault: &Vault, port: u16, rooms: &Arc<Rooms>, tasks: &mut JoinSet<()>) {
    let mut spots: BTreeMap<String, Arc<Spot>> = BTreeMap::new();
    loop {
        let Ok(tags) = vault.beacons().await else {
            return std::future::pending().await;
        };
        let Some(mut beacon) = Beacon::light(port, &tags[0]) else {
            // No multicast here: fixed addresses and whoever dials us still work.
            tokio::time::sleep(RENEW).await;
            continue;
        };
        let mut renew = tokio::time::interval(RENEW);
        loop {
            tokio::select! {
                seen = beacon.next() => match seen {
                    None => break,
                    Some(Sighting::Gone(name)) => {
                        if let Some(spot) = spots.remove(&name) {
                            spot.leave();
                        }
                    }
                    Some(Sighting::Here { name, tag, addresses }) => {
                        let Ok(tags) = vault.beacons().await else { break };
                        if tags.contains(&tag) && name != beacon.name() {
                            meet(vault, &mut spots, name, addresses, rooms, tasks);
                        }
                    }
                },
                _ = renew.tick() => match vault.beacons().await {
                    Ok(now) if now[0] == tags[0] => {}
                    _ => break,
                },
                // Visits that ended are forgotten.
                Some(_) = tasks.join_next() => {}
            }
        }
        drop(beacon);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn meet(
    vault: &Vault,
    spots: &mut BTreeMap<String, Arc<Spot>>,
    name: String,
    addresses: Vec<SocketAddr>,
    rooms: &Arc<Rooms>,
    tasks: &mut JoinSet<()>,
) {
    if let Some(spot) = spots.get(&name) {
        spot.found(addresses);
        return;
    }
    let spot = Arc::new(Spot::seen(addresses));
    spots.insert(name, Arc::clone(&spot));
    tasks.spawn(visit::visit(vault.clone(), spot, Arc::clone(rooms)));
}

/// Where another PC is to be found.
pub(crate) struct Spot {
    /// By name, if it was given by a person.
    fixed: Option<String>,
    place: Mutex<(Vec<SocketAddr>, bool)>,
    changed: Notify,
}

impl Spot {
    const fn fixed(address: String) -> Self {
        Self {
            fixed: Some(address),
            place: Mutex::new((Vec::new(), false)),
            changed: Notify::const_new(),
        }
    }

    const fn seen(addresses: Vec<SocketAddr>) -> Self {
        Self {
            fixed: None,
            place: Mutex::new((addresses, false)),
            changed: Notify::const_new(),
        }
    }

    fn place(&self) -> MutexGuard<'_, (Vec<SocketAddr>, bool)> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn found(&self, addresses: Vec<SocketAddr>) {
        *self.place() = (addresses, false);
        self.changed.notify_one();
    }

    fn leave(&self) {
        self.place().1 = true;
    }

    fn has_left(&self) -> bool {
        self.place().1
    }
}

/// Who is connected, so that two PCs keep one connection and not two.
#[derive(Default)]
pub(crate) struct Rooms {
    people: Mutex<People>,
    changed: Notify,
}

#[derive(Default)]
struct People {
    /// PCs that dialled us.
    guests: BTreeMap<vault::AuthorId, u32>,
    /// PCs that we dialled.
    hosts: BTreeMap<vault::AuthorId, u32>,
}

/// Which way a connection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
}

impl Rooms {
    fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a connection of this way with that PC stands.
    fn stands(&self, way: Way, peer: vault::AuthorId) -> bool {
        let people = self.people();
        match way {
            Way::In => people.guests.contains_key(&peer),
            Way::Out => people.hosts.contains_key(&peer),
        }
    }

    /// Notes a connection until the note is dropped.
    fn note(self: &Arc<Self>, way: Way, peer: vault::AuthorId) -> Note {
        let mut people = self.people();
        let place = match way {
            Way::In => people.guests.entry(peer),
            Way::Out => people.hosts.entry(peer),
        };
        *place.or_default() += 1;
        drop(people);
        self.changed.notify_waiters();
        Note {
            rooms: Arc::clone(self),
            way,
            peer,
        }
    }
}

/// A connection that stands.
pub(crate) struct Note {
    rooms: Arc<Rooms>,
    way: Way,
    peer: vault::AuthorId,
}

impl Drop for Note {
    fn drop(&mut self) {
        let mut people = self.rooms.people();
        let map = match self.way {
            Way::In => &mut people.guests,
            Way::Out => &mut people.hosts,
        };
        if let Some(count) = map.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                map.remove(&self.peer);
            }
        }
        drop(people);
        self.rooms.changed.notify_waiters();
    }
}
