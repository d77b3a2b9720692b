//! Padmé: lengths that tell little, for at most 12 % more bytes.
//!
//! After the text a byte 0x80, then zeros; the whole is rounded up so that its length has only as many significant
//! bits as the length of its length. Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and
//! Communication with PURBs", 2019, §4.

/// Length of a padded text of `len` bytes, the byte 0x80 included.
pub(crate) fn padded_len(len: usize) -> usize {
    round(len.saturating_add(1))
}

/// Rounds a length up to the next one that Padmé uses.
fn round(len: usize) -> usize {
    let Some(exponent) = len.checked_ilog2().filter(|exponent| *exponent > 0) else {
        return len;
    };
    let significant = exponent.ilog2() + 1;
    let mask = (1usize << (exponent - significant)) - 1;
    len.saturating_add(mask) & !mask
}

/// Length of the text in a padded one; `None` if the padding is not exactly what padding gives.
pub(crate) fn text_len(padded: &[u8]) -> Option<usize> {
    let len = padded.iter().rposition(|byte| *byte != 0)?;
    (padded[len] == 0x80 && padded.len() == padded_len(len)).then_some(len)
}

#[cfg(test)]
mod tests {
    use super::{padded_len, round, text_len};
    use proptest::prelude::*;

    fn pad(text: &[u8]) -> Vec<u8> {
        let mut padded = text.to_vec();
        padded.push(0x80);
        padded.resize(padded_len(text.len()), 0);
        padded
    }

    #[test]
    fn lengths_are_those_of_the_paper() {
        // Worked by hand from the definition: E = ⌊log2 L⌋, S = ⌊log2 E⌋ + 1, the last E − S bits are zero.
        let known = [
            (1, 1),
            (2, 2),
            (8, 8),
            (9, 10),
            (17, 18),
            (33, 36),
            (100, 104),
            (129, 144),
            (200, 208),
            (1000, 1024),
            (1_000_000, 1_015_808),
        ];
        for (len, rounded) in known {
            assert_eq!(round(len), rounded, "{len}");
        }
    }

    #[test]
    fn at_most_twelve_percent_are_added_and_lengths_are_few() {
        let mut distinct = std::collections::BTreeSet::new();
        for len in 1..100_000usize {
            let rounded = round(len);
            assert!(rounded >= len && (rounded - len) * 100 <= len * 12, "{len}");
            distinct.insert(rounded);
        }
        assert!(distinct.len() < 250, "{} lengths", distinct.len());
    }

    proptest! {
        #[test]
        fn a_padded_text_is_found_again(text in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let padded = pad(&text);
            prop_assert_eq!(text_len(&padded), Some(text.len()));
        }

        #[test]
        fn padding_that_sealing_never_gives_is_refused(text in proptest::collection::vec(any::<u8>(), 0..300), zeros in 1usize..40) {
            let mut padded = pad(&text);
            padded.resize(padded.len() + zeros, 0);
            prop_assert_eq!(text_len(&padded), None);
        }
    }

    #[test]
    fn zeros_only_and_nothing_are_refused() {
        assert_eq!(text_len(&[]), None);
        assert_eq!(text_len(&[0; 16]), None);
    }
}
