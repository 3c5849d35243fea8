use serde_json::json;

use super::*;

fn read(operations: Value) -> Result<GroupPatch, ScimError> {
    let message = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": operations,
    });
    GroupPatch::new(message.as_object().unwrap())
}

fn members(operations: Value) -> Vec<MemberOp> {
    let patch = read(operations).unwrap();
    assert_eq!((patch.display_name, patch.external_id), (Assign::Keep, Change::Keep));
    patch.members
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn named(ids: &[&str]) -> Vec<Named> {
    ids.iter().map(|id| Named { id: (*id).to_owned(), display: None }).collect()
}

#[test]
fn okta_renames_with_the_unchanged_id_in_the_value() {
    let patch =
        read(json!([{ "op": "replace", "value": { "id": "abf4dd94", "displayName": "Test SCIMv2" } }]));
    assert_eq!(
        patch.unwrap(),
        GroupPatch { display_name: Assign::Set("Test SCIMv2".to_owned()), ..GroupPatch::default() }
    );
}

#[test]
fn members_are_planned_in_order() {
    assert_eq!(
        members(json!([
            { "op": "Add", "path": "members", "value": [{ "$ref": null, "value": "a" }, { "value": "b", "type": "user" }] },
            { "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": "c" }] },
            { "op": "remove", "path": "members[value eq \"d\"]" },
            { "op": "remove", "path": "members[value eq \"d\" and type eq \"User\"]" },
            { "op": "remove", "path": "members[value eq \"e\" or VALUE eq \"f\"]" },
            { "op": "remove", "path": "Members" },
            { "op": "replace", "path": "members", "value": [{ "value": "g" }] },
            { "op": "replace", "path": "members", "value": [] },
            { "op": "add", "path": "members", "value": { "value": "h" } },
            { "op": "add", "value": { "members": [{ "value": "i" }] } },
            { "op": "add", "path": "members", "value": [] },
            { "op": "remove", "path": "members", "value": [] },
        ])),
        [
            MemberOp::Add(named(&["a", "b"])),
            MemberOp::Remove(ids(&["c"])),
            MemberOp::Remove(ids(&["d"])),
            MemberOp::Remove(ids(&["d"])),
            MemberOp::Remove(ids(&["e", "f"])),
            MemberOp::RemoveAll,
            MemberOp::Replace(named(&["g"])),
            MemberOp::RemoveAll,
            MemberOp::Add(named(&["h"])),
            MemberOp::Add(named(&["i"])),
            MemberOp::Remove(Vec::new()),
        ]
    );
}

#[test]
fn the_external_id_is_set_and_cleared() {
    for (operation, change) in [
        (json!({ "op": "add", "path": "externalId", "value": "x" }), Change::Set("x".to_owned())),
        (json!({ "op": "replace", "path": "externalId", "value": "" }), Change::Clear),
        (json!({ "op": "remove", "path": "externalId" }), Change::Clear),
    ] {
        assert_eq!(read(json!([operation])).unwrap().external_id, change);
    }
}

#[test]
fn what_a_group_does_not_have_is_refused() {
    use ScimType::{InvalidFilter, InvalidPath, InvalidValue, Mutability};
    for (operation, scim_type, detail) in [
        (
            json!({ "op": "add", "path": "members", "value": [{ "value": "x", "type": "Group" }] }),
            InvalidValue,
            "members[0].type must be User",
        ),
        (
            json!({ "op": "add", "path": "members", "value": [{ "display": "x" }] }),
            InvalidValue,
            "members[0].value is required and must not be empty",
        ),
        (
            json!({ "op": "replace", "path": "displayName", "value": "" }),
            InvalidValue,
            "displayName is required and must not be empty",
        ),
        (
            json!({ "op": "remove", "path": "displayName" }),
            Mutability,
            "displayName is required and can't be removed",
        ),
        (json!({ "op": "replace", "path": "id", "value": "x" }), Mutability, "id is read-only"),
        (
            json!({ "op": "remove", "path": "members[value sw \"a\"]" }),
            InvalidFilter,
            "elements of members can be selected by value eq alone, or several such with or",
        ),
        (
            json!({ "op": "replace", "path": "members[value eq \"a\"]", "value": { "value": "b" } }),
            InvalidPath,
            "what is in an element of members can't be changed: add and remove elements",
        ),
        (
            json!({ "op": "replace", "path": "members[value eq \"a\"].display", "value": "b" }),
            InvalidPath,
            "what is in an element of members can't be changed: add and remove elements",
        ),
        (
            json!({ "op": "replace", "path": "userName", "value": "b" }),
            InvalidPath,
            "the path leads to no attribute of a Group",
        ),
    ] {
        let error = read(json!([operation])).unwrap_err();
        assert_eq!((error.scim_type, error.detail.as_ref()), (Some(scim_type), detail), "{operation}");
    }
}

#[test]
fn the_members_of_all_operations_are_counted() {
    let some = |count: usize| (0..count).map(|n| json!({ "value": n.to_string() })).collect::<Vec<_>>();
    let operation = |count| json!({ "op": "add", "path": "members", "value": some(count) });
    assert!(read(json!([operation(10_000)])).is_ok());
    assert!(read(json!([operation(5_000), { "op": "replace", "path": "displayName", "value": "x" }, operation(5_000)])).is_ok());
    for operations in [json!([operation(10_001)]), json!([operation(5_000), operation(5_001)])] {
        assert!(read(operations).unwrap_err().detail.starts_with("members must have at most 10000 elements"));
    }
}
