//! In which order the operations are called, and with what.
//!
//! A new operation needs a step here: the collection is not made without it.

/// A call of one operation.
pub(super) struct Step {
    /// The operation's id.
    pub(super) operation: &'static str,
    /// The folder that it is in.
    pub(super) folder: &'static str,
    /// Values of parameters that differ from the examples in the document.
    pub(super) set: &'static [(&'static str, &'static str)],
    /// The fields of a form.
    pub(super) form: &'static [(&'static str, &'static str)],
    /// A variable, and the member of the answer that it takes.
    pub(super) save: Option<(&'static str, &'static str)>,
}

const fn step(folder: &'static str, operation: &'static str) -> Step {
    Step { operation, folder, set: &[], form: &[], save: None }
}

impl Step {
    const fn with(self, set: &'static [(&'static str, &'static str)]) -> Self {
        Self { set, ..self }
    }

    const fn form(self, form: &'static [(&'static str, &'static str)]) -> Self {
        Self { form, ..self }
    }

    const fn save(self, variable: &'static str, member: &'static str) -> Self {
        Self { save: Some((variable, member)), ..self }
    }
}

const USER: &[(&str, &str)] = &[("id", "{{userId}}")];
const ORGANISATION: &[(&str, &str)] = &[("kind", "producer"), ("id", "50658c1e-356e-4407-b120-d110552292d8")];
const LAST: &str = "Taking it back";

/// The steps. What later ones need, earlier ones make.
pub(super) const STEPS: &[Step] = &[
    step("Algorep", "algorepUpsertUser").save("userId", "id"),
    step("Zynchro", "zynchroUpdateUser"),
    step("Tokens", "oauthToken")
        .form(&[("grant_type", "client_credentials")])
        .save("accessToken", "access_token"),
    step("Tokens", "oauthRevoke").form(&[("token", "{{accessToken}}")]),
    step("Registers", "putOrganisation").with(ORGANISATION),
    step("Registers", "getOrganisation").with(ORGANISATION),
    step("Registers", "listOrganisations").with(&[("kind", "producer")]),
    step("Registers", "putClient"),
    step("Registers", "getClient"),
    step("Registers", "listClients"),
    step("Registers", "putProfile"),
    step("Registers", "getProfile"),
    step("Registers", "listProfiles"),
    step("Users", "listUsers"),
    step("Users", "getUserByNumber"),
    step("Users", "patchUserByLink"),
    step("Users", "getUserByLink"),
    step("Users", "patchUser").with(USER),
    step("Users", "getUser").with(USER),
    step("Grants", "putUserGrant").with(USER),
    step("Grants", "listUserGrants").with(USER),
    step("History", "getUserHistory").with(USER),
    step(LAST, "deleteUserGrant").with(USER),
    step(LAST, "deleteUser").with(USER),
    step(LAST, "deleteProfile"),
    step(LAST, "deleteClient"),
    step(LAST, "deleteOrganisation").with(ORGANISATION),
    step("Operations", "livez"),
    step("Operations", "readyz"),
    step("Operations", "metrics"),
    step("Operations", "openapi"),
    step("Operations", "docs"),
];
