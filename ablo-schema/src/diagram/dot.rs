use super::{Change, Diagram, Edge, ModelBox};

impl Diagram {
    /// A Graphviz digraph. Thick lines are parent edges, dashed ones are not enforced by the database.
    #[must_use]
    pub fn to_dot(&self) -> String {
        // Graphviz knows the widths of Courier even where it finds no fonts.
        let mut out = String::from(
            "digraph schema {\n  rankdir=LR;\n  node [shape=plain, fontname=\"Courier\", fontsize=10];\n  \
             edge [fontname=\"Courier\", fontsize=9];\n",
        );
        for (position, model) in self.boxes.iter().enumerate().filter(|(_, model)| !model.is_control) {
            out.push_str(&node(position, model, "  "));
        }
        if self.has_control() {
            out.push_str("  subgraph cluster_control {\n    label=\"control plane\";\n    style=dashed;\n");
            for (position, model) in self.boxes.iter().enumerate().filter(|(_, model)| model.is_control) {
                out.push_str(&node(position, model, "    "));
            }
            out.push_str("  }\n");
        }
        for edge in &self.edges {
            out.push_str(&line(edge));
        }
        out.push_str("}\n");
        out
    }
}

fn node(position: usize, model: &ModelBox, indent: &str) -> String {
    let color = shade(model.change).unwrap_or(if model.is_scope_root { "#ddd6fe" } else { "#e2e8f0" });
    let tags =
        if model.tags.is_empty() { String::new() } else { format!("<br/>{}", escaped(&model.tags.join(" · "))) };
    let mut rows = format!(
        "<tr><td bgcolor=\"{color}\" colspan=\"3\"><b>{}{}</b>{tags}</td></tr>",
        model.change.mark(),
        escaped(&model.title)
    );
    for (line_position, line) in model.lines.iter().enumerate() {
        let keys = match (line.is_id, line.is_key, line.is_unique) {
            (true, ..) => "PK",
            (_, true, _) => "FK",
            (_, _, true) => "UQ",
            _ => "",
        };
        let shade = shade(line.change).map_or(String::new(), |color| format!(" bgcolor=\"{color}\""));
        rows.push_str(&format!(
            "<tr><td port=\"f{line_position}\"{shade}>{keys}</td><td align=\"left\"{shade}>{}{}</td><td port=\"e{line_position}\" align=\"left\"{shade}>{}</td></tr>",
            line.change.mark(),
            escaped(&line.name),
            escaped(&line.ty)
        ));
    }
    let table = format!("<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" cellpadding=\"4\">{rows}</table>");
    format!("{indent}m{position} [label=<{table}>];\n")
}

/// The background of what changed.
fn shade(change: Change) -> Option<&'static str> {
    match change {
        Change::None => None,
        Change::Added => Some("#dcfce7"),
        Change::Changed => Some("#fef3c7"),
        Change::Removed => Some("#fee2e2"),
    }
}

fn line(edge: &Edge) -> String {
    // Out of a box on the right, into the next on the left; a box refers to itself on the right.
    let (side, compass) = if edge.parent == edge.child { ('e', 'e') } else { ('f', 'w') };
    let port = edge.line.map_or(String::new(), |line| format!(":{side}{line}:{compass}"));
    let color = match edge.change {
        Change::None if edge.is_parent => "#4338ca",
        Change::None => "#64748b",
        Change::Added => "#15803d",
        Change::Changed => "#b45309",
        Change::Removed => "#b91c1c",
    };
    let width = if edge.is_parent { "2.2" } else { "1" };
    let style = if edge.is_enforced { "solid" } else { "dashed" };
    let tail = if edge.is_one { "tee" } else { "crow" };
    let head = if edge.is_optional { "odot" } else { "tee" };
    format!(
        "  m{}:e0:e -> m{}{port} [dir=both, arrowtail={head}, arrowhead={tail}, color=\"{color}\", penwidth={width}, \
         style={style}, label=\"{}{}\"];\n",
        edge.parent,
        edge.child,
        edge.change.mark(),
        edge.name.replace('\\', "\\\\").replace('"', "\\\"")
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
