//! The users of one contender, and which of them the next request is about.

use roster_testkit::load::{Exchange, Requests};

use crate::operation::Operation;
use crate::speak::{Place, Speak, Subject};

/// The first users, whose passwords change: each is asked for by one connection at a time.
pub(crate) const PASSWORD_USERS: u64 = 64;

/// The users that a contender has.
#[derive(Debug)]
pub(crate) struct Population {
    /// What it calls each of them, in the order of our numbers.
    ids: Vec<Option<Box<str>>>,
    /// How many there were when it was loaded.
    loaded: u64,
    /// How many were asked for, those among them that were created later.
    asked: u64,
    /// One more for each request.
    turn: u64,
    choice: fastrand::Rng,
    /// Where the page begins that is asked for.
    pub(crate) place: Place,
    /// Where the walk to the last page got to.
    pub(crate) walked: Place,
    /// What the page must contain.
    pub(crate) on_page: Vec<u8>,
}

impl Population {
    /// Nobody yet. Every contender is asked for the same users in the same order.
    pub(crate) fn new() -> Self {
        Self {
            ids: Vec::new(),
            loaded: 0,
            asked: 0,
            turn: 0,
            choice: fastrand::Rng::with_seed(1),
            place: Place::Offset(0),
            walked: Place::Offset(0),
            on_page: Vec::new(),
        }
    }

    /// The users of another, for what answers in its stead.
    pub(crate) fn like(other: &Self) -> Self {
        Self {
            ids: other.ids.clone(),
            loaded: other.loaded,
            asked: other.asked,
            place: other.place.clone(),
            ..Self::new()
        }
    }

    /// As many were loaded as there are.
    pub(crate) fn is_loaded(&mut self) {
        self.loaded = self.len();
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.ids.iter().filter(|id| id.is_some()).count() as u64
    }

    /// The user that a request is about. Those that are changed are never those that are repeated.
    fn choose(&mut self, operation: Operation) -> u64 {
        let half = self.loaded / 2;
        match operation {
            Operation::Create => self.create(),
            Operation::Mixed if self.turn.is_multiple_of(2) => self.create(),
            Operation::Change | Operation::Mixed | Operation::Patch => self.choice.u64(0..half.max(1)),
            Operation::Repeat => self.choice.u64(half..self.loaded.max(half + 1)),
            Operation::Password => self.turn % PASSWORD_USERS.min(self.loaded.max(1)),
            Operation::Get | Operation::Search => self.choice.u64(0..self.loaded.max(1)),
            Operation::FirstPage | Operation::LastPage => 0,
        }
    }

    fn create(&mut self) -> u64 {
        self.asked += 1;
        self.asked - 1
    }

    fn remember(&mut self, user: u64, id: &str) {
        let Ok(at) = usize::try_from(user) else { return };
        if self.ids.len() <= at {
            self.ids.resize(at + 1, None);
        }
        if let Some(place) = self.ids.get_mut(at) {
            *place = Some(id.into());
        }
    }

    /// What the contender calls a user; nothing as long as it has not been created.
    pub(crate) fn id(&self, user: u64) -> &str {
        let id = usize::try_from(user).ok().and_then(|at| self.ids.get(at));
        id.and_then(Option::as_deref).unwrap_or_default()
    }
}

/// The requests of one operation.
pub(crate) struct Stream<'a> {
    pub(crate) speak: &'a dyn Speak,
    pub(crate) operation: Operation,
    pub(crate) population: &'a mut Population,
}

impl Requests for Stream<'_> {
    fn next(&mut self, exchange: &mut Exchange) {
        let population = &mut *self.population;
        let user = population.choose(self.operation);
        population.turn += 1;
        let subject =
            Subject { user, id: population.id(user), turn: population.turn, place: &population.place };
        exchange.subject = user;
        self.speak.write(self.operation, &subject, exchange);
        if self.operation.lists() {
            exchange.expected.extend_from_slice(&population.on_page);
        }
    }

    fn answered(&mut self, subject: u64, body: &[u8]) {
        if matches!(self.operation, Operation::Create | Operation::Mixed)
            && self.population.id(subject).is_empty()
            && let Some(id) = self.speak.id_of_created(subject, body)
        {
            self.population.remember(subject, &id);
        }
    }
}
