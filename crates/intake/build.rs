//! Says which command makes the form's script when it is not there yet.

use std::{env, path::Path, process::ExitCode};

const SCRIPT: &str = "form/dist/form.js";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=migrations");
    let root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    if Path::new(&root).join(SCRIPT).is_file() {
        println!("cargo::rerun-if-changed={SCRIPT}");
        return ExitCode::SUCCESS;
    }
    println!(
        "cargo::error=crates/intake/{SCRIPT} is missing: run `./dev build` once, it makes the form's script"
    );
    ExitCode::FAILURE
}
