//! Who is there: first proof that both know the clinic's key, then that each is an author who is enrolled.
//!
//! A stranger learns nothing at all: the first word is a MAC that looks random to it. Whoever was cut off gets the
//! proof of that and nothing else. Whoever is not known here yet shows the clinic's membership first, which is
//! admitted by the rules of any arrival; but only to someone whom it knows itself.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ledger::author::AuthorKeys;
use ledger::{AuthorId, Have, Label, Role};
use seal::End;

use super::wire::{MOST, Tag, Wire};
use super::{PeerError, Standing, body, nearby_key, standing};
use crate::desk::Desk;
use crate::exchange::apply::apply;
use crate::exchange::raise;
use crate::exchange::shelf::{Ledgers, Wish, pack};
use crate::exchange::transport::Other;
use crate::view::AlarmKind;

const MAGIC: &[u8; 5] = b"LTLAN";
const SUITE: u8 = 1;
/// A greeting, a name or a proof is shorter.
const SHORT: usize = 256;
/// For one word of the greeting.
const SOON: Duration = Duration::from_secs(10);
/// For a page of an introduction.
const LATER: Duration = Duration::from_mins(1);
/// Pages of an introduction: the membership lies in ledgers that hold more than membership.
const PAGES: usize = 256;

const KNOWN: u8 = 0;
const UNKNOWN: u8 = 1;
const CUT_OFF: u8 = 2;
const COPY: u8 = 3;

/// Who the other side says it is.
struct Claim {
    author: AuthorId,
    instance: [u8; 16],
    signature: [u8; 64],
}

/// What one side thinks of the other.
enum Verdict {
    Known,
    Unknown(Have),
    /// With the proof.
    CutOff(Vec<u8>),
    Copy,
}

/// Goes through the whole greeting; gives who the other side is.
pub(super) async fn greet(
    desk: &Arc<Desk>,
    wire: &mut Wire,
    end: End,
) -> Result<AuthorId, PeerError> {
    let channel = wire.channel()?;
    mac(desk, wire, end, &channel).await?;
    let claim = claims(desk, wire, end, &channel).await?;
    if claim.author == desk.me && claim.instance == desk.instance {
        return Err(PeerError::Ourselves);
    }
    let mut round = 0;
    loop {
        let ours = judge(desk, &claim, end, &channel).await?;
        let theirs = match end {
            End::Client => {
                say(wire, &ours).await?;
                hear(wire).await?
            }
            End::Server => {
                let theirs = hear(wire).await?;
                say(wire, &ours).await?;
                theirs
            }
        };
        round += 1;
        match (ours, theirs) {
            (Verdict::Copy, _) | (_, Verdict::Copy) => {
                raise(desk, &[(Some(desk.me), AlarmKind::Fork)]).await?;
                return Err(PeerError::Copy);
            }
            (_, Verdict::CutOff(proof)) => {
                apply(desk, proof, Other::Peer(claim.author)).await?;
                return Err(PeerError::Revoked);
            }
            (Verdict::CutOff(_), _) => return Err(PeerError::CutOff),
            (Verdict::Known, Verdict::Known) => return Ok(claim.author),
            (Verdict::Unknown(_), Verdict::Unknown(_)) => return Err(PeerError::Unknown),
            _ if round > PAGES => return Err(PeerError::Unknown),
            (Verdict::Known, Verdict::Unknown(have)) => introduce(desk, wire, &have).await?,
            (Verdict::Unknown(_), Verdict::Known) => listen(desk, wire, &claim).await?,
        }
    }
}

/// Both show that they know the clinic's key, whoever dialled first.
async fn mac(desk: &Desk, wire: &mut Wire, end: End, channel: &[u8; 32]) -> Result<(), PeerError> {
    let key = nearby_key(desk).await?;
    let word = [MAGIC, [SUITE].as_slice(), &key.greeting(end, channel)].concat();
    let other = match end {
        End::Client => End::Server,
        End::Server => End::Client,
    };
    if end == End::Client {
        wire.send(Tag::Greeting, &[&word]).await?;
    }
    let heard = wire.receive_within(SHORT, SOON).await?;
    let heard = heard.expect(Tag::Greeting)?;
    let given = heard
        .strip_prefix(MAGIC)
        .and_then(|rest| rest.strip_prefix(&[SUITE]))
        .and_then(|given| <&[u8; 32]>::try_from(given).ok())
        .ok_or(PeerError::Malformed)?;
    if !key.is_greeting(other, channel, given) {
        return Err(PeerError::Stranger);
    }
    if end == End::Server {
        wire.send(Tag::Greeting, &[&word]).await?;
    }
    Ok(())
}

/// Both say who they are and sign for it: the one that dialled names itself, the other proves itself, then the first.
async fn claims(
    desk: &Desk,
    wire: &mut Wire,
    end: End,
    channel: &[u8; 32],
) -> Result<Claim, PeerError> {
    let secrets = desk.secrets()?;
    let me = [desk.me.as_bytes().as_slice(), &desk.instance].concat();
    let sign = |other: AuthorId| {
        let parts = proof(desk, end, channel, desk.me, other);
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        secrets.signer.sign(Label::Proof, &parts)
    };
    if end == End::Client {
        wire.send(Tag::Name, &[&me]).await?;
        let heard = wire.receive_within(SHORT, SOON).await?;
        let claim = read_claim(&heard.expect(Tag::Proof)?)?;
        wire.send(Tag::Proof, &[&me, &sign(claim.author)]).await?;
        return Ok(claim);
    }
    let heard = wire.receive_within(SHORT, SOON).await?;
    let name = heard.expect(Tag::Name)?;
    let named = read_claim(&[name.as_slice(), &[0; 64]].concat())?;
    wire.send(Tag::Proof, &[&me, &sign(named.author)]).await?;
    let heard = wire.receive_within(SHORT, SOON).await?;
    let claim = read_claim(&heard.expect(Tag::Proof)?)?;
    if (claim.author, claim.instance) == (named.author, named.instance) {
        Ok(claim)
    } else {
        Err(PeerError::Malformed)
    }
}

/// What a proof signs: clinic, which end signs, this connection, the one that signs, the one it is meant for.
fn proof(desk: &Desk, end: End, channel: &[u8; 32], by: AuthorId, to: AuthorId) -> [Vec<u8>; 5] {
    [
        desk.clinic.as_bytes().to_vec(),
        vec![end as u8],
        channel.to_vec(),
        by.as_bytes().to_vec(),
        to.as_bytes().to_vec(),
    ]
}

fn read_claim(bytes: &[u8]) -> Result<Claim, PeerError> {
    let bytes: &[u8; 96] = bytes.try_into().map_err(|_| PeerError::Malformed)?;
    let (mut author, mut instance, mut signature) = ([0; 16], [0; 16], [0; 64]);
    author.copy_from_slice(&bytes[..16]);
    instance.copy_from_slice(&bytes[16..32]);
    signature.copy_from_slice(&bytes[32..]);
    Ok(Claim {
        author: AuthorId::from_bytes(author),
        instance,
        signature,
    })
}

/// What we think of the other side, as far as we know now. A proof that does not hold ends everything.
async fn judge(
    desk: &Desk,
    claim: &Claim,
    end: End,
    channel: &[u8; 32],
) -> Result<Verdict, PeerError> {
    let by = match end {
        End::Client => End::Server,
        End::Server => End::Client,
    };
    let parts = proof(desk, by, channel, claim.author, desk.me);
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let holds = |keys: &AuthorKeys| keys.verify(Label::Proof, &parts, &claim.signature);
    let mut writing = desk.writing().await;
    let writer = writing.get()?;
    match standing(writer, claim.author) {
        Standing::Active(keys) | Standing::CutOff(keys) if !holds(&keys) => {
            Err(PeerError::Stranger)
        }
        Standing::Active(_) if claim.author == desk.me => Ok(Verdict::Copy),
        Standing::Active(_) => Ok(Verdict::Known),
        Standing::CutOff(_) => {
            drop(writing);
            Ok(Verdict::CutOff(proof_of_end(desk).await?))
        }
        Standing::Unknown => {
            let roster = writer.replica.roster();
            let mut have = writer.replica.have();
            have.0
                .retain(|id, _| matches!(roster.role(*id), Some(Role::Owner | Role::Paper)));
            Ok(Verdict::Unknown(have))
        }
    }
}

/// The membership as it stands, without anything that is sealed with a clinic key.
pub(super) async fn proof_of_end(desk: &Desk) -> Result<Vec<u8>, PeerError> {
    let (nothing, nobody) = (Have::default(), BTreeSet::new());
    let wish = Wish {
        ledgers: Ledgers::Members,
        bare: true,
        ..Wish::all(&nothing, &nobody)
    };
    let mut writing = desk.writing().await;
    let parcel = pack(desk, writing.get()?, &wish).await?;
    Ok(parcel.map(|parcel| parcel.bundle).unwrap_or_default())
}

async fn say(wire: &mut Wire, verdict: &Verdict) -> Result<(), PeerError> {
    let (number, rest) = match verdict {
        Verdict::Known => (KNOWN, Vec::new()),
        Verdict::Unknown(have) => (UNKNOWN, body::have(have)),
        Verdict::CutOff(proof) => {
            return wire.send(Tag::Verdict, &[&[CUT_OFF], proof]).await;
        }
        Verdict::Copy => (COPY, Vec::new()),
    };
    wire.send(Tag::Verdict, &[&[number], &rest]).await
}

async fn hear(wire: &mut Wire) -> Result<Verdict, PeerError> {
    let heard = wire.receive_within(MOST, LATER).await?;
    let heard = heard.expect(Tag::Verdict)?;
    match heard.split_first() {
        Some((&KNOWN, [])) => Ok(Verdict::Known),
        Some((&UNKNOWN, have)) => body::read_have(have).map(Verdict::Unknown),
        Some((&CUT_OFF, proof)) => Ok(Verdict::CutOff(proof.to_vec())),
        Some((&COPY, [])) => Ok(Verdict::Copy),
        _ => Err(PeerError::Malformed),
    }
}

/// Shows the next page of the membership to someone whom we know.
async fn introduce(desk: &Desk, wire: &mut Wire, theirs: &Have) -> Result<(), PeerError> {
    let parcel = {
        let nobody = BTreeSet::new();
        let wish = Wish {
            ledgers: Ledgers::Members,
            ..Wish::all(theirs, &nobody)
        };
        let mut writing = desk.writing().await;
        pack(desk, writing.get()?, &wish).await?
    };
    let bundle = parcel.map(|parcel| parcel.bundle).unwrap_or_default();
    wire.send(Tag::Introduction, &[&bundle]).await
}

/// Takes in a page of the membership; without progress there is nothing to hope for.
async fn listen(desk: &Arc<Desk>, wire: &mut Wire, claim: &Claim) -> Result<(), PeerError> {
    let heard = wire.receive_within(MOST, LATER).await?;
    let bundle = heard.expect(Tag::Introduction)?;
    let applied = apply(desk, bundle, Other::Peer(claim.author)).await?;
    if applied.progress {
        Ok(())
    } else {
        Err(PeerError::Unknown)
    }
}
