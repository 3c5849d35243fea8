-- What SCIM keeps besides: more plain fields, attributes that a user may have several of, and groups.
--
-- It adds alone: a Roster that was started before knows nothing of it, and goes on.

ALTER TABLE users ADD COLUMN formatted_name TEXT;
ALTER TABLE users ADD COLUMN middle_name TEXT;
ALTER TABLE users ADD COLUMN honorific_prefix TEXT;
ALTER TABLE users ADD COLUMN honorific_suffix TEXT;
ALTER TABLE users ADD COLUMN nick_name TEXT;
ALTER TABLE users ADD COLUMN profile_url TEXT;
ALTER TABLE users ADD COLUMN title TEXT;
ALTER TABLE users ADD COLUMN user_type TEXT;
ALTER TABLE users ADD COLUMN locale TEXT;
ALTER TABLE users ADD COLUMN timezone TEXT;
ALTER TABLE users ADD COLUMN employee_number TEXT;
ALTER TABLE users ADD COLUMN cost_center TEXT;
ALTER TABLE users ADD COLUMN organization TEXT;
ALTER TABLE users ADD COLUMN division TEXT;
ALTER TABLE users ADD COLUMN department TEXT;
ALTER TABLE users ADD COLUMN manager TEXT;
-- The greatest id that an element of the user was ever given. Of most users it is 0, and nobody looks for elements.
ALTER TABLE users ADD COLUMN last_element INTEGER NOT NULL DEFAULT 0 CHECK (last_element >= 0);

-- Few users were deleted: so many are counted, and taken from all, where the living ones are to be counted.
CREATE INDEX users_by_deletion ON users (deleted_at_us) WHERE deleted_at_us IS NOT NULL;

-- What a user may have several of. An element that was taken away stays, without its contents, for its version.
CREATE TABLE user_elements (
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    id INTEGER NOT NULL CHECK (id >= 1),
    -- 1 an email, 2 a phone number, 3 a photo, 4 an address, 5 an instant messaging address, 6 a role, 7 an entitlement,
    -- 8 an X.509 certificate.
    attribute INTEGER NOT NULL CHECK (attribute >= 1),
    -- The user's version that last changed it.
    version INTEGER NOT NULL CHECK (version >= 1),
    is_there INTEGER NOT NULL CHECK (is_there IN (0, 1)),
    -- Whether its value is the directory's own: that is in the user's column alone (email, phone, avatar, role).
    is_own INTEGER NOT NULL CHECK (is_own IN (0, 1)),
    value TEXT CHECK (value IS NULL OR is_own = 0),
    -- The value as it is compared.
    value_folded TEXT CHECK ((value IS NULL) = (value_folded IS NULL)),
    kind TEXT,
    display TEXT,
    is_primary INTEGER CHECK (is_primary IN (0, 1)),
    -- The parts of an address.
    formatted TEXT,
    street_address TEXT,
    locality TEXT,
    region TEXT,
    postal_code TEXT,
    country TEXT,
    PRIMARY KEY (user_id, id),
    CHECK (is_there = 1 OR (is_own = 0
        AND coalesce(value, kind, display, is_primary, formatted, street_address, locality, region, postal_code, country) IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX user_elements_by_value ON user_elements (attribute, value_folded, user_id) WHERE value_folded IS NOT NULL;

-- Links that lead to another user: SCIM does not ask that external ids be unique. No claim guards them.
CREATE TABLE shared_links (
    source TEXT NOT NULL CHECK (source <> ''),
    external_id TEXT NOT NULL CHECK (external_id <> ''),
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    PRIMARY KEY (source, external_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE groups (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    display_name TEXT NOT NULL CHECK (display_name <> ''),
    -- The name as it is compared.
    name_folded TEXT NOT NULL UNIQUE CHECK (name_folded <> ''),
    registered_at_us INTEGER NOT NULL,
    recorded_at_us INTEGER NOT NULL CHECK (recorded_at_us >= registered_at_us)
) STRICT, WITHOUT ROWID;

-- What each source calls the group. It may call several the same.
CREATE TABLE group_links (
    group_id BLOB NOT NULL CHECK (length(group_id) = 16),
    source TEXT NOT NULL CHECK (source <> ''),
    external_id TEXT NOT NULL CHECK (external_id <> ''),
    PRIMARY KEY (group_id, source)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_links_by_external_id ON group_links (source, external_id);

-- Who is a member of which group: living users alone.
CREATE TABLE group_members (
    group_id BLOB NOT NULL CHECK (length(group_id) = 16),
    user_id BLOB NOT NULL CHECK (length(user_id) = 16),
    since_us INTEGER NOT NULL,
    -- What whoever added it calls the member, if they said.
    display TEXT,
    PRIMARY KEY (group_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX group_members_by_user ON group_members (user_id, group_id);

-- What happened to groups: one row for each change of a group, which stays when the group goes. One change may be of
-- several: a user that is deleted leaves its groups. It holds no personal value, and is not sealed.
CREATE TABLE group_journal (
    group_id BLOB NOT NULL CHECK (length(group_id) = 16),
    version INTEGER NOT NULL CHECK (version >= 1),
    change_id BLOB NOT NULL CHECK (length(change_id) = 16),
    kind TEXT NOT NULL CHECK (kind = 'created' OR kind = 'updated' OR kind = 'deleted'),
    dialect TEXT NOT NULL CHECK (dialect <> ''),
    -- Who: the API client, and the user on whose behalf, where known.
    client TEXT NOT NULL,
    actor_user_id BLOB CHECK (length(actor_user_id) = 16),
    recorded_at_us INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (group_id, version),
    UNIQUE (change_id, group_id)
) STRICT;

-- The same for people.

DROP VIEW users_readable;

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
    origin_external_id,
    formatted_name,
    middle_name,
    honorific_prefix,
    honorific_suffix,
    nick_name,
    profile_url,
    title,
    user_type,
    locale,
    timezone,
    employee_number,
    cost_center,
    organization,
    division,
    department,
    manager
FROM users;

CREATE VIEW user_elements_readable AS
SELECT
    substr(lower(hex(user_id)), 1, 8) || '-' || substr(lower(hex(user_id)), 9, 4) || '-' || substr(lower(hex(user_id)), 13, 4)
        || '-' || substr(lower(hex(user_id)), 17, 4) || '-' || substr(lower(hex(user_id)), 21) AS user_id,
    id,
    CASE attribute WHEN 1 THEN 'emails' WHEN 2 THEN 'phoneNumbers' WHEN 3 THEN 'photos' WHEN 4 THEN 'addresses'
        WHEN 5 THEN 'ims' WHEN 6 THEN 'roles' WHEN 7 THEN 'entitlements' WHEN 8 THEN 'x509Certificates' END AS attribute,
    version,
    is_there,
    is_own,
    value,
    kind,
    display,
    is_primary,
    formatted,
    street_address,
    locality,
    region,
    postal_code,
    country
FROM user_elements;

CREATE VIEW shared_links_readable AS
SELECT
    source,
    external_id,
    substr(lower(hex(user_id)), 1, 8) || '-' || substr(lower(hex(user_id)), 9, 4) || '-' || substr(lower(hex(user_id)), 13, 4)
        || '-' || substr(lower(hex(user_id)), 17, 4) || '-' || substr(lower(hex(user_id)), 21) AS user_id
FROM shared_links;

CREATE VIEW groups_readable AS
SELECT
    substr(lower(hex(id)), 1, 8) || '-' || substr(lower(hex(id)), 9, 4) || '-' || substr(lower(hex(id)), 13, 4)
        || '-' || substr(lower(hex(id)), 17, 4) || '-' || substr(lower(hex(id)), 21) AS id,
    version,
    display_name,
    strftime('%Y-%m-%dT%H:%M:%S', (registered_at_us - ((registered_at_us % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
        || printf('.%06dZ', ((registered_at_us % 1000000) + 1000000) % 1000000) AS registered_at,
    strftime('%Y-%m-%dT%H:%M:%S', (recorded_at_us - ((recorded_at_us % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
        || printf('.%06dZ', ((recorded_at_us % 1000000) + 1000000) % 1000000) AS recorded_at
FROM groups;

CREATE VIEW group_links_readable AS
SELECT
    substr(lower(hex(group_id)), 1, 8) || '-' || substr(lower(hex(group_id)), 9, 4) || '-' || substr(lower(hex(group_id)), 13, 4)
        || '-' || substr(lower(hex(group_id)), 17, 4) || '-' || substr(lower(hex(group_id)), 21) AS group_id,
    source,
    external_id
FROM group_links;

CREATE VIEW group_members_readable AS
SELECT
    substr(lower(hex(group_id)), 1, 8) || '-' || substr(lower(hex(group_id)), 9, 4) || '-' || substr(lower(hex(group_id)), 13, 4)
        || '-' || substr(lower(hex(group_id)), 17, 4) || '-' || substr(lower(hex(group_id)), 21) AS group_id,
    substr(lower(hex(user_id)), 1, 8) || '-' || substr(lower(hex(user_id)), 9, 4) || '-' || substr(lower(hex(user_id)), 13, 4)
        || '-' || substr(lower(hex(user_id)), 17, 4) || '-' || substr(lower(hex(user_id)), 21) AS user_id,
    strftime('%Y-%m-%dT%H:%M:%S', (since_us - ((since_us % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
        || printf('.%06dZ', ((since_us % 1000000) + 1000000) % 1000000) AS since,
    display
FROM group_members;

CREATE VIEW group_journal_readable AS
SELECT
    substr(lower(hex(group_id)), 1, 8) || '-' || substr(lower(hex(group_id)), 9, 4) || '-' || substr(lower(hex(group_id)), 13, 4)
        || '-' || substr(lower(hex(group_id)), 17, 4) || '-' || substr(lower(hex(group_id)), 21) AS group_id,
    version,
    substr(lower(hex(change_id)), 1, 8) || '-' || substr(lower(hex(change_id)), 9, 4) || '-' || substr(lower(hex(change_id)), 13, 4)
        || '-' || substr(lower(hex(change_id)), 17, 4) || '-' || substr(lower(hex(change_id)), 21) AS change_id,
    kind,
    dialect,
    client,
    substr(lower(hex(actor_user_id)), 1, 8) || '-' || substr(lower(hex(actor_user_id)), 9, 4) || '-' || substr(lower(hex(actor_user_id)), 13, 4)
        || '-' || substr(lower(hex(actor_user_id)), 17, 4) || '-' || substr(lower(hex(actor_user_id)), 21) AS actor_user_id,
    strftime('%Y-%m-%dT%H:%M:%S', (recorded_at_us - ((recorded_at_us % 1000000) + 1000000) % 1000000) / 1000000, 'unixepoch')
        || printf('.%06dZ', ((recorded_at_us % 1000000) + 1000000) % 1000000) AS recorded_at
FROM group_journal;
