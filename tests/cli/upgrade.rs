//! `ablo db upgrade`: an embedded file that was made with another schema.

use std::fs;

use ablo::Schema;
use ablo::prelude::*;

use crate::harness::{Run, arg, command};

mod first {
    use ablo::prelude::*;

    #[derive(AbloModel, Clone, Debug, PartialEq)]
    #[ablo(mutable)]
    pub struct Note {
        pub id: Id<Note>,
        pub title: String,
        pub stars: Option<f64>,
    }

    #[derive(AbloSchema)]
    pub struct Notes {
        pub notes: Note,
    }
}

mod second {
    use ablo::prelude::*;

    #[derive(AbloModel, Clone, Debug, PartialEq)]
    #[ablo(mutable)]
    pub struct Note {
        pub id: Id<Note>,
        #[ablo(renamed_from = "title")]
        pub heading: String,
        pub rank: i64,
    }

    #[derive(AbloSchema)]
    pub struct Notes {
        pub notes: Note,
    }
}

/// Runs to the end, and lets go of everything: a file is open until then.
fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

#[test]
fn what_opening_refuses_is_done_when_it_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let (file, schema) = (folder.path().join("notes.db"), folder.path().join("second.json"));
    fs::write(&schema, second::Notes::def().to_artifact_extended()).unwrap();
    let id = block_on(async {
        let ablo = Ablo::<first::Notes>::embedded(&file).await.unwrap();
        let note = first::Note { id: Id::new(), title: "kept".into(), stars: Some(2.0) };
        ablo.notes.create(note).await.unwrap().id.clone()
    });
    let upgrade = |more: &[&str]| {
        let args = [&["db", "upgrade", arg(&file), "--schema", arg(&schema)][..], more].concat();
        let mut run = Run::of(&mut command(&args));
        for text in [&mut run.stdout, &mut run.stderr] {
            *text = text.replace(arg(folder.path()), "FOLDER");
        }
        run
    };
    let refused = block_on(async { Ablo::<second::Notes>::embedded(&file).await.err().unwrap() });
    assert_eq!(refused.code().as_str(), "migration_unsafe");
    insta::assert_snapshot!("refused", upgrade(&[]).exits(4));
    let more = ["--backfill", "notes.rank=7", "--allow=drop-field"];
    insta::assert_snapshot!("upgraded", upgrade(&more).exits(0));
    insta::assert_snapshot!("upgraded_again", upgrade(&["--format", "json"]).exits(0));
    upgrade(&["--allow=everything"]).exits(2);
    let note = block_on(async {
        let ablo = Ablo::<second::Notes>::embedded(&file).await.unwrap();
        let id = Id::<second::Note>::from(id.as_str());
        (*ablo.notes.retrieve(&id).await.unwrap().unwrap()).clone()
    });
    assert_eq!((&*note.heading, note.rank), ("kept", 7));
}
