use axum::http::HeaderMap;
use tracing::Span;

use super::RequestId;

/// By what a request can be recognized: its id, and the trace it is part of.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The request.
    pub request_id: RequestId,
    /// The caller's trace, when it has one.
    pub(super) trace_id: Option<String>,
    #[cfg(feature = "otel")]
    parent: super::otel::Parent,
}

/// The header of a request's id, also in the answer.
pub const REQUEST_ID: &str = "x-request-id";

impl Origin {
    /// What a request says of itself, as far as it can be used; a new id when it brings none.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            request_id: text(REQUEST_ID).and_then(RequestId::parse).unwrap_or_else(RequestId::random),
            trace_id: text("traceparent").and_then(trace_id).map(str::to_owned),
            #[cfg(feature = "otel")]
            parent: super::otel::Parent::of(headers),
        }
    }

    /// A span of this request, as part of the caller's trace.
    pub(super) fn adopt(&self, span: Span) -> Span {
        #[cfg(feature = "otel")]
        self.parent.adopt(&span);
        span
    }
}

/// The trace of a W3C `traceparent`: `VERSION-TRACE-PARENT-FLAGS` in small hexadecimal digits. Versions after the first
/// may add members.
fn trace_id(header: &str) -> Option<&str> {
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let is_zero = |text: &str| text.bytes().all(|byte| byte == b'0');
    let mut members = header.trim().split('-');
    let (version, trace, parent, flags) = (members.next()?, members.next()?, members.next()?, members.next()?);
    let usable = hex(version, 2) && version != "ff" && (version != "00" || members.next().is_none()) && hex(flags, 2);
    (usable && hex(trace, 32) && !is_zero(trace) && hex(parent, 16) && !is_zero(parent)).then_some(trace)
}

#[cfg(test)]
mod tests {
    use super::trace_id;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

    #[test]
    fn a_trace_is_taken_from_a_header_as_w3c_says() {
        let header = format!("00-{TRACE}-b7ad6b7169203331-01");
        assert_eq!(trace_id(&header), Some(TRACE));
        assert_eq!(trace_id(&header.replacen("00", "cc", 1)), Some(TRACE), "a later version");
        assert_eq!(trace_id(&(header.replacen("00", "cc", 1) + "-more")), Some(TRACE), "with more members");
        let zero = |digits: &str| header.replace(digits, &"0".repeat(digits.len()));
        let bad = [
            header.clone() + "-more",
            header.replacen("00", "ff", 1),
            header.to_uppercase(),
            header.replace("-01", ""),
            header.replace("-01", "-1"),
            header.replace("0af7", "0af"),
            zero(TRACE),
            zero("b7ad6b7169203331"),
            String::new(),
        ];
        for header in bad {
            assert_eq!(trace_id(&header), None, "{header}");
        }
    }
}
