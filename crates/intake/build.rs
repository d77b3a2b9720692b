//! Says which command makes the form's script when it is not there yet, and lays the form's style ready.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

const SCRIPT: &str = "form/dist/form.js";
const STYLE: &str = "form/form.css";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=migrations");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    if !root.join(SCRIPT).is_file() {
        println!(
            "cargo::error=crates/intake/{SCRIPT} is missing: run `./dev build` once, it makes the form's script"
        );
        return ExitCode::FAILURE;
    }
    println!("cargo::rerun-if-changed={SCRIPT}");
    println!("cargo::rerun-if-changed=form/form.html");
    match lay_style(&root) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error=the form's style cannot be copied: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The page may carry its style inside instead; then the file is empty.
fn lay_style(root: &Path) -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("form.css");
    let style = root.join(STYLE);
    if style.is_file() {
        println!("cargo::rerun-if-changed={STYLE}");
        fs::copy(style, out).map(drop)
    } else {
        fs::write(out, "")
    }
}
