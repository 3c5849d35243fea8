-- The directory: users with their links and grants, the claims that keep names unique, the journal, and the registers.
--
-- Ids are UUIDs as 16 bytes; times are microseconds since 1970 in UTC (`_us`); booleans are 0 and 1. The views at the
-- end show the same with ids as text and times as ISO 8601.
--
-- A CHECK names at most two alternatives in an IN: of more, SQLite builds a table at each write.
--
-- There are no foreign keys: a user's rows are written in one transaction with the user and are never removed, and
-- `roster check` finds any that lead nowhere.

-- One row: what the whole store counts and agrees on.
CREATE TABLE meta (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 1),
    -- Positions in the journal hold within one epoch; a restore begins another.
    epoch BLOB NOT NULL CHECK (length(epoch) = 16),
    next_number INTEGER NOT NULL CHECK (next_number >= 1),
    next_position INTEGER NOT NULL CHECK (next_position >= 1),
    -- The rules that every process over this store must follow.
    "references" TEXT NOT NULL CHECK ("references" IN ('open', 'known')),
    unique_email INTEGER NOT NULL CHECK (unique_email IN (0, 1))
) STRICT;

-- Nothing here is unique for a reason that a caller sees: that is what user_keys is for.
CREATE TABLE users (
    number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 9007199254740992),
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    user_name TEXT NOT NULL CHECK (user_name <> ''),
    user_name_chosen INTEGER NOT NULL CHECK (user_name_chosen IN (0, 1)),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    -- Argon2id, in PHC form.
    password_hash TEXT CHECK (password_hash LIKE '$%'),
    -- As the callers say; the server's own times follow.
    created_at_us INTEGER NOT NULL,
    updated_at_us INTEGER NOT NULL,
    registered_at_us INTEGER NOT NULL,
    recorded_at_us INTEGER NOT NULL CHECK (recorded_at_us >= registered_at_us),
    deleted_at_us INTEGER,
    -- Seals the user's journal entries; wrapped by a master key; empty once destroyed.
    data_key BLOB NOT NULL,
    -- Which version last changed each field: pairs of field number and version.
    field_versions BLOB NOT NULL,
    -- The email as it is compared; of living users alone.
    email_folded TEXT CHECK (email_folded IS NULL OR (email IS NOT NULL AND deleted_at_us IS NULL)),
    display_name TEXT,
    given_name TEXT,
    family_name TEXT,
    email TEXT,
    email_verified INTEGER CHECK (email_verified IN (0, 1)),
    phone TEXT,
    language TEXT,
    avatar TEXT,
    status TEXT,
    role TEXT,
    signed_up INTEGER CHECK (signed_up IN (0, 1)),
    staff INTEGER CHECK (staff IN (0, 1)),
    control_tower INTEGER CHECK (control_tower IN (0, 1)),
    last_login_us INTEGER,
    producer_id BLOB CHECK (length(producer_id) = 16),
    producer_external_id TEXT,
    seller_id BLOB CHECK (length(seller_id) = 16),
    seller_external_id TEXT,
    origin_id BLOB CHECK (length(origin_id) = 16),
    origin_external_id TEXT
) STRICT;

CREATE INDEX users_by_email ON users (email_folded, id) WHERE email_folded IS NOT NULL;
CREATE INDEX users_by_recording ON users (recorded_at_us, id) WHERE deleted_at_us IS NULL;

-- What each source calls the user. A link that was taken away stays, without its external id, for its version.
CREATE TABLE links (
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    source TEXT NOT NULL CHECK (source <> ''),
    external_id TEXT CHECK (external_id <> ''),
    -- The user's version that last changed it.
    version INTEGER NOT NULL CHECK (version >= 1),
    PRIMARY KEY (user_id, source)
) STRICT, WITHOUT ROWID;

-- The clients that the user may enter, and as what. A grant that was taken away stays, for its version.
CREATE TABLE grants (
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    client_id INTEGER NOT NULL CHECK (client_id >= 1),
    profile_id TEXT NOT NULL CHECK (profile_id <> ''),
    granted INTEGER NOT NULL CHECK (granted IN (0, 1)),
    -- The user's version that last changed it.
    version INTEGER NOT NULL CHECK (version >= 1),
    PRIMARY KEY (user_id, client_id, profile_id)
) STRICT, WITHOUT ROWID;

-- What one user alone may hold. Kinds: 1 a link (source:external id), 2 a number, 3 a user_name, 4 an email.
CREATE TABLE user_keys (
    kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4),
    key TEXT NOT NULL CHECK (key <> ''),
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    -- The version of the folding rules that made the key, of those that are folded.
    folding INTEGER CHECK ((kind >= 3) = (folding IS NOT NULL)),
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- What happened: one row for each change of a user. The values are sealed with the user's data key.
CREATE TABLE journal (
    -- The position in the feed; given inside the commit, never given twice.
    n INTEGER PRIMARY KEY CHECK (n >= 1),
    stream INTEGER NOT NULL CHECK (stream = 0),
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    change_id BLOB NOT NULL UNIQUE CHECK (length(change_id) = 16),
    kind TEXT NOT NULL CHECK (kind = 'created' OR kind = 'updated' OR kind = 'deleted'),
    dialect TEXT NOT NULL CHECK (dialect <> ''),
    -- Who: the API client, and the user on whose behalf, where known.
    client TEXT NOT NULL,
    actor_user_id BLOB CHECK (length(actor_user_id) = 16),
    recorded_at_us INTEGER NOT NULL,
    -- The numbers of the fields that changed: '5,13'.
    field_ids TEXT NOT NULL,
    payload BLOB NOT NULL,
    UNIQUE (user_id, version)
) STRICT;

CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    name TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source <> ''),
    -- 'users:read,users:write'
    scopes TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    expires_at_us INTEGER,
    revoked_at_us INTEGER,
    last_used_at_us INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key_authorities (
    api_key_id TEXT NOT NULL,
    authority TEXT NOT NULL,
    PRIMARY KEY (api_key_id, authority)
) STRICT, WITHOUT ROWID;

-- Two at the most: a key that is being rotated has its old secret beside the new one.
CREATE TABLE api_key_secrets (
    api_key_id TEXT NOT NULL,
    -- 0 is the newest.
    place INTEGER NOT NULL CHECK (place IN (0, 1)),
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    created_at_us INTEGER NOT NULL,
    expires_at_us INTEGER,
    PRIMARY KEY (api_key_id, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE revoked_tokens (
    jti TEXT NOT NULL PRIMARY KEY CHECK (jti <> ''),
    revoked_at_us INTEGER NOT NULL,
    -- When the token expires: the row may go then.
    expires_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at_us);

CREATE TABLE organisations (
    kind TEXT NOT NULL CHECK (kind = 'producer' OR kind = 'seller' OR kind = 'origin'),
    id BLOB NOT NULL CHECK (length(id) = 16),
    external_id TEXT NOT NULL CHECK (external_id <> ''),
    name TEXT NOT NULL,
    PRIMARY KEY (kind, id),
    UNIQUE (kind, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE clients (
    id INTEGER PRIMARY KEY CHECK (id >= 1),
    name TEXT NOT NULL
) STRICT;

CREATE TABLE profiles (
    id TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Requests that carried an idempotency key, with what came of them: an effect and the user as it was then (sealed
-- with the user's data key), or a refusal.
CREATE TABLE idempotency (
    client TEXT NOT NULL,
    key TEXT NOT NULL CHECK (key <> ''),
    -- An HMAC of the request.
    request BLOB NOT NULL CHECK (length(request) = 32),
    effect TEXT CHECK (effect = 'created' OR effect = 'updated' OR effect = 'deleted' OR effect = 'unchanged'),
    user_id BLOB CHECK (length(user_id) = 16),
    snapshot BLOB,
    refusal BLOB,
    expires_at_us INTEGER NOT NULL,
    PRIMARY KEY (client, key),
    CHECK ((effect IS NULL) = (user_id IS NULL) AND (effect IS NULL) = (snapshot IS NULL)),
    CHECK ((effect IS NULL) <> (refusal IS NULL))
) STRICT;

CREATE INDEX idempotency_by_expiry ON idempotency (expires_at_us);

-- The same for people.

CREATE VIEW users_readable AS
SELECT
    number,
    substr(lower(hex(id)), 1, 8) || '-' || substr(lower(hex(id)), 9, 4) || '-' || substr(lower(hex(id)), 13, 4)
        || '-' || substr(lower(hex(id)), 17, 4) || '-' || substr(lower(hex(id)), 21) AS id,
    version,
    user_name,
    user_name_chosen,
    active,
    password_hash IS NOT NULL AS has_password,
    strftime('%Y-%m-%dT%H:%M:%S', (created_at_us - ((created_at_us % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
        || printf('.%06dZ', ((created_at_us % 1000000) + 1000000) % 1000000) AS created_at,
    strftime('%Y-%m-%dT%H:%M:%S', (updated_at_us - ((updated_at_us % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
        || printf('.%06dZ', ((updated_at_us % 1000000) + 1000000) % 1000000) AS updated_at,
    strftime('%Y-%m-%dT%H:%M:%S', (registered_at_us - ((registered_at_us % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
        || printf('.%06dZ', ((registered_at_us % 1000000) + 1000000) % 1000000) AS registered_at,
    strftime('%Y-%m-%dT%H:%M:%S', (recorded_at_us - ((recorded_at_us % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
        || printf('.%06dZ', ((recorded_at_us % 1000000) + 1000000) % 1000000) AS recorded_at,
    strftime('%Y-%m-%dT%H:%M:%S', (deleted_at_us - ((deleted_at_us % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
        || printf('.%06dZ', ((deleted_at_us % 1000000) + 1000000) % 1000000) AS deleted_at,
    display_name,
    given_name,
    family_name,
    email,
    email_verified,
    phone,
    language,
    avatar,
    status,
    role,
    signed_up,
    staff,
    control_tower,
    strftime('%Y-%m-%dT%H:%M:%S', (last_login_us - ((last_login_us % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
        || printf('.%06dZ', ((last_login_us % 1000000) + 1000000) % 1000000) AS last_login,
    substr(lower(hex(producer_id)), 1, 8) || '-' || substr(lower(hex(producer_id)), 9, 4) || '-' || substr(lower(hex(producer_id)), 13, 4)
        || '-' || substr(lower(hex(producer_id)), 17, 4) || '-' || substr(lower(hex(producer_id)), 21) AS producer_id,
    producer_external_id,
    substr(lower(hex(seller_id)), 1, 8) || '-' || substr(lower(hex(seller_id)), 9, 4) || '-' || substr(lower(hex(seller_id)), 13, 4)
        || '-' || substr(lower(hex(seller_id)), 17, 4) || '-' || substr(lower(hex(seller_id)), 21) AS seller_id,
    seller_external_id,
    substr(lower(hex(origin_id)), 1, 8) || '-' || substr(lower(hex(origin_id)), 9, 4) || '-' || substr(lower(hex(origin_id)), 13, 4)
        || '-' || substr(lower(hex(origin_id)), 17, 4) || '-' || substr(lower(hex(origin_id)), 21) AS origin_id,
    origin_external_id
FROM users;

CREATE VIEW links_readable AS
SELECT
    substr(lower(hex(user_id)), 1, 8) || '-' || substr(lower(hex(user_id)), 9, 4) || '-' || substr(lower(hex(user_id)), 13, 4)
        || '-' || substr(lower(hex(user_id)), 17, 4) || '-' || substr(lower(hex(user_id)), 21) AS user_id,
    source,
    external_id,
    version
FROM links;

CREATE VIEW grants_readable AS
SELECT
    substr(lower(hex(user_id)), 1, 8) || '-' || substr(lower(hex(user_id)), 9, 4) || '-' || substr(lower(hex(user_id)), 13, 4)
        || '-' || substr(lower(hex(user_id)), 17, 4) || '-' || substr(lower(hex(user_id)), 21) AS user_id,
    client_id,
    profile_id,
    granted,
    version
FROM grants;

CREATE VIEW user_keys_readable AS
SELECT
    CASE kind WHEN 1 THEN 'link' WHEN 2 THEN 'number' WHEN 3 THEN 'user_name' ELSE 'email' END AS kind,
    key,
    substr(lower(hex(user_id)), 1, 8) || '-' || substr(lower(hex(user_id)), 9, 4) || '-' || substr(lower(hex(user_id)), 13, 4)
        || '-' || substr(lower(hex(user_id)), 17, 4) || '-' || substr(lower(hex(user_id)), 21) AS user_id,
    folding
FROM user_keys;

CREATE VIEW journal_readable AS
SELECT
    n,
    substr(lower(hex(user_id)), 1, 8) || '-' || substr(lower(hex(user_id)), 9, 4) || '-' || substr(lower(hex(user_id)), 13, 4)
        || '-' || substr(lower(hex(user_id)), 17, 4) || '-' || substr(lower(hex(user_id)), 21) AS user_id,
    version,
    substr(lower(hex(change_id)), 1, 8) || '-' || substr(lower(hex(change_id)), 9, 4) || '-' || substr(lower(hex(change_id)), 13, 4)
        || '-' || substr(lower(hex(change_id)), 17, 4) || '-' || substr(lower(hex(change_id)), 21) AS change_id,
    kind,
    dialect,
    client,
    substr(lower(hex(actor_user_id)), 1, 8) || '-' || substr(lower(hex(actor_user_id)), 9, 4) || '-' || substr(lower(hex(actor_user_id)), 13, 4)
        || '-' || substr(lower(hex(actor_user_id)), 17, 4) || '-' || substr(lower(hex(actor_user_id)), 21) AS actor_user_id,
    strftime('%Y-%m-%dT%H:%M:%S', (recorded_at_us - ((recorded_at_us % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
        || printf('.%06dZ', ((recorded_at_us % 1000000) + 1000000) % 1000000) AS recorded_at,
    field_ids
FROM journal;
