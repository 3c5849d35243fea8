//! What goes out of the registers.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A registered organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Organisation)]
pub struct OrganisationJson {
    /// Its kind: `producer`, `seller` or `origin`.
    #[schema(value_type = String, read_only, example = "producer")]
    pub kind: &'static str,
    /// Its id.
    #[schema(read_only)]
    pub id: Uuid,
    /// What the sources call it: unique within the kind.
    #[schema(min_length = 1, max_length = 255, example = "1653645903453x543643")]
    pub external_id: String,
    /// Its name, for people.
    #[schema(max_length = 255, example = "Ateliers du Nord")]
    pub name: String,
}

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Client)]
pub struct ClientJson {
    /// Its id.
    #[schema(read_only, minimum = 1, example = 4)]
    pub id: i64,
    /// Its name, for people.
    #[schema(max_length = 255, example = "Warehouse")]
    pub name: String,
}

/// A registered profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Profile)]
pub struct ProfileJson {
    /// Its id.
    #[schema(read_only, min_length = 1, max_length = 255, example = "33")]
    pub id: String,
    /// Its name, for people.
    #[schema(max_length = 255, example = "Stock manager")]
    pub name: String,
}

/// A page of organisations.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrganisationPage)]
pub(crate) struct OrganisationPage {
    /// The organisations, by id.
    pub(crate) organisations: Vec<OrganisationJson>,
    /// The cursor of the next page; null where this is the last.
    #[schema(required = true)]
    pub(crate) next: Option<String>,
}

/// A page of clients.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClientPage)]
pub(crate) struct ClientPage {
    /// The clients, by id.
    pub(crate) clients: Vec<ClientJson>,
    /// The cursor of the next page; null where this is the last.
    #[schema(required = true)]
    pub(crate) next: Option<String>,
}

/// A page of profiles.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProfilePage)]
pub(crate) struct ProfilePage {
    /// The profiles, by id.
    pub(crate) profiles: Vec<ProfileJson>,
    /// The cursor of the next page; null where this is the last.
    #[schema(required = true)]
    pub(crate) next: Option<String>,
}
