//! Spans for OpenTelemetry, sent over HTTP in the protocol OTLP. All that knows of it is here, and none of its types are
//! public: its crates break compatibility with every release.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;
use std::time::Duration;

use ablo_schema::error::{AbloError, Code};
use axum::http::HeaderMap;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{SpanKind, Status, TracerProvider};
use opentelemetry::{Context, Key, Value};
use opentelemetry_http::{Bytes, HeaderExtractor, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::WithHttpConfig;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

/// The span of a caller that ours are children of, from the headers `traceparent` and `tracestate`.
#[derive(Clone, Debug)]
pub(super) struct Parent(Context);

impl Parent {
    pub fn of(headers: &HeaderMap) -> Self {
        Self(TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers)))
    }

    pub fn adopt(&self, span: &Span) {
        // Nobody may be exporting.
        let _ = span.set_parent(self.0.clone());
    }
}

/// Sends the server's spans to a collector. Dropping it sends what is left.
pub struct Exporter(SdkTracerProvider);

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").finish_non_exhaustive()
    }
}

/// The variables that name a collector.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(10);

impl Exporter {
    /// The exporter the standard `OTEL_` variables ask for; `None` when they name no collector, or say
    /// `OTEL_SDK_DISABLED=true`.
    ///
    /// # Errors
    /// `invalid_request` when they contradict themselves.
    pub fn from_env() -> Result<Option<Self>, AbloError> {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let is_off = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let Some(endpoint) = ENDPOINTS.into_iter().find_map(variable).filter(|_| !is_off) else { return Ok(None) };
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false);
        // A collector spoken to in the clear is near by.
        let config = if endpoint.starts_with("http://") { config.proxy(None) } else { config };
        let exporter =
            opentelemetry_otlp::SpanExporter::builder().with_http().with_http_client(Http(config.build().into()));
        let exporter = exporter.build().map_err(|error| {
            AbloError::new(Code::InvalidRequest, format!("The `OTEL_` variables cannot be followed: {error}."))
        })?;
        let provider = SdkTracerProvider::builder().with_batch_exporter(Named(exporter)).with_resource(resource());
        Ok(Some(Self(provider.build())))
    }

    /// What hands it spans, to be added to the program's subscriber.
    pub fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> impl Layer<S> + use<S> {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("ablo"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target("ablo", Level::INFO))
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        // What cannot be sent now has nowhere else to go; why is in the log.
        let _ = self.0.shutdown();
    }
}

/// What the variables say of this process.
fn resource() -> Resource {
    let said = Resource::builder().build();
    let name = said.get(&Key::from_static_str("service.name"));
    let is_named = name.is_some_and(|name| !name.as_str().starts_with("unknown_service"));
    if is_named { said } else { Resource::builder().with_service_name("ablo").build() }
}

/// Posts to the collector. It may block: the exporter has a thread of its own.
#[derive(Debug)]
struct Http(ureq::Agent);

impl Http {
    fn post(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.0.run(request.map(|body| body.to_vec()))?;
        let (head, mut body) = answer.into_parts();
        Ok(Response::from_parts(head, body.read_to_vec()?.into()))
    }
}

impl HttpClient for Http {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(ready(self.post(request)))
    }
}

/// Calls things what OpenTelemetry calls them.
#[derive(Debug)]
struct Named<E>(E);

/// Our fields that have a name there.
const NAMES: [(&str, &str); 4] = [
    ("method", "http.request.method"),
    ("route", "http.route"),
    ("status", "http.response.status_code"),
    ("code", "error.type"),
];

impl<E: SpanExporter> SpanExporter for Named<E> {
    fn export(&self, batch: Vec<SpanData>) -> impl Future<Output = OTelSdkResult> + Send {
        self.0.export(batch.into_iter().map(named).collect())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

fn named(mut span: SpanData) -> SpanData {
    let field = |name: &str| span.attributes.iter().find(|field| field.key.as_str() == name).map(|field| &field.value);
    let text = |name: &str| field(name).map(|value| value.as_str().into_owned());
    if let Some(method) = text("method") {
        span.name = text("route").map_or_else(|| method.clone(), |route| format!("{method} {route}")).into();
    }
    if let Some(Value::I64(500..)) = field("status") {
        span.status = Status::error("");
    }
    span.span_kind = SpanKind::Server;
    for field in &mut span.attributes {
        if let Some((_, name)) = NAMES.iter().find(|(ours, _)| *ours == field.key.as_str()) {
            field.key = Key::from_static_str(name);
        }
    }
    span
}
