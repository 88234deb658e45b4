use super::{Change, Diagram, Edge, Line};

impl Diagram {
    /// A Mermaid `erDiagram`. Solid lines are parent edges, dotted ones are other relations.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut out = String::from("erDiagram\n");
        for model in &self.boxes {
            let tags = if model.tags.is_empty() { String::new() } else { format!(" ({})", model.tags.join(", ")) };
            let mark = match model.change.mark() {
                "" => String::new(),
                mark => format!("{mark} "),
            };
            out.push_str(&format!("    {}[\"{}\"] {{\n", model.key, escaped(&format!("{mark}{}{tags}", model.title))));
            for line in &model.lines {
                out.push_str(&format!("        {}\n", field(line)));
            }
            out.push_str("    }\n");
        }
        for edge in &self.edges {
            out.push_str(&format!("    {}\n", self.relation(edge)));
        }
        if self.is_change {
            for (change, class, style) in [
                (Change::Added, "added", "fill:#dcfce7,stroke:#15803d"),
                (Change::Changed, "changed", "fill:#fef3c7,stroke:#b45309"),
                (Change::Removed, "removed", "fill:#fee2e2,stroke:#b91c1c,stroke-dasharray:5"),
            ] {
                let marked: Vec<_> =
                    self.boxes.iter().filter(|model| model.change == change).map(|model| model.key.as_str()).collect();
                if !marked.is_empty() {
                    out.push_str(&format!("    classDef {class} {style}\n    class {} {class}\n", marked.join(",")));
                }
            }
        }
        out
    }

    fn relation(&self, edge: &Edge) -> String {
        let parent = if edge.is_optional { "|o" } else { "||" };
        let line = if edge.is_parent { "--" } else { ".." };
        let child = if edge.is_one { "o|" } else { "o{" };
        let mark = edge.change.mark();
        let (from, to) = (&self.boxes[edge.parent].key, &self.boxes[edge.child].key);
        format!("{from} {parent}{line}{child} {to} : \"{mark}{}\"", escaped(&edge.name))
    }
}

/// Types are plain words in Mermaid, so an enum's values go into the comment.
fn field(line: &Line) -> String {
    let optional = line.ty.ends_with('?');
    let bare = line.ty.trim_end_matches('?');
    let is_enum = !bare.chars().all(|c| c.is_ascii_alphanumeric());
    let ty = if is_enum { "enum" } else { bare };
    let keys = match (line.is_id, line.is_key, line.is_unique) {
        (true, ..) => " PK",
        (_, true, true) => " FK, UK",
        (_, true, false) => " FK",
        (_, false, true) => " UK",
        _ => "",
    };
    let mut notes = Vec::new();
    if line.change != Change::None {
        notes.push(line.change.mark().to_owned());
    }
    if optional {
        notes.push("optional".to_owned());
    }
    if is_enum {
        notes.push(bare.to_owned());
    }
    let note = if notes.is_empty() { String::new() } else { format!(" \"{}\"", escaped(&notes.join(" "))) };
    format!("{ty} {}{keys}{note}", line.name)
}

fn escaped(text: &str) -> String {
    text.replace('"', "'").replace(['\n', '\r'], " ")
}
