//! A small model of the directory, written from its rules, that shares no code with it: a user is a handful of texts.

mod equals;
mod strategy;

use std::collections::{BTreeMap, BTreeSet};

use roster_directory::{Assign, Change, GrantsPatch, UserPatch};

pub use equals::equals_the_model;
pub use strategy::operations;

use crate::build::{email, external_id, grant, source, text, user_name};

/// What is done to a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Edit<T> {
    /// Nothing.
    #[default]
    Leave,
    /// It is made empty.
    Erase,
    /// It is written.
    Write(T),
}

/// What is done to the grants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum GrantsEdit {
    /// Nothing.
    #[default]
    Leave,
    /// These and no others.
    All(BTreeSet<(i64, String)>),
    /// One is given, and one taken away.
    GiveAndTake((i64, String), (i64, String)),
}

/// What is done to a user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edits {
    /// The user_name.
    pub user_name: Edit<String>,
    /// The email.
    pub email: Edit<String>,
    /// The given name.
    pub given_name: Edit<String>,
    /// The phone number.
    pub phone: Edit<String>,
    /// Whether the user signed up.
    pub signed_up: Edit<bool>,
    /// Whether the user may act.
    pub active: Option<bool>,
    /// The links, by source.
    pub links: BTreeMap<String, Edit<String>>,
    /// The grants.
    pub grants: GrantsEdit,
}

/// What a caller does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Changes or creates the user that a source calls so.
    Upsert(String, String, Edits),
    /// Changes the user with this number.
    Update(i64, Edits),
    /// Deletes the user with this number.
    Delete(i64),
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The user with this number was made.
    Created(i64),
    /// The user with this number was changed.
    Updated(i64),
    /// The user with this number was asked for, and is so already.
    Unchanged(i64),
    /// The user with this number was deleted.
    Deleted(i64),
    /// There is no such user.
    NotFound,
    /// These are another's: `user_name`, `email`, or a source.
    Taken(BTreeSet<String>),
}

/// A user of the model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelUser {
    /// `email`, `given_name`, `phone`, `signed_up`: those that are not empty.
    pub values: BTreeMap<&'static str, String>,
    /// By source.
    pub links: BTreeMap<String, String>,
    /// Client and profile.
    pub grants: BTreeSet<(i64, String)>,
    /// `None` where the id stands for it.
    pub user_name: Option<String>,
    /// Whether a caller chose it.
    pub chosen: bool,
    /// Whether the user may not act.
    pub inactive: bool,
    /// Whether the user was deleted.
    pub deleted: bool,
    /// How many changes it went through.
    pub version: u64,
}

/// The directory, as its rules have it.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Whether an email is one user's alone.
    pub unique_email: bool,
    /// The user with number 1 comes first.
    pub users: Vec<ModelUser>,
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

impl Model {
    /// The user with that number, if it was not deleted.
    pub fn living(&self, number: i64) -> Option<&ModelUser> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.users.get(index).filter(|user| !user.deleted)
    }

    /// The numbers and users that were not deleted, but for one.
    fn others(&self, but: i64) -> impl Iterator<Item = (i64, &ModelUser)> {
        (1..).zip(&self.users).filter(move |(number, user)| *number != but && !user.deleted)
    }

    /// Does it, and tells what comes of it.
    pub fn apply(&mut self, operation: &Operation) -> Expected {
        match operation {
            Operation::Upsert(source, id, edits) => {
                let called_so = |user: &ModelUser| user.links.get(source) == Some(id);
                let found = self.others(0).find(|(_, user)| called_so(user)).map(|(number, _)| number);
                match found {
                    Some(number) => self.edit(number, edits),
                    None => self.create(source, id, edits),
                }
            }
            Operation::Update(number, edits) => match self.living(*number) {
                Some(_) => self.edit(*number, edits),
                None => Expected::NotFound,
            },
            Operation::Delete(number) => match self.living(*number).cloned() {
                Some(user) => {
                    self.store(*number, ModelUser { deleted: true, version: user.version + 1, ..user });
                    Expected::Deleted(*number)
                }
                None => Expected::NotFound,
            },
        }
    }

    fn store(&mut self, number: i64, user: ModelUser) {
        let index = usize::try_from(number).unwrap() - 1;
        if index == self.users.len() {
            self.users.push(user);
        } else {
            self.users[index] = user;
        }
    }

    fn create(&mut self, source: &str, id: &str, edits: &Edits) -> Expected {
        let number = i64::try_from(self.users.len()).unwrap() + 1;
        let mut edits = edits.clone();
        edits.links.insert(source.to_owned(), Edit::Write(id.to_owned()));
        let mut user = edited(&ModelUser::default(), &edits);
        self.name(number, &mut user, &edits, true);
        match self.taken(number, &user, &edits) {
            Some(taken) => taken,
            None => {
                self.store(number, ModelUser { version: 1, ..user });
                Expected::Created(number)
            }
        }
    }

    fn edit(&mut self, number: i64, edits: &Edits) -> Expected {
        let before = self.living(number).unwrap().clone();
        let mut user = edited(&before, edits);
        let derives = user.links != before.links || user.values.get("email") != before.values.get("email");
        self.name(number, &mut user, edits, derives);
        if let Some(taken) = self.taken(number, &user, edits) {
            return taken;
        }
        if user == before {
            return Expected::Unchanged(number);
        }
        self.store(number, ModelUser { version: before.version + 1, ..user });
        Expected::Updated(number)
    }

    fn is_anothers_name(&self, number: i64, name: &str) -> bool {
        self.others(number).any(|(_, user)| user.user_name.as_deref().is_some_and(|other| same(other, name)))
    }

    fn name(&self, number: i64, user: &mut ModelUser, edits: &Edits, derives: bool) {
        match &edits.user_name {
            Edit::Write(name) => (user.user_name, user.chosen) = (Some(name.clone()), true),
            Edit::Leave if user.chosen || !derives => {}
            Edit::Leave | Edit::Erase => {
                let ids = user.links.values().filter(|id| !id.contains('@'));
                let mut candidates = user.values.get("email").into_iter().chain(ids);
                user.user_name = candidates.find(|name| !self.is_anothers_name(number, name)).cloned();
                user.chosen = false;
            }
        }
    }

    fn taken(&self, number: i64, user: &ModelUser, edits: &Edits) -> Option<Expected> {
        let mut taken = BTreeSet::new();
        if user.user_name.as_deref().is_some_and(|name| self.is_anothers_name(number, name)) {
            taken.insert("user_name".to_owned());
        }
        let email = user.values.get("email").filter(|_| self.unique_email);
        let has_email = |other: &ModelUser| {
            email.zip(other.values.get("email")).is_some_and(|(mine, theirs)| same(mine, theirs))
        };
        if self.others(number).any(|(_, other)| has_email(other)) {
            taken.insert("email".to_owned());
        }
        for source in edits.links.keys() {
            let id = user.links.get(source);
            if id.is_some() && self.others(number).any(|(_, other)| other.links.get(source) == id) {
                taken.insert(source.clone());
            }
        }
        (!taken.is_empty()).then_some(Expected::Taken(taken))
    }
}

/// The user with everything edited but its user_name.
fn edited(user: &ModelUser, edits: &Edits) -> ModelUser {
    let mut user = user.clone();
    let signed_up = match &edits.signed_up {
        Edit::Leave => Edit::Leave,
        Edit::Erase => Edit::Erase,
        Edit::Write(truth) => Edit::Write(truth.to_string()),
    };
    let values = [
        ("email", &edits.email),
        ("given_name", &edits.given_name),
        ("phone", &edits.phone),
        ("signed_up", &signed_up),
    ];
    for (name, edit) in values {
        match edit {
            Edit::Leave => {}
            Edit::Erase => drop(user.values.remove(name)),
            Edit::Write(value) => drop(user.values.insert(name, value.clone())),
        }
    }
    for (source, edit) in &edits.links {
        match edit {
            Edit::Leave => {}
            Edit::Erase => drop(user.links.remove(source)),
            Edit::Write(id) => drop(user.links.insert(source.clone(), id.clone())),
        }
    }
    match &edits.grants {
        GrantsEdit::Leave => {}
        GrantsEdit::All(all) => user.grants.clone_from(all),
        GrantsEdit::GiveAndTake(give, take) => {
            user.grants.insert(give.clone());
            user.grants.remove(take);
        }
    }
    user.inactive = edits.active.map_or(user.inactive, |active| !active);
    user
}

fn change<T, U>(edit: &Edit<T>, value: impl Fn(&T) -> U) -> Change<U> {
    match edit {
        Edit::Leave => Change::Keep,
        Edit::Erase => Change::Clear,
        Edit::Write(written) => Change::Set(value(written)),
    }
}

impl Edits {
    /// The same, as the directory is asked for it.
    pub fn to_patch(&self) -> UserPatch {
        let Self { user_name: name, email: address, given_name, phone, signed_up, active, links, grants } =
            self;
        let mut patch = UserPatch { user_name: change(name, |name| user_name(name)), ..UserPatch::default() };
        patch.profile.email = change(address, |address| email(address));
        patch.profile.given_name = change(given_name, |name| text(name));
        patch.profile.phone = change(phone, |phone| text(phone));
        patch.profile.signed_up = change(signed_up, |truth| *truth);
        patch.active = active.map_or(Assign::Keep, Assign::Set);
        let link =
            |(name, edit): (&String, &Edit<String>)| (source(name), change(edit, |id| external_id(id)));
        patch.links = links.iter().map(link).collect();
        let each = |(client, profile): &(i64, String)| grant(*client, profile);
        patch.grants = match grants {
            GrantsEdit::Leave => GrantsPatch::Keep,
            GrantsEdit::All(all) => GrantsPatch::Replace(all.iter().map(each).collect()),
            GrantsEdit::GiveAndTake(give, take) => {
                GrantsPatch::Edit { add: [each(give)].into(), remove: [each(take)].into() }
            }
        };
        patch
    }
}
