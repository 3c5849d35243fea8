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
    /// The status that it is refused with, where the collection's credentials can't make it succeed.
    pub(super) refused: Option<u16>,
}

const fn step(folder: &'static str, operation: &'static str) -> Step {
    Step { operation, folder, set: &[], form: &[], save: None, refused: None }
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

    const fn refused(self, status: u16) -> Self {
        Self { refused: Some(status), ..self }
    }
}

const USER: &[(&str, &str)] = &[("id", "{{userId}}")];
const ORGANISATION: &[(&str, &str)] = &[("kind", "producer"), ("id", "50658c1e-356e-4407-b120-d110552292d8")];
const SCIM_USER: &[(&str, &str)] = &[("id", "{{scimUserId}}")];
const SCIM_GROUP: &[(&str, &str)] = &[("id", "{{scimGroupId}}")];
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
    step("SCIM", "scimServiceProviderConfig"),
    step("SCIM", "scimResourceTypes"),
    step("SCIM", "scimResourceType"),
    step("SCIM", "scimSchemas"),
    step("SCIM", "scimSchema"),
    step("SCIM", "scimCreateUser").save("scimUserId", "id"),
    step("SCIM", "scimListUsers"),
    step("SCIM", "scimSearchUsers"),
    step("SCIM", "scimGetUser").with(SCIM_USER),
    step("SCIM", "scimReplaceUser").with(SCIM_USER),
    step("SCIM", "scimPatchUser").with(SCIM_USER),
    step("SCIM", "scimCreateGroup").save("scimGroupId", "id"),
    step("SCIM", "scimListGroups"),
    step("SCIM", "scimSearchGroups"),
    step("SCIM", "scimGetGroup").with(SCIM_GROUP),
    step("SCIM", "scimReplaceGroup").with(SCIM_GROUP),
    step("SCIM", "scimPatchGroup").with(SCIM_GROUP),
    step("SCIM", "scimSearch"),
    step("SCIM", "scimBulk"),
    // An API key is no user's.
    step("SCIM", "scimGetMe").refused(404),
    step("SCIM", "scimReplaceMe").refused(404),
    step("SCIM", "scimPatchMe").refused(404),
    step("SCIM", "scimDeleteMe").refused(404),
    step(LAST, "scimDeleteGroup").with(SCIM_GROUP),
    step(LAST, "scimDeleteUser").with(SCIM_USER),
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
