/// A message put together while compiling, where nothing can be allocated.
pub struct Text {
    bytes: [u8; Text::LIMIT],
    length: usize,
}

impl Text {
    const LIMIT: usize = 1024;

    /// Nothing said.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: [0; Self::LIMIT], length: 0 }
    }

    /// The text followed by a line of these parts; what does not fit is left out.
    #[must_use]
    pub const fn line(self, parts: &[&str]) -> Self {
        if self.is_empty() { self.with(parts) } else { self.with(&["\n"]).with(parts) }
    }

    const fn with(mut self, parts: &[&str]) -> Self {
        let mut part = 0;
        while part < parts.len() {
            let bytes = parts[part].as_bytes();
            if self.length + bytes.len() <= Self::LIMIT {
                let mut index = 0;
                while index < bytes.len() {
                    self.bytes[self.length] = bytes[index];
                    self.length += 1;
                    index += 1;
                }
            }
            part += 1;
        }
        self
    }

    /// Whether nothing was said.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        // Only whole `str`s were put in.
        match str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new()
    }
}

/// A number that texts equal in any case share, and others hardly ever.
pub(super) const fn digest(text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut digest = 0x811c_9dc5_u32;
    let mut index = 0;
    while index < bytes.len() {
        digest = (digest ^ (bytes[index] | 0x20) as u32).wrapping_mul(0x0100_0193);
        index += 1;
    }
    digest
}

/// Whether two texts are equal.
pub(super) const fn same(a: &str, b: &str) -> bool {
    matches(a.as_bytes(), b.as_bytes(), false)
}

/// Whether two texts are equal in any case.
pub(super) const fn same_in_any_case(a: &str, b: &str) -> bool {
    matches(a.as_bytes(), b.as_bytes(), true)
}

const fn matches(a: &[u8], b: &[u8], any_case: bool) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut index = 0;
    while index < a.len() {
        let equal = if any_case { a[index].eq_ignore_ascii_case(&b[index]) } else { a[index] == b[index] };
        if !equal {
            return false;
        }
        index += 1;
    }
    true
}
