//! Bodies of frames: fixed fields, little-endian, one encoding each.
use ledger::{AuthorId, Have};

use super::PeerError;
use crate::exchange::transport::{Page, Receipt};
use crate::remote::Refused;

/// Authors of a clinic at most, on the wire: far more than any has PCs.
const AUTHORS: usize = 4096;
const ROW: usize = 24;

/// `author ‖ seq` for each, authors rising.
pub(super) fn have(have: &Have) -> Vec<u8> {
    let mut out = Vec::with_capacity(have.0.len() * ROW);
    for (author, seq) in &have.0 {
        out.extend_from_slice(author.as_bytes());
        out.extend_from_slice(&seq.to_le_bytes());
    }
    out
}

pub(super) fn read_have(bytes: &[u8]) -> Result<Have, PeerError> {
    let (rows, []) = bytes.as_chunks::<ROW>() else {
        return Err(PeerError::Malformed);
    };
    let mut have = Have::default();
    for row in rows {
        let (author, seq) = split(row);
        let rises = have
            .0
            .last_key_value()
            .is_none_or(|(last, _)| *last < author);
        if !rises || have.0.len() >= AUTHORS {
            return Err(PeerError::Malformed);
        }
        have.0.insert(author, seq);
    }
    Ok(have)
}

fn split(row: &[u8; ROW]) -> (AuthorId, u64) {
    let (mut author, mut seq) = ([0; 16], [0; 8]);
    author.copy_from_slice(&row[..16]);
    seq.copy_from_slice(&row[16..]);
    (AuthorId::from_bytes(author), u64::from_le_bytes(seq))
}

/// `more ‖ left ‖ bundle`; gives what is before the bundle.
pub(super) fn page_head(more: bool, left: u64) -> [u8; 9] {
    let mut head = [u8::from(more); 9];
    head[1..].copy_from_slice(&left.to_le_bytes());
    head
}

pub(super) fn read_page(mut bytes: Vec<u8>) -> Result<Page, PeerError> {
    let Some(&[more, left @ ..]) = bytes.first_chunk::<9>() else {
        return Err(PeerError::Malformed);
    };
    if more > 1 {
        return Err(PeerError::Malformed);
    }
    bytes.drain(..9);
    Ok(Page {
        bundle: bytes,
        more: more == 1,
        left: Some(u64::from_le_bytes(left)),
        cursor: None,
    })
}

/// `count of refused (u32) ‖ author of each ‖ have`.
pub(super) fn receipt<'a>(
    have_now: &Have,
    refused: impl ExactSizeIterator<Item = &'a AuthorId>,
) -> Vec<u8> {
    let count = u32::try_from(refused.len()).unwrap_or(u32::MAX);
    let mut out = count.to_le_bytes().to_vec();
    for author in refused {
        out.extend_from_slice(author.as_bytes());
    }
    out.extend_from_slice(&have(have_now));
    out
}

pub(super) fn read_receipt(bytes: &[u8]) -> Result<Receipt, PeerError> {
    let (count, rest) = bytes.split_first_chunk().ok_or(PeerError::Malformed)?;
    let count = u32::from_le_bytes(*count) as usize;
    let authors = rest
        .split_at_checked(count.min(AUTHORS + 1) * 16)
        .filter(|_| count <= AUTHORS);
    let (authors, rest) = authors.ok_or(PeerError::Malformed)?;
    let (authors, _) = authors.as_chunks::<16>();
    let refused = |author: &[u8; 16]| Refused {
        author: AuthorId::from_bytes(*author),
        seq: 0,
        reason: "stopped".to_owned(),
    };
    Ok(Receipt {
        have: read_have(rest)?,
        missing: Vec::new(),
        refused: authors.iter().map(refused).collect(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_have() -> impl Strategy<Value = Have> {
        proptest::collection::btree_map(
            any::<[u8; 16]>().prop_map(AuthorId::from_bytes),
            any::<u64>(),
            0..9,
        )
        .prop_map(Have)
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(one in any_have(), two in any_have(), more: bool, left: u64, bundle: Vec<u8>) {
            prop_assert_eq!(read_have(&have(&one)).unwrap(), one.clone());
            let read = read_receipt(&receipt(&one, two.0.keys().collect::<Vec<_>>().into_iter())).unwrap();
            prop_assert_eq!(read.have, one);
            prop_assert!(read.refused.iter().map(|refused| &refused.author).eq(two.0.keys()));
            let page = read_page([&page_head(more, left)[..], &bundle].concat()).unwrap();
            prop_assert_eq!((page.bundle, page.more, page.left), (bundle, more, Some(left)));
        }

        #[test]
        fn foreign_bytes_are_refused_and_never_a_panic(bytes: Vec<u8>) {
            if let Ok(read) = read_have(&bytes) {
                prop_assert_eq!(have(&read), bytes.clone());
            }
            if let Ok(read) = read_receipt(&bytes) {
                let refused: Vec<_> = read.refused.iter().map(|refused| refused.author).collect();
                prop_assert_eq!(receipt(&read.have, refused.iter()), bytes.clone());
            }
            if let Ok(page) = read_page(bytes.clone()) {
                prop_assert_eq!([&page_head(page.more, page.left.unwrap())[..], &page.bundle].concat(), bytes);
            }
        }
    }

    #[test]
    fn authors_come_once_and_in_order() {
        let row = |author: u8| [[author; 16].as_slice(), &[1; 8]].concat();
        assert!(read_have(&[row(1), row(2)].concat()).is_ok());
        assert_eq!(
            read_have(&[row(2), row(1)].concat()),
            Err(PeerError::Malformed)
        );
        assert_eq!(
            read_have(&[row(1), row(1)].concat()),
            Err(PeerError::Malformed)
        );
    }
}
