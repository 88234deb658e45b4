use ablo_schema::wire::DeltaAction;

/// Whether a delta says something about a row. Group changes are handled by clients the moment they arrive.
pub(super) fn concerns_row(action: DeltaAction) -> bool {
    !matches!(action, DeltaAction::GroupAdded | DeltaAction::GroupRemoved)
}

/// The one delta that leaves a client where `first` and then `next` would, with the data of `next`; `None` when a client
/// needs both, one after the other.
pub(super) fn merge(first: DeltaAction, next: DeltaAction) -> Option<DeltaAction> {
    use DeltaAction::{Archive, Cover, Delete, Insert, Unarchive, Update};
    match (first, next) {
        // A deletion wins over everything else a client holds back, so whatever follows it has to wait.
        (Delete, _) => None,
        (_, Delete) => Some(Delete),
        (Insert, Update | Insert | Cover) => Some(Insert),
        // What covers may be told again, to a client that has the row and passes over it: updates come by themselves.
        (Cover, Insert | Cover) => Some(Cover),
        // Whether the row is still archived, its data say.
        (Update | Unarchive | Archive, Update) => Some(Update),
        (Update | Unarchive | Archive, Archive) => Some(Archive),
        (Update | Archive | Unarchive, Unarchive) => Some(Unarchive),
        _ => None,
    }
}
