//! The desktop application: window, tray, keychain, timers and commands over the vault; no rules.
pub mod app;
pub mod backoff;
mod cli;
mod commands;
pub mod desk;
mod dial;
mod drive;
pub mod failure;
pub mod herald;
mod idle;
pub mod ipc;
pub mod keychain;
pub mod kit;
pub mod lan;
mod log;
pub mod outside;
pub mod settings;
pub mod status;
mod tray;
mod window;
mod words;
pub mod worker;

/// Does what the command line says.
#[must_use]
pub fn main() -> std::process::ExitCode {
    cli::main()
}
