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
