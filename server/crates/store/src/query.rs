//! Which objects are asked for, and in which order: becomes the `where` and `order by` of a statement.

use crate::{
    cursor::Cursor,
    object_row::Name,
    statement::{Arg, Statement},
};
use domain::{
    Error, Result, promise,
    selector::{Requirement, Selector},
};

/// Every part left empty holds for all objects.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pub group: Option<String>,
    pub kind: Option<String>,
    /// Any of these; none is all.
    pub namespaces: Vec<String>,
    /// Only what was made from promises: objects with the promise's label that are of no group of ours.
    pub resources: bool,
    pub promise: Option<String>,
    /// Any of these; none is all. The empty phase is "has none".
    pub phases: Vec<String>,
    /// The version that made a resource: any of these; none is all.
    pub made: Vec<String>,
    /// Who asked for a resource, as a label's value.
    pub asked_by: Option<String>,
    pub owner: Option<String>,
    pub labels: Selector,
    pub name: Option<String>,
    /// Somewhere in the name, upper or lower case.
    pub name_contains: Option<String>,
    pub deleting: Option<bool>,
    /// Finished runs and answered requests are not.
    pub active: Option<bool>,
    pub sort: Sort,
    pub descending: bool,
    /// Where the page before ended.
    pub after: Option<Cursor>,
    /// 0 is no limit.
    pub limit: i64,
    /// Whether the page says how many follow it: that counts them all.
    pub count_remaining: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Name,
    Created,
    Version,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facet {
    Phase,
    Promise,
    Namespace,
    AskedBy,
}

impl Query {
    pub fn of_kind(group: &str, kind: &str) -> Self {
        Self { group: Some(group.to_owned()), kind: Some(kind.to_owned()), ..Self::default() }
    }

    /// The condition, without order, cursor and limit.
    pub(crate) fn condition(&self, statement: &mut Statement) {
        statement.push(" where 1 = 1");
        match (&self.group, &self.kind, self.sort) {
            // the index by time begins with the two as one
            (Some(group), Some(kind), Sort::Created) => {
                statement.push(" and api_group || '/' || kind = ").arg(format!("{group}/{kind}"));
            }
            (group, kind, _) => {
                for (fragment, value) in [(" and api_group = ", group), (" and kind = ", kind)] {
                    if let Some(value) = value {
                        statement.push(fragment).arg(value);
                    }
                }
            }
        }
        let equal: [(&'static str, &Option<String>); 4] = [
            (" and promise = ", &self.promise),
            (" and asked_by = ", &self.asked_by),
            (" and owner = ", &self.owner),
            (" and name = ", &self.name),
        ];
        for (fragment, value) in equal {
            if let Some(value) = value {
                statement.push(fragment).arg(value);
            }
        }
        for (fragment, values) in [
            (" and namespace in (", &self.namespaces),
            (" and phase in (", &self.phases),
            (" and made in (", &self.made),
        ] {
            if !values.is_empty() {
                statement.push(fragment).list(values).push(")");
            }
        }
        if self.promise.is_some() || self.resources {
            // said again for the partial index on promises
            statement.push(" and promise <> ''");
        }
        if self.resources {
            statement.push(" and api_group not in (").list(promise::GROUPS).push(")");
        }
        if let Some(part) = &self.name_contains {
            statement.push(" and lower(name) like ").arg(like(part)).push(" escape '\\'");
        }
        match self.deleting {
            Some(true) => _ = statement.push(" and deleting <> 0"),
            Some(false) => _ = statement.push(" and deleting = 0"),
            None => {}
        }
        match self.active {
            Some(true) => _ = statement.push(" and active = 1"),
            Some(false) => _ = statement.push(" and active = 0"),
            None => {}
        }
        for requirement in &self.labels.requirements {
            require(requirement, statement);
        }
    }

    /// The condition that goes on where the page before ended.
    pub(crate) fn go_on(&self, statement: &mut Statement) -> Result<()> {
        let Some(cursor) = &self.after else { return Ok(()) };
        if cursor.sort != self.sort {
            return Err(Error::bad_request(
                "the continue token belongs to a list in another order; start that list anew",
            ));
        }
        statement.push(match (self.sort, self.descending) {
            (Sort::Name, false) => " and (name, uid) > (",
            (Sort::Name, true) => " and (name, uid) < (",
            (Sort::Created, false) => " and (created, uid) > (",
            (Sort::Created, true) => " and (created, uid) < (",
            (Sort::Version, false) => " and (version, uid) > (",
            (Sort::Version, true) => " and (version, uid) < (",
        });
        match self.sort {
            Sort::Name => statement.arg(&cursor.text),
            Sort::Created | Sort::Version => statement.arg(cursor.number),
        };
        statement.push(", ").arg(&cursor.uid).push(")");
        Ok(())
    }

    pub(crate) fn order(&self) -> &'static str {
        match (self.sort, self.descending) {
            (Sort::Name, false) => " order by name, uid",
            (Sort::Name, true) => " order by name desc, uid desc",
            (Sort::Created, false) => " order by created, uid",
            (Sort::Created, true) => " order by created desc, uid desc",
            (Sort::Version, false) => " order by version",
            (Sort::Version, true) => " order by version desc",
        }
    }
}

impl Facet {
    pub(crate) fn select(self) -> (&'static str, &'static str) {
        match self {
            Self::Phase => ("select phase as value, count(*) as number from object", " group by phase order by phase"),
            Self::Promise => {
                ("select promise as value, count(*) as number from object", " group by promise order by promise")
            }
            Self::AskedBy => {
                ("select asked_by as value, count(*) as number from object", " group by asked_by order by asked_by")
            }
            Self::Namespace => {
                ("select namespace as value, count(*) as number from object", " group by namespace order by namespace")
            }
        }
    }
}

impl Name {
    pub(crate) fn args(&self) -> Vec<Arg> {
        [&self.group, &self.kind, &self.namespace, &self.name].map(Arg::from).to_vec()
    }
}

fn require(requirement: &Requirement, statement: &mut Statement) {
    // a set, not a condition on each row: a rare label leads to its objects, however many others there are
    const EXISTS: &str = " and uid in (select uid from label where label.key = ";
    const MISSING: &str = " and not exists (select 1 from label where label.uid = object.uid and label.key = ";
    let (fragment, key, values) = match requirement {
        Requirement::In(key, values) => (EXISTS, key, Some(values)),
        Requirement::NotIn(key, values) => (MISSING, key, Some(values)),
        Requirement::Exists(key) => (EXISTS, key, None),
        Requirement::Missing(key) => (MISSING, key, None),
    };
    statement.push(fragment).arg(key);
    if let Some(values) = values {
        statement.push(" and label.value in (").list(values).push(")");
    }
    statement.push(")");
}

/// `%part%` with its own wildcards taken literally.
fn like(part: &str) -> String {
    let escaped = part.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}
