//! Starts the desktop application.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    le_tan_lib::main()
}
