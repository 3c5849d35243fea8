# `just` lists the recipes; each is one line that can be run by hand as well.

[private]
default:
    @just --list --unsorted

# Serve a throw-away directory with sample users, and print the two documented calls ready to paste
demo *args:
    cargo run --release -- serve --demo {{ args }}

# Install what the tests need and run them; arguments go to `cargo nextest run`
test *args:
    scripts/test {{ args }}

# Every check that a change must pass, with the time of each
ci:
    bash .ci/run

# Format the sources
fmt:
    cargo fmt --all

# The lints, as CI has them
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# The documentation of the crates, private items too
doc:
    cargo doc --workspace --no-deps --document-private-items --locked

# Dependencies: what is banned, under which licences, from where
deny:
    cargo deny --locked check bans licenses sources

# Regenerate docs/openapi.json and docs/roster.postman_collection.json from the code
openapi:
    scripts/openapi

# Measure Roster beside its peers and beside what the machine can do; `just bench --quick` takes some minutes
bench *args:
    bench/run {{ args }}
