//! Keys, and turning values into bytes that only the right key opens.
