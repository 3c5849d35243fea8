//! What a store is copied as into one of another kind: rows of the tables that every kind has, under the same names.
//!
//! Nothing is interpreted on the way, so nothing is lost: ids, numbers, versions, sealed values and the keys that seal them stay as they are. What is a
//! store's own (positions in the feed, counters, the epoch) begins anew.

/// A value in the one form that every store has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number, a time in microseconds, or 0 and 1.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes; of a UUID its 16.
    Bytes(Vec<u8>),
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers and times.
    Integer,
    /// True and false.
    Truth,
    /// Texts.
    Text,
    /// Bytes.
    Bytes,
    /// UUIDs.
    Uuid,
}

/// A row, in the order of its table's columns.
pub type Row = Vec<Cell>;

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// By which columns its rows are put in order and told apart: the first so many.
    pub key: usize,
    /// Its columns.
    pub columns: &'static [(&'static str, Kind)],
}

macro_rules! tables {
    ($( $name:ident / $key:literal { $( $kind:ident: $( $column:ident )+; )+ } )+) => {
        /// The tables, in the order in which they are copied.
        pub const TABLES: &[Table] = &[$(
            Table {
                name: stringify!($name),
                key: $key,
                columns: &[$( $( (stringify!($column), Kind::$kind), )+ )+],
            },
        )+];
    };
}

tables! {
    users / 1 {
        Uuid: id;
        Integer: number version;
        Text: user_name;
        Truth: user_name_chosen active;
        Text: password_hash;
        Integer: created_at_us updated_at_us registered_at_us recorded_at_us deleted_at_us;
        Bytes: data_key field_versions;
        Text: email_folded display_name given_name family_name email;
        Truth: email_verified;
        Text: phone language avatar status role;
        Truth: signed_up staff control_tower;
        Integer: last_login_us;
        Uuid: producer_id;
        Text: producer_external_id;
        Uuid: seller_id;
        Text: seller_external_id;
        Uuid: origin_id;
        Text: origin_external_id;
        Text: formatted_name middle_name honorific_prefix honorific_suffix nick_name profile_url title user_type locale
            timezone employee_number cost_center organization division department manager;
        Integer: last_element;
    }
    links / 2 { Uuid: user_id; Text: source external_id; Integer: version; }
    grants / 3 { Uuid: user_id; Integer: client_id; Text: profile_id; Truth: granted; Integer: version; }
    user_elements / 2 {
        Uuid: user_id;
        Integer: id attribute version;
        Truth: is_there is_own;
        Text: value value_folded kind display;
        Truth: is_primary;
        Text: formatted street_address locality region postal_code country;
    }
    shared_links / 3 { Text: source external_id; Uuid: user_id; }
    groups / 1 {
        Uuid: id;
        Integer: version;
        Text: display_name name_folded;
        Integer: registered_at_us recorded_at_us;
    }
    group_links / 2 { Uuid: group_id; Text: source external_id; }
    group_members / 2 { Uuid: group_id user_id; Integer: since_us; Text: display; }
    group_journal / 2 {
        Uuid: group_id;
        Integer: version;
        Uuid: change_id;
        Text: kind dialect client;
        Uuid: actor_user_id;
        Integer: recorded_at_us;
        Bytes: payload;
    }
    user_keys / 2 { Integer: kind; Text: key; Uuid: user_id; Integer: folding; }
    journal / 2 {
        Integer: recorded_at_us;
        Uuid: user_id;
        Integer: version;
        Uuid: change_id;
        Text: kind dialect client;
        Uuid: actor_user_id;
        Text: field_ids;
        Bytes: payload;
    }
    api_keys / 1 {
        Text: id name source scopes;
        Integer: created_at_us expires_at_us revoked_at_us last_used_at_us;
    }
    api_key_authorities / 2 { Text: api_key_id authority; }
    api_key_secrets / 2 { Text: api_key_id; Integer: place; Bytes: sha256; Integer: created_at_us expires_at_us; }
    revoked_tokens / 1 { Text: jti; Integer: revoked_at_us expires_at_us; }
    organisations / 2 { Text: kind; Uuid: id; Text: external_id name; }
    clients / 1 { Integer: id; Text: name; }
    profiles / 1 { Text: id name; }
    idempotency / 2 {
        Text: client key;
        Bytes: request;
        Text: effect;
        Uuid: user_id;
        Bytes: snapshot refusal;
        Integer: expires_at_us;
    }
}

/// The SQL that reads a page of a table behind a key, which both stores understand; `place` makes the n-th parameter.
pub fn page_sql(table: &Table, behind: bool, place: impl Fn(usize) -> String) -> String {
    let names: Vec<&str> = table.columns.iter().map(|(name, _)| *name).collect();
    let key = names.get(..table.key).unwrap_or_default().join(", ");
    let places: Vec<String> = (1..=table.key).map(&place).collect();
    let condition = if behind { format!(" WHERE ({key}) > ({})", places.join(", ")) } else { String::new() };
    let limit = place(if behind { table.key + 1 } else { 1 });
    format!("SELECT {} FROM {}{condition} ORDER BY {key} LIMIT {limit}", names.join(", "), table.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::Profile;

    #[test]
    fn every_plain_field_of_a_user_is_copied() {
        let columns: Vec<&str> =
            TABLES[0].columns.iter().map(|(name, _)| name.trim_end_matches("_us")).collect();
        for (field, _) in Profile::FIELDS {
            assert!(columns.contains(&field.name()), "{field:?}");
        }
    }
}
