//! What comes in and what goes out, as the document has it.

use roster_directory::Timestamp;
use roster_wire::{Field, Object};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

/// A member of the payload, with its key for the faults.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<T> {
    /// The key.
    pub(crate) key: &'static str,
    /// What came.
    pub(crate) field: Field<T>,
}

/// The member that must not come.
pub(crate) const ID: &str = "id";

macro_rules! payload {
    ($( $(#[$meta:meta])* $key:literal $name:ident: $taker:ident -> $type:ty; )*) => {
        /// What to change of the user. A field that is absent is left as it is; `null` erases it; a value replaces it.
        #[derive(Debug, ToSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        #[schema(as = AlgorepUpsert)]
        pub(crate) struct Payload<'a> {
            $( $(#[$meta])* pub(crate) $name: Member<$type>, )*
            /// Whether `id` came, in whatever form.
            #[schema(ignore)]
            pub(crate) has_id: bool,
            /// The keys that are none of the above.
            #[schema(ignore)]
            pub(crate) unknown: Vec<&'a str>,
            /// The keys that came more than once.
            #[schema(ignore)]
            pub(crate) duplicates: &'a [String],
        }

        impl<'a> Payload<'a> {
            /// Reads the members, in one pass.
            pub(crate) fn read(object: &'a Object<'_>) -> Self {
                let mut payload = Self {
                    $( $name: Member { key: $key, field: Field::Absent }, )*
                    has_id: false,
                    unknown: Vec::new(),
                    duplicates: object.duplicates(),
                };
                for (key, value) in object.members() {
                    match key {
                        $( $key => payload.$name.field = value.$taker(), )*
                        ID => payload.has_id = true,
                        unknown => payload.unknown.push(unknown),
                    }
                }
                payload
            }
        }

        /// The keys of the payload, in the document's order.
        #[cfg(test)]
        pub(crate) const KEYS: &[&str] = &[$( $key, )*];
    };
}

payload! {
    /// The user's Bubble id. Where present, it must equal the one of the path.
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 255)]
    "bubbleId" bubble_id: text -> &'a str;
    /// Whether the email address was confirmed.
    #[schema(value_type = Option<bool>)]
    "isMailConfirmed" is_mail_confirmed: boolean -> bool;
    /// The user's language, as free text.
    #[schema(value_type = Option<String>, max_length = 64)]
    "language" language: text -> &'a str;
    /// When the user last signed in: an RFC 3339 date-time with any offset, kept in UTC with milliseconds. `""` erases it.
    #[schema(value_type = Option<String>, format = DateTime)]
    "lastConnexion" last_connexion: text -> &'a str;
    /// The email address: one `@` between non-empty parts, no white space. `""` erases it.
    #[schema(value_type = Option<String>, max_length = 254)]
    "email" email: text -> &'a str;
    /// The phone number, as free text.
    #[schema(value_type = Option<String>, max_length = 64)]
    "mobilePhone" mobile_phone: text -> &'a str;
    /// The Bubble id of the user's producer.
    #[schema(value_type = Option<String>, max_length = 255)]
    "producerBubbleId" producer_bubble_id: text -> &'a str;
    /// The id of the user's producer. `""` erases it.
    #[schema(value_type = Option<String>, format = Uuid)]
    "producerId" producer_id: text -> &'a str;
    /// The Bubble id of the user's seller.
    #[schema(value_type = Option<String>, max_length = 255)]
    "sellerBubbleId" seller_bubble_id: text -> &'a str;
    /// The id of the user's seller. `""` erases it.
    #[schema(value_type = Option<String>, format = Uuid)]
    "sellerId" seller_id: text -> &'a str;
    /// The Bubble id of the user's origin.
    #[schema(value_type = Option<String>, max_length = 255)]
    "originBubbleId" origin_bubble_id: text -> &'a str;
    /// The id of the user's origin. `""` erases it.
    #[schema(value_type = Option<String>, format = Uuid)]
    "originId" origin_id: text -> &'a str;
    /// The family name.
    #[schema(value_type = Option<String>, max_length = 255)]
    "lastName" last_name: text -> &'a str;
    /// The given name.
    #[schema(value_type = Option<String>, max_length = 255)]
    "firstName" first_name: text -> &'a str;
    /// The status, as free text.
    #[schema(value_type = Option<String>, max_length = 64)]
    "status" status: text -> &'a str;
    /// The role, as free text.
    #[schema(value_type = Option<String>, max_length = 64)]
    "role" role: text -> &'a str;
    /// Whether the user signed up.
    #[schema(value_type = Option<bool>)]
    "userSignedUp" user_signed_up: boolean -> bool;
    /// The URL of the user's picture, with `https:` or `http:` or without a scheme. `""` erases it.
    #[schema(value_type = Option<String>, max_length = 2048, pattern = "^((https?:)?//.*)?$")]
    "avatar" avatar: text -> &'a str;
    /// Whether the user is of Algorep's own staff.
    #[schema(value_type = Option<bool>)]
    "isAlgorep" is_algorep: boolean -> bool;
    /// When the user was created. `null` and `""` restore the server's own time of creation.
    #[schema(value_type = Option<String>, format = DateTime)]
    "createdAt" created_at: text -> &'a str;
    /// When the user was last updated. Absent, `null` or `""`, it moves to now if anything else changed.
    #[schema(value_type = Option<String>, format = DateTime)]
    "updatedAt" updated_at: text -> &'a str;
}

/// A moment as the document prints it: `2024-01-19T12:45:04.147Z`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_millis())
    }
}

/// The whole user; its fields are those of `AlgorepUpsert`. A field without a value is `null`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AlgorepUser)]
pub(crate) struct User<'a> {
    /// The user's id in this directory: made by the server, the same for ever.
    pub(crate) id: Uuid,
    /// The Bubble id that the user was addressed by.
    pub(crate) bubble_id: &'a str,
    #[schema(required = true)]
    pub(crate) is_mail_confirmed: Option<bool>,
    #[schema(required = true)]
    pub(crate) language: Option<&'a str>,
    #[schema(required = true, value_type = Option<String>, format = DateTime)]
    pub(crate) last_connexion: Option<Moment>,
    #[schema(required = true)]
    pub(crate) email: Option<&'a str>,
    #[schema(required = true)]
    pub(crate) mobile_phone: Option<&'a str>,
    #[schema(required = true)]
    pub(crate) producer_bubble_id: Option<&'a str>,
    #[schema(required = true)]
    pub(crate) producer_id: Option<Uuid>,
    #[schema(required = true)]
    pub(crate) seller_bubble_id: Option<&'a str>,
    #[schema(required = true)]
    pub(crate) seller_id: Option<Uuid>,
    #[schema(required = true)]
    pub(crate) origin_bubble_id: Option<&'a str>,
    #[schema(required = true)]
    pub(crate) origin_id: Option<Uuid>,
    #[schema(required = true)]
    pub(crate) last_name: Option<&'a str>,
    #[schema(required = true)]
    pub(crate) first_name: Option<&'a str>,
    #[schema(required = true)]
    pub(crate) status: Option<&'a str>,
    #[schema(required = true)]
    pub(crate) role: Option<&'a str>,
    #[schema(required = true)]
    pub(crate) user_signed_up: Option<bool>,
    #[schema(required = true)]
    pub(crate) avatar: Option<&'a str>,
    #[schema(required = true)]
    pub(crate) is_algorep: Option<bool>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Moment,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) updated_at: Moment,
}
