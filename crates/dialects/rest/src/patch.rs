//! A JSON merge patch (RFC 7396) of a user: absent keeps, null clears, a value sets.

mod elements;
#[cfg(test)]
mod tests;

use roster_directory as directory;
use roster_directory::value::parse_uuid;
use roster_directory::{
    Avatar, Change, ElementsPatch, Email, FaultAt, Field, Grant, Password, ProfilePatch, Resolution,
    TakenLinks, Timestamp, UserName, UserPatch,
};
use roster_wire::Object;

use crate::fault::{Fault, pointer};
use crate::reader::{self, Reader};

/// What [`crate::user_json`] shows and no caller sets.
pub(crate) const READ_ONLY: &[&str] = &["id", "number", "version", "recorded_at", "deleted_at"];

/// What a merge patch asks for, as far as it could be read.
#[derive(Debug, Clone, Default)]
pub struct PatchRequest {
    /// What to change. Fields at fault are kept as they are.
    pub patch: UserPatch,
    /// What to do with the password.
    pub password: Change<Password>,
    /// Every fault that the document shows by itself.
    pub faults: Vec<Fault>,
    /// The grants in the order in which they were sent.
    grants: Vec<(usize, Grant)>,
}

impl PatchRequest {
    /// A fault that the directory found in the patch, at its place in the document that was sent.
    pub fn locate(&self, fault: directory::Fault) -> Fault {
        let place = |grant: &Grant, member| {
            let sent = self.grants.iter().find(|(_, sent)| sent == grant);
            sent.map(|(index, _)| pointer(&format!("/{}/{index}", Field::Grants.name()), member))
        };
        let found = match &fault.at {
            FaultAt::GrantClient(grant) => place(grant, elements::CLIENT_ID),
            FaultAt::GrantProfile(grant) => place(grant, elements::PROFILE_ID),
            FaultAt::Field(_) | FaultAt::Link(_) | FaultAt::GroupName | FaultAt::Member(_) => None,
        };
        match found {
            Some(pointer) => Fault::at_pointer(pointer, fault.reason.to_string()),
            None => fault.into(),
        }
    }
}

/// Reads a merge patch to its last fault.
pub fn patch_from_json(body: &[u8]) -> PatchRequest {
    let mut request = PatchRequest::default();
    if let Some(object) = reader::object(body, &mut request.faults) {
        request.read(&object);
    }
    request
}

impl PatchRequest {
    fn read(&mut self, object: &Object<'_>) {
        let mut reader = Reader::new(object, "", &mut self.faults);
        let user_name = reader.parsed(Field::UserName.name(), UserName::new);
        let profile = profile(&mut reader);
        let active = reader.boolean(Field::Active.name());
        let active = reader.not_null(Field::Active.name(), active);
        self.password = reader.parsed(Field::Password.name(), Password::new);
        let links = elements::links(&mut reader);
        let (grants, sent) = elements::grants(&mut reader);
        self.grants = sent;
        let created_at = reader.parsed(Field::CreatedAt.name(), Timestamp::parse_rfc3339);
        let updated_at = reader.parsed(Field::UpdatedAt.name(), Timestamp::parse_rfc3339);
        let updated_at = reader.not_null(Field::UpdatedAt.name(), updated_at);
        reader.finish(READ_ONLY);
        let last_login_resolution = Resolution::Exact;
        self.patch = UserPatch {
            user_name,
            active,
            profile,
            last_login_resolution,
            links,
            taken_links: TakenLinks::Refuse,
            grants,
            elements: ElementsPatch::new(),
            created_at,
            updated_at,
        };
    }
}

fn profile(reader: &mut Reader<'_, '_, '_>) -> ProfilePatch {
    ProfilePatch {
        display_name: reader.text(Field::DisplayName.name()),
        given_name: reader.text(Field::GivenName.name()),
        family_name: reader.text(Field::FamilyName.name()),
        email: reader.parsed(Field::Email.name(), Email::new),
        email_verified: reader.boolean(Field::EmailVerified.name()),
        phone: reader.text(Field::Phone.name()),
        language: reader.text(Field::Language.name()),
        avatar: reader.parsed(Field::Avatar.name(), Avatar::new),
        status: reader.text(Field::Status.name()),
        role: reader.text(Field::Role.name()),
        signed_up: reader.boolean(Field::SignedUp.name()),
        staff: reader.boolean(Field::Staff.name()),
        control_tower: reader.boolean(Field::ControlTower.name()),
        last_login: reader.parsed(Field::LastLogin.name(), Timestamp::parse_rfc3339),
        producer_id: reader.parsed(Field::ProducerId.name(), parse_uuid),
        producer_external_id: reader.text(Field::ProducerExternalId.name()),
        seller_id: reader.parsed(Field::SellerId.name(), parse_uuid),
        seller_external_id: reader.text(Field::SellerExternalId.name()),
        origin_id: reader.parsed(Field::OriginId.name(), parse_uuid),
        origin_external_id: reader.text(Field::OriginExternalId.name()),
        formatted_name: reader.text(Field::FormattedName.name()),
        middle_name: reader.text(Field::MiddleName.name()),
        honorific_prefix: reader.text(Field::HonorificPrefix.name()),
        honorific_suffix: reader.text(Field::HonorificSuffix.name()),
        nick_name: reader.text(Field::NickName.name()),
        profile_url: reader.text(Field::ProfileUrl.name()),
        title: reader.text(Field::Title.name()),
        user_type: reader.text(Field::UserType.name()),
        locale: reader.text(Field::Locale.name()),
        timezone: reader.text(Field::Timezone.name()),
        employee_number: reader.text(Field::EmployeeNumber.name()),
        cost_center: reader.text(Field::CostCenter.name()),
        organization: reader.text(Field::Organization.name()),
        division: reader.text(Field::Division.name()),
        department: reader.text(Field::Department.name()),
        manager: reader.text(Field::Manager.name()),
    }
}
