//! `docs/protocol.md`: which test shows which fact of the contract.

use std::collections::BTreeMap;
use std::path::Path;

const HEAD: &str = "\
# What clients of version 0.9.0 are promised

Each line is a fact of the contract that the published TypeScript client relies on, and the test in
`ablo-runtime/tests/protocol` that shows it. What is not served is listed as well, with what is answered instead.

Made from the first line of each test: `ABLO_BLESS=1 cargo test -p ablo-runtime --all-features --test protocol page`.

";

/// A test: its section as numbers, what it shows, and its name.
type Row = (Vec<u32>, String, String);

/// The tests of a folder and those in it.
fn rows_of(folder: &Path, module: &str, rows: &mut Vec<Row>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.is_dir() {
            rows_of(&path, &format!("{module}{name}::"), rows);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !module.is_empty() {
            let module = if name == "mod" { module.to_owned() } else { format!("{module}{name}::") };
            rows_of_file(&std::fs::read_to_string(&path).unwrap(), &module, rows);
        }
    }
}

fn rows_of_file(source: &str, module: &str, rows: &mut Vec<Row>) {
    let (mut doc, mut is_test) = (Vec::new(), false);
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("/// ") {
            doc.push(text);
        } else if line.starts_with("#[") {
            is_test |= line.starts_with("#[test") || line.starts_with("#[tokio::test");
        } else {
            if is_test {
                let name = line.split("fn ").nth(1).unwrap().split('(').next().unwrap();
                let doc = doc.join(" ");
                let (section, fact) =
                    doc.split_once(": ").unwrap_or_else(|| panic!("{module}{name} does not name its section"));
                let section = section.split('.').map(|number| number.parse().expect(name)).collect();
                rows.push((section, fact.to_owned(), format!("{module}{name}")));
            }
            (doc, is_test) = (Vec::new(), false);
        }
    }
}

fn page() -> String {
    let mut rows = Vec::new();
    rows_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protocol"), "", &mut rows);
    let mut sections: BTreeMap<Vec<u32>, Vec<(String, String)>> = BTreeMap::new();
    for (section, fact, name) in rows {
        sections.entry(section).or_default().push((fact, name));
    }
    let mut page = HEAD.to_owned();
    for (section, rows) in sections {
        let number = section.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
        page += &format!("## {number}\n\n| Fact | Test |\n|---|---|\n");
        for (fact, name) in rows {
            page += &format!("| {} | `{name}` |\n", fact.replace('|', "\\|"));
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
