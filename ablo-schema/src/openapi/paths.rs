use super::{
    component, errors,
    operation::{Answers, content},
    texts,
};
use crate::{
    ir::{FieldType, ModelRef},
    json::Json,
    json_schema::{Form, TypeNames, described, non_null, slots},
};

/// Query parameters that are never filters. `state` is one of them only where no field has that name.
const CONTROLS: [&str; 4] = ["limit", "order_by", "order", "starting_after"];
const READ: &[&str] = &["400", "401", "403", "404", "429", "500", "503"];
const WRITE: &[&str] = &["400", "401", "403", "404", "409", "413", "429", "500", "503"];

/// The tag of a model's routes.
pub(super) fn tag(model: ModelRef<'_>) -> Json {
    let doc = model.doc.clone().unwrap_or_else(|| format!("Rows of {}.", model.typename));
    Json::object([("name", Json::from(model.key())), ("description", doc.into())])
}

/// What wraps a model's rows in answers and its fields in requests.
pub(super) fn envelopes(model: ModelRef<'_>, names: &TypeNames) -> Vec<(String, Json)> {
    let name = names.of_model(model);
    let word = |word: &str| Json::object([("type", "string"), ("const", word)].map(texts));
    let string = || Json::object([("type", Json::from("string"))]);
    let stamp = || component("schemas", "AbloSyncId");
    let list = object(
        vec![
            ("object", word("list")),
            ("model", string()),
            ("data", array(component("schemas", name))),
            ("has_more", Json::object([("type", Json::from("boolean"))])),
            ("next_cursor", Json::object([("type", Json::strings(["string", "null"]))])),
            ("stamp", stamp()),
        ],
        &["object", "model", "data", "has_more", "next_cursor", "stamp"],
    );
    let one = object(
        vec![
            ("object", word("model")),
            ("model", string()),
            ("id", string()),
            ("data", component("schemas", name)),
            ("stamp", stamp()),
            ("claims", array(component("schemas", "AbloIntent"))),
        ],
        &["object", "model", "id", "data", "stamp", "claims"],
    );
    vec![(format!("{name}List"), list), (format!("{name}Object"), one)]
}

fn object(properties: Vec<(&str, Json)>, required: &[&str]) -> Json {
    let mut members = vec![("type", Json::from("object")), ("properties", Json::object(properties))];
    if !required.is_empty() {
        members.push(("required", Json::strings(required.iter().copied())));
    }
    Json::object(members)
}

fn array(items: Json) -> Json {
    Json::object([("type", Json::from("array")), ("items", items)])
}

/// The routes of a model. Those that write are there for every model, because clients find them in every document of
/// this protocol; where clients may not write, all they say is that the server refuses.
pub(super) fn routes(model: ModelRef<'_>, names: &TypeNames) -> Vec<(String, Json)> {
    let routes = Routes { model, name: names.of_model(model), operation: names.of_key(model) };
    let base = format!("/v1/models/{}", model.key());
    let mut collection = vec![("get", routes.list())];
    let mut row = vec![("get", routes.retrieve())];
    if model.is_mutable() {
        collection.push(("post", routes.create()));
        row.extend([("patch", routes.update()), ("delete", routes.delete())]);
    } else {
        collection.push(("post", routes.refused("create", Vec::new())));
        row.extend([("patch", routes.refused("update", vec![id()])), ("delete", routes.refused("delete", vec![id()]))]);
    }
    let claim = [("post", routes.claim()), ("delete", routes.release())];
    vec![
        (base.clone(), Json::object(collection)),
        (format!("{base}/{{id}}"), Json::object(row)),
        (format!("{base}/{{id}}/claim"), Json::object(claim)),
        (format!("{base}/{{id}}/claim/reorder"), Json::object([("post", routes.reorder())])),
    ]
}

struct Routes<'a> {
    model: ModelRef<'a>,
    name: &'a str,
    operation: &'a str,
}

impl Routes<'_> {
    fn operation(
        &self,
        verb: &str,
        summary: &str,
        parameters: Vec<Json>,
        body: Option<(bool, Json)>,
        answers: &Answers<'_>,
    ) -> Json {
        self.described(verb, summary, parameters, body, answers.responses())
    }

    fn described(
        &self,
        verb: &str,
        summary: &str,
        parameters: Vec<Json>,
        body: Option<(bool, Json)>,
        responses: Json,
    ) -> Json {
        let mut members = vec![
            ("tags", Json::strings([self.model.key()])),
            ("operationId", Json::from(format!("{verb}{}", self.operation))),
            ("summary", Json::from(summary)),
        ];
        if !parameters.is_empty() {
            members.push(("parameters", Json::Array(parameters)));
        }
        if let Some((required, schema)) = body {
            let body = Json::object([("required", Json::from(required)), ("content", content(schema))]);
            members.push(("requestBody", body));
        }
        members.push(("responses", responses));
        Json::object(members)
    }

    fn list(&self) -> Json {
        let schema = format!("{}List", self.name);
        let answers =
            Answers { status: "200", description: "A page of rows", schema: &schema, waits: false, fails: READ };
        let orderable = slots(self.model, Form::Row).filter(|slot| slot.def.ty != FieldType::Json);
        let fields: Vec<&str> = std::iter::once("id").chain(orderable.map(|slot| slot.name.as_str())).collect();
        let order_by = Json::object([
            ("name", Json::from("order_by")),
            ("in", Json::from("query")),
            ("description", Json::from("The field that orders the rows.")),
            ("schema", Json::object([("type", Json::from("string")), ("enum", Json::strings(fields))])),
        ]);
        let mut parameters = vec![
            component("parameters", "AbloLimit"),
            order_by,
            component("parameters", "AbloOrder"),
            component("parameters", "AbloStartingAfter"),
        ];
        if self.model.shape().slot_of("state").is_none() {
            parameters.push(component("parameters", "AbloState"));
        }
        parameters.extend(self.filters());
        self.operation("list", &format!("List {}", self.model.key()), parameters, None, &answers)
    }

    /// One equality filter per field that has a text form.
    fn filters(&self) -> Vec<Json> {
        let fields = slots(self.model, Form::Row)
            .filter(|slot| slot.def.ty != FieldType::Json && !CONTROLS.contains(&slot.name.as_str()));
        let filters = fields.map(|slot| {
            let note = format!("Only rows whose `{}` is this.", slot.name);
            let mut members = vec![("name", Json::from(&slot.name)), ("in", Json::from("query"))];
            members.push(("description", note.into()));
            members.push(("schema", non_null(&slot.def)));
            Json::object(members)
        });
        filters.collect()
    }

    fn retrieve(&self) -> Json {
        let schema = format!("{}Object", self.name);
        let answers = Answers { status: "200", description: "The row", schema: &schema, waits: false, fails: READ };
        self.operation("retrieve", &format!("Retrieve one of {}", self.model.key()), vec![id()], None, &answers)
    }

    fn create(&self) -> Json {
        let mut members = write_options();
        let note = "The row's id; the server makes one when absent.";
        members.push(("id", described(Json::object([("type", Json::from("string"))]), Some(note))));
        members.push(("data", component("schemas", &format!("{}Create", self.name))));
        let body = Some((true, object(members, &["data"])));
        self.operation("create", &format!("Create one of {}", self.model.key()), vec![key()], body, &receipt())
    }

    fn update(&self) -> Json {
        let mut members = write_options();
        members.push(("data", component("schemas", &format!("{}Patch", self.name))));
        let body = Some((true, object(members, &["data"])));
        self.operation("update", &format!("Update one of {}", self.model.key()), vec![id(), key()], body, &receipt())
    }

    fn delete(&self) -> Json {
        let body = Some((false, object(write_options(), &[])));
        self.operation("delete", &format!("Delete one of {}", self.model.key()), vec![id(), key()], body, &receipt())
    }

    /// A write that the server always refuses: it takes no body and has no answer but failures.
    fn refused(&self, verb: &str, parameters: Vec<Json>) -> Json {
        let summary = format!("Refused: clients only read {}", self.model.key());
        let responses = WRITE.iter().map(|status| (*status, component("responses", &errors::name(status))));
        self.described(verb, &summary, parameters, None, Json::object(responses))
    }

    fn claim(&self) -> Json {
        let answers = Answers {
            status: "201",
            description: "The claim is held",
            schema: "AbloIntentAnswer",
            waits: true,
            fails: WRITE,
        };
        let body = Some((false, component("schemas", "AbloClaimRequest")));
        self.operation("claim", &format!("Claim one of {}", self.model.key()), vec![id()], body, &answers)
    }

    fn release(&self) -> Json {
        let answers = Answers {
            status: "200",
            description: "The caller's claim is released; releasing twice is fine",
            schema: "AbloReleased",
            waits: false,
            fails: READ,
        };
        self.operation(
            "release",
            &format!("Release a claim on one of {}", self.model.key()),
            vec![id()],
            None,
            &answers,
        )
    }

    fn reorder(&self) -> Json {
        let answers = Answers {
            status: "200",
            description: "The line is re-ranked",
            schema: "AbloOk",
            waits: false,
            fails: WRITE,
        };
        let body = Some((true, component("schemas", "AbloReorderRequest")));
        let summary = format!("Re-rank who waits for one of {}; needs the operation intent.reorder", self.model.key());
        self.operation("reorder", &summary, vec![id()], body, &answers)
    }
}

fn id() -> Json {
    component("parameters", "AbloId")
}

fn key() -> Json {
    component("parameters", "AbloIdempotencyKey")
}

fn receipt() -> Answers<'static> {
    Answers { status: "200", description: "The receipt", schema: "AbloReceipt", waits: false, fails: WRITE }
}

fn write_options() -> Vec<(&'static str, Json)> {
    let text = |note: &str| described(Json::object([("type", Json::from("string"))]), Some(note));
    vec![
        ("idempotencyKey", text("The same as the `Idempotency-Key` header.")),
        ("intent", text("The claim the write is made under.")),
        ("onStale", component("schemas", "AbloOnStale")),
        ("readAt", component("schemas", "AbloSyncId")),
    ]
}
