//! Every domain-separating string of the product, in one place, so that no two uses can ever share one.

/// One use of a key, a hash or a signature. The strings are unique and none begins another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// HKDF info: root secret → Ed25519 seed.
    Sign,
    /// HKDF info: root secret → X25519 secret that receives clinic keys.
    Receive,
    /// HKDF info: root secret → key that seals local rows.
    Storage,
    /// HKDF info: clinic key → key that seals changes.
    Record,
    /// HKDF info: clinic key → key that seals attachments.
    Blob,
    /// HKDF info: clinic key of epoch 1 → key that derives ids from phone numbers.
    Blind,
    /// HKDF info: clinic key → X25519 secret that the website seals to.
    Intake,
    /// HPKE info of a website submission.
    Submission,
    /// HPKE info of a clinic key granted to an author.
    Grant,
    /// AAD prefix of a sealed local row.
    Row,
    /// AAD prefix of a sealed attachment chunk.
    Chunk,
    /// BLAKE3 `derive_key` context of an entry hash.
    Entry,
    /// Signature context of a ledger head.
    Head,
    /// Signature context of an intake key statement.
    KeyStatement,
    /// Signature context of a signed request.
    Request,
    /// HKDF info: clinic key of epoch 1 → key by which PCs of one clinic find and greet each other.
    Nearby,
    /// TLS exporter label of a connection between PCs (RFC 9266's way, a label of our own).
    Channel,
    /// Signature context of a PC's proof on such a connection.
    Proof,
    /// HKDF info: clinic key → key that seals what is carried on a memory stick.
    Stick,
}

impl Label {
    /// Every label, in order of declaration.
    pub const ALL: [Self; 19] = [
        Self::Sign,
        Self::Receive,
        Self::Storage,
        Self::Record,
        Self::Blob,
        Self::Blind,
        Self::Intake,
        Self::Submission,
        Self::Grant,
        Self::Row,
        Self::Chunk,
        Self::Entry,
        Self::Head,
        Self::KeyStatement,
        Self::Request,
        Self::Nearby,
        Self::Channel,
        Self::Proof,
        Self::Stick,
    ];

    /// The exact bytes that are hashed, signed or authenticated.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sign => "letan/1/sign",
            Self::Receive => "letan/1/receive",
            Self::Storage => "letan/1/storage",
            Self::Record => "letan/1/record",
            Self::Blob => "letan/1/blob",
            Self::Blind => "letan/1/blind",
            Self::Intake => "letan/1/intake",
            Self::Submission => "letan/1/submission",
            Self::Grant => "letan/1/grant",
            Self::Row => "letan/1/row",
            Self::Chunk => "letan/1/chunk",
            Self::Entry => "letan 2026-11 entry",
            Self::Head => "letan/1/head",
            Self::KeyStatement => "letan/1/key-statement",
            Self::Request => "letan/1/request",
            Self::Nearby => "letan/1/nearby",
            Self::Channel => "EXPORTER-letan/1/channel",
            Self::Proof => "letan/1/proof",
            Self::Stick => "letan/1/stick",
        }
    }

    /// [`Label::as_str`] as bytes.
    #[must_use]
    pub const fn as_bytes(self) -> &'static [u8] {
        self.as_str().as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::Label;

    #[test]
    fn labels_are_unique_and_none_begins_another() {
        for (i, a) in Label::ALL.iter().enumerate() {
            for (j, b) in Label::ALL.iter().enumerate() {
                assert!(
                    i == j || !b.as_str().starts_with(a.as_str()),
                    "{a:?} begins {b:?}"
                );
            }
        }
    }

    #[test]
    fn the_list_of_labels_is_whole() {
        // A fieldless enum numbers its variants from zero: the last one tells how many there are.
        assert_eq!(Label::Stick as usize + 1, Label::ALL.len());
        for (i, label) in Label::ALL.iter().enumerate() {
            assert_eq!(*label as usize, i);
        }
    }
}
