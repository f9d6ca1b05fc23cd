//! Protections that can be taken away, one at a time: a simulator that does not notice proves nothing.

/// What is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// A pass is committed though its lease is somebody else's by now, and over rows that changed meanwhile.
    NoCheckOfTheLease,
    /// Rows are written whatever their version.
    NoCheckOfVersions,
    /// A step is begun before its row is committed.
    EffectBeforeIntent,
    /// Who takes up an attempt gives it a key of its own.
    NewKeyForTheSameAttempt,
    /// An attempt that nobody knows the end of is followed by one under another key.
    NewKeyAfterAnUnclearEnd,
    /// Who takes up an attempt gives it what is asked for now.
    InputNotFrozen,
    /// An outcome is recorded though somebody else has taken the step over.
    OutcomeOfAStranger,
    /// The destination takes a write whatever its fence.
    NoFenceAtTheDestination,
    /// A commit that was reported lost is taken for one that did not happen.
    LostIsTakenForNever,
    /// Nobody looks for what the dead have left.
    NoSweep,
    /// People are told before it is stored.
    AcknowledgedBeforeCommit,
    /// A look of a probe whose holder is gone is waited for all the same.
    LostLookIsWaitedFor,
    /// A wake-up while the key is leased is dropped.
    WakeUpsDroppedWhileLeased,
    /// The row and the lease's end are two transactions.
    TwoTransactions,
    /// What a look finds is said nowhere.
    FindingsDropped,
    /// What a look finds is recorded though somebody else has taken over, and over rows that changed meanwhile.
    FindingsOfAStranger,
    /// Nobody looks whether there is still room when what goes to a full place is stored.
    NoCheckOfRoom,
    /// Who leaves a full place wakes nobody.
    RoomIsNotTold,
    /// Who begins to wait for room does not look again.
    NoSecondLook,
    /// What was extended while its deletion was on its way is deleted all the same.
    ExtensionIsOverlooked,
}

impl Mutant {
    pub const ALL: [Self; 20] = [
        Self::NoCheckOfTheLease,
        Self::NoCheckOfVersions,
        Self::EffectBeforeIntent,
        Self::NewKeyForTheSameAttempt,
        Self::NewKeyAfterAnUnclearEnd,
        Self::InputNotFrozen,
        Self::OutcomeOfAStranger,
        Self::NoFenceAtTheDestination,
        Self::LostIsTakenForNever,
        Self::NoSweep,
        Self::AcknowledgedBeforeCommit,
        Self::LostLookIsWaitedFor,
        Self::WakeUpsDroppedWhileLeased,
        Self::TwoTransactions,
        Self::FindingsDropped,
        Self::FindingsOfAStranger,
        Self::NoCheckOfRoom,
        Self::RoomIsNotTold,
        Self::NoSecondLook,
        Self::ExtensionIsOverlooked,
    ];
}
