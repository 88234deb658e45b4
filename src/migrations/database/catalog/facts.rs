use std::collections::BTreeSet;

use super::{Catalog, Table};

/// Something that one catalog says and the other does not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// Expected and not there.
    Missing(String),
    /// There and not expected.
    Unexpected(String),
}

impl Catalog {
    /// Everything the catalog says, one line each, whatever order things were made in.
    #[must_use]
    pub fn facts(&self) -> BTreeSet<String> {
        self.tables.iter().flat_map(table_facts).collect()
    }

    /// Where this catalog is not what is expected.
    #[must_use]
    pub fn differences(&self, expected: &Self) -> Vec<Difference> {
        let (found, expected) = (self.facts(), expected.facts());
        let missing = expected.difference(&found).cloned().map(Difference::Missing);
        let unexpected = found.difference(&expected).cloned().map(Difference::Unexpected);
        missing.chain(unexpected).collect()
    }
}

fn table_facts(table: &Table) -> Vec<String> {
    let name = &table.name;
    let mut facts = vec![format!("table {name}")];
    if table.row_security {
        facts.push(format!("row security of {name}{}", if table.force_row_security { ", forced" } else { "" }));
    }
    facts.extend(table.comment.iter().map(|comment| format!("comment on {name}: {comment}")));
    for column in &table.columns {
        let null = if column.nullable { "" } else { " NOT NULL" };
        let default = column.default.as_ref().map_or_else(String::new, |default| format!(" DEFAULT {default}"));
        facts.push(format!("column {name}.{} {}{null}{default}", column.name, column.ty));
        facts.extend(column.comment.iter().map(|comment| format!("comment on {name}.{}: {comment}", column.name)));
    }
    facts.extend(table.constraints.iter().map(|one| format!("constraint {} on {name}: {}", one.name, one.definition)));
    facts.extend(
        table
            .indexes
            .iter()
            .map(|one| format!("index {}{}: {}", one.name, if one.valid { "" } else { " (invalid)" }, one.definition)),
    );
    facts.extend(table.policies.iter().map(|one| format!("policy {} on {name}: {}", one.name, one.definition)));
    facts
}
