//! A replica's whole sync state: how far it has each author's ledger.
use crate::id::{AuthorId, IdError};
use std::collections::BTreeMap;

/// Author → number of the last entry held.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Have(pub BTreeMap<AuthorId, u64>);

impl Have {
    /// Number of the last entry held of this author; 0 if none.
    #[must_use]
    pub fn seq(&self, author: AuthorId) -> u64 {
        self.0.get(&author).copied().unwrap_or(0)
    }

    /// Ready for JSON: ids in hexadecimal.
    #[must_use]
    pub fn to_map(&self) -> BTreeMap<String, u64> {
        self.0
            .iter()
            .map(|(id, seq)| (id.to_string(), *seq))
            .collect()
    }

    /// Reads what [`Have::to_map`] wrote.
    pub fn from_map(map: &BTreeMap<String, u64>) -> Result<Self, IdError> {
        map.iter()
            .map(|(id, seq)| Ok((id.parse()?, *seq)))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_a_replica_has_survives_json() {
        let have = Have([(AuthorId::from_bytes([7; 16]), 9)].into());
        let json = serde_json::to_string(&have.to_map()).unwrap();
        assert_eq!(json, r#"{"07070707070707070707070707070707":9}"#);
        let map = serde_json::from_str(&json).unwrap();
        assert_eq!(Have::from_map(&map), Ok(have));
        assert_eq!(Have::from_map(&[("x".into(), 1)].into()), Err(IdError));
    }
}
