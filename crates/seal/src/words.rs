//! A root secret as 24 English words (BIP-39), to be written down and typed in again.
use crate::root::RootSecret;
use bip39::{Language, Mnemonic};
use thiserror::Error;
use zeroize::Zeroizing;

const COUNT: usize = 24;

/// What is wrong with typed words. Positions count from 0; no word is repeated in the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WordsError {
    /// Not 24 words.
    #[error("there must be 24 words")]
    Count,
    /// This word is not in the list.
    #[error("word number {} is not in the list", index + 1)]
    UnknownWord {
        /// Position of the first such word.
        index: usize,
    },
    /// Every word is in the list, but together they are no kit: one is wrong or two have changed places.
    #[error("the words don't belong together")]
    Checksum,
}

impl RootSecret {
    /// The 24 words, one space between them.
    #[must_use]
    pub fn words(&self) -> Zeroizing<String> {
        let mut words = Zeroizing::new(String::with_capacity(COUNT * 9));
        // 32 bytes are a length that BIP-39 has: this never gives nothing.
        for word in Mnemonic::from_entropy(self.0.bytes())
            .iter()
            .flat_map(Mnemonic::words)
        {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
        words
    }

    /// Reads 24 words, in any case and with any white space between them.
    pub fn from_words(typed: &str) -> Result<Self, WordsError> {
        let folded = Zeroizing::new(typed.to_lowercase());
        let words = || folded.split_whitespace();
        if words().count() != COUNT {
            return Err(WordsError::Count);
        }
        if let Some(index) = words().position(|word| Language::English.find_word(word).is_none()) {
            return Err(WordsError::UnknownWord { index });
        }
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, &folded)
            .map_err(|_| WordsError::Checksum)?;
        let (entropy, _) = mnemonic.to_entropy_array();
        let entropy = Zeroizing::new(entropy);
        let secret = entropy.first_chunk().ok_or(WordsError::Checksum)?;
        Ok(Self(crate::secret::Secret::copy_of(secret)))
    }
}
