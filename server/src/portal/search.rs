//! What is found by a few words: on the search page and in the palette, over the same reads as the lists, so that nobody finds what they
//! may not see.

use super::{ServerPortal, catalog::fits, home::rows, runs};
use app::{
    commands::MOST_CHARACTERS,
    pages::{catalog::CatalogQuery, search::Found},
    view::PromiseCard,
};
use domain::{Error, ErrorKind, Object, Result, facets::REQUESTED_BY};
use store::{Query, Sort};

/// Of services, the search page shows so many.
const CARDS: usize = 12;

impl ServerPortal {
    pub(super) async fn search_page(&self, asked: &str) -> Result<Found> {
        const ROWS: i64 = 20;
        self.may_look()?;
        if asked.is_empty() {
            let objects = self.newest(8).await?;
            let total = objects.len() as u64;
            return Ok(Found { resources: rows(&objects, &self.offers()), resources_total: total, ..Found::default() });
        }
        let (id, named) = (asked.trim_start_matches('#'), Self::named(asked)?);
        let listed = Query { limit: ROWS, ..named.clone() };
        let store = &self.doors.services.store;
        let (objects, total, cards, mut found) =
            futures::try_join!(self.of_all(&listed), store.count(&named), self.cards(), self.identified(id))?;
        let offers = self.offers();
        let cards: Vec<PromiseCard> = cards
            .into_iter()
            .filter(|card| fits(card, &CatalogQuery { q: asked.to_owned(), ..CatalogQuery::default() }))
            .collect();
        found.promises_total = cards.len() as u64;
        found.promises = cards.into_iter().take(CARDS).collect();
        if found.runs.is_empty() {
            found.runs = self.recent_runs(&objects, &offers).await?;
        }
        found.resources = rows(&objects, &offers);
        found.resources_total = u64::try_from(total).unwrap_or(0);
        Ok(found)
    }

    /// Resources of everybody whose name contains these words. A search is a few words, and says so.
    pub(super) fn named(asked: &str) -> Result<Query> {
        if asked.chars().count() > MOST_CHARACTERS {
            let told = format!("A search has at most {MOST_CHARACTERS} characters.");
            return Err(Error::new(ErrorKind::BadRequest, told));
        }
        // names have no spaces: `orders db` is looked for as `orders-db`
        let name = asked.split_whitespace().collect::<Vec<_>>().join("-");
        Ok(Query {
            resources: true,
            name_contains: Some(name),
            sort: Sort::Version,
            descending: true,
            ..Query::default()
        })
    }

    /// The resources of a query, those of the caller first.
    pub(super) async fn of_all(&self, query: &Query) -> Result<Vec<Object>> {
        let mut objects = self.doors.services.store.list(query).await?.objects;
        let caller = domain::name::to_value(&self.asker.caller.name);
        objects.sort_by_key(|object| object.metadata.labels.get(REQUESTED_BY) != Some(&caller));
        Ok(objects)
    }

    /// The caller's resources that changed last.
    pub(super) async fn newest(&self, limit: i64) -> Result<Vec<Object>> {
        let query = Query { sort: Sort::Version, descending: true, limit, ..self.mine(&[]) };
        Ok(self.doors.services.store.list(&query).await?.objects)
    }

    /// The run or the request with this very name.
    pub(super) async fn identified(&self, id: &str) -> Result<Found> {
        let mut found = Found::default();
        if id.starts_with("run") {
            if let Some(run) = seen(self.stored_run(id).await)? {
                found.runs.push(runs::row(&run, &self.offers()));
            }
        } else if id.starts_with("req") {
            let request = seen(self.doors.services.request(&self.asker, id).await)?;
            found.request = request.map(|(request, _)| request.metadata.name);
        }
        Ok(found)
    }
}

/// What is not there, or not for the caller, is not found; anything else is an error.
fn seen<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Forbidden) => Ok(None),
        Err(error) => Err(error),
    }
}
