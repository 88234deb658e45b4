use super::{
    Change, Diagram, Edge, Line, ModelBox,
    layout::{self, Link, Size},
};

/// Widths are those of a monospaced font, so that no font has to be measured.
const CHARACTER: f64 = 7.25;
const SMALL_CHARACTER: f64 = 6.1;
const ROW: f64 = 20.0;
const TITLE: f64 = 27.0;
const TAGS: f64 = 16.0;
/// Room for the key marks at the start of a line.
const MARKS: f64 = 42.0;
const PADDING: f64 = 10.0;
const MARGIN: f64 = 32.0;
/// How far the ends of lines reach out of a box.
const END: f64 = 11.0;
const LEGEND: f64 = 58.0;

const STYLE: &str = "text{font-family:ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;font-size:12px;fill:#0f172a}\
.title{font-weight:bold;font-size:13px}.tag,.label,.key{font-size:10px;fill:#475569}.type{fill:#64748b}\
.label{paint-order:stroke;stroke:#ffffff;stroke-width:4px}\
.box{fill:#ffffff;stroke:#94a3b8}.head{fill:#e2e8f0}.scope .head{fill:#ddd6fe}.scope .box{stroke:#7c3aed;stroke-width:1.6}\
.control .head{fill:#cbd5e1}.control .box{stroke-dasharray:5 3}.rule{stroke:#e2e8f0}\
.edge{fill:none;stroke:#64748b;stroke-width:1.2}.lives{stroke:#4338ca;stroke-width:2.6}.loose{stroke-dasharray:5 4}\
.end{fill:#ffffff;stroke:#64748b;stroke-width:1.4}.lives-end{stroke:#4338ca;stroke-width:1.8}\
.added .box,.edge.added,.end.added{stroke:#15803d}.added .head,.row.added{fill:#dcfce7}\
.changed .box,.edge.changed,.end.changed{stroke:#b45309}.changed .head,.row.changed{fill:#fef3c7}\
.removed .box,.edge.removed,.end.removed{stroke:#b91c1c}.removed .head,.row.removed{fill:#fee2e2}\
.label.added{fill:#15803d}.label.changed{fill:#b45309}.label.removed{fill:#b91c1c}\
.gone{text-decoration:line-through}";

impl Diagram {
    /// A self-contained SVG.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let sizes: Vec<Size> = self.boxes.iter().map(size).collect();
        let links: Vec<Link> = self.edges.iter().map(|edge| self.link(edge)).collect();
        let longest = self.edges.iter().map(|edge| edge.name.chars().count() + 1).max().unwrap_or_default();
        let placement = layout::place(&sizes, &links, 76.0 + longest as f64 * SMALL_CHARACTER);
        // Self references leave on the right.
        let width = (placement.width + 2.0 * MARGIN + 60.0).max(640.0);
        let height = placement.height + 2.0 * MARGIN + LEGEND;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\">\n\
             <title>{}</title>\n<style>{STYLE}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
             <g transform=\"translate({MARGIN} {MARGIN})\">\n",
            if self.is_change { "Changes of a schema" } else { "Schema" },
            w = number(width),
            h = number(height),
        );
        // Lines first: a line that must pass behind a box does.
        let mut labels = String::new();
        for (edge, points) in self.edges.iter().zip(&placement.links) {
            let loop_points;
            let points = if points.is_empty() {
                loop_points = self.self_loop(edge, &sizes, &placement.boxes);
                &loop_points
            } else {
                points
            };
            draw_edge(edge, points, &mut out, &mut labels);
        }
        for ((model, size), at) in self.boxes.iter().zip(&sizes).zip(&placement.boxes) {
            draw_box(model, *size, *at, &mut out);
        }
        out.push_str(&labels);
        out.push_str("</g>\n");
        self.draw_legend(height - LEGEND + 8.0, &mut out);
        out.push_str("</svg>\n");
        out
    }

    fn link(&self, edge: &Edge) -> Link {
        Link {
            parent: edge.parent,
            parent_y: middle(&self.boxes[edge.parent], 0) + self.end_offset(edge),
            child: edge.child,
            child_y: middle(&self.boxes[edge.child], edge.line.unwrap_or_default()),
        }
    }

    /// Bars and rings of relations with one parent keep apart, so that neither hides the other.
    fn end_offset(&self, edge: &Edge) -> f64 {
        let mut siblings = self.edges.iter().filter(|other| other.parent == edge.parent);
        match (siblings.any(|other| other.is_optional != edge.is_optional), edge.is_optional) {
            (false, _) => 0.0,
            (true, false) => -5.0,
            (true, true) => 5.5,
        }
    }

    /// From the id out to the right and back to the key.
    fn self_loop(&self, edge: &Edge, sizes: &[Size], places: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let (x, y) = places[edge.child];
        let right = x + sizes[edge.child].width;
        let link = self.link(edge);
        vec![(right, y + link.parent_y), (right, y + link.child_y)]
    }

    fn draw_legend(&self, y: f64, out: &mut String) {
        let mut x = MARGIN;
        let mut entry = |out: &mut String, class: &str, text: &str| {
            out.push_str(&format!(
                "<path class=\"edge {class}\" d=\"M{} {}h26\"/><text class=\"tag\" x=\"{}\" y=\"{}\">{text}</text>\n",
                number(x),
                number(y + 10.0),
                number(x + 32.0),
                number(y + 13.5)
            ));
            x += 32.0 + text.chars().count() as f64 * SMALL_CHARACTER + 18.0;
        };
        entry(out, "lives", "lives in: groups inherit");
        entry(out, "", "foreign key");
        entry(out, "loose", "not enforced");
        let mut words = vec!["crow's foot: many", "bar: one", "ring: may be absent", "violet: scope root"];
        if self.has_control() {
            words.push("dashed box: control plane");
        }
        out.push_str(&format!(
            "<text class=\"tag\" x=\"{MARGIN}\" y=\"{}\">{}</text>\n",
            number(y + 33.0),
            words.join(" · ")
        ));
        if self.is_change {
            entry(out, "added", "+ added");
            entry(out, "changed", "~ changed");
            entry(out, "removed", "- removed");
        }
    }
}

fn head_height(model: &ModelBox) -> f64 {
    if model.tags.is_empty() { TITLE } else { TITLE + TAGS }
}

fn size(model: &ModelBox) -> Size {
    let title = (model.title.chars().count() + 2) as f64 * (CHARACTER + 0.8);
    let tags = model.tags.join(" · ").chars().count() as f64 * SMALL_CHARACTER;
    let name = model.lines.iter().map(|line| line.name.chars().count() + 2).max().unwrap_or_default();
    let ty = model.lines.iter().map(|line| shortened(&line.ty).chars().count()).max().unwrap_or_default();
    let lines = MARKS + (name + ty + 2) as f64 * CHARACTER;
    let width = title.max(tags).max(lines) + 2.0 * PADDING;
    Size { width, height: head_height(model) + model.lines.len() as f64 * ROW + 6.0 }
}

/// The height of a line's middle below its box's top.
fn middle(model: &ModelBox, line: usize) -> f64 {
    head_height(model) + 3.0 + line as f64 * ROW + ROW / 2.0
}

/// Long lists of enum values would make every box wide.
fn shortened(ty: &str) -> String {
    const LONGEST: usize = 26;
    if ty.chars().count() <= LONGEST {
        return ty.to_owned();
    }
    let start: String = ty.chars().take(LONGEST - 1).collect();
    format!("{start}…")
}

fn class(change: Change) -> &'static str {
    match change {
        Change::None => "",
        Change::Added => " added",
        Change::Changed => " changed",
        Change::Removed => " removed",
    }
}

fn draw_box(model: &ModelBox, size: Size, (x, y): (f64, f64), out: &mut String) {
    let mut classes = String::from("model");
    if model.is_scope_root {
        classes.push_str(" scope");
    }
    if model.is_control {
        classes.push_str(" control");
    }
    classes.push_str(class(model.change));
    let head = head_height(model);
    out.push_str(&format!("<g class=\"{classes}\" transform=\"translate({} {})\">\n", number(x), number(y)));
    if let Some(doc) = &model.doc {
        out.push_str(&format!("<title>{}</title>\n", escaped(doc)));
    }
    let (w, h) = (number(size.width), number(size.height));
    out.push_str(&format!("<rect class=\"box\" width=\"{w}\" height=\"{h}\" rx=\"6\"/>\n"));
    // The head's upper corners are round, its lower ones are not.
    out.push_str(&format!(
        "<path class=\"head\" d=\"M0.5 {head}V6.5a6 6 0 0 1 6 -6H{}a6 6 0 0 1 6 6V{head}z\"/>\n",
        number(size.width - 6.5),
        head = number(head)
    ));
    let gone = if model.change == Change::Removed { " gone" } else { "" };
    let mark = if model.change == Change::None { String::new() } else { format!("{} ", model.change.mark()) };
    out.push_str(&format!(
        "<text class=\"title{gone}\" x=\"{PADDING}\" y=\"18\">{mark}{}</text>\n",
        escaped(&model.title)
    ));
    if !model.tags.is_empty() {
        out.push_str(&format!(
            "<text class=\"tag\" x=\"{PADDING}\" y=\"34\">{}</text>\n",
            escaped(&model.tags.join(" · "))
        ));
    }
    for (position, line) in model.lines.iter().enumerate() {
        draw_line(line, middle(model, position), size.width, out);
    }
    out.push_str("</g>\n");
}

fn draw_line(line: &Line, y: f64, width: f64, out: &mut String) {
    if line.change != Change::None {
        out.push_str(&format!(
            "<rect class=\"row{}\" x=\"1\" y=\"{}\" width=\"{}\" height=\"{ROW}\"/>\n",
            class(line.change),
            number(y - ROW / 2.0),
            number(width - 2.0)
        ));
    }
    let baseline = number(y + 4.0);
    let key = match (line.is_id, line.is_key, line.is_unique, line.is_indexed) {
        (true, ..) => "PK",
        (_, true, true, _) => "FK UQ",
        (_, true, false, _) => "FK",
        (_, _, true, _) => "UQ",
        (_, _, _, true) => "IX",
        _ => "",
    };
    if !key.is_empty() {
        out.push_str(&format!("<text class=\"key\" x=\"{PADDING}\" y=\"{baseline}\">{key}</text>"));
    }
    let gone = if line.change == Change::Removed { " class=\"gone\"" } else { "" };
    let mark = if line.change == Change::None { String::new() } else { format!("{} ", line.change.mark()) };
    out.push_str(&format!(
        "<text{gone} x=\"{}\" y=\"{baseline}\">{mark}{}</text>",
        number(PADDING + MARKS - 6.0),
        escaped(&line.name)
    ));
    let ty = shortened(&line.ty);
    // What is cut short is told whole to who points at it.
    let whole = if ty == line.ty { String::new() } else { format!("<title>{}</title>", escaped(&line.ty)) };
    out.push_str(&format!(
        "<text class=\"type\" x=\"{}\" y=\"{baseline}\" text-anchor=\"end\">{whole}{}</text>\n",
        number(width - PADDING),
        escaped(&ty)
    ));
}

fn draw_edge(edge: &Edge, points: &[(f64, f64)], out: &mut String, labels: &mut String) {
    let (Some(parent), Some(child)) = (points.first().copied(), points.last().copied()) else { return };
    let is_loop = edge.parent == edge.child;
    // Which way lines leave the two boxes: to the right or to the left.
    let parent_side = if is_loop || points.len() < 2 || points[1].0 > parent.0 { 1.0 } else { -1.0 };
    let child_side = if is_loop { 1.0 } else { -parent_side };
    // The line runs straight below its name.
    let name = format!("{}{}", edge.change.mark(), edge.name);
    let named = if is_loop { 0.0 } else { 4.0 + name.chars().count() as f64 * SMALL_CHARACTER };
    let (start, end) = ((parent.0 + parent_side * END, parent.1), (child.0 + child_side * (END + named), child.1));
    let mut path = format!("M{} {}H{}", number(parent.0), number(parent.1), number(start.0));
    let mut at = start;
    if is_loop {
        let out_x = parent.0 + 46.0;
        path.push_str(&curve((out_x, at.1), (out_x, end.1), end));
    } else {
        let inner = points[1..points.len() - 1].chunks(2);
        for passage in inner.chain([[end].as_slice()]) {
            let to = passage[0];
            let half = (at.0 + to.0) / 2.0;
            path.push_str(&curve((half, at.1), (half, to.1), to));
            at = to;
            if let Some(through) = passage.get(1) {
                path.push_str(&format!("H{}", number(through.0)));
                at = *through;
            }
        }
    }
    path.push_str(&format!("H{}", number(child.0)));
    let mut classes = String::from("edge");
    if edge.is_parent {
        classes.push_str(" lives");
    }
    if !edge.is_enforced {
        classes.push_str(" loose");
    }
    classes.push_str(class(edge.change));
    out.push_str(&format!("<path class=\"{classes}\" d=\"{path}\"/>\n"));
    draw_ends(edge, (parent, parent_side), (child, child_side), out);
    let (x, y, anchor) = if is_loop {
        (child.0 + END + 3.0, child.1 + 13.0, "start")
    } else {
        (child.0 + child_side * (END + 3.0), child.1 - 5.0, if child_side < 0.0 { "end" } else { "start" })
    };
    labels.push_str(&format!(
        "<text class=\"label{}\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>\n",
        class(edge.change),
        number(x),
        number(y),
        escaped(&name)
    ));
}

fn draw_ends(
    edge: &Edge,
    (parent, out_of_parent): ((f64, f64), f64),
    (child, out_of_child): ((f64, f64), f64),
    out: &mut String,
) {
    let lives = if edge.is_parent { " lives-end" } else { "" };
    let classes = format!("end{lives}{}", class(edge.change));
    let bar = |(x, y): (f64, f64), side: f64| {
        format!("<path class=\"{classes}\" d=\"M{} {}v10\"/>\n", number(x + side * 7.0), number(y - 5.0))
    };
    if edge.is_optional {
        let (x, y) = (number(parent.0 + out_of_parent * 7.0), number(parent.1));
        out.push_str(&format!("<circle class=\"{classes}\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>\n"));
    } else {
        out.push_str(&bar(parent, out_of_parent));
    }
    if edge.is_one {
        out.push_str(&bar(child, out_of_child));
    } else {
        let (tip, foot) = (number(child.0 + out_of_child * END), number(child.0));
        let (top, mid, low) = (number(child.1 - 6.0), number(child.1), number(child.1 + 6.0));
        out.push_str(&format!(
            "<path class=\"{classes}\" fill=\"none\" d=\"M{foot} {top}L{tip} {mid}L{foot} {low}\"/>\n"
        ));
    }
}

fn curve(first: (f64, f64), second: (f64, f64), to: (f64, f64)) -> String {
    let point = |(x, y): (f64, f64)| format!("{} {}", number(x), number(y));
    format!("C{} {} {}", point(first), point(second), point(to))
}

/// One decimal is enough, and the same on every machine.
fn number(value: f64) -> String {
    let rounded = (value * 10.0).round() / 10.0;
    // Negative zero is zero.
    format!("{}", rounded + 0.0)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
