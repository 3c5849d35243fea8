//! TLS to a server that has it: what is encrypted is verified.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use common::{directory, keyring};
use roster_directory::{Dialect, Rules, Store as _, SystemEntropy};
use roster_store_postgres::{OpenError, Options, PostgresStore};
use roster_testkit::OwnServer;
use roster_testkit::build::{external_id, principal, with_given_name};

/// Makes a key and a certificate for it, of its own or of another's authority; where the certificate is.
fn certificate(folder: &Path, name: &str, more: &[&str]) -> PathBuf {
    let [key, made] = ["key", "pem"].map(|kind| folder.join(name).with_extension(kind));
    let request =
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    let mut command = Command::new("openssl");
    command.args(request).args(["-subj", &format!("/CN={name}"), "-keyout"]).arg(key).arg("-out").arg(&made);
    let output = command.args(more).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    made
}

/// A server that has a certificate for `localhost`, of an authority whose certificate is returned.
fn server() -> (OwnServer, PathBuf) {
    let mut server = OwnServer::new();
    let authority = certificate(server.place(), "authority", &[]);
    let (authority_key, place) = (authority.with_extension("key"), server.place());
    let own = certificate(
        place,
        "server",
        &[
            "-CA",
            authority.to_str().unwrap(),
            "-CAkey",
            authority_key.to_str().unwrap(),
            "-addext",
            "basicConstraints=critical,CA:FALSE",
            "-addext",
            "subjectAltName=DNS:localhost",
        ],
    );
    let key = own.with_extension("key");
    server.own(&key);
    let files = [("ssl_cert_file", &own), ("ssl_key_file", &key)];
    let [cert_file, key_file] = files.map(|(name, path)| format!("{name}={}", path.display()));
    server.start(&["ssl=on", &cert_file, &key_file]);
    (server, authority)
}

fn options(server: &OwnServer, host: &str, roots: &Path) -> Options {
    let url = format!(
        "postgres://postgres:hunter2@{host}:{}/postgres?sslmode=require&sslrootcert={}",
        server.port(),
        roots.display()
    );
    Options::new(url.into(), keyring(), Arc::new(SystemEntropy))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_connection_is_encrypted() {
    let (server, authority) = server();
    let store = Arc::new(PostgresStore::open(options(&server, "localhost", &authority)).await.unwrap());
    let roster = directory(&store, &keyring(), Rules::default(), 1);
    let (who, id) = (principal("bubble"), external_id("one"));
    let user = roster.upsert(&who, Dialect::Rest, id, with_given_name("Ann"), None).await.unwrap().user;
    store.history(user.id, 0, 10).await.unwrap();
    let encrypted = "SELECT bool_and(ssl), count(*) >= 3, min(version) >= 'TLSv1.2' FROM pg_stat_ssl \
                     JOIN pg_stat_activity USING (pid) WHERE application_name = 'roster'";
    assert_eq!(server.sql(encrypted), "t|t|t", "those of the writer, of a reader and of the feed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_can_not_show_who_it_is_is_refused() {
    let (server, authority) = server();
    let other = certificate(server.place(), "other", &[]);
    for (host, roots, told) in
        [("localhost", &other, "UnknownIssuer"), ("127.0.0.1", &authority, "not valid for name")]
    {
        let refused = PostgresStore::open(options(&server, host, roots)).await.err().unwrap();
        let text = refused.to_string();
        assert!(matches!(refused, OpenError::Database(_)) && text.contains(told), "{text}");
        assert!(text.starts_with("no connection to PostgreSQL") && !text.contains("hunter2"), "{text}");
    }
    let no_roots = PostgresStore::open(options(&server, "localhost", Path::new("/nowhere.pem"))).await;
    let text = no_roots.err().unwrap().to_string();
    assert!(text.starts_with("TLS can't be used: /nowhere.pem") && !text.contains("hunter2"), "{text}");
    assert_eq!(server.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");
}
