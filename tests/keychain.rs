//! The keychain gives back what it was given, and nothing it holds is ever lost.
use crate::support::keychain::{Mood, Moody};
use le_tan_lib::keychain::{Keychain, SERVICE, Secret, Trouble};
use zeroize::Zeroizing;

const CLINIC: &str = "00112233445566778899aabbccddeeff";

fn secret(byte: u8) -> Secret {
    Zeroizing::new([byte; 32])
}

fn all(keys: &[Secret]) -> Vec<u8> {
    keys.iter().map(|key| key[0]).collect()
}

#[tokio::test]
async fn a_key_is_there_again_after_a_restart() {
    let moody = Moody::new(Mood::Well);
    moody.keychain().keep(CLINIC, &secret(1)).await.unwrap();
    assert_eq!(all(&moody.keychain().keys(CLINIC).await.unwrap()), [1]);
    assert_eq!(moody.accounts(), [CLINIC]);
}

#[tokio::test]
async fn what_stands_in_the_way_is_set_aside_and_still_found() {
    let moody = Moody::new(Mood::Well);
    let keychain = moody.keychain();
    for byte in [1, 2, 3] {
        keychain.keep(CLINIC, &secret(byte)).await.unwrap();
    }
    assert_eq!(all(&keychain.keys(CLINIC).await.unwrap()), [3, 1, 2]);
}

#[tokio::test]
async fn keeping_the_same_key_again_sets_nothing_aside() {
    let moody = Moody::new(Mood::Well);
    let keychain = moody.keychain();
    for byte in [1, 1, 2, 1, 2] {
        keychain.keep(CLINIC, &secret(byte)).await.unwrap();
    }
    assert_eq!(all(&keychain.keys(CLINIC).await.unwrap()), [2, 1, 2]);
    assert_eq!(moody.accounts().len(), 3);
}

#[tokio::test]
async fn even_a_broken_entry_is_set_aside_before_it_is_replaced() {
    let moody = Moody::new(Mood::Well);
    moody.with(|contents| contents.entries.insert(CLINIC.into(), b"short".to_vec()));
    let keychain = moody.keychain();
    assert_eq!(keychain.keys(CLINIC).await.err(), Some(Trouble::Wrong));
    keychain.keep(CLINIC, &secret(1)).await.unwrap();
    assert_eq!(all(&keychain.keys(CLINIC).await.unwrap()), [1]);
    assert_eq!(
        moody.value(&format!("{CLINIC}.former-1")).unwrap(),
        b"short"
    );
}

#[tokio::test]
async fn copies_of_an_entry_are_all_tried_and_all_survive_a_new_key() {
    let moody = Moody::new(Mood::Well);
    let keychain = moody.keychain();
    keychain.keep(CLINIC, &secret(1)).await.unwrap();
    moody.with(|contents| contents.copies.insert(CLINIC.into(), vec![2; 32]));
    assert_eq!(all(&keychain.keys(CLINIC).await.unwrap()), [1, 2]);
    keychain.keep(CLINIC, &secret(3)).await.unwrap();
    assert_eq!(all(&keychain.keys(CLINIC).await.unwrap()), [3, 1, 2]);
}

#[tokio::test]
async fn a_key_counts_as_kept_only_when_it_can_be_read_back() {
    for (mood, trouble) in [
        (Mood::Forgetful, Trouble::Missing),
        (Mood::Garbling, Trouble::Unavailable),
        (Mood::Locked, Trouble::Locked),
        (Mood::Failing, Trouble::Unavailable),
        (Mood::Gone, Trouble::Unavailable),
    ] {
        let keychain = Moody::new(mood).keychain();
        // Not a palindrome, so that garbling shows.
        let secret = Zeroizing::new(std::array::from_fn(|n| u8::try_from(n).unwrap()));
        assert_eq!(
            keychain.keep(CLINIC, &secret).await,
            Err(trouble),
            "{mood:?}"
        );
    }
}

#[tokio::test]
async fn every_mood_has_its_own_name_when_a_key_is_asked_for() {
    let moody = Moody::new(Mood::Well);
    let keychain = moody.keychain();
    assert_eq!(keychain.keys(CLINIC).await.err(), Some(Trouble::Missing));
    keychain.keep(CLINIC, &secret(1)).await.unwrap();
    for (mood, trouble) in [
        (Mood::Locked, Some(Trouble::Locked)),
        (Mood::Failing, Some(Trouble::Unavailable)),
        (Mood::Gone, Some(Trouble::Unavailable)),
        (Mood::Well, None),
    ] {
        moody.set(mood);
        assert_eq!(keychain.keys(CLINIC).await.err(), trouble, "{mood:?}");
    }
}

#[tokio::test]
async fn a_service_that_comes_back_is_found_again() {
    let moody = Moody::new(Mood::Gone);
    let keychain = moody.keychain();
    assert_eq!(
        keychain.keys(CLINIC).await.err(),
        Some(Trouble::Unavailable)
    );
    moody.set(Mood::Well);
    keychain.keep(CLINIC, &secret(1)).await.unwrap();
}

#[tokio::test]
async fn the_counter_is_mirrored_beside_the_key() {
    let moody = Moody::new(Mood::Well);
    let keychain = moody.keychain();
    assert_eq!(keychain.counter(CLINIC).await, Ok(None));
    for counter in [7, u64::MAX, 8] {
        keychain.keep_counter(CLINIC, counter).await.unwrap();
        assert_eq!(keychain.counter(CLINIC).await, Ok(Some(counter)));
    }
    assert_eq!(moody.accounts(), [format!("{CLINIC}.counter")]);
}

/// Where a Secret Service is on the bus, as on a desktop or below `tests/e2e/run`. With
/// `LETAN_TEST_KEYCHAIN` set there has to be one.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_real_keychain_gives_back_what_it_was_given() {
    let keychain = Keychain::system();
    let clinic = format!("test-{:032x}", rand::random::<u128>());
    let kept = keychain.keep(&clinic, &secret(1)).await;
    if kept.is_err() && std::env::var_os("LETAN_TEST_KEYCHAIN").is_none() {
        return;
    }
    kept.unwrap();
    keychain.keep(&clinic, &secret(2)).await.unwrap();
    keychain.keep_counter(&clinic, 42).await.unwrap();
    let restarted = Keychain::system();
    let (keys, counter) = (
        restarted.keys(&clinic).await,
        restarted.counter(&clinic).await,
    );
    tokio::task::spawn_blocking(move || tidy_up(&clinic))
        .await
        .unwrap();
    assert_eq!(all(&keys.unwrap()), [2, 1]);
    assert_eq!(counter, Ok(Some(42)));
}

/// Leaves a developer's keychain as it was found.
#[cfg(target_os = "linux")]
fn tidy_up(clinic: &str) {
    use keyring_core::api::CredentialStoreApi as _;
    let store = zbus_secret_service_keyring_store::Store::new().unwrap();
    for account in ["", ".former-1", ".counter"] {
        let entry = store.build(SERVICE, &format!("{clinic}{account}"), None);
        entry.unwrap().delete_credential().unwrap();
    }
}
