//! Finding the page that is to be listed.

use anyhow::{Context as _, Result};
use roster_testkit::load::{Endpoint, Exchange, Requests as _};

use crate::ask::ask;
use crate::operation::Operation;
use crate::population::{Population, Stream};
use crate::speak::{PAGE, Place, Speak, Walk};

/// How many users a step towards the last page passes: the most that are on a page.
const STEP: u64 = 200;

/// Finds where the page begins, and what names the last user on it.
pub(crate) async fn find(
    endpoint: &Endpoint,
    speak: &dyn Speak,
    operation: Operation,
    population: &mut Population,
) -> Result<()> {
    if operation == Operation::LastPage {
        match (speak.walks(), &population.place) {
            (Some(walk), _) => walk_there(endpoint, walk, population).await?,
            (None, Place::Offset(_)) => {
                population.place = Place::Offset(population.len().saturating_sub(PAGE))
            }
            // The limit's: every page is the same.
            (None, Place::Cursor(_)) => {}
        }
    }
    population.on_page.clear();
    let mut exchange = Exchange { status: 200, ..Exchange::default() };
    Stream { speak, operation, population: &mut *population }.next(&mut exchange);
    let page = ask(endpoint, &exchange).await?;
    population.on_page = speak.last_on_page(&page).context("nobody is on the page")?;
    Ok(())
}

/// Walks to the last full page, on from where an earlier walk got to.
async fn walk_there(endpoint: &Endpoint, walk: &dyn Walk, population: &mut Population) -> Result<()> {
    while let Some(next) = step(endpoint, walk, &population.walked, STEP).await? {
        population.walked = next;
    }
    let mut place = population.walked.clone();
    population.place = place.clone();
    while let Some(next) = step(endpoint, walk, &place, PAGE).await? {
        population.place = std::mem::replace(&mut place, next);
    }
    Ok(())
}

async fn step(endpoint: &Endpoint, walk: &dyn Walk, place: &Place, users: u64) -> Result<Option<Place>> {
    let mut exchange = Exchange { status: 200, ..Exchange::default() };
    walk.page(place, users, &mut exchange);
    Ok(walk.next(&ask(endpoint, &exchange).await?))
}
