//! Keys: only the text that was minted is let in, and what is read is what was written.

use ablo_schema::wire::{ApiKey, KeyEnv, KeyKind};

use super::world;

/// The bytes are a key, and the random part of one.
pub fn check(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(key) = ApiKey::parse(text) {
            assert_eq!(key.secret(), text);
            assert!(text.starts_with(key.kind().as_str()) && text.starts_with(key.display_prefix()));
            assert!(text.len() <= 12 || !format!("{key:?}").contains(text), "a key is never shown");
        }
        world::with(|world| {
            assert!(
                text == world.key || world.runtime.block_on(world.server.caller(Some(text))).is_err(),
                "{text} is let in"
            )
        });
    }
    let mut random = [0; 32];
    for (at, byte) in data.iter().take(64).enumerate() {
        random[at % 32] ^= byte;
    }
    let key = ApiKey::mint(KeyKind::Ephemeral, KeyEnv::Live, random);
    assert_eq!(ApiKey::parse(key.secret()).unwrap(), key);
    // One other letter is noticed without asking anyone.
    let (at, letter) = (usize::from(data.first().copied().unwrap_or(0)) % 36, data.last().copied().unwrap_or(b'x'));
    let mut typo = key.secret().as_bytes().to_vec();
    let place = typo.len() - 1 - at;
    if letter.is_ascii_alphanumeric() && typo[place] != letter {
        typo[place] = letter;
        assert!(ApiKey::parse(std::str::from_utf8(&typo).unwrap()).is_err(), "{key:?} with {letter} at {place}");
    }
}
