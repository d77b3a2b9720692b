//! The shape and integrity of entries; sealing a website submission, never opening one.
