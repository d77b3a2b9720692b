//! Country codes, as far as display needs them: where the code ends and the number begins.

/// Viet Nam.
pub(super) const VIET_NAM: &[u8] = b"84";

/// Country codes of two digits (ITU-T E.164 assignments); `1` and `7` have one, all others three.
const OF_TWO: &[&[u8; 2]] = &[
    b"20", b"27", b"30", b"31", b"32", b"33", b"34", b"36", b"39", b"40", b"41", b"43", b"44",
    b"45", b"46", b"47", b"48", b"49", b"51", b"52", b"53", b"54", b"55", b"56", b"57", b"58",
    b"60", b"61", b"62", b"63", b"64", b"65", b"66", b"81", b"82", b"84", b"86", b"90", b"91",
    b"92", b"93", b"94", b"95", b"98",
];

/// Splits a full number into country code and the rest.
pub(super) fn split(digits: &[u8]) -> (&[u8], &[u8]) {
    let len = match digits {
        [b'1' | b'7', ..] => 1,
        [a, b, ..] if OF_TWO.contains(&&[*a, *b]) => 2,
        _ => 3,
    };
    digits.split_at(len.min(digits.len()))
}
