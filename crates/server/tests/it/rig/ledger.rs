//! What was acknowledged, and what the store has of it.

use std::collections::BTreeMap;
use std::path::Path;

/// A user as a writer left it: the same value in every field that it writes, so that half a change would show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    pub value: String,
    /// The client id of the only grant, once there is one.
    pub grant: Option<i64>,
}

/// What one user must be: what was acknowledged last, or what was in flight when the server was killed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Known {
    pub acknowledged: Option<State>,
    pub in_flight: Option<State>,
}

/// Users by external id.
pub type Ledger = BTreeMap<String, Known>;

/// What the store has of a user: every field that is written, and all grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub fields: [Option<String>; 3],
    pub grants: Vec<i64>,
}

/// The users of the store, by external id.
pub fn stored(data: &Path) -> BTreeMap<String, Stored> {
    let database = rusqlite::Connection::open(data.join("roster.db")).unwrap();
    let mut statement = database
        .prepare(
            "SELECT links.external_id, status, given_name, family_name, \
             (SELECT group_concat(client_id) FROM grants WHERE grants.user_id = users.id AND granted = 1) \
             FROM users JOIN links ON links.user_id = users.id",
        )
        .unwrap();
    let rows = statement.query_map([], |row| {
        let grants: Option<String> = row.get(4)?;
        let grants = grants.unwrap_or_default().split(',').filter_map(|text| text.parse().ok()).collect();
        Ok((row.get(0)?, Stored { fields: [row.get(1)?, row.get(2)?, row.get(3)?], grants }))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// What is wrong with the store: each user that is not as it was acknowledged, half a change, or nobody's.
pub fn violations(ledger: &Ledger, stored: &BTreeMap<String, Stored>) -> Vec<String> {
    let mut found: Vec<String> = ledger
        .iter()
        .filter(|(id, known)| !known.allows(stored.get(*id)))
        .map(|(id, known)| format!("{id}: {known:?} is {:?}", stored.get(id)))
        .collect();
    found.extend(
        stored.keys().filter(|id| !ledger.contains_key(*id)).map(|id| format!("{id}: nobody wrote it")),
    );
    found
}

/// What was in flight is settled now: it is there or it never will be.
pub fn settle(ledger: &mut Ledger, stored: &BTreeMap<String, Stored>) {
    ledger.retain(|id, known| {
        if let Some(in_flight) = known.in_flight.take()
            && stored.get(id) == Some(&in_flight.as_stored())
        {
            known.acknowledged = Some(in_flight);
        }
        known.acknowledged.is_some()
    });
}

impl Known {
    fn allows(&self, stored: Option<&Stored>) -> bool {
        let is = |state: &Option<State>| state.as_ref().map(State::as_stored).as_ref() == stored;
        is(&self.acknowledged) || (self.in_flight.is_some() && is(&self.in_flight))
    }
}

impl State {
    fn as_stored(&self) -> Stored {
        let value = Some(self.value.clone());
        Stored { fields: [value.clone(), value.clone(), value], grants: self.grant.into_iter().collect() }
    }
}

#[test]
fn the_control_a_lost_a_torn_and_an_undead_write_are_noticed() {
    let state = |value: &str| State { value: value.to_owned(), grant: Some(7) };
    let known = |acknowledged: Option<State>, in_flight: Option<State>| Known { acknowledged, in_flight };
    let ledger = Ledger::from([
        ("kept".to_owned(), known(Some(state("2")), None)),
        ("open".to_owned(), known(Some(state("1")), Some(state("2")))),
        ("new".to_owned(), known(None, Some(state("1")))),
    ]);
    let good = |open: &str| {
        let users = [("kept", "2"), ("open", open), ("new", "1")];
        users
            .map(|(id, value)| (id.to_owned(), state(value).as_stored()))
            .into_iter()
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(violations(&ledger, &good("1")), [""; 0]);
    assert_eq!(violations(&ledger, &good("2")), [""; 0]);
    let spoil = |spoil: &dyn Fn(&mut BTreeMap<String, Stored>)| {
        let mut stored = good("2");
        spoil(&mut stored);
        violations(&ledger, &stored).len()
    };
    assert_eq!(spoil(&|stored| drop(stored.remove("new"))), 0, "it was never acknowledged");
    assert_eq!(spoil(&|stored| drop(stored.remove("kept"))), 1, "lost");
    assert_eq!(
        spoil(&|stored| drop(stored.remove("open"))),
        1,
        "lost, although a change of it was in flight"
    );
    assert_eq!(
        spoil(&|stored| drop(stored.insert("kept".into(), state("1").as_stored()))),
        1,
        "an older value"
    );
    assert_eq!(spoil(&|stored| stored.get_mut("new").unwrap().fields[1] = None), 1, "torn between fields");
    assert_eq!(spoil(&|stored| stored.get_mut("open").unwrap().grants.clear()), 1, "torn between tables");
    assert_eq!(spoil(&|stored| drop(stored.insert("x".into(), state("1").as_stored()))), 1, "nobody's");

    let mut settled = ledger.clone();
    let mut stored = good("1");
    stored.remove("new");
    settle(&mut settled, &stored);
    assert_eq!(settled.len(), 2);
    assert_eq!(
        settled["open"],
        known(Some(state("1")), None),
        "what was in flight is not there, and must not come back"
    );
}
