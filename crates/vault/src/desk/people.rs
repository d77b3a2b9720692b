//! The people of the clinic: entering and dismissing them, their PINs, and who is at this desk.
use std::sync::Arc;

use casebook::merge::Id;
use casebook::name;
use casebook::staff::{Actor, Change, Entered, Person, Refused};
use data_encoding::HEXLOWER;
use ledger::{Epoch, Kind, RecordId};
use seal::{Pin, PinKey, Table, Verifier, VerifierError};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Desk, OwnWrite, Seat, Vault, Writer, parse};
use crate::event::Event;
use crate::failure::ActError;
use crate::local;
use crate::people::Tries;
use crate::projection::stamp;
use crate::store::{Batch, sealed_rows};
use crate::view::{PersonForm, PersonRow, Power, SessionView};

/// A PIN as it was typed.
type Typed = Zeroizing<String>;

impl From<Refused> for ActError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::NotAllowed => Self::NotAllowed,
            Refused::Unknown => Self::NotFound,
            Refused::NoName => Self::BadInput,
            Refused::TooLong => Self::TooLong,
            Refused::LastOwner => Self::LastOwner,
            Refused::PinMissing => Self::PinTooSimple,
        }
    }
}

impl Vault {
    /// Whether the person at the desk may do that. Whatever reads or writes something personal asks
    /// this by itself, too.
    pub async fn require(&self, power: Power) -> Result<(), ActError> {
        self.desk.require(power).await.map(drop)
    }

    /// The same, as far as it is known without waiting for the data to be read.
    pub fn may(&self, power: Power) -> Result<(), ActError> {
        self.desk.secrets()?;
        let actor = self.desk.memory().actor()?;
        allowed(actor.may(power))
    }

    /// Whether it is known who works here; not while the projections are computed anew after
    /// opening.
    #[must_use]
    pub fn knows_people(&self) -> bool {
        self.desk.memory().staff_known
    }

    /// The clinic has people with PINs, and none of them is at this PC.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        self.desk.memory().actor().is_err()
    }

    /// The clinic has people with PINs.
    #[must_use]
    pub fn has_people(&self) -> bool {
        self.desk.memory().staff.in_use()
    }

    /// Everybody who works here, by name; for an owner also who did. While nobody is signed in,
    /// only who could, and not where they work.
    pub async fn people(&self) -> Result<Vec<PersonRow>, ActError> {
        self.desk.people_known().await?;
        Ok(rows(&self.desk))
    }

    /// Who is at this PC.
    pub async fn session(&self) -> Result<SessionView, ActError> {
        let actor = self.desk.require(Power::WorkLeads).await?;
        Ok(session(actor))
    }

    /// Enters a person; without a PIN (empty) they can't sign in yet. The first one is an owner,
    /// needs a PIN, and is at this PC from then on.
    pub async fn add_person(
        &self,
        form: PersonForm,
        pin: &str,
    ) -> Result<Vec<PersonRow>, ActError> {
        let actor = self.desk.require(Power::ManagePeople).await?;
        let pin = Typed::new(pin.to_owned());
        self.run(move |desk| async move { add(&desk, &actor, &form, pin).await })
            .await
    }

    /// Changes a person's name, role or branches.
    pub async fn change_person(
        &self,
        id: &str,
        form: PersonForm,
    ) -> Result<Vec<PersonRow>, ActError> {
        let actor = self.desk.require(Power::ManagePeople).await?;
        let id = parse(id)?;
        self.run(move |desk| async move {
            decide(&desk, id, |writer| {
                let staff = &writer.people.staff;
                staff.change(&actor, id.as_bytes(), entered(&form), desk.now())
            })
            .await
        })
        .await
    }

    /// Dismisses a person, or takes one back. A dismissed person is signed out wherever this
    /// arrives.
    pub async fn dismiss_person(&self, id: &str, gone: bool) -> Result<Vec<PersonRow>, ActError> {
        let actor = self.desk.require(Power::ManagePeople).await?;
        let id = parse(id)?;
        self.run(move |desk| async move {
            decide(&desk, id, |writer| {
                let staff = &writer.people.staff;
                staff.dismiss(&actor, id.as_bytes(), gone, desk.now())
            })
            .await
        })
        .await
    }

    /// Chooses a PIN: one's own with the old one, somebody else's as the rules allow.
    pub async fn set_pin(
        &self,
        id: &str,
        old: Option<&str>,
        new: &str,
    ) -> Result<Vec<PersonRow>, ActError> {
        let actor = self.desk.require(Power::WorkLeads).await?;
        let id = parse(id)?;
        let old = old.map(|old| Typed::new(old.to_owned()));
        let new = Typed::new(new.to_owned());
        self.run(move |desk| async move { set_pin(&desk, &actor, id, old, new).await })
            .await
    }

    /// Sits down at this PC, in place of whoever did. Every try is counted before it is made.
    pub async fn sign_in(&self, id: &str, pin: &str) -> Result<SessionView, ActError> {
        self.desk.people_known().await?;
        let id = parse(id)?;
        let pin = Typed::new(pin.to_owned());
        self.run(move |desk| async move { sign_in(&desk, id, pin).await })
            .await
    }

    /// Leaves this PC to whoever comes next; the exchange with the server goes on.
    pub fn sign_out(&self) {
        self.desk.sit(Seat::Empty);
    }

    /// Whoever typed the recovery kit's words sits here until somebody signs in or out.
    pub(crate) fn seat_by_words(&self) {
        self.desk.sit(Seat::Words);
    }
}

impl Desk {
    /// Who acts, if they may do that.
    pub(crate) async fn require(&self, power: Power) -> Result<Actor, ActError> {
        self.people_known().await?;
        let actor = self.memory().actor()?;
        allowed(actor.may(power)).map(|()| actor)
    }

    /// Waits until it is known who works here: at once, unless the projections are computed anew.
    async fn people_known(&self) -> Result<(), ActError> {
        self.secrets()?;
        let known = self.memory().staff_known;
        if known { Ok(()) } else { self.loaded().await }
    }

    /// Shows the people as the writer has them.
    pub(crate) fn see_people(&self, writer: &Writer) {
        self.memory().see_staff(&writer.people.staff);
        self.tell(Event::People);
    }

    fn sit(&self, seat: Seat) {
        let before = std::mem::replace(&mut self.memory().seat, seat);
        if before != seat {
            self.tell(Event::People);
        }
    }
}

fn allowed(allowed: bool) -> Result<(), ActError> {
    allowed.then_some(()).ok_or(ActError::NotAllowed)
}

fn entered(form: &PersonForm) -> Entered<'_> {
    Entered {
        name: &form.name,
        role: form.role,
        branches: &form.branches,
    }
}

fn session(actor: Actor) -> SessionView {
    let powers = Power::ALL.into_iter();
    SessionView {
        person: actor.id.map(|id| RecordId::from_bytes(id).to_string()),
        powers: powers.filter(|power| actor.may(*power)).collect(),
        role: actor.role,
        name: actor.name,
        branches: actor.branches,
    }
}

/// Everybody whom the person at the desk, or nobody, may be shown.
fn rows(desk: &Desk) -> Vec<PersonRow> {
    let now = desk.clock.now_ms();
    let memory = desk.memory();
    let (staff, actor) = (&memory.staff, memory.actor());
    let shown = |id: &Id| match &actor {
        Ok(actor) => actor.may(Power::ManagePeople) || !staff.gone(id),
        Err(_) => staff.can_sign_in(id),
    };
    let row = |(id, person): (&Id, &Person)| {
        let tries = memory.tries.0.get(&HEXLOWER.encode(id));
        let wait = tries.map_or(0, |tries| tries.wait_ms(now));
        PersonRow {
            id: RecordId::from_bytes(*id).to_string(),
            name: person.name().to_owned(),
            role: staff.role(id),
            branches: if actor.is_ok() {
                person.branches().to_vec()
            } else {
                Vec::new()
            },
            gone: staff.gone(id),
            has_pin: person.pin().is_some(),
            may_set_pin: actor
                .as_ref()
                .is_ok_and(|actor| staff.may_set_pin(actor, id).is_ok()),
            wait_until: (wait > 0).then(|| now.saturating_add(wait)),
        }
    };
    let people = staff.iter().filter(|(id, _)| shown(id));
    let mut rows: Vec<PersonRow> = people.map(row).collect();
    rows.sort_by_cached_key(|row| (row.gone, name::sort_key(&row.name), row.id.clone()));
    rows
}

async fn add(
    desk: &Arc<Desk>,
    actor: &Actor,
    form: &PersonForm,
    pin: Typed,
) -> Result<Vec<PersonRow>, ActError> {
    let id = RecordId::from_bytes(Uuid::now_v7().into_bytes());
    // Before the work, so that a slip is told at once; the rules are asked again below.
    let first = !desk.memory().staff.in_use();
    let verifier = if pin.is_empty() {
        None
    } else {
        Some(verifier(desk, id, pin).await?)
    };
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let staff = &writer.people.staff;
    let change = staff.enter(actor, entered(form), verifier, desk.now())?;
    let seat = (first && !staff.in_use()).then_some(Seat::Taken(*id.as_bytes()));
    record(desk, writer, id, &change, seat).await?;
    Ok(rows(desk))
}

/// Records what `rule` comes to, if anything.
async fn decide(
    desk: &Arc<Desk>,
    id: RecordId,
    rule: impl FnOnce(&Writer) -> Result<Option<Change>, Refused>,
) -> Result<Vec<PersonRow>, ActError> {
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    if let Some(change) = rule(writer)? {
        record(desk, writer, id, &change, None).await?;
    }
    Ok(rows(desk))
}

async fn set_pin(
    desk: &Arc<Desk>,
    actor: &Actor,
    id: RecordId,
    old: Option<Typed>,
    new: Typed,
) -> Result<Vec<PersonRow>, ActError> {
    desk.memory().staff.may_set_pin(actor, id.as_bytes())?;
    Pin::chosen(&new).map_err(|_| ActError::PinTooSimple)?;
    if actor.id == Some(*id.as_bytes()) {
        prove(desk, id, old.ok_or(ActError::BadInput)?).await?;
    }
    let verifier = verifier(desk, id, new).await?;
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    let staff = &writer.people.staff;
    let change = staff.set_pin(actor, id.as_bytes(), verifier, desk.now())?;
    record(desk, writer, id, &change, None).await?;
    // Whoever may choose it may also end the pause that a forgotten one led to.
    forget_tries(desk, writer, id).await?;
    Ok(rows(desk))
}

async fn sign_in(desk: &Arc<Desk>, id: RecordId, pin: Typed) -> Result<SessionView, ActError> {
    prove(desk, id, pin).await?;
    // What happened to the person meanwhile counts.
    let actor = desk.memory().staff.actor(id.as_bytes());
    let actor = actor.ok_or(ActError::NotFound)?;
    desk.sit(Seat::Taken(*id.as_bytes()));
    Ok(session(actor))
}

/// Compares a typed PIN with the person's, after it is durable that it was tried.
async fn prove(desk: &Arc<Desk>, id: RecordId, typed: Typed) -> Result<(), ActError> {
    let (verifier, key, left) = {
        let mut writing = desk.writing().await;
        let writer = writing.get()?;
        let staff = &writer.people.staff;
        if !staff.can_sign_in(id.as_bytes()) {
            return Err(ActError::NotFound);
        }
        let person = staff.get(id.as_bytes()).and_then(Person::pin);
        let verifier = person.map(<[u8]>::to_vec).ok_or(ActError::NotFound)?;
        let left = begin_try(desk, writer, id).await?;
        (verifier, pepper(writer)?, left)
    };
    let right = tokio::task::spawn_blocking(move || {
        let (Some(pin), Ok(verifier)) = (Pin::typed(&typed), Verifier::decode(&verifier)) else {
            return Ok(false);
        };
        key.opens(&pin, id.as_bytes(), &verifier)
    });
    if !right.await.map_err(|_| ActError::Io)?? {
        return Err(ActError::WrongPin { left });
    }
    let mut writing = desk.writing().await;
    forget_tries(desk, writing.get()?, id).await
}

/// Makes what a chosen PIN is compared with.
async fn verifier(desk: &Arc<Desk>, id: RecordId, pin: Typed) -> Result<Vec<u8>, ActError> {
    let pin = Pin::chosen(&pin).map_err(|_| ActError::PinTooSimple)?;
    let key = pepper(desk.writing().await.get()?)?;
    let made = tokio::task::spawn_blocking(move || {
        key.verifier(&mut rand::rng(), &pin, id.as_bytes())
            .map(|verifier| verifier.encode())
    });
    Ok(made.await.map_err(|_| ActError::Io)??)
}

fn pepper(writer: &Writer) -> Result<PinKey, ActError> {
    let first = writer.epochs.get(&Epoch::FIRST);
    let key = first.and_then(|keys| keys.clinic.pin_key());
    key.ok_or(ActError::Damaged)
}

impl From<VerifierError> for ActError {
    fn from(_: VerifierError) -> Self {
        Self::Io
    }
}

/// Counts a try; gives how many are left before pauses begin.
async fn begin_try(desk: &Arc<Desk>, writer: &mut Writer, id: RecordId) -> Result<u32, ActError> {
    let mut tries = writer.tries.value.clone();
    let attempts = tries.0.entry(HEXLOWER.encode(id.as_bytes())).or_default();
    // The PC's own clock: what a server says of the time must not shorten a pause.
    let begun = attempts.begin(desk.clock.now_ms());
    let left = attempts.left();
    write_tries(desk, writer, tries).await?;
    match begun {
        Ok(()) => Ok(left),
        Err(wait) => Err(ActError::PinWait {
            seconds: u32::try_from(wait.ms.saturating_add(999) / 1000).unwrap_or(u32::MAX),
        }),
    }
}

async fn forget_tries(desk: &Arc<Desk>, writer: &mut Writer, id: RecordId) -> Result<(), ActError> {
    let mut tries = writer.tries.value.clone();
    if tries.0.remove(&HEXLOWER.encode(id.as_bytes())).is_none() {
        return Ok(());
    }
    write_tries(desk, writer, tries).await
}

async fn write_tries(desk: &Arc<Desk>, writer: &mut Writer, tries: Tries) -> Result<(), ActError> {
    let secrets = desk.secrets()?;
    let mut batch = Batch::new();
    let version = local::put(&mut batch, &secrets.storage, &tries, writer.tries.version)?;
    let state = writer.state.clone();
    desk.commit(writer, batch, state).await?;
    writer.tries.version = Some(version);
    desk.memory().tries.clone_from(&tries);
    writer.tries.value = tries;
    Ok(())
}

/// Writes one change of one person; `seat` is who sits here once it is so.
async fn record(
    desk: &Arc<Desk>,
    writer: &mut Writer,
    id: RecordId,
    change: &Change,
    seat: Option<Seat>,
) -> Result<(), ActError> {
    let secrets = desk.secrets()?;
    let (epoch, keys) = writer.epoch()?;
    let mut write = OwnWrite::begin(writer);
    let plain = Zeroizing::new(change.encode());
    let scribe = write.scribe();
    let entry = scribe.sealed(Kind::Change, id, (epoch, &keys), desk.now(), &plain)?;
    let place = stamp(entry);
    let mut people = writer.people.clone();
    let row = people.insert(
        *id.as_bytes(),
        place,
        change,
        write.state(),
        &secrets.storage,
    )?;
    let rows = row.into_iter().collect();
    sealed_rows::put_all(write.batch(), Table::Staff, rows);
    write.commit(desk, writer).await?;
    writer.people = people;
    {
        let mut memory = desk.memory();
        memory.see_staff(&writer.people.staff);
        memory.seat = seat.unwrap_or(memory.seat);
    }
    desk.tell(Event::People);
    desk.tell(Event::Sync);
    Ok(())
}
