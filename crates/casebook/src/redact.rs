//! Keeps personal data out of `Debug`: a log or a panic message may name a type, never its content.

macro_rules! redact {
    ($($type:ident $(<$life:lifetime>)?),+ $(,)?) => {$(
        impl $(<$life>)? core::fmt::Debug for $type $(<$life>)? {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($type), "(..)"))
            }
        }
    )+};
}
pub(crate) use redact;
