//! Where this API deliberately answers otherwise than the API server whose conversation was recorded, and why.

use crate::conversation::Aspect::{self, Body, Code, Details, Message, Reason};

const APPLY: &str = "server-side apply comes later; until then its media type is refused with 415, and clients fall back to a merge patch";
const SWEPT: &str = "every resource is swept up before it goes: it is answered as it stands, marked for deletion, as with any finalizer";
const NO_GRACE: &str = "deletionGracePeriodSeconds is for pods; there is no grace here";
const STATUS: &str =
    "status and scale are written by the orchestrator alone, so the sub-resources that write them are not offered";
const EMPTY_NAMESPACE: &str =
    "a namespace goes when it is empty: nothing is deleted that nobody named, and the refusal counts what is left";

/// The step of the recording, what differs, and the reason.
pub const DIFFERENCES: &[(&str, &[Aspect], &str)] = &[
    ("api-versions", &[Body], "clients come by the address they used; there is no table of others"),
    (
        "not-found-path",
        &[Body],
        "an address that leads nowhere is told as a Status, too: clients read one kind of error",
    ),
    ("ns-create", &[Body], "namespaces count generations like every object, and have no finalizer of a cluster's"),
    ("cr-malformed-json", &[Message], "ours says the line and the column"),
    ("discovery-group", &[Body], STATUS),
    (
        "list-table",
        &[Body],
        "promised kinds have columns of their own: ready, phase and message beside those the promise names",
    ),
    ("json-patch-test-fails", &[Message], "ours says which operation failed and why"),
    ("strategic-on-cr", &[Message], APPLY),
    ("ssa-create", &[Code, Body], APPLY),
    ("ssa-noop", &[Code, Body], APPLY),
    ("ssa-conflict", &[Code, Reason, Message, Details], APPLY),
    ("ssa-dryrun-force", &[Code, Body], APPLY),
    ("ssa-force", &[Code, Body], APPLY),
    ("ssa-list-map-merge", &[Code, Body], APPLY),
    ("ssa-original-owner-conflict", &[Code, Reason, Message, Details], APPLY),
    ("ssa-drop-field", &[Code, Body], APPLY),
    ("ssa-no-manager", &[Code, Reason, Message, Details], APPLY),
    ("ssa-managed-fields-set", &[Code, Reason, Message], APPLY),
    ("status-merge", &[Code, Body], STATUS),
    ("scale-get", &[Code, Body], STATUS),
    ("scale-patch", &[Code, Body], STATUS),
    ("watch-bad-rv", &[Code, Reason, Message], "a version that cannot be read is the client's mistake: 400, not 500"),
    ("delete", &[Body], SWEPT),
    ("fin-delete", &[Body], NO_GRACE),
    ("fin-get-terminating", &[Body], NO_GRACE),
    ("fin-update-while-terminating", &[Details], "the cause is told once, not twice"),
    ("fin-remove", &[Body], NO_GRACE),
    ("gc-delete-Background", &[Body], SWEPT),
    ("gc-delete-Foreground", &[Body], SWEPT),
    ("gc-delete-Orphan", &[Body], SWEPT),
    (
        "delete-collection",
        &[Code, Body],
        "one request deletes one resource: each is asked for, approved and recorded by itself",
    ),
    ("ns-delete", &[Code, Body], EMPTY_NAMESPACE),
    ("ns-terminating", &[Body], EMPTY_NAMESPACE),
    ("ns-gone", &[Code, Reason, Message, Details], EMPTY_NAMESPACE),
];
