//! Tests of elements: of those that are stored, and of the one that the directory's own value is where none is stored for
//! it ([`roster_directory::User::elements_of`]).

use roster_directory::element::Attribute;
use roster_directory::search::{Comparison, Condition, ElementKey, ElementTest};

use crate::compare::{Operand, compare, condition, has_text};
use crate::engine::Engine;
use crate::statement::Builder;

/// Whether one of the elements of the user `u` fits.
pub(crate) fn any<E: Engine>(
    attribute: Attribute,
    wanted: &Condition<ElementTest>,
    builder: &mut Builder<'_, E>,
) -> String {
    let id = attribute.id();
    let own = own(attribute);
    let stored = condition(wanted, builder, &mut |(key, comparison), builder| {
        test(*key, &stored(*key, own.as_deref(), builder.engine), comparison, builder)
    });
    let is_there = builder.engine.truth(true);
    let rows = format!("e.user_id = u.id AND e.attribute = {id} AND e.is_there = {is_there}");
    let stored = format!("EXISTS (SELECT 1 FROM user_elements e WHERE {rows} AND {stored})");
    let Some(own) = own else { return stored };
    let implied = condition(wanted, builder, &mut |(key, comparison), builder| {
        test(*key, &implied(*key, attribute, &own, builder.engine), comparison, builder)
    });
    let none = format!("SELECT 1 FROM user_elements e WHERE {rows} AND e.is_own = {is_there}");
    format!("({stored} OR ({own} IS NOT NULL AND NOT EXISTS ({none}) AND {implied}))")
}

/// The directory's own value; other dialects keep an empty phone or role as it was sent, which is none here.
fn own(attribute: Attribute) -> Option<String> {
    let column = attribute.field()?.name();
    Some(match attribute {
        Attribute::PhoneNumbers | Attribute::Roles => format!("nullif(u.{column}, '')"),
        Attribute::Emails
        | Attribute::Photos
        | Attribute::Addresses
        | Attribute::Ims
        | Attribute::Entitlements
        | Attribute::X509Certificates => format!("u.{column}"),
    })
}

/// A part of the element by which a user is put in order: of the directory's own, else of the primary one, else the first.
pub(crate) fn first<E: Engine>(attribute: Attribute, key: ElementKey, engine: &E) -> String {
    let own = own(attribute);
    let expression = stored(key, own.as_deref(), engine);
    let (yes, no) = (engine.truth(true), engine.truth(false));
    let rows = format!("e.user_id = u.id AND e.attribute = {} AND e.is_there = {yes}", attribute.id());
    let stored = format!(
        "(SELECT {expression} FROM user_elements e WHERE {rows} \
         ORDER BY e.is_own DESC, coalesce(e.is_primary, {no}) DESC, e.id LIMIT 1)"
    );
    match (own, key) {
        (None, _) => stored,
        (Some(own), ElementKey::Value) => format!("coalesce({own}, {stored})"),
        (Some(own), _) => {
            let implied = implied(key, attribute, &own, engine);
            let none = format!("SELECT 1 FROM user_elements e WHERE {rows} AND e.is_own = {yes}");
            format!("CASE WHEN {own} IS NOT NULL AND NOT EXISTS ({none}) THEN {implied} ELSE {stored} END")
        }
    }
}

fn test<E: Engine>(
    key: ElementKey,
    expression: &str,
    comparison: &Comparison,
    builder: &mut Builder<'_, E>,
) -> String {
    match (key, comparison) {
        (ElementKey::Primary, Comparison::Truth { .. }) => {
            let no = builder.engine.truth(false);
            compare(Operand::Plain(&format!("coalesce({expression}, {no})")), comparison, builder)
        }
        (ElementKey::Primary, _) => compare(Operand::Plain(expression), comparison, builder),
        (_, Comparison::Present) => has_text(expression),
        (_, _) => compare(Operand::Plain(expression), comparison, builder),
    }
}

fn stored<E: Engine>(key: ElementKey, own: Option<&str>, engine: &E) -> String {
    match (key, own) {
        (ElementKey::Value, Some(own)) => {
            format!("CASE WHEN e.is_own = {} THEN {own} ELSE e.value END", engine.truth(true))
        }
        (ElementKey::Value, None) => "e.value".to_owned(),
        (ElementKey::Kind, _) => "e.kind".to_owned(),
        (ElementKey::Display, _) => "e.display".to_owned(),
        (ElementKey::Primary, _) => "e.is_primary".to_owned(),
        (ElementKey::Formatted, _) => "e.formatted".to_owned(),
        (ElementKey::StreetAddress, _) => "e.street_address".to_owned(),
        (ElementKey::Locality, _) => "e.locality".to_owned(),
        (ElementKey::Region, _) => "e.region".to_owned(),
        (ElementKey::PostalCode, _) => "e.postal_code".to_owned(),
        (ElementKey::Country, _) => "e.country".to_owned(),
    }
}

fn implied<E: Engine>(key: ElementKey, attribute: Attribute, own: &str, engine: &E) -> String {
    match key {
        ElementKey::Value => own.to_owned(),
        ElementKey::Kind => match attribute.own_kind() {
            Some(kind) => format!("CAST('{kind}' AS text)"),
            None => NO_TEXT.to_owned(),
        },
        // It is the primary one if no other is.
        ElementKey::Primary => {
            let yes = engine.truth(true);
            let rows =
                format!("p.user_id = u.id AND p.attribute = {} AND p.is_there = {yes}", attribute.id());
            let other = format!("SELECT 1 FROM user_elements p WHERE {rows} AND p.is_primary = {yes}");
            format!("CASE WHEN EXISTS ({other}) THEN NULL ELSE {yes} END")
        }
        ElementKey::Display
        | ElementKey::Formatted
        | ElementKey::StreetAddress
        | ElementKey::Locality
        | ElementKey::Region
        | ElementKey::PostalCode
        | ElementKey::Country => NO_TEXT.to_owned(),
    }
}

const NO_TEXT: &str = "CAST(NULL AS text)";
