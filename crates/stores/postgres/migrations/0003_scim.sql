-- What SCIM keeps besides: more plain fields, attributes that a user may have several of, and groups.
--
-- It adds alone. An older Roster beside this one leaves what it does not know as it is: it keeps a user's elements, and a user
-- that it deletes stays a member of its groups, where nobody is shown it.
--
-- Elements go by their user, memberships by their user too, and the journal of groups by the group: that is what a cluster may
-- distribute them by. `groups` has a key that is unique over all groups, and stays whole; `group_links` is small, and stays whole beside it.

-- No column has a CHECK: each row of a large table would be read for it.
ALTER TABLE users
    ADD COLUMN IF NOT EXISTS formatted_name text,
    ADD COLUMN IF NOT EXISTS middle_name text,
    ADD COLUMN IF NOT EXISTS honorific_prefix text,
    ADD COLUMN IF NOT EXISTS honorific_suffix text,
    ADD COLUMN IF NOT EXISTS nick_name text,
    ADD COLUMN IF NOT EXISTS profile_url text,
    ADD COLUMN IF NOT EXISTS title text,
    ADD COLUMN IF NOT EXISTS user_type text,
    ADD COLUMN IF NOT EXISTS locale text,
    ADD COLUMN IF NOT EXISTS timezone text,
    ADD COLUMN IF NOT EXISTS employee_number text,
    ADD COLUMN IF NOT EXISTS cost_center text,
    ADD COLUMN IF NOT EXISTS organization text,
    ADD COLUMN IF NOT EXISTS division text,
    ADD COLUMN IF NOT EXISTS department text,
    ADD COLUMN IF NOT EXISTS manager text,
    -- The greatest id that an element of the user was ever given. Of most users it is 0, and nobody looks for elements.
    ADD COLUMN IF NOT EXISTS last_element bigint NOT NULL DEFAULT 0;

-- What a user may have several of. An element that was taken away stays, without its contents, for its version.
CREATE TABLE IF NOT EXISTS user_elements (
    user_id uuid NOT NULL,
    id bigint NOT NULL CHECK (id >= 1),
    -- 1 an email, 2 a phone number, 3 a photo, 4 an address, 5 an instant messaging address, 6 a role, 7 an entitlement,
    -- 8 an X.509 certificate.
    attribute bigint NOT NULL CHECK (attribute >= 1),
    -- The user's version that last changed it.
    version bigint NOT NULL CHECK (version >= 1),
    is_there boolean NOT NULL,
    -- Whether its value is the directory's own: that is in the user's column alone (email, phone, avatar, role).
    is_own boolean NOT NULL,
    value text CHECK (value IS NULL OR NOT is_own),
    -- The value as it is compared.
    value_folded text COLLATE "C" CHECK ((value IS NULL) = (value_folded IS NULL)),
    kind text,
    display text,
    is_primary boolean,
    -- The parts of an address.
    formatted text,
    street_address text,
    locality text,
    region text,
    postal_code text,
    country text,
    PRIMARY KEY (user_id, id),
    CHECK (is_there OR (NOT is_own AND is_primary IS NULL
        AND coalesce(value, kind, display, formatted, street_address, locality, region, postal_code, country) IS NULL))
);

CREATE INDEX IF NOT EXISTS user_elements_by_value ON user_elements (attribute, value_folded, user_id) WHERE value_folded IS NOT NULL;

-- Links that lead to another user: SCIM does not ask that external ids be unique. No claim guards them.
CREATE TABLE IF NOT EXISTS shared_links (
    source text COLLATE "C" NOT NULL CHECK (source <> ''),
    external_id text COLLATE "C" NOT NULL CHECK (external_id <> ''),
    user_id uuid NOT NULL,
    PRIMARY KEY (source, external_id, user_id)
);

CREATE TABLE IF NOT EXISTS groups (
    id uuid PRIMARY KEY,
    -- One more at each change, of the members too.
    version bigint NOT NULL CHECK (version >= 1),
    display_name text NOT NULL CHECK (display_name <> ''),
    -- The name as it is compared.
    name_folded text COLLATE "C" NOT NULL UNIQUE CHECK (name_folded <> ''),
    registered_at_us bigint NOT NULL,
    recorded_at_us bigint NOT NULL CHECK (recorded_at_us >= registered_at_us)
);

-- What each source calls the group. It may call several the same.
CREATE TABLE IF NOT EXISTS group_links (
    group_id uuid NOT NULL,
    source text COLLATE "C" NOT NULL CHECK (source <> ''),
    external_id text COLLATE "C" NOT NULL CHECK (external_id <> ''),
    PRIMARY KEY (group_id, source)
);

CREATE INDEX IF NOT EXISTS group_links_by_external_id ON group_links (source, external_id);

-- Who is a member of which group.
CREATE TABLE IF NOT EXISTS group_members (
    group_id uuid NOT NULL,
    user_id uuid NOT NULL,
    since_us bigint NOT NULL,
    -- What whoever added it calls the member, if they said.
    display text,
    PRIMARY KEY (group_id, user_id)
);

CREATE INDEX IF NOT EXISTS group_members_by_user ON group_members (user_id, group_id);

-- What happened to groups: one row for each change of a group, which stays when the group goes. One change may be of
-- several: a user that is deleted leaves its groups. It holds no personal value, and is not sealed.
CREATE TABLE IF NOT EXISTS group_journal (
    group_id uuid NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    change_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('created', 'updated', 'deleted')),
    dialect text NOT NULL CHECK (dialect <> ''),
    -- Who: the API client, and the user on whose behalf, where known.
    client text NOT NULL,
    actor_user_id uuid,
    recorded_at_us bigint NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (group_id, version),
    UNIQUE (change_id, group_id)
);
