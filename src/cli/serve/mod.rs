//! `ablo serve`.

mod layers;
mod lines;
mod logs;
mod settings;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;

use ablo_runtime::server::auth::TrustedIssuer;
use ablo_runtime::server::{Ready, ServeOptions, StoreChoice, serve};
use ablo_schema::error::Code;
use toml::{Table, Value};

use super::args::Serve;
use super::console::Console;
use super::exit::Exit;
use super::failure::{Failure, Outcome};
use super::source::{Source, read_text};
pub(super) use layers::Flags;
use settings::Draft;

/// Serves until the process is told to stop.
pub(super) fn run(command: &Serve, source: &Source, console: &Console) -> Outcome {
    let draft = layers::read(&command.settings, std::env::vars(), command.config.as_ref())?;
    if command.print_config {
        let table = table(&draft);
        let text = match console.is_json() {
            true => serde_json::to_string_pretty(&table).unwrap_or_default() + "\n",
            false => toml::to_string(&table).unwrap_or_default(),
        };
        console.data(&text)?;
        return Ok(Exit::Ok);
    }
    let mut server = draft.server;
    if let Some(file) = &draft.issuers {
        server.issuers = issuers(file)?;
    }
    let options = ServeOptions {
        schema: source.or_reading(draft.schema.map(Into::into)).schema()?,
        store: store(&draft.store)?,
        addr: address(&draft.addr)?,
        dev: draft.dev,
        server,
    };
    let json = command.json || console.is_json();
    let _logs = logs::start(&draft.log_format, &draft.log_level, console)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(serve(options, |ready| {
        // Nobody may be reading: the server is there all the same.
        let _ = console.data(&announcement(ready, json));
    }))?;
    Ok(Exit::Ok)
}

/// Every setting as a file would have it, without secrets.
fn table(draft: &Draft) -> Table {
    let mut table = Table::new();
    for setting in settings::all() {
        let Some(value) = setting.shown(draft) else { continue };
        match setting.name.split_once('.') {
            None => drop(table.insert(setting.name.to_owned(), value)),
            Some((outer, inner)) => {
                let place = table.entry(outer).or_insert_with(|| Value::Table(Table::new()));
                place.as_table_mut().map(|place| place.insert(inner.to_owned(), value));
            }
        }
    }
    table
}

/// What is said once connections are accepted.
fn announcement(ready: &Ready, json: bool) -> String {
    if json {
        return serde_json::to_string(ready).unwrap_or_default() + "\n";
    }
    let mut text = format!("listening on http://{}\n", ready.addr);
    let keys = [
        ("organization", &ready.organization_id),
        ("secret key", &ready.secret_key),
        ("publishable key", &ready.publishable_key),
    ];
    for (label, value) in keys {
        if let Some(value) = value {
            text += &format!("{label:<16} {value}\n");
        }
    }
    text
}

fn store(text: &str) -> Result<StoreChoice, Failure> {
    match text.split_once(':') {
        None if text == "memory" => Ok(StoreChoice::Memory),
        Some(("sqlite", path)) if !path.is_empty() => Ok(StoreChoice::Sqlite(path.into())),
        _ => Err(Failure::new(Code::ArgumentInvalid, format!("`--store {text}` is not a store"))
            .fix("write `--store memory` or `--store sqlite:ablo.db`")),
    }
}

fn issuers(file: &str) -> Result<Vec<TrustedIssuer>, Failure> {
    TrustedIssuer::read(&read_text(Path::new(file))?).map_err(|error| {
        let place = error.param.as_ref().map_or_else(|| file.to_owned(), |param| format!("{file}: {param}"));
        let mut failure = Failure::from(error);
        failure.cause = format!("{place}: {}", failure.cause);
        failure.fix("docs/configuration.md says what the file of `--issuers` holds")
    })
}

fn address(text: &str) -> Result<SocketAddr, Failure> {
    let wrong = |why: &str| {
        Failure::new(Code::ArgumentInvalid, format!("`--addr {text}` is not an address: {why}"))
            .fix("write `--addr 127.0.0.1:8080`; port 0 picks a free one")
    };
    let mut found = text.to_socket_addrs().map_err(|error| wrong(&error.to_string()))?;
    found.next().ok_or_else(|| wrong("the host has no address"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The documentation of every setting.
    fn page() -> String {
        let mut page = "\
# Configuration

What `ablo serve` can be told. A flag wins over the environment, the environment over the file `ablo.toml` (or the one
named by `--config`), the file over the default. A dot in a name leads into a table of the file: `limits.page` is `page`
in `[limits]`. What is not in this list is refused, in the file and as an `ABLO_` variable. `ablo serve --print-config`
prints what holds, without passwords.

Made from the list the program itself reads: `ABLO_BLESS=1 cargo test --features cli configuration_page`.

| Name | Flag | Environment | Default | Meaning |
|---|---|---|---|---|
"
        .to_owned();
        for setting in settings::all() {
            let default =
                (setting.get)(&Draft::standard()).map_or_else(|| "not set".to_owned(), |value| format!("`{value}`"));
            page += &format!(
                "| `{}` | `--{}` | `{}` | {default} | {} |\n",
                setting.name,
                setting.flag(),
                setting.variable(),
                setting.help
            );
        }
        page + ISSUERS
    }

    /// What stands in the file of `issuers`.
    const ISSUERS: &str = r#"
## Trusted issuers

The file of `issuers` is a list of identity providers, read once at the start:

```json
[
  {
    "issuer": "https://id.example.com",
    "audiences": ["my-app"],
    "keys": { "url": "https://id.example.com/.well-known/jwks.json" },
    "organization": { "claim": "org_id" }
  }
]
```

| Member | Default | Meaning |
|---|---|---|
| `issuer` | required | What its tokens say in `iss`, letter by letter. |
| `audiences` | required | One of these has to be in a token's `aud`. |
| `keys` | required | Its JSON Web Key Set: `{"url": ADDRESS}`, or `{"inline": TEXT}` with the set as text. |
| `organization` | required | `{"claim": NAME}` takes it from a claim; `{"fixed": NAME}` is the same for everyone. |
| `user_claim` | `"sub"` | The claim with the person's id. |
| `identity` | `{}` | Members of the identity that grant groups, each with the claim it is read from. |
| `operations` | every one | What its people may do at most, such as `tasks.read`. |
| `test` | `false` | Whether its people are in the test space of their organization. |
| `leeway_seconds` | `30` | How far the clocks may be apart. |
"#;

    #[test]
    fn configuration_page_is_current() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
        if std::env::var_os("ABLO_BLESS").is_some() {
            std::fs::write(&file, page()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), page(), "set ABLO_BLESS=1 to write it anew");
    }
}
