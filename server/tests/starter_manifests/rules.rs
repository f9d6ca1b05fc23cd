//! The business rules of the catalog: what each promise refuses, and in which words.

use crate::catalog::starters;
use forms::{Schema, admission};
use serde_json::{Value, json};

/// Changes the catalog's request for `name` and expects a refusal that says `why`. `None`: expects to be let through.
#[track_caller]
fn check(name: &str, change: &Value, why: Option<&str>) {
    let (schema, request) = starter(name);
    let mut wanted = request;
    merge(&mut wanted, change);
    told(&schema, &wanted, None, why);
}

/// The same for an update of a resource that was made from the catalog's request.
#[track_caller]
fn check_update(name: &str, change: &Value, why: Option<&str>) {
    let (schema, request) = starter(name);
    let old = admission::admit(&schema, &request, None, "spec").into_result(name).unwrap();
    let mut wanted = old.clone();
    merge(&mut wanted, change);
    told(&schema, &wanted, Some(&old), why);
}

#[track_caller]
fn told(schema: &Schema, wanted: &Value, old: Option<&Value>, why: Option<&str>) {
    let causes = admission::admit(schema, wanted, old, "spec").verdict.api_causes();
    match why {
        None => assert!(causes.is_empty(), "{causes:#?}"),
        Some(why) => {
            let said = causes.iter().any(|cause| cause.message.contains(why));
            assert!(said, "{why:?} is not among {causes:#?}");
        }
    }
}

fn starter(name: &str) -> (Schema, Value) {
    let starter = starters().into_iter().find(|starter| starter.name == name).unwrap();
    let schema = Schema::parse(&starter.promise.spec.api.unwrap().schema).unwrap_or_else(|e| panic!("{name}: {e}"));
    (schema, starter.request["spec"].clone())
}

/// RFC 7386: an object changes the fields it names, null removes.
fn merge(value: &mut Value, change: &Value) {
    let Value::Object(changes) = change else {
        *value = change.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let fields = value.as_object_mut().unwrap();
    for (field, change) in changes {
        match change {
            Value::Null => drop(fields.remove(field)),
            change => merge(fields.entry(field).or_insert(Value::Null), change),
        }
    }
}

#[test]
fn the_requests_of_the_catalog_are_let_through() {
    for starter in starters() {
        check(&starter.name, &json!({}), None);
        check_update(&starter.name, &json!({}), None);
    }
}

#[test]
fn publishing_warns_of_nothing() {
    for starter in starters() {
        let findings = forms::lint::lint(&starter.promise.spec.api.unwrap().schema);
        assert!(findings.is_empty(), "{}: {findings:#?}", starter.name);
    }
}

#[test]
fn production_asks_for_what_production_needs() {
    check("postgresql", &json!({"instances": 1}), Some("at least 2 instances"));
    check("postgresql", &json!({"backups": {"enabled": false}}), Some("Production needs backups"));
    check("postgresql", &json!({"environment": "development", "instances": 1, "backups": null}), None);
    check("redis", &json!({"access": "namespace"}), Some("only labelled pods may connect"));
    check("web-service", &json!({"scaling": {"min": 1}}), Some("at least 2 pods"));
    check("web-service", &json!({"image": "registry.example.com/a/b:latest"}), Some("a fixed version"));
    check("scheduled-job", &json!({"image": "registry.example.com/a/b:latest"}), Some("a fixed version"));
    check("scheduled-job", &json!({"overlap": "allow"}), Some("may not work at the same time"));
    check("bucket", &json!({"versioning": false}), Some("Production keeps versions"));
    check("bucket", &json!({"whenDeleted": "purge"}), Some("only deleted when it is empty"));
    check("namespace", &json!({"environment": "production", "role": "edit"}), Some("people only read"));
    check("namespace", &json!({"environment": "production"}), None);
}

#[test]
fn disks_only_grow_and_versions_only_rise() {
    check_update("postgresql", &json!({"storageGiB": 49}), Some("can only grow"));
    check_update("postgresql", &json!({"storageGiB": 51}), None);
    check_update("postgresql", &json!({"version": "16"}), Some("can't go back"));
    check_update("postgresql", &json!({"version": "18"}), None);
    check_update("redis", &json!({"storageGiB": 19}), Some("can only grow"));
}

#[test]
fn what_others_rely_on_stays_as_it_is() {
    check_update("namespace", &json!({"team": "billing"}), Some("can't change"));
    check_update("namespace", &json!({"environment": "production"}), Some("stays in its environment"));
    check_update("postgresql", &json!({"database": "other"}), Some("keeps its name"));
    check_update("redis", &json!({"mode": "cache"}), Some("A cache stays a cache"));
    check_update("bucket", &json!({"location": "us"}), Some("can't move"));
}

#[test]
fn names_that_belong_to_others_are_refused() {
    check("namespace", &json!({"team": "kube"}), Some("reserved for the cluster"));
    check("namespace", &json!({"team": "kube-system"}), Some("reserved for the cluster"));
    check("postgresql", &json!({"database": "postgres"}), Some("keeps this name for itself"));
    check("web-service", &json!({"env": {"PORT": "1"}}), Some("PORT is set for you"));
    check("scheduled-job", &json!({"timeZone": "Local"}), Some("Name the time zone"));
}

#[test]
fn a_service_that_is_public_has_a_hostname_and_room_to_scale() {
    check("web-service", &json!({"hostname": null}), Some("Give the hostname"));
    check("web-service", &json!({"hostname": null, "expose": "cluster"}), None);
    check("web-service", &json!({"scaling": {"max": 1}}), Some("can't be fewer"));
}

#[test]
fn images_and_schedules_are_given_in_full() {
    let digest = format!("ghcr.io/a/b@sha256:{}", "0".repeat(64));
    for image in ["registry.example.com:5000/a/b:1.2", "nginx:1.29", &digest] {
        check("web-service", &json!({"image": image}), None);
    }
    for image in ["nginx", "registry.example.com:5000/a/b", "Nginx:1", "nginx:1 && true", "a/b@sha256:12"] {
        let (schema, mut spec) = starter("web-service");
        spec["image"] = json!(image);
        assert!(!admission::admit(&schema, &spec, None, "spec").verdict.is_valid(), "{image}");
    }
    for schedule in ["30 3 * * *", "*/15 8-18 * * MON-FRI", "@daily"] {
        check("scheduled-job", &json!({"schedule": schedule}), None);
    }
    for schedule in ["every day", "30 3 * *", "* * * * * *", "TZ=UTC 1 2 3 4 5", "@reboot"] {
        let (schema, mut spec) = starter("scheduled-job");
        spec["schedule"] = json!(schedule);
        assert!(!admission::admit(&schema, &spec, None, "spec").verdict.is_valid(), "{schedule}");
    }
}
