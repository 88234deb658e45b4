//! Requests as the client sends them, and answers as it reads them.

use serde_json::Value;

use crate::served::{Served, uuid};

/// A server, and its organization's secret key.
pub struct Api {
    pub served: Served,
    pub key: String,
}

/// A request under way.
pub struct Call<'a> {
    api: &'a Api,
    method: &'a str,
    path: String,
    token: Option<String>,
    headers: String,
    body: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// In lower case.
    pub head: String,
    pub text: String,
    /// `Null` when the text is no JSON.
    pub body: Value,
    what: String,
}

impl Api {
    pub async fn start() -> Self {
        let served = crate::served().await;
        Self { key: served.key.clone(), served }
    }

    pub fn call<'a>(&'a self, method: &'a str, path: impl Into<String>) -> Call<'a> {
        let headers = "content-type: application/json\r\naccept: */*\r\n".to_owned();
        Call { api: self, method, path: path.into(), token: Some(self.key.clone()), headers, body: String::new() }
    }

    pub fn get(&self, path: impl Into<String>) -> Call<'_> {
        self.call("GET", path)
    }

    pub fn post(&self, path: impl Into<String>, body: &Value) -> Call<'_> {
        self.call("POST", path).body(body)
    }

    /// A model write: the same key in header and body.
    pub fn write<'a>(&'a self, method: &'a str, path: impl Into<String>, body: Value) -> Call<'a> {
        self.keyed(method, path, &uuid(), body)
    }

    pub fn keyed<'a>(&'a self, method: &'a str, path: impl Into<String>, key: &str, mut body: Value) -> Call<'a> {
        body["idempotencyKey"] = key.into();
        self.call(method, path).header("Idempotency-Key", key).body(&body)
    }

    /// A session: its token.
    pub async fn session(&self, body: Value) -> String {
        let made = self.post("/api/auth/capability", &body).await.is(200);
        made.body["token"].as_str().unwrap().to_owned()
    }

    /// Creates a row with this id.
    pub async fn row(&self, model: &str, id: &str, data: Value) -> Answer {
        let body = serde_json::json!({ "id": id, "data": data });
        self.write("POST", format!("/api/v1/models/{model}"), body).await.is(200)
    }
}

impl Call<'_> {
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub fn without_token(mut self) -> Self {
        self.token = None;
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers += &format!("{name}: {value}\r\n");
        self
    }

    pub fn body(self, body: &Value) -> Self {
        self.text(body.to_string())
    }

    pub fn text(mut self, body: impl Into<String>) -> Self {
        self.body = body.into();
        self
    }
}

impl<'a> IntoFuture for Call<'a> {
    type Output = Answer;
    type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { api, method, path, token, mut headers, body } = self;
            if let Some(token) = token {
                headers += &format!("authorization: Bearer {token}\r\n");
            }
            let (status, head, text) = api.served.exchange(method, &path, &headers, &body).await;
            let body = serde_json::from_str(&text).unwrap_or(Value::Null);
            Answer { status, head, text, body, what: format!("{method} {path}") }
        })
    }
}

impl Answer {
    /// It has this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.what, self.text);
        self
    }

    /// It failed with this status and code.
    #[track_caller]
    pub fn fails(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code()), (status, code), "{}: {}", self.what, self.text);
        self
    }

    /// Its body has these members, and any others. What is expected of an array is expected of each of its elements.
    #[track_caller]
    pub fn reads(self, expected: Value) -> Self {
        assert!(has(&self.body, &expected), "{}: {} has not {expected}", self.what, self.text);
        self
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The value of a header, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    /// One member of each row of the body's `data`.
    pub fn column(&self, field: &str) -> Vec<Value> {
        self.body["data"].as_array().unwrap().iter().map(|row| row[field].clone()).collect()
    }
}

/// Whether a value has what is expected of it.
fn has(value: &Value, expected: &Value) -> bool {
    match (value, expected) {
        (Value::Object(value), Value::Object(expected)) => {
            expected.iter().all(|(name, expected)| value.get(name).is_some_and(|value| has(value, expected)))
        }
        (Value::Array(value), Value::Array(expected)) => {
            value.len() == expected.len() && value.iter().zip(expected).all(|(value, expected)| has(value, expected))
        }
        _ => value == expected,
    }
}
