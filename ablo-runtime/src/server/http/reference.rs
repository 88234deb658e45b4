use std::fmt::Write;

use ablo_schema::ir::{FieldType, ValidSchema};

const STYLE: &str = "body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}\
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.3rem .6rem;text-align:left}\
code{background:#f4f4f4;padding:0 .2rem}";

/// The served schema as a page for people: every model, its fields, and the paths to call.
pub fn page(schema: &ValidSchema) -> String {
    let mut html = String::new();
    let _ = write!(
        html,
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Models</title><style>{STYLE}</style>\
         <h1>Models</h1><p>Send <code>Authorization: Bearer &lt;key&gt;</code>. For programs: \
         <a href=\"openapi.json\">openapi.json</a>.</p>"
    );
    for model in schema.models() {
        let key = escaped(model.key());
        let _ = write!(html, "<h2 id=\"{key}\">{}</h2>", escaped(&model.def().typename));
        if let Some(doc) = &model.def().doc {
            let _ = write!(html, "<p>{}</p>", escaped(doc));
        }
        let writes = if model.is_mutable() {
            "GET, POST /v1/models/{m}; GET, PATCH, DELETE /v1/models/{m}/&lt;id&gt;"
        } else {
            "GET /v1/models/{m}; GET /v1/models/{m}/&lt;id&gt;"
        };
        let _ = write!(html, "<p><code>{}</code></p>", writes.replace("{m}", &key));
        html.push_str("<table><tr><th>field<th>type<th>required<th></tr>");
        for (name, field) in &model.def().fields {
            let ty = match (field.ty, &field.enum_values) {
                (FieldType::Enum, Some(values)) => escaped(&values.join(" | ")),
                (ty, _) => escaped(&format!("{ty:?}").to_lowercase()),
            };
            let required = if field.is_optional { "" } else { "yes" };
            let doc = escaped(field.doc.as_deref().unwrap_or_default());
            let _ = write!(html, "<tr><td>{}<td>{ty}<td>{required}<td>{doc}</tr>", escaped(name));
        }
        html.push_str("</table>");
    }
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
