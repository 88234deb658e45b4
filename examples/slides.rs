//! Decks of slides of layers: ten thousand rows from a file, and two people who see different decks.
//!
//! ```text
//! cargo run --release --example slides
//! ```
#![allow(clippy::print_stdout, missing_docs)]

use std::{
    fs::File,
    io::{BufRead, BufReader, BufWriter, IsTerminal, Write},
    path::Path,
    time::Instant,
};

use ablo::{client::Transaction, prelude::*};
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde::{Deserialize, Serialize};

/// Where access begins: everything in a deck is seen by the deck's members.
#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, scope, has_many(slides: Slide by deck_id, order_by = position))]
pub struct Deck {
    pub id: Id<Deck>,
    pub title: String,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, has_many(layers: Layer by slide_id))]
pub struct Slide {
    pub id: Id<Slide>,
    pub position: i32,
    #[ablo(belongs_to, parent, fk)]
    pub deck_id: Id<Deck>,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
pub struct Layer {
    pub id: Id<Layer>,
    pub text: String,
    pub x: f64,
    pub y: f64,
    #[ablo(belongs_to, parent, fk)]
    pub slide_id: Id<Slide>,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
pub struct Person {
    pub id: Id<Person>,
    pub name: String,
}

/// Gives a person a deck.
#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, grants(subject = person, scope = deck))]
pub struct Member {
    pub id: Id<Member>,
    #[ablo(belongs_to)]
    pub person_id: Id<Person>,
    #[ablo(belongs_to)]
    pub deck_id: Id<Deck>,
}

#[derive(AbloSchema)]
#[ablo(identity(user = user_id))]
pub struct Studio {
    pub decks: Deck,
    pub slides: Slide,
    pub layers: Layer,
    pub people: Person,
    pub members: Member,
}

/// One line of the file.
#[derive(Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "camelCase")]
enum Line {
    Deck { id: String, title: String },
    Slide { id: String, position: i32, deck: String },
    Layer { id: String, text: String, x: f64, y: f64, slide: String },
}

const DECKS: usize = 4;
const SLIDES: usize = 99;
const LAYERS: usize = 24;
/// How many rows share a commit.
const BATCH: usize = 250;

/// Decks with slides with layers: ten thousand lines in all, parents first.
fn write_lines(path: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut count = 0;
    let mut line = |line: Line| -> Result<(), Box<dyn std::error::Error>> {
        serde_json::to_writer(&mut file, &line)?;
        file.write_all(b"\n")?;
        count += 1;
        Ok(())
    };
    for deck in 0..DECKS {
        let deck_id = format!("deck-{deck}");
        line(Line::Deck { id: deck_id.clone(), title: format!("Deck {deck}") })?;
        for position in 0..SLIDES {
            let slide_id = format!("{deck_id}-slide-{position:02}");
            let number = i32::try_from(position)?;
            line(Line::Slide { id: slide_id.clone(), position: number, deck: deck_id.clone() })?;
            // The last slides carry one more, which makes it ten thousand.
            let more = usize::from(position >= SLIDES - 24);
            for layer in 0..LAYERS + more {
                let (x, y) = (f64::from(u32::try_from(layer)?) * 1.5, f64::from(number));
                let id = format!("{slide_id}-layer-{layer:02}");
                line(Line::Layer { id, text: format!("Line {layer}"), x, y, slide: slide_id.clone() })?;
            }
        }
    }
    file.flush()?;
    Ok(count)
}

fn add(transaction: Transaction, line: Line) -> Transaction {
    match line {
        Line::Deck { id, title } => transaction.create(&Deck { id: id.into(), title }),
        Line::Slide { id, position, deck } => {
            transaction.create(&Slide { id: id.into(), position, deck_id: deck.into() })
        }
        Line::Layer { id, text, x, y, slide } => {
            transaction.create(&Layer { id: id.into(), text, x, y, slide_id: slide.into() })
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("decks.jsonl");
    let count = write_lines(&source)?;
    println!("{count} rows in {}", source.file_name().unwrap_or_default().display());

    let studio = Ablo::<Studio>::embedded(folder.path().join("slides.db")).await?;

    // A bar only where somebody watches it.
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(u64::try_from(count)?), target);
    let started = Instant::now();
    let mut lines = BufReader::new(File::open(&source)?).lines();
    loop {
        let mut transaction = studio.transaction();
        let mut size = 0;
        for line in lines.by_ref().take(BATCH) {
            transaction = add(transaction, serde_json::from_str(&line?)?);
            size += 1;
        }
        if size == 0 {
            break;
        }
        transaction.await?;
        bar.inc(size);
    }
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64();
    println!("loaded in {seconds:.2} s: {:.0} rows per second, each in the log", count as f64 / seconds);

    for (person, decks) in [("ida", &["deck-0", "deck-1"][..]), ("jon", &["deck-1", "deck-3"][..])] {
        studio.people.create(Person { id: person.into(), name: person.into() }).await?;
        for deck in decks {
            let member = Member { id: Id::new(), person_id: person.into(), deck_id: (*deck).into() };
            studio.members.create(member).await?;
        }
    }

    let (ida, jon) = (studio.as_user("ida").await?, studio.as_user("jon").await?);
    for (name, person) in [("everything", &studio), ("ida", &ida), ("jon", &jon)] {
        let titles: Vec<String> =
            person.decks.get_all().order_by(Deck::title().asc()).into_iter().map(|deck| deck.title.clone()).collect();
        let (slides, layers) = (person.slides.count(), person.layers.count());
        println!("{name:>10}: {slides:>3} slides, {layers:>4} layers of {}", titles.join(", "));
    }

    // A layer that both see moves into a slide that only ida does.
    let layer = Id::<Layer>::from("deck-1-slide-01-layer-00");
    let arrival = ida.snapshot().of(&layer).await?;
    let gone = jon.snapshot().of(&layer).await?;
    studio.layers.update(&layer, Layer::patch().slide_id(Id::<Slide>::from("deck-0-slide-00"))).await?;
    arrival.changed().await;
    gone.changed().await;
    let sees = |person: &Ablo<Studio>| if person.layers.get(&layer).is_some() { "sees it" } else { "sees it no more" };
    println!("a layer moves from Deck 1 to Deck 0: ida {}, jon {}", sees(&ida), sees(&jon));

    let first =
        ida.slides.list().filter(Slide::deck_id().eq(Id::<Deck>::from("deck-0"))).order_by(Slide::position().asc());
    for (slide, layers) in first.limit(3).expand_many(Layer::slide_id()).await? {
        println!("Deck 0, slide {}: {} layers", slide.position, layers.len());
    }
    Ok(())
}
