//! The paper kit: 24 words there and back, and what is said about a mistake.
use crate::support::root;
use proptest::prelude::*;
use seal::{RootSecret, WordsError};

fn error(typed: &str) -> Option<WordsError> {
    RootSecret::from_words(typed).err()
}

#[test]
fn the_words_are_those_of_bip_39() {
    // From the reference vectors of BIP-39 (trezor/python-mnemonic, vectors.json): 32 bytes each.
    let letter = "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless";
    let vectors = [
        (0x00, format!("{} art", ["abandon"; 23].join(" "))),
        (0x7f, "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title".to_owned()),
        (0x80, letter.to_owned()),
        (0xff, format!("{} vote", ["zoo"; 23].join(" "))),
    ];
    for (byte, words) in vectors {
        assert_eq!(root(byte).words().as_str(), words);
        let again = RootSecret::from_words(&words).ok().unwrap();
        assert_eq!(*again.dangerous_bytes(), [byte; 32]);
    }
}

#[test]
fn case_and_white_space_do_not_matter() {
    let words = root(5).words();
    let typed = format!("  {}\t\n", words.to_uppercase().replace(' ', "   \n"));
    let again = RootSecret::from_words(&typed).ok().unwrap();
    assert_eq!(*again.dangerous_bytes(), [5; 32]);
}

#[test]
fn a_mistake_is_named_and_no_word_repeated() {
    let words = root(5).words();
    let mut list: Vec<_> = words.split(' ').collect();
    assert_eq!(error(&list[..23].join(" ")), Some(WordsError::Count));
    assert_eq!(error(""), Some(WordsError::Count));
    assert_eq!(
        error(&format!("{} zoo", words.as_str())),
        Some(WordsError::Count)
    );
    let good = list[4];
    list[4] = "zoologist";
    let wrong = error(&list.join(" "));
    assert_eq!(wrong, Some(WordsError::UnknownWord { index: 4 }));
    assert_eq!(
        wrong.unwrap().to_string(),
        "word number 5 is not in the list"
    );
    list[4] = if good == "zoo" { "abandon" } else { "zoo" };
    assert_eq!(error(&list.join(" ")), Some(WordsError::Checksum));
}

proptest! {
    #[test]
    fn every_root_survives_its_words(bytes: [u8; 32]) {
        let words = RootSecret::from_bytes(bytes).words();
        prop_assert_eq!(words.split(' ').count(), 24);
        let again = RootSecret::from_words(&words).ok().unwrap();
        prop_assert_eq!(*again.dangerous_bytes(), bytes);
    }

    #[test]
    fn any_text_is_answered(text in ".{0,300}") {
        prop_assert!(RootSecret::from_words(&text).is_err());
    }
}
