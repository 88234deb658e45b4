//! Deliberate faults the tests plant to show that they would notice. Nothing of this ships: outside this crate's own
//! tests [`Rules::planted`](super::rules::Rules::planted) is a constant `false`.

/// A rule of the engine that can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {
    /// A member that fails leaves what it did before the failure.
    KeepFailedMember,
    /// A delta that a failed member wrote stays in the log.
    GapInLog,
    /// The stale guard compares with "older than" instead of "newer than".
    StaleOffByOne,
    /// The stale guard looks at rows only, never at fields.
    StaleIgnoresFields,
    /// Only the first problem of an input is found.
    FirstProblemOnly,
    /// Answers are not remembered.
    ForgetAnswers,
    /// A key with another body gets the first answer too.
    SameAnswerForOtherBody,
    /// An update writes the patch as the row's data.
    PartialData,
    /// The values before an update are those after it.
    PreviousIsNew,
    /// Groups do not follow a row into its parent.
    NoParentGroups,
    /// A row that moves is not deleted for those who lose it.
    NoDeleteOnMove,
    /// Children of a row that moves stay behind.
    ChildrenStay,
    /// Claims of others do not stop a write.
    IgnoreClaims,
    /// A row the participant cannot see is written all the same.
    IgnoreAccess,
    /// Unarchiving is one delta.
    UnarchiveOnce,
    /// Nobody is told what a grant covers.
    NoGrantDeltas,
    /// Deleting a row that is not there is an error.
    StrictDelete,
    /// Quotas are not looked at.
    IgnoreQuotas,
    /// A quota below what is kept refuses also what adds nothing.
    QuotaRefusesAll,
    /// A quota sees what was kept when the batch began.
    QuotaOfBatch,
    /// What a failed member would have kept is counted.
    CountFailedMember,
    /// Deleted rows are counted.
    CountDeletedRows,
    /// The log is counted as if it were not trimmed.
    CountTrimmedLog,
    /// Claims that ended are counted.
    CountEndedClaims,
}
