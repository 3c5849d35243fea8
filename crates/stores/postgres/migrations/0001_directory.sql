-- The directory: users with their links and grants, the claims that keep names unique, the journal and its feed, and
-- the registers.
--
-- Each statement is one step: it runs alone, and running it again changes nothing. Statements end with a semicolon at the
-- end of a line, and no other line does.
--
-- Times are microseconds since 1970 in UTC (`_us`), as the SQLite store has them: exact from the year 1 to 9999, the same in every
-- session, and copied between the two as they are. Texts that are compared or put in order are so byte by byte: COLLATE "C".
--
-- Rows of one user are found by the user's id: that is what a cluster may distribute them by. Claims and idempotency
-- records go by their keys, the feed by its stream. No key is unique without the column that its table is distributed by,
-- there are no foreign keys, sequences or triggers. `roster check` finds rows that lead nowhere.

-- One row: what every process over this store agrees on.
CREATE TABLE IF NOT EXISTS meta (
    singleton bigint PRIMARY KEY CHECK (singleton = 1),
    -- Positions in the feed hold within one epoch; moving to another store begins another.
    epoch uuid NOT NULL,
    -- The rules that every process over this store must follow.
    "references" text NOT NULL CHECK ("references" IN ('open', 'known')),
    unique_email boolean NOT NULL
);

-- What the processes over this store share and a thief of the database must not have: sealed under a master key.
CREATE TABLE IF NOT EXISTS secrets (
    name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
    -- One more at each change.
    version bigint NOT NULL CHECK (version >= 1),
    data_key bytea NOT NULL,
    sealed bytea NOT NULL
);

-- What is given out in blocks: the numbers of users. A process that ends leaves the rest of its block unused.
CREATE TABLE IF NOT EXISTS counters (
    name text COLLATE "C" PRIMARY KEY CHECK (name = 'number'),
    next bigint NOT NULL CHECK (next >= 1)
);

-- Nothing here is unique for a reason that a caller sees: that is what user_keys is for.
CREATE TABLE IF NOT EXISTS users (
    id uuid PRIMARY KEY,
    number bigint NOT NULL CHECK (number BETWEEN 1 AND 9007199254740992),
    version bigint NOT NULL CHECK (version >= 1),
    user_name text NOT NULL CHECK (user_name <> ''),
    user_name_chosen boolean NOT NULL,
    active boolean NOT NULL,
    -- Argon2id, in PHC form.
    password_hash text CHECK (password_hash LIKE '$%'),
    -- As the callers say; the server's own times follow.
    created_at_us bigint NOT NULL,
    updated_at_us bigint NOT NULL,
    registered_at_us bigint NOT NULL,
    recorded_at_us bigint NOT NULL CHECK (recorded_at_us >= registered_at_us),
    deleted_at_us bigint,
    -- Seals the user's journal entries; wrapped by a master key; empty once destroyed.
    data_key bytea NOT NULL,
    -- Which version last changed each field: pairs of field number and version.
    field_versions bytea NOT NULL,
    -- The email as it is compared; of living users alone.
    email_folded text COLLATE "C" CHECK (email_folded IS NULL OR (email IS NOT NULL AND deleted_at_us IS NULL)),
    display_name text,
    given_name text,
    family_name text,
    email text,
    email_verified boolean,
    phone text,
    language text,
    avatar text,
    status text,
    role text,
    signed_up boolean,
    staff boolean,
    control_tower boolean,
    last_login_us bigint,
    producer_id uuid,
    producer_external_id text,
    seller_id uuid,
    seller_external_id text,
    origin_id uuid,
    origin_external_id text
);

CREATE INDEX IF NOT EXISTS users_by_email ON users (email_folded, id) WHERE email_folded IS NOT NULL;

-- What each source calls the user. A link that was taken away stays, without its external id, for its version.
CREATE TABLE IF NOT EXISTS links (
    user_id uuid NOT NULL,
    source text COLLATE "C" NOT NULL CHECK (source <> ''),
    external_id text CHECK (external_id <> ''),
    -- The user's version that last changed it.
    version bigint NOT NULL CHECK (version >= 1),
    PRIMARY KEY (user_id, source)
);

-- The clients that the user may enter, and as what. A grant that was taken away stays, for its version.
CREATE TABLE IF NOT EXISTS grants (
    user_id uuid NOT NULL,
    client_id bigint NOT NULL CHECK (client_id >= 1),
    profile_id text COLLATE "C" NOT NULL CHECK (profile_id <> ''),
    granted boolean NOT NULL,
    -- The user's version that last changed it.
    version bigint NOT NULL CHECK (version >= 1),
    PRIMARY KEY (user_id, client_id, profile_id)
);

-- What one user alone may hold. Kinds: 1 a link (source:external id), 2 a number, 3 a user_name, 4 an email.
CREATE TABLE IF NOT EXISTS user_keys (
    kind bigint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    key text COLLATE "C" NOT NULL CHECK (key <> ''),
    user_id uuid NOT NULL,
    -- The version of the folding rules that made the key, of those that are folded.
    folding bigint CHECK ((kind >= 3) = (folding IS NOT NULL)),
    PRIMARY KEY (kind, key)
);

-- What happened: one row for each change of a user. The values are sealed with the user's data key.
CREATE TABLE IF NOT EXISTS journal (
    user_id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    change_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('created', 'updated', 'deleted')),
    dialect text NOT NULL CHECK (dialect <> ''),
    -- Who: the API client, and the user on whose behalf, where known.
    client text NOT NULL,
    actor_user_id uuid,
    recorded_at_us bigint NOT NULL,
    -- The numbers of the fields that changed: '5,13'.
    field_ids text NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (user_id, version),
    UNIQUE (user_id, change_id)
);

-- Entries of the journal that have no position in the feed yet: written with them, taken away by the sequencer.
CREATE TABLE IF NOT EXISTS outbox (
    stream bigint NOT NULL CHECK (stream BETWEEN 0 AND 63),
    recorded_at_us bigint NOT NULL,
    user_id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    PRIMARY KEY (stream, recorded_at_us, user_id)
);

-- The feed: the positions of the journal's entries, given to committed entries alone, and never given twice.
CREATE TABLE IF NOT EXISTS feed (
    stream bigint NOT NULL CHECK (stream BETWEEN 0 AND 63),
    n bigint NOT NULL CHECK (n >= 1),
    user_id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    PRIMARY KEY (stream, n),
    -- A user's stream follows from its id.
    UNIQUE (stream, user_id, version)
);

-- One row for each stream of the feed: its next position, and who may give it. Whoever takes a stream over raises its
-- fence; who holds an older one writes nothing more.
CREATE TABLE IF NOT EXISTS streams (
    stream bigint PRIMARY KEY CHECK (stream BETWEEN 0 AND 63),
    next_n bigint NOT NULL CHECK (next_n >= 1),
    holder uuid,
    fence bigint NOT NULL CHECK (fence >= 0),
    leased_until_us bigint NOT NULL
);

CREATE TABLE IF NOT EXISTS api_keys (
    id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    name text NOT NULL,
    source text NOT NULL CHECK (source <> ''),
    -- 'users:read,users:write'
    scopes text NOT NULL,
    created_at_us bigint NOT NULL,
    expires_at_us bigint,
    revoked_at_us bigint,
    last_used_at_us bigint
);

CREATE TABLE IF NOT EXISTS api_key_authorities (
    api_key_id text COLLATE "C" NOT NULL,
    authority text COLLATE "C" NOT NULL,
    PRIMARY KEY (api_key_id, authority)
);

-- Two at the most: a key that is being rotated has its old secret beside the new one.
CREATE TABLE IF NOT EXISTS api_key_secrets (
    api_key_id text COLLATE "C" NOT NULL,
    -- 0 is the newest.
    place bigint NOT NULL CHECK (place IN (0, 1)),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    created_at_us bigint NOT NULL,
    expires_at_us bigint,
    PRIMARY KEY (api_key_id, place)
);

CREATE TABLE IF NOT EXISTS revoked_tokens (
    jti text COLLATE "C" PRIMARY KEY CHECK (jti <> ''),
    revoked_at_us bigint NOT NULL,
    -- When the token expires: the row may go then.
    expires_at_us bigint NOT NULL
);

CREATE INDEX IF NOT EXISTS revoked_tokens_by_expiry ON revoked_tokens (expires_at_us);

CREATE TABLE IF NOT EXISTS organisations (
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('producer', 'seller', 'origin')),
    id uuid NOT NULL,
    external_id text COLLATE "C" NOT NULL CHECK (external_id <> ''),
    name text NOT NULL,
    PRIMARY KEY (kind, id),
    UNIQUE (kind, external_id)
);

CREATE TABLE IF NOT EXISTS clients (
    id bigint PRIMARY KEY CHECK (id >= 1),
    name text NOT NULL
);

CREATE TABLE IF NOT EXISTS profiles (
    id text COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    name text NOT NULL
);

-- Requests that carried an idempotency key, with what came of them: an effect and the user as it was then (sealed
-- with the user's data key), or a refusal.
CREATE TABLE IF NOT EXISTS idempotency (
    client text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL CHECK (key <> ''),
    -- An HMAC of the request.
    request bytea NOT NULL CHECK (length(request) = 32),
    effect text CHECK (effect IN ('created', 'updated', 'deleted', 'unchanged')),
    user_id uuid,
    snapshot bytea,
    refusal bytea,
    expires_at_us bigint NOT NULL,
    PRIMARY KEY (client, key),
    CHECK ((effect IS NULL) = (user_id IS NULL) AND (effect IS NULL) = (snapshot IS NULL)),
    CHECK ((effect IS NULL) <> (refusal IS NULL))
);

CREATE INDEX IF NOT EXISTS idempotency_by_expiry ON idempotency (expires_at_us);
