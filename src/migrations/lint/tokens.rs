//! The words of a statement. Comments and texts are no words, and what is quoted is a name, never a keyword.

use crate::migrations::statements::{Piece, pieces};

/// A piece of a statement that means something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword or an unquoted name, in upper case.
    Word(String),
    /// A quoted name, as it is.
    Name(String),
    /// A text, a number or a parameter.
    Value,
    /// The inside of a dollar quote.
    Body(String),
    /// Anything else.
    Symbol(char),
}

impl Token {
    /// Whether it is this keyword.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own == word)
    }

    /// The name it is, as the database folds it.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Word(word) => Some(word.to_lowercase()),
            Self::Name(name) => Some(name.clone()),
            Self::Value | Self::Body(_) | Self::Symbol(_) => None,
        }
    }
}

/// The tokens of a statement, in order.
pub(super) fn tokens(sql: &str) -> Vec<Token> {
    let token = |piece: Piece<'_>| match piece {
        Piece::Blank | Piece::End => None,
        Piece::Word(word) if word.starts_with(|first: char| first.is_ascii_digit()) => Some(Token::Value),
        Piece::Word(word) => Some(Token::Word(word.to_uppercase())),
        Piece::Name(name) => Some(Token::Name(name.replace("\"\"", "\""))),
        Piece::Text => Some(Token::Value),
        Piece::Body(body) => Some(Token::Body(body.to_owned())),
        Piece::Symbol(symbol) => Some(Token::Symbol(symbol)),
    };
    pieces(sql).filter_map(|(_, piece)| token(piece)).collect()
}
