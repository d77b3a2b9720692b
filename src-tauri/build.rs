//! Tells Tauri where our permissions lie.
#![allow(clippy::print_stdout)] // a build script speaks to cargo this way

fn main() {
    // Tauri itself watches only its default folder.
    println!("cargo:rerun-if-changed=src-tauri/permissions");
    let manifest =
        tauri_build::AppManifest::new().permissions_path_pattern("./src-tauri/permissions/**/*");
    if let Err(error) =
        tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
    {
        println!("cargo:warning={error:#}");
        std::process::exit(1);
    }
}
