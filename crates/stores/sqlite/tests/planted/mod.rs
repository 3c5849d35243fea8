//! Corruptions of the store that `check.rs` makes.

/// Each corruption, and what must be said of it.
pub(crate) const PLANTED: &[(&str, &str)] = &[
    // The file's own rules.
    ("UPDATE users SET active = 7 WHERE number = 1", "CHECK constraint failed"),
    ("UPDATE users SET active = 7 WHERE number = 1", "user with number 1: users holds a value"),
    ("UPDATE users SET user_name = '' WHERE number = 1", "user with number 1: users holds a value"),
    (
        "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'UNIQUE (user_id, version)', \
      'UNIQUE (user_id, n)') WHERE name = 'journal'",
        "the database",
    ),
    // Counters.
    ("DELETE FROM meta", "meta: it must have one row"),
    ("UPDATE meta SET next_number = 4", "meta: next_number was given already"),
    (
        "INSERT INTO user_keys VALUES (2, '99', (SELECT id FROM users WHERE number = 1), NULL)",
        "meta: next_number was claimed already",
    ),
    ("UPDATE meta SET next_position = 3", "meta: next_position was given already"),
    // Rows that lead nowhere.
    (
        "INSERT INTO links VALUES (zeroblob(16), 'crm', '1', 1)",
        "links of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    (
        "INSERT INTO grants VALUES (zeroblob(16), 1, '1', 1, 1)",
        "grants of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    (
        "INSERT INTO journal SELECT 999, 0, zeroblob(16), 1, randomblob(16), kind, dialect, client, NULL, 0, '', x'01' \
      FROM journal LIMIT 1",
        "journal of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    (
        "UPDATE idempotency SET user_id = zeroblob(16)",
        "idempotency of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    (
        "INSERT INTO user_keys VALUES (3, 'ghost', zeroblob(16), 1)",
        "claim of kind 3 of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    ("DELETE FROM users WHERE number = 4", "there is no such user"),
    (
        "INSERT INTO api_key_secrets VALUES ('gone', 0, zeroblob(32), 0, NULL)",
        "api_key_secrets of API key gone",
    ),
    ("INSERT INTO api_key_authorities VALUES ('gone', 'ROLE')", "api_key_authorities of API key gone"),
    // Records.
    ("UPDATE api_keys SET scopes = 'users:everything'", "register ApiKeys"),
    ("UPDATE clients SET name = char(0)", "register Clients"),
    ("UPDATE idempotency SET snapshot = randomblob(length(snapshot))", "its outcome can't be unsealed"),
    ("UPDATE idempotency SET key = 'other'", "its outcome can't be unsealed"),
    // Claims: each user has its own, and each is some user's.
    (
        "DELETE FROM user_keys WHERE kind = 1 AND key = 'bubble:ann'",
        "does not hold the claim on its link of source bubble",
    ),
    ("DELETE FROM user_keys WHERE kind = 2 AND key = '1'", "does not hold the claim on its number"),
    ("DELETE FROM user_keys WHERE kind = 2 AND key = '2'", "does not hold the claim on its number"),
    ("DELETE FROM user_keys WHERE kind = 3 AND key = 'ann name'", "does not hold the claim on its user_name"),
    (
        "DELETE FROM user_keys WHERE kind = 4 AND key = 'bob@example.com'",
        "does not hold the claim on its email",
    ),
    (
        "UPDATE user_keys SET user_id = (SELECT id FROM users WHERE number = 3) WHERE kind = 3 AND key = 'ann name'",
        "does not hold the claim on its user_name",
    ),
    (
        "UPDATE user_keys SET user_id = (SELECT id FROM users WHERE number = 3) WHERE kind = 3 AND key = 'ann name'",
        "the user does not hold what is claimed",
    ),
    (
        "INSERT INTO user_keys VALUES (1, 'bubble:other', (SELECT id FROM users WHERE number = 1), NULL)",
        "the user does not hold what is claimed",
    ),
    (
        "INSERT INTO user_keys VALUES (3, 'other', (SELECT id FROM users WHERE number = 1), 1)",
        "the user does not hold what is claimed",
    ),
    (
        "INSERT INTO user_keys VALUES (4, 'other', (SELECT id FROM users WHERE number = 1), 1)",
        "the user does not hold what is claimed",
    ),
    (
        "INSERT INTO user_keys VALUES (3, 'x', (SELECT id FROM users WHERE number = 2), 1)",
        "the user does not hold what is claimed",
    ),
    ("UPDATE user_keys SET folding = 7 WHERE kind = 3", "it was folded by other rules"),
    ("UPDATE meta SET unique_email = 0", "emails are not unique here"),
    // The user's own columns.
    ("UPDATE users SET email_folded = 'other' WHERE number = 1", "email_folded is not its email"),
    ("UPDATE users SET password_hash = 'plain' WHERE number = 1", "its password is not a hash"),
    (
        "UPDATE users SET password_hash = '$argon2id$x' WHERE number = 3",
        "a password that the history does not know of",
    ),
    ("UPDATE users SET phone = 'other' WHERE number = 1", "its phone is not what its history says"),
    ("UPDATE users SET phone = NULL WHERE number = 1", "its phone is not what its history says"),
    ("UPDATE users SET role = 'admin' WHERE number = 3", "its role is not what its history says"),
    (
        "UPDATE users SET producer_id = zeroblob(16) WHERE number = 1",
        "its producer_id is not what its history says",
    ),
    ("UPDATE users SET active = 1 WHERE number = 1", "its active is not what its history says"),
    ("UPDATE users SET created_at_us = 0 WHERE number = 1", "its created_at is not what its history says"),
    ("UPDATE users SET registered_at_us = 0 WHERE number = 1", "recorded at other times"),
    ("UPDATE users SET recorded_at_us = recorded_at_us + 1 WHERE number = 1", "recorded at other times"),
    ("UPDATE users SET deleted_at_us = NULL WHERE number = 2", "disagree on whether it was deleted"),
    (
        "UPDATE users SET field_versions = x'00' WHERE number = 1",
        "its field versions are not those of its history",
    ),
    ("UPDATE users SET version = 9 WHERE number = 1", "it ends at version 5, the user has 9"),
    (
        "UPDATE users SET data_key = (SELECT data_key FROM users WHERE number = 3) WHERE number = 1",
        "journal of user",
    ),
    // Elements, with those that were taken away.
    (
        "UPDATE links SET version = 3 WHERE source = 'second'",
        "of source second: it is not as the history says",
    ),
    (
        "UPDATE links SET external_id = 'back' WHERE source = 'second'",
        "of source second: it is not as the history says",
    ),
    ("DELETE FROM links WHERE source = 'second'", "a link that the history knows has no row"),
    (
        "INSERT INTO links SELECT id, 'new', NULL, 1 FROM users WHERE number = 1",
        "of source new: it is not as the history says",
    ),
    ("UPDATE grants SET granted = 1 WHERE client_id = 34", "for client 34: it is not as the history says"),
    ("UPDATE grants SET version = 2 WHERE client_id = 34", "for client 34: it is not as the history says"),
    ("DELETE FROM grants WHERE client_id = 34", "a grant that the history knows has no row"),
    (
        "INSERT INTO grants SELECT id, 7, '7', 1, 1 FROM users WHERE number = 1",
        "for client 7: it is not as the history says",
    ),
    // The journal.
    ("DELETE FROM journal WHERE version = 3", "there is no version 3"),
    ("DELETE FROM journal WHERE version = 5", "it ends at version 4, the user has 5"),
    (
        "UPDATE journal SET payload = randomblob(length(payload)) WHERE version = 4",
        "after version 3: the value can't be unsealed",
    ),
    (
        "UPDATE journal SET payload = (SELECT payload FROM journal AS other WHERE version = 2 \
      AND other.user_id = journal.user_id) WHERE version = 3",
        "after version 2: the value can't be unsealed",
    ),
    ("UPDATE journal SET field_ids = '3' WHERE version = 2", "it names other fields than it changes"),
    ("UPDATE journal SET recorded_at_us = 0 WHERE version = 2", "it was not recorded after the one before"),
    ("UPDATE journal SET n = 900 WHERE version = 3", "its position is not above the one before"),
    ("UPDATE journal SET kind = 'deleted' WHERE version = 3", "it changes a deleted user"),
    ("UPDATE journal SET kind = 'created' WHERE version = 3", "the first entry, and no other, creates"),
    ("UPDATE journal SET dialect = 'telnet' WHERE version = 3", "journal holds a value"),
    // Elements of what a user may have several of: user 5 has the elements 1 (its own email) and 3; 2 was taken away.
    (
        "INSERT INTO user_elements (user_id, id, attribute, version, is_there, is_own) VALUES (zeroblob(16), 1, 1, 1, 0, 0)",
        "user_elements of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    (
        "UPDATE user_elements SET attribute = 99 WHERE id = 3",
        "user with number 5: user_elements holds a value",
    ),
    ("UPDATE user_elements SET kind = 'x' WHERE id = 2", "CHECK constraint failed"),
    (
        "UPDATE user_elements SET value = 'x@y', value_folded = 'x@y' WHERE id = 3",
        "it is not as the history says",
    ),
    ("UPDATE user_elements SET value_folded = 'x@y' WHERE id = 3", "value_folded is not its value, folded"),
    ("UPDATE user_elements SET value_folded = NULL WHERE id = 3", "value_folded is not its value, folded"),
    ("UPDATE user_elements SET display = NULL WHERE id = 1", "it is not as the history says"),
    ("UPDATE user_elements SET is_primary = 0 WHERE id = 1", "it is not as the history says"),
    ("UPDATE user_elements SET is_there = 1 WHERE id = 2", "it is not as the history says"),
    ("UPDATE user_elements SET version = 1 WHERE id = 2", "it is not as the history says"),
    ("DELETE FROM user_elements WHERE id = 2", "an element that the history knows has no row"),
    (
        "INSERT INTO user_elements (user_id, id, attribute, version, is_there, is_own) \
         SELECT id, 9, 1, 1, 0, 0 FROM users WHERE number = 5",
        "it is not as the history says",
    ),
    ("UPDATE users SET last_element = 9 WHERE number = 5", "its last element is not that of its history"),
    ("UPDATE users SET last_element = 0 WHERE number = 5", "its last element is not that of its history"),
    // A link that user 6 has, and that leads to user 5.
    ("DELETE FROM shared_links", "it does not hold the claim on its link of source crm"),
    (
        "UPDATE shared_links SET user_id = zeroblob(16)",
        "shared_links of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    (
        "INSERT INTO shared_links SELECT 'crm', '1', id FROM users WHERE number = 3",
        "it has no such link of source crm",
    ),
    ("UPDATE shared_links SET external_id = '2'", "it has no such link of source crm"),
    // Groups: `Readers` has the user 5 as its one member, another was deleted.
    (
        "INSERT INTO group_members VALUES (zeroblob(16), (SELECT id FROM users WHERE number = 1), 0, NULL)",
        "group_members of group 00000000-0000-0000-0000-000000000000: there is no such group",
    ),
    (
        "INSERT INTO group_links VALUES (zeroblob(16), 'crm', '1')",
        "group_links of group 00000000-0000-0000-0000-000000000000: there is no such group",
    ),
    (
        "INSERT INTO group_members SELECT id, zeroblob(16), 0, NULL FROM groups",
        "group_members of user 00000000-0000-0000-0000-000000000000: there is no such user",
    ),
    (
        "INSERT INTO group_members SELECT groups.id, users.id, 0, NULL FROM groups, users WHERE users.number = 2",
        "the user was deleted",
    ),
    (
        "INSERT INTO group_members SELECT groups.id, users.id, 0, NULL FROM groups, users WHERE users.number = 3",
        "it is not as the history says",
    ),
    ("DELETE FROM group_members", "a member that the history knows has no row"),
    ("DELETE FROM group_links", "its links are not what its history says"),
    ("UPDATE groups SET version = 9", "its version is not that of its history"),
    ("UPDATE groups SET display_name = 'Other'", "its name is not what its history says"),
    ("UPDATE groups SET name_folded = 'other'", "name_folded is not its name, folded"),
    (
        "UPDATE groups SET recorded_at_us = recorded_at_us + 1",
        "it was recorded at other times than its history",
    ),
    ("UPDATE groups SET registered_at_us = 0", "it was recorded at other times than its history"),
    ("UPDATE groups SET display_name = char(0)", "groups holds a value"),
    ("DELETE FROM groups", "there is no such group, and its history does not delete it"),
    (
        "DELETE FROM group_journal WHERE kind = 'deleted'",
        "there is no such group, and its history does not delete it",
    ),
    ("DELETE FROM group_journal", "its version is not that of its history"),
    ("DELETE FROM group_journal WHERE version = 1", "it is not the version after the one before"),
    ("UPDATE group_journal SET kind = 'deleted' WHERE version = 2", "its history deletes it"),
    ("UPDATE group_journal SET kind = 'deleted' WHERE version = 1", "it changes a deleted group"),
    ("UPDATE group_journal SET kind = 'created' WHERE version = 2", "the first entry, and no other, creates"),
    (
        "UPDATE group_journal SET recorded_at_us = 0 WHERE version = 2",
        "it was not recorded after the one before",
    ),
    ("UPDATE group_journal SET payload = x'ff'", "group_journal holds a value"),
    (
        "UPDATE group_journal SET payload = (SELECT payload FROM group_journal AS first WHERE first.version = 1 \
         AND first.group_id = group_journal.group_id) WHERE version = 2",
        "what it changes does not follow from the entry before",
    ),
];
