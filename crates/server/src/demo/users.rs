//! The sample users.

use std::collections::BTreeSet;

use roster_directory::value::parse_uuid;
use roster_directory::{
    Avatar, Change, Email, Grant, GrantsPatch, Invalid, ProfileId, ProfilePatch, Text, Timestamp, UserPatch,
};

/// A sample user.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) bubble_id: &'static str,
    given_name: &'static str,
    family_name: &'static str,
    email: &'static str,
    phone: &'static str,
    language: &'static str,
    status: &'static str,
    role: &'static str,
    last_login: Option<&'static str>,
    producer: Option<(&'static str, &'static str)>,
    avatar: Option<&'static str>,
    staff: bool,
    grants: &'static [(i64, &'static str)],
}

const ACTIVE: &str = "3 - ACTIF";
const INVITED: &str = "1 - INVITÉ";
const LEFT: &str = "4 - INACTIF";
const LOIRE: Option<(&str, &str)> =
    Some(("8a1f6f0c-52d4-4a70-9a3e-6a0d8d1c7b11", "1706543210001x104729481516234200"));
const BRETON: Option<(&str, &str)> =
    Some(("c5b7e2d9-0f4e-4c61-8a55-2f9b1e3d4c22", "1706543210002x271828182845904500"));

/// In the order of their numbers: 1 to 12.
pub(super) const SAMPLES: &[Sample] = &[
    Sample {
        bubble_id: "1704100000001x100000000000000001",
        given_name: "Camille",
        family_name: "Durand",
        email: "camille.durand@ateliers-loire.example",
        phone: "+33 6 39 98 10 01",
        language: "Français",
        status: ACTIVE,
        role: "producerAdmin",
        last_login: Some("2024-06-21T08:12:44.120Z"),
        producer: LOIRE,
        avatar: Some("//cdn.ateliers-loire.example/people/camille.png"),
        staff: false,
        grants: &[(33, "1"), (38, "2")],
    },
    Sample {
        bubble_id: "1704100000002x100000000000000002",
        given_name: "Jürgen",
        family_name: "Weiß",
        email: "juergen.weiss@nordlager.example",
        phone: "+49 30 23125 002",
        language: "Deutsch",
        status: ACTIVE,
        role: "seller",
        last_login: Some("2024-06-20T15:30:00.000Z"),
        producer: None,
        avatar: None,
        staff: false,
        grants: &[(38, "1")],
    },
    Sample {
        bubble_id: "1704100000003x100000000000000003",
        given_name: "User",
        family_name: "Test",
        email: "user_test@test.example",
        phone: "+1 202 555 0103",
        language: "English",
        status: ACTIVE,
        role: "stockManager",
        last_login: Some("2024-06-22T17:04:06Z"),
        producer: None,
        avatar: None,
        staff: false,
        grants: &[(33, "1")],
    },
    Sample {
        bubble_id: "1704100000004x100000000000000004",
        given_name: "Zoë",
        family_name: "O'Connor",
        email: "zoe.oconnor@breizh-verre.example",
        phone: "+33 6 39 98 10 04",
        language: "English",
        status: INVITED,
        role: "producerUser",
        last_login: None,
        producer: BRETON,
        avatar: None,
        staff: false,
        grants: &[],
    },
    Sample {
        bubble_id: "1704100000005x100000000000000005",
        given_name: "محمد",
        family_name: "العلي",
        email: "m.alali@sahara-logistics.example",
        phone: "+971 50 000 0005",
        language: "العربية",
        status: ACTIVE,
        role: "carrier",
        last_login: Some("2024-06-22T05:45:10.500Z"),
        producer: None,
        avatar: None,
        staff: false,
        grants: &[(41, "7")],
    },
    Sample {
        bubble_id: "1704100000006x100000000000000006",
        given_name: "Inès",
        family_name: "García Lorca",
        email: "ines.garcia@breizh-verre.example",
        phone: "+34 600 000 006",
        language: "Español",
        status: ACTIVE,
        role: "producerAdmin",
        last_login: Some("2024-06-19T11:02:31.007Z"),
        producer: BRETON,
        avatar: Some("https://img.breizh-verre.example/u/ines.jpg"),
        staff: false,
        grants: &[(33, "2"), (41, "2")],
    },
    Sample {
        bubble_id: "1704100000007x100000000000000007",
        given_name: "Petra",
        family_name: "Nováková",
        email: "petra@support.example",
        phone: "+420 601 000 007",
        language: "Čeština",
        status: ACTIVE,
        role: "support",
        last_login: Some("2024-06-22T16:59:59.999Z"),
        producer: None,
        avatar: None,
        staff: true,
        grants: &[(33, "9"), (38, "9"), (41, "9")],
    },
    Sample {
        bubble_id: "1704100000008x100000000000000008",
        given_name: "李",
        family_name: "小龍",
        email: "li.xiaolong@jade-import.example",
        phone: "+86 131 0000 0008",
        language: "中文",
        status: ACTIVE,
        role: "seller",
        last_login: Some("2024-06-18T02:20:00.000Z"),
        producer: None,
        avatar: None,
        staff: false,
        grants: &[(38, "1")],
    },
    Sample {
        bubble_id: "1704100000009x100000000000000009",
        given_name: "Bo",
        family_name: "Berg",
        email: "bo@berg.example",
        phone: "+46 70 000 00 09",
        language: "Svenska",
        status: LEFT,
        role: "seller",
        last_login: Some("2023-11-02T09:00:00.000Z"),
        producer: None,
        avatar: None,
        staff: false,
        grants: &[],
    },
    Sample {
        bubble_id: "1704100000010x100000000000000010",
        given_name: "Aoife",
        family_name: "Ní Bhriain",
        email: "aoife.nibhriain@ateliers-loire.example",
        phone: "+353 85 000 0010",
        language: "Gaeilge",
        status: ACTIVE,
        role: "producerUser",
        last_login: Some("2024-06-21T18:41:12.640Z"),
        producer: LOIRE,
        avatar: None,
        staff: false,
        grants: &[(33, "1")],
    },
    Sample {
        bubble_id: "1704100000011x100000000000000011",
        given_name: "Ama",
        family_name: "Mensah",
        email: "ama.mensah@volta-cocoa.example",
        phone: "+233 20 000 0011",
        language: "English",
        status: ACTIVE,
        role: "origin",
        last_login: None,
        producer: None,
        avatar: None,
        staff: false,
        grants: &[(41, "1")],
    },
    Sample {
        bubble_id: "1704100000012x100000000000000012",
        given_name: "Søren",
        family_name: "Kjær-Lindqvist",
        email: "soren.kl@support.example",
        phone: "+45 20 00 00 12",
        language: "Dansk",
        status: ACTIVE,
        role: "support",
        last_login: Some("2024-06-22T12:00:00.000Z"),
        producer: None,
        avatar: None,
        staff: true,
        grants: &[(33, "9")],
    },
];

impl Sample {
    /// What makes this user of none.
    pub(super) fn patch(&self) -> Result<UserPatch, Invalid> {
        let profile = ProfilePatch {
            given_name: Change::Set(Text::new(self.given_name)?),
            family_name: Change::Set(Text::new(self.family_name)?),
            email: Change::Set(Email::new(self.email)?),
            email_verified: Change::Set(self.status != INVITED),
            phone: Change::Set(Text::new(self.phone)?),
            language: Change::Set(Text::new(self.language)?),
            avatar: set(self.avatar.map(Avatar::new).transpose()?),
            status: Change::Set(Text::new(self.status)?),
            role: Change::Set(Text::new(self.role)?),
            signed_up: Change::Set(self.status != INVITED),
            staff: Change::Set(self.staff),
            last_login: set(self.last_login.map(Timestamp::parse_rfc3339).transpose()?),
            producer_id: set(self.producer.map(|(id, _)| parse_uuid(id)).transpose()?),
            producer_external_id: set(self.producer.map(|(_, id)| Text::new(id)).transpose()?),
            ..ProfilePatch::default()
        };
        let grant = |(client, profile): &(i64, &str)| Grant::new(*client, ProfileId::new(profile)?);
        let grants: Result<BTreeSet<Grant>, Invalid> = self.grants.iter().map(grant).collect();
        Ok(UserPatch { profile, grants: GrantsPatch::Replace(grants?), ..UserPatch::default() })
    }
}

fn set<T>(value: Option<T>) -> Change<T> {
    value.map_or(Change::Keep, Change::Set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_third_sample_signed_in_when_the_zynchro_document_says() {
        let patch = SAMPLES[2].patch().unwrap();
        let Change::Set(last_login) = patch.profile.last_login else { panic!("never signed in") };
        assert_eq!(last_login.to_rfc3339_millis(), "2024-06-22T17:04:06.000Z");
    }

    #[test]
    fn every_sample_is_a_user_of_its_own() {
        let ids: BTreeSet<&str> = SAMPLES.iter().map(|sample| sample.bubble_id).collect();
        let emails: BTreeSet<&str> = SAMPLES.iter().map(|sample| sample.email).collect();
        assert_eq!((ids.len(), emails.len()), (12, 12));
        for sample in SAMPLES {
            sample.patch().unwrap();
        }
    }
}
