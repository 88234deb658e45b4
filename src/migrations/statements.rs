/// One statement of a migration file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement<'a> {
    /// Its text, without the semicolon.
    pub text: &'a str,
    /// The line it starts on, from 1.
    pub line: usize,
}

/// The statements of a file, so that the one that fails can be named. Quotes, dollar quotes and comments are minded.
#[must_use]
pub fn statements(sql: &str) -> Vec<Statement<'_>> {
    let mut found = Vec::new();
    let mut start = None;
    for (at, piece) in pieces(sql) {
        match piece {
            Piece::Blank => {}
            Piece::End => {
                if let Some(start) = start.take() {
                    found.push(statement(sql, start, at));
                }
            }
            _ => {
                start.get_or_insert(at);
            }
        }
    }
    if let Some(start) = start {
        found.push(statement(sql, start, sql.len()));
    }
    found
}

fn statement(sql: &str, start: usize, end: usize) -> Statement<'_> {
    let line = sql[..start].bytes().filter(|byte| *byte == b'\n').count() + 1;
    Statement { text: sql[start..end].trim_end(), line }
}

/// A piece of SQL.
pub(super) enum Piece<'a> {
    /// White space or a comment.
    Blank,
    /// A semicolon outside quotes.
    End,
    /// A text in single quotes.
    Text,
    /// What stands in double quotes, quotes in it still doubled.
    Name(&'a str),
    /// What stands in dollar quotes.
    Body(&'a str),
    /// A keyword, an unquoted name or a number.
    Word(&'a str),
    /// Anything else.
    Symbol(char),
}

/// The pieces of some SQL, each with where it starts.
pub(super) fn pieces(sql: &str) -> impl Iterator<Item = (usize, Piece<'_>)> {
    let mut scanner = Scanner { sql, at: 0 };
    std::iter::from_fn(move || scanner.next_piece())
}

struct Scanner<'a> {
    sql: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    fn next_piece(&mut self) -> Option<(usize, Piece<'a>)> {
        let rest = &self.sql[self.at..];
        let start = self.at;
        let first = rest.chars().next()?;
        let up_to = |end: Option<usize>| end.unwrap_or(rest.len());
        let (length, piece) = match first {
            ';' => (1, Piece::End),
            '-' if rest.starts_with("--") => (up_to(rest.find('\n')), Piece::Blank),
            '/' if rest.starts_with("/*") => (block_comment(rest), Piece::Blank),
            '\'' => (quoted(rest, '\'', self.is_escape_string()), Piece::Text),
            '"' => {
                let length = quoted(rest, '"', false);
                (length, Piece::Name(rest[1..length].trim_end_matches('"')))
            }
            '$' => match dollar_quoted(rest) {
                Some((length, body)) => (length, Piece::Body(body)),
                None => (1, Piece::Symbol('$')),
            },
            c if c.is_whitespace() => (c.len_utf8(), Piece::Blank),
            c if is_word(c) => {
                let length = up_to(rest.find(|c| !is_word(c) && c != '$'));
                (length, Piece::Word(&rest[..length]))
            }
            c => (c.len_utf8(), Piece::Symbol(c)),
        };
        self.at += length;
        Some((start, piece))
    }

    /// Whether the quote here opens a string with backslash escapes: `E'...'`.
    fn is_escape_string(&self) -> bool {
        let before = &self.sql[..self.at];
        let mut letters = before.chars().rev();
        matches!(letters.next(), Some('e' | 'E')) && !letters.next().is_some_and(is_word)
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a quoted text, its quotes doubled inside.
fn quoted(text: &str, quote: char, escapes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if escapes && c == '\\' {
            chars.next();
        } else if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + quote.len_utf8();
        }
    }
    text.len()
}

/// The length of `$tag$...$tag$`, and what stands in it; `None` when this is no dollar quote.
fn dollar_quoted(text: &str) -> Option<(usize, &str)> {
    let tag_end = 1 + text[1..].find(|c| !is_word(c))?;
    if !text[tag_end..].starts_with('$') || text[1..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let tag = &text[..=tag_end];
    let rest = &text[tag.len()..];
    let (body, end) = rest.find(tag).map_or((rest, text.len()), |at| (&rest[..at], 2 * tag.len() + at));
    Some((end, body))
}

/// The length of a comment, which may hold others.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::statements;

    fn texts(sql: &str) -> Vec<&str> {
        statements(sql).iter().map(|statement| statement.text).collect()
    }

    #[test]
    fn semicolons_in_quotes_and_comments_do_not_end_a_statement() {
        let sql = "-- a; b\nSELECT ';', \"a;b\", E'\\';', 'it''s;' /* ; /* ; */ ; */ FROM t;\n\
                   DO $body$ BEGIN PERFORM $$;$$; END $body$; SELECT $1";
        assert_eq!(
            texts(sql),
            [
                "SELECT ';', \"a;b\", E'\\';', 'it''s;' /* ; /* ; */ ; */ FROM t",
                "DO $body$ BEGIN PERFORM $$;$$; END $body$",
                "SELECT $1"
            ]
        );
    }

    #[test]
    fn lines_are_those_of_the_statements_first_word() {
        let lines: Vec<usize> =
            statements("-- note\n\nSELECT 1;\n/* x\n */ SELECT 2;;\n").iter().map(|s| s.line).collect();
        assert_eq!(lines, [3, 5]);
    }

    #[test]
    fn comments_alone_are_no_statement() {
        assert!(texts("-- nothing to undo\n/* at all */ ;").is_empty());
    }

    #[test]
    fn a_type_name_that_ends_in_e_does_not_start_an_escape_string() {
        assert_eq!(texts("SELECT DATE'\\'; SELECT name'\\'"), ["SELECT DATE'\\'", "SELECT name'\\'"]);
    }
}
