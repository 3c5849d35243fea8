//! The URL map: every router, with what surrounds it.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use roster_auth::{Auth, oauth};
use roster_dialect_algorep::{self as algorep, Algorep};
use roster_dialect_rest::{self as rest, Rest};
use roster_dialect_scim::{self as scim, Scim};
use roster_dialect_zynchro::{self as zynchro, Zynchro};
use roster_wire::UnknownFields;
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;

use super::guard::{Bounds, Fault, Guard, guard};
use super::health::Health;
use super::metrics::Metrics;
use super::{docs, fault, health};
use crate::config::{Settings, choices};
use crate::server::StartError;
use crate::system::System;

/// How many requests to the server's own endpoints may be in flight. They have a bound of their own, so that a server
/// under load still says that it lives.
const OWN_REQUESTS: usize = 64;

/// The routes of a server.
#[derive(Debug)]
pub struct Routes {
    /// The router.
    pub router: Router,
    /// Its metrics.
    pub metrics: Arc<Metrics>,
    /// What checks credentials.
    pub auth: Arc<Auth>,
}

/// Every route of a server over `system`.
pub fn routes(system: &System, settings: &Settings) -> Result<Routes, StartError> {
    let auth = system.auth(settings)?;
    let mut templates = Vec::new();
    let dialects: Vec<(Router, Fault)> = vec![
        (
            without_document(algorep::router(), &mut templates)
                .with_state(algorep_state(system, settings, &auth)),
            |why, _| algorep::server_fault(why),
        ),
        (
            without_document(zynchro::router(), &mut templates)
                .with_state(zynchro_state(system, settings, &auth)),
            zynchro::server_fault,
        ),
        (
            without_document(rest::router(), &mut templates).with_state(rest_state(system, settings, &auth)),
            |why, _| rest::server_fault(why),
        ),
        (
            without_document(scim::router(), &mut templates).with_state(scim_state(system, settings, &auth)),
            |why, _| scim::server_fault(why),
        ),
        (
            without_document(oauth::router(), &mut templates).with_state(system.oauth(settings, &auth)?),
            |why, _| oauth::server_fault(why),
        ),
    ];
    let health = without_document(health::router(), &mut templates);
    let docs = without_document(docs::router(), &mut templates);
    let metrics = Arc::new(Metrics::new(templates).map_err(StartError::Metrics)?);
    let bounds = |requests: usize| {
        Arc::new(Bounds {
            metrics: Arc::clone(&metrics),
            in_flight: Semaphore::new(requests.min(Semaphore::MAX_PERMITS)),
            timeout: settings.request_timeout,
        })
    };
    let health = health.with_state(Health {
        store: system.any_store.clone(),
        passwords: Arc::clone(&system.passwords),
        metrics: Arc::clone(&metrics),
    });
    let own = health.merge(docs);
    let own = guarded(own, &bounds(OWN_REQUESTS), |why, _| fault::server_fault(why));
    let shared = bounds(settings.requests.get());
    let router = dialects
        .into_iter()
        .fold(own, |all, (dialect, fault)| all.merge(guarded(dialect, &shared, fault)))
        .fallback(fault::not_found);
    Ok(Routes { router, metrics, auth })
}

/// The routes without what they say of themselves, but for their templates.
fn without_document<S>(router: OpenApiRouter<S>, templates: &mut Vec<String>) -> Router<S>
where
    S: Send + Sync + Clone + 'static,
{
    let (router, described) = router.split_for_parts();
    templates.extend(described.paths.paths.into_keys());
    router
}

fn guarded(router: Router, bounds: &Arc<Bounds>, fault: Fault) -> Router {
    router.route_layer(from_fn_with_state(Guard { bounds: Arc::clone(bounds), fault }, guard))
}

fn unknown_fields(settings: &Settings) -> UnknownFields {
    match settings.unknown_fields {
        choices::UnknownFields::Refuse => UnknownFields::Refuse,
        choices::UnknownFields::Ignore => UnknownFields::Ignore,
    }
}

fn algorep_state(system: &System, settings: &Settings, auth: &Arc<Auth>) -> Arc<Algorep> {
    let options = algorep::Options {
        unknown_fields: unknown_fields(settings),
        empty_string: match settings.empty_string {
            choices::EmptyString::Erase => algorep::EmptyString::Erase,
            choices::EmptyString::Refuse => algorep::EmptyString::Refuse,
        },
        body_limit: settings.body_limit.0,
    };
    Arc::new(Algorep { directory: Arc::clone(&system.directory), auth: Arc::clone(auth), options })
}

fn zynchro_state(system: &System, settings: &Settings, auth: &Arc<Auth>) -> Arc<Zynchro> {
    let options = zynchro::Options {
        unknown_fields: unknown_fields(settings),
        body_limit: settings.body_limit.0,
        admin_authorities: settings.admin_authorities.clone(),
    };
    Arc::new(Zynchro { directory: Arc::clone(&system.directory), auth: Arc::clone(auth), options })
}

fn rest_state(system: &System, settings: &Settings, auth: &Arc<Auth>) -> Arc<Rest> {
    let options = rest::Options { body_limit: settings.body_limit.0 };
    Arc::new(Rest { directory: Arc::clone(&system.directory), auth: Arc::clone(auth), options })
}

fn scim_state(system: &System, settings: &Settings, auth: &Arc<Auth>) -> Arc<Scim> {
    let options = scim::Options {
        body_limit: settings.body_limit.0,
        patch_answer: match settings.scim_patch_response {
            choices::ScimPatchResponse::Resource => scim::PatchAnswer::Resource,
            choices::ScimPatchResponse::NoContent => scim::PatchAnswer::NoContent,
        },
        // The last fifth is for the operation that is under way then, and for the answer.
        bulk_time: settings.request_timeout.mul_f64(0.8),
    };
    Arc::new(Scim { directory: Arc::clone(&system.directory), auth: Arc::clone(auth), options })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::openapi;
    use crate::scratch::Scratch;

    #[test]
    fn the_document_is_of_the_same_routers_as_the_url_map() {
        let served = Scratch::open(Settings::default()).unwrap().routes().unwrap();
        let documented = openapi::document().paths.paths;
        let documented: BTreeSet<_> = documented.keys().map(String::as_str).collect();
        assert_eq!(served.metrics.templates(), documented);
    }
}
