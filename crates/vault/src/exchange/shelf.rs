//! What this desk hands on: parts of ledgers, packed into bundles by the plan of `ledger`.
use std::collections::BTreeSet;

use ledger::bundle;
use ledger::{AuthorId, Closing, Entry, Have, Role, SignedHead, Stretch};

use crate::desk::{Desk, Secrets, Writer};
use crate::failure::ActError;
use crate::store::ledger_rows::{self, STRIDE, Stops, weight};

/// Bytes of one bundle.
pub(crate) const PARCEL: usize = 4 << 20;
/// Bytes of one stretch that can't be cut, and that a whole parcel is for.
pub(crate) const WHOLE: usize = (6 << 20) - (1 << 16);
/// Entries read at once.
const ENTRIES: i64 = 2_000;

/// Whose ledgers are wanted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ledgers {
    /// Everybody's.
    All,
    /// All but those of servers: which of them asks is not known, and a server has its own.
    NoServers,
    /// All but this server's own. What one before it received has gone on from no disk but ours.
    AllBut(AuthorId),
    /// Those of whoever enrols.
    Members,
}

/// What is wanted of a bundle.
pub(crate) struct Wish<'a> {
    /// What the other side has.
    pub theirs: &'a Have,
    /// Whose ledgers stay out.
    pub without: &'a BTreeSet<AuthorId>,
    /// Which of the others go in.
    pub ledgers: Ledgers,
    /// Without anything that is sealed with a clinic key.
    pub bare: bool,
    /// Also ends of ledgers that nobody vouches for: whoever has the entries may lack payloads.
    pub unsigned: bool,
    /// Our own ledger goes no further than this.
    pub own_end: u64,
    /// Bytes of the bundle.
    pub most: usize,
    /// Bytes of a stretch that can't be cut, and that a whole bundle is for.
    pub uncut: usize,
}

impl<'a> Wish<'a> {
    /// Everything that the other side lacks.
    pub(crate) const fn all(theirs: &'a Have, without: &'a BTreeSet<AuthorId>) -> Self {
        Self {
            theirs,
            without,
            ledgers: Ledgers::All,
            bare: false,
            unsigned: false,
            own_end: u64::MAX,
            most: PARCEL,
            uncut: WHOLE,
        }
    }
}

/// One bundle, and how it stands for the whole.
pub(crate) struct Parcel {
    pub bundle: Vec<u8>,
    /// Entries in it.
    pub entries: u64,
    /// Entries that the other side lacks beyond it.
    pub left: u64,
}

/// The next bundle for whoever has `theirs`; nothing when it has all that can be handed on.
pub(crate) async fn pack(
    desk: &Desk,
    writer: &Writer,
    wish: &Wish<'_>,
) -> Result<Option<Parcel>, ActError> {
    if !lacks(desk, writer, wish) {
        return Ok(None);
    }
    let stops = ledger_rows::stops(&desk.store).await?;
    let stretches = shelf(desk, writer, wish, &stops).plan(wish.theirs);
    let total: u64 = stretches.iter().map(|one| one.up_to - one.after).sum();
    let secrets = desk.secrets()?;
    let mut packing = Packing {
        desk,
        writer,
        secrets: &secrets,
        stops: &stops,
        bare: wish.bare,
        most: wish.most,
        uncut: wish.uncut,
        bundle: bundle::Writer::new(),
        entries: 0,
    };
    let mut unfit: BTreeSet<AuthorId> = BTreeSet::new();
    for stretch in stretches {
        if unfit.contains(&stretch.author) {
            continue;
        }
        match packing.stretch(stretch).await? {
            Packed::Whole => {}
            Packed::Full => break,
            Packed::Unfit => {
                tracing::warn!("a part of a ledger is too long to be handed on");
                unfit.insert(stretch.author);
            }
        }
    }
    let entries = packing.entries;
    Ok((entries > 0).then(|| Parcel {
        bundle: packing.bundle.finish(),
        entries,
        left: total - entries,
    }))
}

/// Whether anything is to be handed on, told without a look into the database.
pub(crate) fn lacks(desk: &Desk, writer: &Writer, wish: &Wish<'_>) -> bool {
    let have = offered(desk, writer, wish);
    let lacking = |(author, seq): (&AuthorId, &u64)| wish.theirs.seq(*author) < *seq;
    have.0.iter().any(lacking)
}

/// What we have of that which is wished for.
fn offered(desk: &Desk, writer: &Writer, wish: &Wish<'_>) -> Have {
    let mut have = writer.replica.have();
    let roster = writer.replica.roster();
    have.0.retain(|author, seq| {
        if *author == desk.me {
            *seq = (*seq).min(wish.own_end);
        }
        let role = roster.role(*author);
        let enrols = matches!(role, Some(Role::Owner | Role::Paper));
        let kept_out = wish.without.contains(author)
            || match wish.ledgers {
                Ledgers::All => false,
                Ledgers::NoServers => role == Some(Role::Server),
                Ledgers::AllBut(server) => *author == server,
                Ledgers::Members => !enrols,
            };
        !kept_out && *seq > 0
    });
    have
}

fn shelf(desk: &Desk, writer: &Writer, wish: &Wish<'_>, stops: &Stops) -> ledger::Shelf {
    let numbers = |(author, heads): (&AuthorId, &std::collections::BTreeMap<u64, _>)| {
        (*author, heads.keys().copied().collect())
    };
    ledger::Shelf {
        have: offered(desk, writer, wish),
        stops: stops.iter().map(numbers).collect(),
        order: writer.replica.roster().order(),
        own: Some(desk.me),
        unsigned: wish.unsigned,
    }
}

/// How a stretch fitted.
enum Packed {
    Whole,
    Full,
    Unfit,
}

struct Packing<'a> {
    desk: &'a Desk,
    writer: &'a Writer,
    secrets: &'a Secrets,
    stops: &'a Stops,
    bare: bool,
    most: usize,
    uncut: usize,
    bundle: bundle::Writer,
    entries: u64,
}

impl Packing<'_> {
    async fn stretch(&mut self, stretch: Stretch) -> Result<Packed, ActError> {
        match stretch.closing {
            Closing::Own => self.own(stretch).await,
            Closing::Held => {
                let heads = self.stops.get(&stretch.author);
                let head = heads.and_then(|heads| heads.get(&stretch.up_to)).copied();
                self.closed(stretch, head).await
            }
            Closing::Nobody => self.closed(stretch, None).await,
        }
    }

    /// All of it or nothing, closed by a head that is held or by none.
    async fn closed(
        &mut self,
        stretch: Stretch,
        head: Option<SignedHead>,
    ) -> Result<Packed, ActError> {
        let room = if self.entries == 0 {
            self.uncut
        } else {
            self.most
        };
        let room = room.saturating_sub(self.bundle.len());
        let part = self.read(stretch, room).await?;
        let last = part.last().map(|last| last.header);
        if let Some(last) = last.filter(|last| last.seq == stretch.up_to) {
            self.put(&part);
            let unsigned = || SignedHead::unsigned(last.author, last.seq, last.hash());
            self.bundle.head(&head.unwrap_or_else(unsigned));
            return Ok(Packed::Whole);
        }
        Ok(if self.entries == 0 {
            Packed::Unfit
        } else {
            Packed::Full
        })
    }

    /// Closed with a head of ours about every 1 MiB, so that whoever gets it can hand it on in parts.
    async fn own(&mut self, mut stretch: Stretch) -> Result<Packed, ActError> {
        while stretch.after < stretch.up_to {
            let room = self.most.saturating_sub(self.bundle.len());
            let mut part = self.read(stretch, room.min(STRIDE)).await?;
            if part.is_empty() {
                // One entry may be longer than a stride; it is never too long for a bundle of its own.
                part = self.read(stretch, room).await?;
            }
            let Some(last) = part.last().map(|last| last.header) else {
                return Ok(Packed::Full);
            };
            self.put(&part);
            let head = self.secrets.signer.head(last.seq, last.hash());
            self.bundle.head(&head);
            stretch.after = last.seq;
        }
        Ok(Packed::Whole)
    }

    fn put(&mut self, part: &[Entry]) {
        for entry in part {
            if self.bare && entry.header.kind.is_erasable() {
                self.bundle.stored(&entry.header.encode(), None);
            } else {
                self.bundle.entry(entry);
            }
        }
        self.entries += part.len() as u64;
    }

    /// Entries from the beginning of a stretch, as many as there is room for.
    async fn read(&self, stretch: Stretch, room: usize) -> Result<Vec<Entry>, ActError> {
        let Some(&number) = self.writer.numbers.get(&stretch.author) else {
            return Ok(Vec::new());
        };
        let mut part: Vec<Entry> = Vec::new();
        let mut bytes = 256;
        loop {
            let after = part.last().map_or(stretch.after, |entry| entry.header.seq);
            let left = i64::try_from(stretch.up_to - after).unwrap_or(ENTRIES);
            let limit = left.min(ENTRIES);
            let store = &self.desk.store;
            let read = match limit {
                0 => Vec::new(),
                limit => ledger_rows::entries_after(store, number, after, limit).await?,
            };
            if read.is_empty() {
                return Ok(part);
            }
            for entry in read {
                bytes += if self.bare && entry.header.kind.is_erasable() {
                    weight(&entry) - entry.payload.bytes().map_or(0, <[u8]>::len)
                } else {
                    weight(&entry)
                };
                if bytes > room {
                    return Ok(part);
                }
                part.push(entry);
            }
        }
    }
}
