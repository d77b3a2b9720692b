//! What a visitor wrote into the form.
use crate::cbor::Map;
use core::fmt;
use minicbor::Decoder;
use thiserror::Error;
use zeroize::Zeroizing;

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Full name, at most 200 characters.
    Name,
    /// Phone number as written, at most 60 characters.
    Phone,
    /// Question, at most 4,000 characters.
    Question,
    /// Version of the privacy notice that was shown, at most 40 characters.
    NoticeVersion,
    /// Address of the page, at most 300 characters.
    Page,
    /// Wished branch, at most 60 characters.
    Branch,
}

impl Field {
    /// Every field with text.
    pub const ALL: [Self; 6] = [
        Self::Name,
        Self::Phone,
        Self::Question,
        Self::NoticeVersion,
        Self::Page,
        Self::Branch,
    ];

    /// Longest accepted answer, in characters (Unicode scalar values).
    #[must_use]
    pub const fn max_chars(self) -> usize {
        match self {
            Self::Name => 200,
            Self::Phone | Self::Branch => 60,
            Self::Question => 4000,
            Self::NoticeVersion => 40,
            Self::Page => 300,
        }
    }
}

/// Why answers can't be sealed, or what was opened is not answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AnswersError {
    /// A text is longer than its field allows.
    #[error("an answer is too long")]
    TooLong(Field),
    /// Not a map of answers.
    #[error("not a map of answers")]
    Malformed,
}

mod key {
    pub(super) const NAME: u64 = 0;
    pub(super) const PHONE: u64 = 1;
    pub(super) const QUESTION: u64 = 2;
    pub(super) const PROMO: u64 = 3;
    pub(super) const NOTICE_VERSION: u64 = 4;
    pub(super) const NOTICE_HASH: u64 = 5;
    pub(super) const PAGE: u64 = 6;
    pub(super) const BRANCH: u64 = 7;
    pub(super) const FILLED_AT: u64 = 8;
}

/// The answers; empty where the visitor gave none. `Debug` shows nothing of them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Answers {
    /// Full name.
    pub name: String,
    /// Phone number as written.
    pub phone: String,
    /// Question.
    pub question: String,
    /// Channels that the visitor allowed promotion by: 1 call, 2 SMS, 4 Zalo, 8 e-mail.
    pub promo: u8,
    /// Version of the privacy notice that was shown.
    pub notice_version: String,
    /// SHA-256 of that notice's text.
    pub notice_hash: Option<[u8; 32]>,
    /// Address of the page.
    pub page: String,
    /// Wished branch.
    pub branch: String,
    /// When the form was sent by the visitor's clock, in milliseconds since the Unix epoch.
    pub filled_at: Option<i64>,
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers(…)")
    }
}

impl Answers {
    /// One text answer.
    #[must_use]
    pub fn text(&self, field: Field) -> &str {
        match field {
            Field::Name => &self.name,
            Field::Phone => &self.phone,
            Field::Question => &self.question,
            Field::NoticeVersion => &self.notice_version,
            Field::Page => &self.page,
            Field::Branch => &self.branch,
        }
    }

    /// Whether every answer is within its length.
    pub fn check(&self) -> Result<(), AnswersError> {
        Field::ALL
            .into_iter()
            .find(|field| self.text(*field).chars().count() > field.max_chars())
            .map_or(Ok(()), |field| Err(AnswersError::TooLong(field)))
    }

    /// A CBOR map with small integer keys; what is empty is left out.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, AnswersError> {
        self.check()?;
        let mut map = Map::new();
        put_text(&mut map, key::NAME, &self.name);
        put_text(&mut map, key::PHONE, &self.phone);
        put_text(&mut map, key::QUESTION, &self.question);
        if self.promo != 0 {
            map.uint(key::PROMO, u64::from(self.promo));
        }
        put_text(&mut map, key::NOTICE_VERSION, &self.notice_version);
        if let Some(hash) = &self.notice_hash {
            map.bytes(key::NOTICE_HASH, hash);
        }
        put_text(&mut map, key::PAGE, &self.page);
        put_text(&mut map, key::BRANCH, &self.branch);
        if let Some(at) = self.filled_at {
            map.int(key::FILLED_AT, at);
        }
        let mut out = Zeroizing::new(Vec::new());
        map.finish(&mut out);
        Ok(out)
    }

    /// Reads what a form wrote, of this version or a newer one: keys it doesn't know are skipped. Other spellings
    /// of the same CBOR are fine here, because the seal around it admits only one, and a lead must not be lost.
    pub fn decode(bytes: &[u8]) -> Result<Self, AnswersError> {
        let answers = Self::read(bytes).ok_or(AnswersError::Malformed)?;
        answers.check()?;
        Ok(answers)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let mut answers = Self::default();
        let mut seen = 0u16;
        for _ in 0..decoder.map().ok()?? {
            let key = decoder.u64().ok()?;
            if key <= key::FILLED_AT {
                if seen & (1 << key) != 0 {
                    return None;
                }
                seen |= 1 << key;
            }
            answers.value(key, &mut decoder)?;
        }
        (decoder.position() == bytes.len()).then_some(answers)
    }

    fn value(&mut self, key: u64, decoder: &mut Decoder<'_>) -> Option<()> {
        match key {
            key::NAME => decoder.str().ok()?.clone_into(&mut self.name),
            key::PHONE => decoder.str().ok()?.clone_into(&mut self.phone),
            key::QUESTION => decoder.str().ok()?.clone_into(&mut self.question),
            key::PROMO => self.promo = decoder.u8().ok()?,
            key::NOTICE_VERSION => decoder.str().ok()?.clone_into(&mut self.notice_version),
            key::NOTICE_HASH => self.notice_hash = Some(decoder.bytes().ok()?.try_into().ok()?),
            key::PAGE => decoder.str().ok()?.clone_into(&mut self.page),
            key::BRANCH => decoder.str().ok()?.clone_into(&mut self.branch),
            key::FILLED_AT => self.filled_at = Some(decoder.i64().ok()?),
            _ => decoder.skip().ok()?,
        }
        Some(())
    }
}

fn put_text(map: &mut Map, key: u64, text: &str) {
    if !text.is_empty() {
        map.text(key, text);
    }
}
