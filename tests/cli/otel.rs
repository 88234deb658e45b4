//! What a collector of OpenTelemetry gets from `ablo serve`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;

use crate::serve::Server;

/// A request to the collector: its head in lower case, and its body.
fn taken(stream: TcpStream) -> (String, Vec<u8>) {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let head = head.to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let answer =
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    stream.into_inner().write_all(answer.as_bytes()).unwrap();
    (head, body)
}

fn field(fields: &[KeyValue], name: &str) -> Option<String> {
    let value = fields.iter().find(|field| field.key == name)?.value.clone()?.value?;
    Some(match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => panic!("{other:?}"),
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_collector_sees_a_request_as_a_child_of_its_callers_span() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", collector.local_addr().unwrap());
    // Everything is sent at the end.
    let collecting = std::thread::spawn(move || taken(collector.accept().unwrap().0));
    let mut server = Server::with(&["--log-level", "error"], |command| {
        let variables = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_SERVICE_NAME", "forecasts"),
            ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
        ];
        command.envs(variables).env_remove("OTEL_SDK_DISABLED");
    });
    let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let headers = format!("traceparent: 00-{trace}-{parent}-01\r\nx-request-id: r1\r\n");
    let key = server.text("secretKey").to_owned();
    let path = "/api/v1/models/notes/canary?title=canary";
    assert_eq!(server.request_with("GET", path, &key, &headers, "").0, 404);
    server.tell_to_stop();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));

    let (head, body) = collecting.join().unwrap();
    assert!(
        head.starts_with("post /v1/traces http/1.1\r\n") && head.contains("content-type: application/x-protobuf"),
        "{head}"
    );
    for secret in [key.as_str(), "canary"] {
        assert!(!body.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret}");
    }
    let mut request = ExportTraceServiceRequest::decode(&*body).unwrap();
    let resource = request.resource_spans.remove(0);
    assert_eq!(field(&resource.resource.unwrap().attributes, "service.name").as_deref(), Some("forecasts"));
    let spans: Vec<Span> = resource.scope_spans.into_iter().flat_map(|scope| scope.spans).collect();
    let [span] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((hex(&span.trace_id).as_str(), hex(&span.parent_span_id).as_str()), (trace, parent));
    assert_eq!((span.name.as_str(), span.kind()), ("GET /api/v1/models/{model}/{id}", SpanKind::Server));
    let expected = [
        ("http.request.method", "GET"),
        ("http.route", "/api/v1/models/{model}/{id}"),
        ("http.response.status_code", "404"),
        ("request_id", "r1"),
    ];
    for (name, value) in expected {
        assert_eq!(field(&span.attributes, name).as_deref(), Some(value), "{span:?}");
    }
    assert!(span.end_time_unix_nano > span.start_time_unix_nano, "{span:?}");
}

#[test]
fn a_server_whose_collector_is_gone_serves_and_stops() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut server = Server::with(&["--log-level", "off"], |command| {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{gone}"));
    });
    assert_eq!(server.request("GET", "/api/v1/models/notes", server.text("secretKey"), "").0, 200);
    server.tell_to_stop();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
