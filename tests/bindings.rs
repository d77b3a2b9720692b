//! The TypeScript side of the interface is what the Rust side says.
use crate::support::repository;
use le_tan_lib::ipc;

#[test]
fn bindings_are_current() {
    let committed = repository("ui/src/ipc/bindings.ts");
    let before = std::fs::read_to_string(&committed).unwrap_or_default();
    let dir = tempfile::tempdir().unwrap();
    let fresh = dir.path().join("bindings.ts");
    ipc::write_bindings(&fresh).unwrap();
    let now = std::fs::read_to_string(&fresh).unwrap();
    if before != now {
        std::fs::copy(&fresh, &committed).unwrap();
        panic!(
            "ui/src/ipc/bindings.ts was out of date and is written anew: look at it and commit it"
        );
    }
}
