//! Deliberate faults the tests plant to show that they would notice. Nothing of this ships: outside this crate's own
//! tests [`planted`] is a constant `false`.

/// A rule of the machine that can be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Defect {
    /// A grant after an expiry carries the token of the lease before.
    ReuseToken,
    /// The next in line is granted the row although it fell silent while waiting.
    PromoteUnchecked,
    /// The last in line goes first.
    PromoteLast,
    /// Handing back leaves the row free and the line standing.
    ReleaseWithoutPromotion,
    /// A handle is known by its id alone, whoever uses it.
    ForeignRelease,
    /// A release ends the lease whatever token it names.
    ReleaseIgnoresToken,
    /// Renewing revives a lease that ran out.
    RenewRevives,
    /// Writes are checked against the token but not against the end of the lease.
    WriteIgnoresExpiry,
    /// Announcing a waiting handle again stands in line twice.
    QueueTwice,
    /// A preempted holder is put back in line instead of being told.
    PreemptSilently,
}

#[cfg(test)]
impl Defect {
    /// Every rule.
    pub(super) const ALL: [Self; 10] = [
        Self::ReuseToken,
        Self::PromoteUnchecked,
        Self::PromoteLast,
        Self::ReleaseWithoutPromotion,
        Self::ForeignRelease,
        Self::ReleaseIgnoresToken,
        Self::RenewRevives,
        Self::WriteIgnoresExpiry,
        Self::QueueTwice,
        Self::PreemptSilently,
    ];
}

#[cfg(test)]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Defect>> = const { std::cell::Cell::new(None) };
}

/// Whether the machine is to break this rule.
#[cfg(test)]
pub(super) fn planted(defect: Defect) -> bool {
    PLANTED.get() == Some(defect)
}

/// Whether the machine is to break this rule: never.
#[cfg(not(test))]
pub(super) const fn planted(_: Defect) -> bool {
    false
}

/// Runs `body` on a machine that breaks one rule.
#[cfg(test)]
pub(super) fn with<T>(defect: Option<Defect>, body: impl FnOnce() -> T) -> T {
    PLANTED.set(defect);
    let out = body();
    PLANTED.set(None);
    out
}
