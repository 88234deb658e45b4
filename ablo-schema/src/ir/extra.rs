use crate::json::Json;

/// What an artifact says beyond what this version knows, and in which order it said everything, so that writing it
/// again changes nothing.
///
/// Equality looks at the unknown members alone: the order of members is no part of a schema.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    members: Vec<(String, Kept)>,
}

#[derive(Clone, Debug)]
enum Kept {
    /// A member that the IR holds.
    Known,
    /// A member that the IR holds, with something unknown or reordered inside.
    Inside(Extra),
    /// A member that the IR does not hold.
    Unknown(Json),
}

impl PartialEq for Extra {
    fn eq(&self, other: &Self) -> bool {
        self.unknown() == other.unknown()
    }
}

impl Extra {
    /// The unknown members by path, sorted.
    #[must_use]
    pub fn unknown(&self) -> Vec<(String, &Json)> {
        let mut found = Vec::new();
        self.collect("", &mut found);
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found
    }

    fn collect<'a>(&'a self, path: &str, found: &mut Vec<(String, &'a Json)>) {
        for (name, kept) in &self.members {
            match kept {
                Kept::Known => {}
                Kept::Inside(inner) => inner.collect(&format!("{path}/{name}"), found),
                Kept::Unknown(value) => found.push((format!("{path}/{name}"), value)),
            }
        }
    }

    pub(super) fn known(&mut self, name: &str) {
        self.members.push((name.to_owned(), Kept::Known));
    }

    pub(super) fn keep(&mut self, name: &str, value: Json) {
        self.members.push((name.to_owned(), Kept::Unknown(value)));
    }

    /// Says what is inside a member that was noted as known.
    pub(super) fn inside(&mut self, name: &str, inner: Self) {
        if let Some((_, kept)) = self.members.iter_mut().find(|(other, _)| other == name) {
            *kept = Kept::Inside(inner);
        }
    }

    /// Gives what the IR holds the order it was read in, with the unknown members in their places. Members that
    /// were not read come last.
    pub(super) fn apply(&self, known: Json) -> Json {
        match known {
            Json::Object(members) => {
                let mut rest: Vec<Option<(String, Json)>> = members.into_iter().map(Some).collect();
                let mut out = Vec::with_capacity(rest.len());
                for (name, kept) in &self.members {
                    let mut take = || {
                        rest.iter_mut().find(|member| member.as_ref().is_some_and(|(other, _)| other == name))?.take()
                    };
                    match kept {
                        Kept::Known => out.extend(take()),
                        Kept::Inside(inner) => out.extend(take().map(|(name, value)| (name, inner.apply(value)))),
                        Kept::Unknown(value) => out.push((name.clone(), value.clone())),
                    }
                }
                out.extend(rest.into_iter().flatten());
                Json::Object(out)
            }
            Json::Array(items) => Json::Array(
                items
                    .into_iter()
                    .enumerate()
                    .map(|(position, item)| match self.at(&position.to_string()) {
                        Some(Kept::Inside(inner)) => inner.apply(item),
                        _ => item,
                    })
                    .collect(),
            ),
            scalar => scalar,
        }
    }

    fn at(&self, name: &str) -> Option<&Kept> {
        self.members.iter().find(|(other, _)| other == name).map(|(_, kept)| kept)
    }
}
