//! The attributes of a user in an enterprise (RFC 7643, 4.3).

use super::{Attribute, Schema};

const MANAGER: &[Attribute] = &[
    Attribute::string("value", "The identifier of the manager."),
    Attribute::reference("$ref", &["User"], "The URI of the manager.").read_only(),
    Attribute::string("displayName", "The name of the manager.").read_only(),
];

pub(super) static SCHEMA: Schema = Schema {
    urn: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
    name: "EnterpriseUser",
    description: "A user in an enterprise.",
    attributes: &[
        Attribute::string("employeeNumber", "The number of the employee."),
        Attribute::string("costCenter", "The cost centre."),
        Attribute::string("organization", "The organisation."),
        Attribute::string("division", "The division."),
        Attribute::string("department", "The department."),
        Attribute::complex("manager", MANAGER, "The manager of the user."),
    ],
};
