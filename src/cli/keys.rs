//! `ablo keys`.

use std::path::Path;

use ablo_runtime::server::mint_key_in;
use ablo_schema::error::Code;
use ablo_schema::wire::{self, ApiKey};
use serde::Serialize;

use super::args::{KeyEnv, KeyKind, KeysCommand};
use super::console::Console;
use super::exit::Exit;
use super::failure::{Failure, Outcome};
use super::source::read_text;
use crate::migrations::hex_sha256;

/// Runs a keys command.
pub(super) fn run(command: &KeysCommand, console: &Console) -> Outcome {
    match command {
        KeysCommand::Mint { kind, env, file, organization } => {
            mint(*kind, *env, file.as_deref().zip(organization.as_deref()), console)
        }
        KeysCommand::Inspect { key } if key == "-" => inspect(read_text(Path::new("-"))?.trim(), console),
        KeysCommand::Inspect { key } => inspect(key, console),
    }
}

#[derive(Serialize)]
struct Key<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    kind: &'a str,
    env: &'a str,
    prefix: &'a str,
    checksummed: bool,
    sha256: String,
}

fn describe(key: &ApiKey) -> Key<'_> {
    Key {
        key: None,
        kind: key.kind().as_str(),
        env: key.env().as_str(),
        prefix: key.display_prefix(),
        checksummed: key.is_checksummed(),
        sha256: hex_sha256(key.secret().as_bytes()),
    }
}

/// Makes a key; with a file, one that its server knows.
fn mint(kind: KeyKind, env: KeyEnv, server: Option<(&Path, &str)>, console: &Console) -> Outcome {
    let kind = match kind {
        KeyKind::Secret => wire::KeyKind::Secret,
        KeyKind::Restricted => wire::KeyKind::Restricted,
        KeyKind::Ephemeral => wire::KeyKind::Ephemeral,
        KeyKind::Publishable => wire::KeyKind::Publishable,
    };
    let env = match env {
        KeyEnv::Test => wire::KeyEnv::Test,
        KeyEnv::Live => wire::KeyEnv::Live,
    };
    let key = match server {
        Some((file, organization)) => {
            if !matches!(kind, wire::KeyKind::Secret | wire::KeyKind::Publishable) {
                let cause = format!("a server makes `{}` keys itself, for who presents a secret key", kind.as_str());
                return Err(Failure::new(Code::ArgumentInvalid, cause).fix("ask for `--kind secret` or `publishable`"));
            }
            ApiKey::parse(&mint_key_in(file, kind, env, organization)?)?
        }
        None => {
            let mut random = [0; 32];
            getrandom::fill(&mut random).map_err(|error| {
                Failure::new(Code::FileUnreadable, format!("the system gives no random bytes: {error}"))
            })?;
            ApiKey::mint(kind, env, random)
        }
    };
    if console.is_json() {
        console.document("ablo.key/1", &Key { key: Some(key.secret()), ..describe(&key) })?;
    } else {
        console.data(&format!("{}\n", key.secret()))?;
        console.note("keep it now: it is not shown again, and a server stores only its SHA-256");
    }
    Ok(Exit::Ok)
}

fn inspect(text: &str, console: &Console) -> Outcome {
    let key = ApiKey::parse(text)?;
    let facts = describe(&key);
    if console.is_json() {
        console.document("ablo.key/1", &facts)?;
        return Ok(Exit::Ok);
    }
    let checksum = if facts.checksummed { "right" } else { "none, an older key" };
    console.data(&format!(
        "kind      {}\nenv       {}\nprefix    {}\nchecksum  {checksum}\nsha256    {}\n",
        facts.kind, facts.env, facts.prefix, facts.sha256
    ))?;
    Ok(Exit::Ok)
}
