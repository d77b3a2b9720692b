//! What the window may do is what was decided, word for word.
use crate::support::{quoted, text};
use le_tan_lib::ipc;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn configuration() -> Value {
    serde_json::from_str(&text("tauri.conf.json")).unwrap()
}

/// Names of the commands as the window calls them.
pub(crate) fn commands() -> BTreeSet<String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bindings.ts");
    ipc::write_bindings(&file).unwrap();
    let bindings = std::fs::read_to_string(file).unwrap();
    let calls = bindings
        .lines()
        .filter(|line| line.contains("__TAURI_INVOKE"));
    let names: BTreeSet<String> = calls
        .filter_map(|line| {
            quoted(line.split_once("__TAURI_INVOKE")?.1)
                .into_iter()
                .next()
        })
        .filter(|name| !name.contains('/'))
        .collect();
    assert!(names.len() > 20 && names.contains("use_phone"), "{names:?}");
    names
}

#[test]
fn the_permission_lists_exactly_the_commands() {
    let permissions = text("src-tauri/permissions/window.toml");
    let allowed = permissions.split_once("commands.allow = [").unwrap().1;
    let allowed = quoted(allowed.split_once(']').unwrap().0);
    assert_eq!(allowed.iter().cloned().collect::<BTreeSet<_>>(), commands());
    assert_eq!(allowed.len(), commands().len(), "a command is listed twice");
}

#[test]
fn the_only_capability_is_that_of_the_only_window() {
    let configuration = configuration();
    let capabilities = &configuration["app"]["security"]["capabilities"];
    assert_eq!(capabilities.as_array().unwrap().len(), 1);
    let one = &capabilities[0];
    assert_eq!(one["windows"], json!(["main"]));
    assert_eq!(
        one["permissions"],
        json!([
            "core:event:allow-listen",
            "core:event:allow-unlisten",
            "core:webview:allow-set-webview-zoom",
            "allow-window"
        ])
    );
    for way_in in ["remote", "webviews", "local"] {
        assert!(one.get(way_in).is_none(), "{way_in}");
    }
    let windows = configuration["app"]["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 1);
    assert_eq!(windows[0]["label"], "main");
}

#[test]
fn the_page_gets_nothing_from_elsewhere_and_runs_nothing_but_its_own() {
    let configuration = configuration();
    let security = &configuration["app"]["security"];
    assert_eq!(
        security["csp"],
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
         img-src 'self' data:; connect-src ipc: http://ipc.localhost; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    );
    assert_eq!(security["freezePrototype"], true);
    assert_eq!(security["dangerousDisableAssetCspModification"], false);
    for hole in ["devCsp", "assetProtocol", "pattern", "headers"] {
        assert!(security.get(hole).is_none(), "{hole}");
    }
    assert_eq!(configuration["app"]["withGlobalTauri"], false);
}

#[test]
fn commands_that_nobody_was_given_are_not_even_compiled_in() {
    assert_eq!(configuration()["build"]["removeUnusedCommands"], true);
}

#[test]
fn nobody_looks_behind_the_window() {
    assert_eq!(configuration()["app"]["windows"][0]["devtools"], false);
    let manifest = text("Cargo.toml");
    assert!(!manifest.contains("devtools"));
    assert!(!manifest.contains("\"unstable\""));
}

#[test]
fn the_package_is_ours_and_asks_for_a_keychain() {
    let configuration = configuration();
    // Debian allows no accent in a package name, and the bundler makes the one of the other;
    // people read the name in the window and in the desktop entry.
    assert_eq!(configuration["productName"], "LeTan");
    assert_eq!(configuration["app"]["windows"][0]["title"], "Lễ Tân");
    assert_eq!(configuration["identifier"], le_tan_lib::keychain::SERVICE);
    let bundle = &configuration["bundle"];
    assert_eq!(bundle["targets"], json!(["deb", "rpm"]));
    for kind in ["deb", "rpm"] {
        assert_eq!(
            bundle["linux"][kind]["recommends"],
            json!(["gnome-keyring"])
        );
    }
    // The version stands in Cargo.toml, once.
    assert!(configuration.get("version").is_none());
}

#[test]
fn every_icon_that_is_bundled_exists() {
    let configuration = configuration();
    for icon in configuration["bundle"]["icon"].as_array().unwrap() {
        let path = crate::support::repository(icon.as_str().unwrap());
        assert!(path.is_file(), "{icon}");
    }
}
