//! The real commands, permissions and configuration, through Tauri's own message path.
use crate::configuration::commands;
use crate::support::keychain::{Mood, Moody};
use crate::support::world::{Deed, Log, world};
use le_tan_lib::app;
use le_tan_lib::desk::Desk;
use serde_json::{Value, json};
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder};
use tauri::webview::InvokeRequest;
use tauri::{App, WebviewWindow, WebviewWindowBuilder};
use tempfile::TempDir;

/// An application with one window, an empty data directory and a keychain of its own.
struct Running {
    _dir: TempDir,
    app: App<MockRuntime>,
    window: WebviewWindow<MockRuntime>,
    log: Log,
}

fn running() -> Running {
    let dir = tempfile::tempdir().unwrap();
    let (world, log) = world();
    let desk = Desk::new(dir.path(), Moody::new(Mood::Well).keychain(), world);
    let app = app::furnish(mock_builder())
        .manage(desk.clone())
        .build(app::context())
        .unwrap();
    let window = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default())
        .build()
        .unwrap();
    tauri::async_runtime::block_on(desk.start());
    Running {
        _dir: dir,
        app,
        window,
        log,
    }
}

fn ask_from(
    window: &WebviewWindow<MockRuntime>,
    origin: &str,
    command: &str,
    arguments: Value,
) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.into(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: origin.parse().unwrap(),
        body: InvokeBody::Json(arguments),
        headers: tauri::http::HeaderMap::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().unwrap())
}

fn ask(
    window: &WebviewWindow<MockRuntime>,
    command: &str,
    arguments: Value,
) -> Result<Value, Value> {
    ask_from(window, "tauri://localhost", command, arguments)
}

fn refused(answer: Result<Value, Value>) -> bool {
    let error = answer.err().unwrap_or_default();
    let text = error.as_str().unwrap_or_default();
    text.contains("not allowed") || text.contains("not found")
}

#[test]
fn every_command_passes_the_permissions() {
    let running = running();
    for command in commands() {
        // Without arguments most of them fail, but behind the gate.
        let answer = ask(&running.window, &command, json!({}));
        assert!(!refused(answer.clone()), "{command}: {answer:?}");
    }
}

#[test]
fn a_command_that_was_not_declared_is_refused() {
    let running = running();
    for command in ["found", "eval", "plugin:app|version", "plugin:window|close"] {
        assert!(
            refused(ask(&running.window, command, json!({}))),
            "{command}"
        );
    }
}

#[test]
fn the_window_reaches_no_plugin() {
    let running = running();
    for command in [
        "plugin:sql|load",
        "plugin:sql|execute",
        "plugin:sql|select",
        "plugin:opener|open_url",
        "plugin:clipboard-manager|read_text",
        "plugin:clipboard-manager|write_text",
        "plugin:notification|notify",
        "plugin:autostart|enable",
        "plugin:event|emit",
    ] {
        let answer = ask(
            &running.window,
            command,
            json!({"db": "sqlite:letan.db", "query": "select 1"}),
        );
        assert!(refused(answer.clone()), "{command}: {answer:?}");
    }
}

#[test]
fn neither_another_window_nor_another_origin_is_listened_to() {
    let running = running();
    let other = WebviewWindowBuilder::new(&running.app, "other", tauri::WebviewUrl::default())
        .build()
        .unwrap();
    for command in commands() {
        assert!(refused(ask(&other, &command, json!({}))), "{command}");
        let foreign = ask_from(&running.window, "https://example.org", &command, json!({}));
        assert!(refused(foreign), "{command}");
    }
}

#[test]
fn the_status_says_where_the_application_stands() {
    let running = running();
    let status = ask(&running.window, "status", json!({})).unwrap();
    assert_eq!(
        status,
        json!({"version": env!("CARGO_PKG_VERSION"), "phase": {"at": "noClinic"}, "turn": 1})
    );
}

#[test]
fn a_refusal_carries_a_code_and_nothing_personal() {
    let running = running();
    let refusal = ask(
        &running.window,
        "lead",
        json!({"id": "Nguyễn Thị Ánh Hường"}),
    );
    assert_eq!(
        refusal.unwrap_err(),
        json!({"code": "notReady", "detail": null})
    );
}

#[test]
fn settings_go_there_and_back_and_are_acted_on() {
    let mut running = running();
    let mut settings = ask(&running.window, "settings", json!({})).unwrap();
    assert_eq!(settings["language"], "vi");
    settings["language"] = json!("en");
    let kept = ask(
        &running.window,
        "set_settings",
        json!({"settings": settings.clone()}),
    )
    .unwrap();
    assert_eq!(kept, settings);
    let applied = running
        .log
        .all()
        .iter()
        .any(|deed| matches!(deed, Deed::Applied(_)));
    assert!(applied);
}

#[test]
fn a_value_that_is_none_of_the_choices_is_refused() {
    let running = running();
    let mut settings = ask(&running.window, "settings", json!({})).unwrap();
    settings["theme"] = json!("<script>");
    assert!(
        ask(
            &running.window,
            "set_settings",
            json!({"settings": settings})
        )
        .is_err()
    );
}

#[test]
fn a_clinic_can_be_founded_and_worked_in_through_the_window() {
    let running = running();
    let ask = |command: &str, arguments| ask(&running.window, command, arguments);
    let form =
        json!({"clinic": "Việt Smile", "branch": "Quận 1", "desk": "Quầy 1", "person": "Lan"});
    let kit = ask("found_clinic", json!({"form": form})).unwrap();
    let words = kit["words"].as_array().unwrap();
    let answers: Vec<&Value> = kit["ask"]
        .as_array()
        .unwrap()
        .iter()
        .map(|place| &words[usize::try_from(place.as_u64().unwrap()).unwrap() - 1])
        .collect();
    let wrong = ask("check_kit", json!({"answers": ["a", "b", "c"]})).unwrap_err();
    assert_eq!(wrong["code"], "kitAnswersWrong");
    let desk = ask("check_kit", json!({"answers": answers})).unwrap();
    assert_eq!(desk["kitChecked"], true);
    let lead = json!({
        "name": "Trần Văn Bình", "phone": "0912 345 678", "question": "Niềng răng bao lâu?",
        "source": "phone", "basis": "contract", "basisNote": "gọi đến quầy", "branch": null
    });
    let added = ask("add_lead", json!({"lead": lead})).unwrap();
    let page = ask("leads", json!({"query": {"limit": 50}})).unwrap();
    assert_eq!(page["rows"][0]["id"], added["lead"]["row"]["id"]);
    assert_eq!(page["rows"][0]["name"], "Trần Văn Bình");
    assert!(
        !page.to_string().contains("345 678"),
        "the list shows a number"
    );
}

#[test]
fn a_window_without_anybody_signed_in_is_told_nothing_personal() {
    let running = running();
    let ask = |command: &str, arguments| ask(&running.window, command, arguments);
    let form =
        json!({"clinic": "Việt Smile", "branch": "Quận 1", "desk": "Quầy 1", "person": "Lan"});
    ask("found_clinic", json!({"form": form})).unwrap();
    let lan = json!({"name": "Lan", "role": "owner", "branches": ["Quận 1"]});
    let people = ask("add_person", json!({"form": lan, "pin": "258013"})).unwrap();
    assert_eq!(people[0]["role"], "owner");
    let status = ask("lock", json!({})).unwrap();
    assert_eq!(status["phase"]["at"], "signedOut");
    assert_eq!(status["phase"]["desk"]["person"], "");
    for (command, arguments) in [
        ("leads", json!({"query": {"limit": 50}})),
        ("today", json!({})),
        ("renew_kit", json!({})),
        ("drives", json!({})),
    ] {
        let refusal = ask(command, arguments).unwrap_err();
        assert_eq!(
            refusal,
            json!({"code": "locked", "detail": null}),
            "{command}"
        );
    }
    let id = people[0]["id"].clone();
    let status = ask("sign_in", json!({"id": id, "pin": "258013"})).unwrap();
    assert_eq!(status["phase"]["desk"]["person"], "Lan");
    assert!(ask("leads", json!({"query": {"limit": 50}})).is_ok());
}
