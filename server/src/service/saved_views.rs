//! Views of lists that people save under names of their own: theirs alone, few enough to look through.

use super::{Asker, Services};
use domain::{Error, ErrorKind, Result};
use store::SavedView;

/// Views of one list that one person has.
const MOST: i64 = 50;
const LONGEST_NAME: usize = 60;
const LONGEST_FILTERS: usize = 2_000;

impl Services {
    pub async fn saved_views(&self, asker: &Asker, list: &str) -> Result<Vec<SavedView>> {
        self.store.saved_views(&asker.caller.name, list, MOST).await
    }

    /// Saves the filters of a list, as they stand in an address.
    pub async fn save_view(&self, asker: &Asker, list: &str, name: &str, filters: &str) -> Result<SavedView> {
        let (person, name) = (themselves(asker)?, named(name)?);
        if filters.is_empty() {
            return Err(Error::bad_request("a view without filters is the list itself; choose some first"));
        }
        if filters.len() > LONGEST_FILTERS {
            return Err(Error::bad_request(format!("the filters are longer than {LONGEST_FILTERS} characters")));
        }
        if i64::try_from(self.saved_views(asker, list).await?.len()).unwrap_or(MOST) >= MOST {
            return Err(Error::conflict(format!("there are {MOST} saved views; delete one of them first")));
        }
        let view = SavedView {
            id: self.ids.uid("view"),
            person,
            list: list.to_owned(),
            name,
            filters: filters.to_owned(),
            created: self.now(),
        };
        if !self.store.save_view(&view).await? {
            return Err(taken(&view.name));
        }
        Ok(view)
    }

    pub async fn rename_view(&self, asker: &Asker, list: &str, id: &str, name: &str) -> Result<()> {
        let (person, name) = (themselves(asker)?, named(name)?);
        let views = self.saved_views(asker, list).await?;
        let Some(own) = views.iter().find(|view| view.id == id) else { return Err(absent()) };
        if own.name != name && !self.store.rename_view(id, &person, &name).await? {
            return Err(taken(&name));
        }
        Ok(())
    }

    pub async fn delete_view(&self, asker: &Asker, id: &str) -> Result<()> {
        let is_gone = self.store.delete_view(id, &themselves(asker)?).await?;
        if is_gone { Ok(()) } else { Err(absent()) }
    }
}

fn themselves(asker: &Asker) -> Result<String> {
    if asker.caller.is_whole() {
        return Ok(asker.caller.name.clone());
    }
    Err(Error::forbidden("views are saved by people themselves, not by a token"))
}

fn named(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        return Err(Error::bad_request(format!("a view needs a name of 1 to {LONGEST_NAME} letters")));
    }
    Ok(name.to_owned())
}

fn taken(name: &str) -> Error {
    Error::conflict(format!("another of your views is called {name:?}"))
}

/// What is somebody else's is not there.
fn absent() -> Error {
    Error::new(ErrorKind::NotFound, "There is no such view.")
}
