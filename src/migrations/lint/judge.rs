//! What a statement does to tables that are in use, and what the statements before it have made safe.

use std::collections::{BTreeMap, BTreeSet};

use super::Rule;
use super::tokens::{Token, tokens};
use crate::migrations::{Statement, statements};

/// Functions that give every row another value.
const VOLATILE: [&str; 6] = ["GEN_RANDOM_UUID", "UUID_GENERATE_V4", "RANDOM", "CLOCK_TIMESTAMP", "NEXTVAL", "UUIDV7"];

/// What is known from the statements so far. Tables and columns go by their names without a schema.
#[derive(Default)]
pub(super) struct Judge {
    /// Whether the file runs inside one transaction.
    transactional: bool,
    /// Tables of this very file: nobody waits for them.
    new_tables: BTreeSet<String>,
    /// Constraints that this very file adds, by table and name.
    added: BTreeSet<(String, String)>,
    /// `CHECK (column IS NOT NULL)`, by table and constraint.
    checks: BTreeMap<(String, String), String>,
    /// Columns that a valid check keeps from being null.
    proven: BTreeSet<(String, String)>,
    /// Columns that NOT NULL itself keeps from being null.
    required: BTreeSet<(String, String)>,
}

impl Judge {
    /// Begins a file.
    pub fn begin(&mut self, all: &[Statement<'_>], transactional: bool) {
        self.transactional = transactional;
        self.new_tables.clear();
        self.added = all.iter().flat_map(|statement| added_constraints(&tokens(statement.text))).collect();
    }

    /// The rules a statement breaks.
    pub fn statement(&mut self, text: &str) -> Vec<Rule> {
        let tokens = tokens(text);
        if self.transactional && starts(&tokens, &["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"]) {
            return vec![Rule::Transaction];
        }
        match tokens.iter().find_map(|token| if let Token::Body(body) = token { Some(body) } else { None }) {
            Some(body) if starts(&tokens, &["DO"]) => self.block(body),
            _ => self.judge(main_part(&tokens), !self.transactional),
        }
    }

    /// The statements of a block. One that commits as it goes holds no lock for long.
    fn block(&mut self, body: &str) -> Vec<Rule> {
        let parts: Vec<Vec<Token>> =
            statements(body).iter().map(|statement| without_control(tokens(statement.text))).collect();
        let commits = parts.iter().any(|part| starts(part, &["COMMIT"]));
        parts.iter().flat_map(|part| self.judge(part, commits)).collect()
    }

    fn judge(&mut self, tokens: &[Token], commits_alone: bool) -> Vec<Rule> {
        let Some(Token::Word(verb)) = tokens.first() else { return Vec::new() };
        let mut rules = Vec::new();
        let has = |word: &str| tokens.iter().any(|token| token.is(word));
        if self.transactional && has("CONCURRENTLY") {
            rules.push(Rule::IndexInTransaction);
        }
        match verb.as_str() {
            "CREATE" => self.create(tokens, &mut rules),
            "DROP" if is_any(tokens.get(1), &["TABLE", "SCHEMA", "DATABASE"]) => rules.push(Rule::DropTable),
            "TRUNCATE" => rules.push(Rule::Truncate),
            "REINDEX" if !has("CONCURRENTLY") => rules.push(Rule::IndexBlocks),
            "DELETE" if condition(tokens).is_none() => rules.push(Rule::DeleteAll),
            "UPDATE" if !commits_alone && is_of_every_row(tokens) && !self.is_new(name_at(tokens, 1)) => {
                rules.push(Rule::UpdateAll);
            }
            "ALTER" if is_any(tokens.get(1), &["TABLE"]) => self.alter(tokens, &mut rules),
            _ => {}
        }
        rules
    }

    fn is_new(&self, table: Option<String>) -> bool {
        table.is_some_and(|table| self.new_tables.contains(&table))
    }

    fn create(&mut self, tokens: &[Token], rules: &mut Vec<Rule>) {
        let index = tokens.iter().take(3).position(|token| token.is("INDEX"));
        let table = tokens.iter().take(4).position(|token| token.is("TABLE"));
        if index.is_some() {
            let on = tokens.iter().position(|token| token.is("ON"));
            let is_new = self.is_new(on.and_then(|on| name_at(tokens, on + 1)));
            if !is_new && !tokens.iter().any(|token| token.is("CONCURRENTLY")) {
                rules.push(Rule::IndexBlocks);
            }
        } else if let Some(table) = table {
            self.new_tables.extend(name_at(tokens, table + 1));
        }
    }

    fn alter(&mut self, tokens: &[Token], rules: &mut Vec<Rule>) {
        let Some((table, rest)) = altered_table(tokens) else { return };
        let is_new = self.new_tables.contains(&table);
        for action in actions(rest) {
            let found = self.action(&table, action);
            rules.extend(found.filter(|_| !is_new));
        }
    }

    /// One action of an `ALTER TABLE`.
    fn action(&mut self, table: &str, action: &[Token]) -> Option<Rule> {
        let Some(Token::Word(verb)) = action.first() else { return None };
        match verb.as_str() {
            "DROP" if is_any(action.get(1), &["CONSTRAINT"]) => {
                let key = (table.to_owned(), name_at(action, 2)?);
                // One that comes again is replaced, and one that NOT NULL has taken over from is not missed.
                let column = self.checks.get(&key).map(|column| (table.to_owned(), column.clone()));
                let is_covered = column.is_some_and(|column| self.required.contains(&column));
                (!self.added.contains(&key) && !is_covered).then_some(Rule::DropConstraint)
            }
            "DROP" => Some(Rule::DropColumn),
            "RENAME" if is_any(action.get(1), &["CONSTRAINT"]) => None,
            "RENAME" => Some(Rule::Rename),
            "VALIDATE" => {
                let column = self.checks.get(&(table.to_owned(), name_at(action, 2)?))?;
                self.proven.insert((table.to_owned(), column.clone()));
                None
            }
            "ALTER" => {
                let (column, rest) = column_action(action)?;
                if is_any(rest.first(), &["TYPE"]) || phrase(rest, &["SET", "DATA", "TYPE"]) {
                    return Some(Rule::AlterType);
                }
                let place = (table.to_owned(), column);
                if phrase(rest, &["DROP", "NOT", "NULL"]) {
                    self.required.remove(&place);
                }
                let sets = phrase(rest, &["SET", "NOT", "NULL"]);
                let is_safe = !sets || self.proven.contains(&place) || self.required.contains(&place);
                if sets {
                    self.required.insert(place);
                }
                (!is_safe).then_some(Rule::SetNotNull)
            }
            "ADD" => self.add(table, action),
            _ => None,
        }
    }

    fn add(&mut self, table: &str, action: &[Token]) -> Option<Rule> {
        let (name, kind) = if is_any(action.get(1), &["CONSTRAINT"]) { (name_at(action, 2), 3) } else { (None, 1) };
        let is_late = contains(action, &["NOT", "VALID"]);
        match action.get(kind)? {
            token if token.is("CHECK") => {
                if let (Some(name), Some(column)) = (name, not_null_check(&action[kind + 1..])) {
                    self.checks.insert((table.to_owned(), name), column);
                }
                (!is_late).then_some(Rule::ConstraintValid)
            }
            token if token.is("FOREIGN") => (!is_late).then_some(Rule::ConstraintValid),
            token if is_any(Some(token), &["UNIQUE", "PRIMARY", "EXCLUDE"]) => {
                (!contains(action, &["USING", "INDEX"])).then_some(Rule::IndexBlocks)
            }
            _ if kind == 3 => None,
            _ => added_column(action),
        }
    }
}

/// A new column.
fn added_column(action: &[Token]) -> Option<Rule> {
    let has = |words: &[&str]| action.iter().any(|token| is_any(Some(token), words));
    if has(&VOLATILE) || has(&["SERIAL", "BIGSERIAL", "SMALLSERIAL", "STORED", "IDENTITY"]) {
        return Some(Rule::VolatileDefault);
    }
    let is_required = contains(action, &["NOT", "NULL"]) || contains(action, &["PRIMARY", "KEY"]);
    (is_required && !has(&["DEFAULT"])).then_some(Rule::AddRequired)
}

/// The constraints a statement adds, those of a block included.
fn added_constraints(tokens: &[Token]) -> Vec<(String, String)> {
    if let Some(Token::Body(body)) = tokens.iter().find(|token| matches!(token, Token::Body(_))) {
        let parts = statements(body);
        return parts.iter().flat_map(|part| added_constraints(&without_control(self::tokens(part.text)))).collect();
    }
    let Some((table, rest)) = altered_table(tokens) else { return Vec::new() };
    actions(rest)
        .filter(|action| phrase(action, &["ADD", "CONSTRAINT"]))
        .filter_map(|action| Some((table.clone(), name_at(action, 2)?)))
        .collect()
}

/// The table of an `ALTER TABLE`, and what follows its name.
fn altered_table(tokens: &[Token]) -> Option<(String, &[Token])> {
    if !phrase(tokens, &["ALTER", "TABLE"]) {
        return None;
    }
    let at = skip(tokens, 2);
    let end = if tokens.get(at + 1) == Some(&Token::Symbol('.')) { at + 3 } else { at + 1 };
    Some((name_at(tokens, 2)?, tokens.get(end..)?))
}

/// The column of `ALTER [COLUMN] name ...`, and what follows it.
fn column_action(action: &[Token]) -> Option<(String, &[Token])> {
    let at = if is_any(action.get(1), &["COLUMN"]) { 2 } else { 1 };
    Some((action.get(at)?.name()?, action.get(at + 1..)?))
}

/// The column of `(column IS NOT NULL)`.
fn not_null_check(rest: &[Token]) -> Option<String> {
    let [Token::Symbol('('), column, is, not, null, Token::Symbol(')'), ..] = rest else { return None };
    (is.is("IS") && not.is("NOT") && null.is("NULL")).then(|| column.name())?
}

/// The actions of an `ALTER TABLE`: what commas outside parentheses part.
fn actions(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut depth = 0_i32;
    tokens.split(move |token| {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth -= 1,
            _ => {}
        }
        depth == 0 && *token == Token::Symbol(',')
    })
}

/// The statement that common table expressions lead to.
fn main_part(tokens: &[Token]) -> &[Token] {
    if !starts(tokens, &["WITH"]) {
        return tokens;
    }
    let verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"];
    let at = outside(tokens).find(|(_, token)| is_any(Some(token), &verbs)).map_or(0, |(at, _)| at);
    &tokens[at..]
}

/// What a block's control words lead to.
fn without_control(tokens: Vec<Token>) -> Vec<Token> {
    let verbs = ["ALTER", "CREATE", "DROP", "TRUNCATE", "REINDEX", "INSERT", "UPDATE", "DELETE", "COMMIT"];
    let is_verb = |(at, token): &(usize, &Token)| {
        // `FOR UPDATE` and `ON DELETE` change nothing.
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        is_any(Some(token), &verbs) && !is_any(before, &["FOR", "ON", "KEY"])
    };
    let at = outside(&tokens).find(is_verb).map_or(0, |(at, _)| at);
    tokens[at..].to_vec()
}

/// Whether an `UPDATE` has no condition, or only that columns are null or are not.
fn is_of_every_row(tokens: &[Token]) -> bool {
    condition(tokens).is_none_or(|condition| {
        let symbol = |token: &Token| matches!(token, Token::Symbol(symbol) if !"().".contains(*symbol));
        contains(condition, &["NULL"])
            && !condition.iter().any(|token| symbol(token) || *token == Token::Value)
            && !condition.iter().any(|token| token.is("IN"))
    })
}

/// What follows `WHERE`.
fn condition(tokens: &[Token]) -> Option<&[Token]> {
    let (at, _) = outside(tokens).find(|(_, token)| token.is("WHERE"))?;
    tokens.get(at + 1..)
}

/// The tokens outside parentheses.
fn outside(tokens: &[Token]) -> impl Iterator<Item = (usize, &Token)> {
    let mut depth = 0_i32;
    tokens.iter().enumerate().filter(move |(_, token)| {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth -= 1,
            _ => return depth == 0,
        }
        false
    })
}

/// A name that may be qualified, without its schema.
fn name_at(tokens: &[Token], at: usize) -> Option<String> {
    let at = skip(tokens, at);
    let last = if tokens.get(at + 1) == Some(&Token::Symbol('.')) { at + 2 } else { at };
    tokens.get(last)?.name()
}

/// Where the name is that starts here, behind what may come before it.
fn skip(tokens: &[Token], mut at: usize) -> usize {
    while is_any(tokens.get(at), &["IF", "NOT", "EXISTS", "ONLY"]) {
        at += 1;
    }
    at
}

fn starts(tokens: &[Token], words: &[&str]) -> bool {
    is_any(tokens.first(), words)
}

fn is_any(token: Option<&Token>, words: &[&str]) -> bool {
    token.is_some_and(|token| words.iter().any(|word| token.is(word)))
}

/// Whether these are the first words.
fn phrase(tokens: &[Token], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.is(word))
}

/// Whether these words stand somewhere, one after the other.
fn contains(tokens: &[Token], words: &[&str]) -> bool {
    tokens.windows(words.len()).any(|window| phrase(window, words))
}
