//! `docs/protocol.md`: which test shows which fact of the contract. Sections that clients lean on most are listed in
//! `facts.txt`, fact by fact, so that one without a test is seen; of the others each test says what it shows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const HEAD: &str = "\
# What clients of version 0.9.0 are promised

Each line is a fact of the contract that the published TypeScript client relies on, and the tests that show it, in
`ablo-runtime/tests/protocol` unless they name another file of `ablo-runtime/tests` or `ablo-runtime/src`. What is not
served is listed as well, with what is answered instead.

Made from `facts.txt` there and from the first line of each test:
`ABLO_BLESS=1 cargo test -p ablo-runtime --all-features --test protocol page`.

";

/// The sections whose facts are listed.
const LISTED: [u32; 6] = [2, 3, 4, 5, 6, 9];

/// A promise: its section as numbers, its own name within that, what it is, and the tests that show it.
struct Fact {
    section: Vec<u32>,
    name: String,
    words: String,
    tests: Vec<String>,
}

/// What a test of this folder says of itself.
struct Test {
    name: String,
    section: Vec<u32>,
    shows: String,
}

/// A section as numbers.
fn numbers(section: &str) -> Vec<u32> {
    section.split('.').map(|number| number.parse().expect(section)).collect()
}

/// What is listed.
fn facts() -> Vec<Fact> {
    let (_, list) = include_str!("facts.txt").split_once("\n\n").unwrap();
    let mut facts: Vec<String> = Vec::new();
    for line in list.lines().filter(|line| !line.is_empty()) {
        match facts.last_mut() {
            Some(fact) if line.starts_with(' ') => *fact += &format!(" {}", line.trim()),
            _ => facts.push(line.to_owned()),
        }
    }
    let fact = |text: String| {
        let (id, rest) = text.split_once(": ").expect(&text);
        let (section, name) = id.split_once(' ').expect(&text);
        // Without any tests it is listed all the same.
        let (words, tests) = rest.split_once(" = ").unwrap_or((rest, ""));
        let tests = tests.split(", ").filter(|test| !test.is_empty()).map(|test| test.trim().to_owned()).collect();
        Fact { section: numbers(section), name: name.to_owned(), words: words.to_owned(), tests }
    };
    facts.into_iter().map(fact).collect()
}

/// Every test below a folder, by the path of its file and its name, with the lines above it.
fn tests_of(folder: &Path, module: &str, tests: &mut Vec<(String, String)>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_stem().unwrap().to_str().unwrap();
        // This folder's own tests are named as they are run.
        let inside = if name == "protocol" { String::new() } else { format!("{module}{name}::") };
        if path.is_dir() {
            tests_of(&path, &inside, tests);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let module = if ["mod", "main", "lib"].contains(&name) { module } else { &inside };
            tests_of_file(&std::fs::read_to_string(&path).unwrap(), module, tests);
        }
    }
}

fn tests_of_file(source: &str, module: &str, tests: &mut Vec<(String, String)>) {
    let (mut doc, mut is_test) = (Vec::new(), false);
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            doc.push(text);
        } else if line.starts_with("#[") {
            is_test |= line.starts_with("#[test") || line.starts_with("#[tokio::test");
        } else {
            let name = line.split("fn ").nth(1).filter(|_| is_test);
            if let Some(name) = name.and_then(|name| name.split('(').next()) {
                tests.push((format!("{module}{name}"), doc.join(" ")));
            }
            (doc, is_test) = (Vec::new(), false);
        }
    }
}

/// Every test there is, by name, with the lines above it.
fn tests() -> BTreeMap<String, String> {
    let mut tests = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests_of(&root.join("tests"), "", &mut tests);
    tests_of(&root.join("src"), "", &mut tests);
    tests.into_iter().collect()
}

/// The tests of this folder.
fn own(tests: &BTreeMap<String, String>) -> Vec<Test> {
    let own = tests.iter().filter(|(name, _)| name.starts_with("http::") || name.starts_with("sockets::"));
    let test = |(name, doc): (&String, &String)| {
        let (section, shows) = doc.split_once(": ").unwrap_or_else(|| panic!("{name} does not name its section"));
        Test { name: name.clone(), section: numbers(section), shows: shows.to_owned() }
    };
    own.map(test).collect()
}

fn is_listed(section: &[u32]) -> bool {
    LISTED.contains(&section[0])
}

fn page() -> String {
    let mut sections: BTreeMap<Vec<u32>, Vec<[String; 3]>> = BTreeMap::new();
    for fact in facts() {
        let tests = fact.tests.iter().map(|test| format!("`{test}`")).collect::<Vec<_>>().join(", ");
        sections.entry(fact.section).or_default().push([format!(" {}", fact.name), fact.words, tests]);
    }
    for test in own(&tests()).into_iter().filter(|test| !is_listed(&test.section)) {
        sections.entry(test.section).or_default().push([String::new(), test.shows, format!("`{}`", test.name)]);
    }
    let mut page = HEAD.to_owned();
    for (section, rows) in sections {
        let number = section.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        page += &format!("## {number}\n\n| | Fact | Shown by |\n|---|---|---|\n");
        for [name, words, tests] in rows {
            page += &format!("|{name} | {} | {tests} |\n", words.replace('|', "\\|"));
        }
        page += "\n";
    }
    page
}

#[test]
fn page_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol.md");
    if std::env::var_os("ABLO_BLESS").is_some() {
        std::fs::write(&file, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), page(), "set ABLO_BLESS=1 to write it anew");
}

#[test]
fn every_fact_has_a_test_and_every_test_a_fact() {
    let (facts, tests) = (facts(), tests());
    let (mut names, mut named) = (BTreeSet::new(), BTreeSet::new());
    for Fact { section, name, tests: shown_by, .. } in &facts {
        assert!(is_listed(section) && names.insert((section, name)), "{section:?} {name}");
        assert!(!shown_by.is_empty(), "{section:?} {name} has no test");
        for test in shown_by {
            assert!(tests.contains_key(test), "{section:?} {name}: there is no test {test}");
            named.insert(test.as_str());
        }
    }
    let own = own(&tests).into_iter().filter(|test| is_listed(&test.section)).map(|test| test.name);
    let left: Vec<String> = own.filter(|name| !named.contains(name.as_str())).collect();
    assert!(left.is_empty(), "facts.txt does not say what these show: {left:#?}");
}
