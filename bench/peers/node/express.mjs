// What a developer would write in a day: Express over better-sqlite3. Every change is synced before it is answered.
//
//     node server.mjs PORT DATABASE

import { randomUUID } from "node:crypto";

import Database from "better-sqlite3";
import express from "express";

const [port, file] = process.argv.slice(2);
const KEY = "bench";

const FIELDS = {
  isMailConfirmed: "boolean", language: "string", lastConnexion: "string", email: "string", mobilePhone: "string",
  producerBubbleId: "string", producerId: "string", sellerBubbleId: "string", sellerId: "string",
  originBubbleId: "string", originId: "string", lastName: "string", firstName: "string", status: "string",
  role: "string", userSignedUp: "boolean", avatar: "string", isAlgorep: "boolean", createdAt: "string",
  updatedAt: "string", displayName: "string",
};
const BOOLEANS = Object.keys(FIELDS).filter(field => FIELDS[field] === "boolean");

const db = new Database(file);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`
  CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    bubbleId TEXT NOT NULL UNIQUE,
    ${Object.entries(FIELDS).map(([field, type]) => `${field} ${type === "boolean" ? "INTEGER" : "TEXT"}`).join(",\n    ")}
  );
  CREATE INDEX IF NOT EXISTS users_by_email ON users (email);
  CREATE TABLE IF NOT EXISTS grants (
    userId TEXT NOT NULL REFERENCES users (id),
    clientId INTEGER NOT NULL,
    profileId TEXT NOT NULL,
    PRIMARY KEY (userId, clientId, profileId)
  ) WITHOUT ROWID;
`);

const statements = new Map();
/** A statement, prepared once for each text. */
function sql(text) {
  let statement = statements.get(text);
  if (statement === undefined) {
    statement = db.prepare(text);
    statements.set(text, statement);
  }
  return statement;
}

class Refused extends Error {}

/** The fields that were sent, as SQLite takes them. */
function columns(body) {
  const taken = {};
  for (const [field, value] of Object.entries(body)) {
    if (FIELDS[field] === undefined) throw new Refused(`${field} is not known`);
    if (value !== null && typeof value !== FIELDS[field]) throw new Refused(`${field} must be a ${FIELDS[field]}`);
    taken[field] = typeof value === "boolean" ? Number(value) : value;
  }
  return taken;
}

/** A row as it is answered. */
function shown(row) {
  for (const field of BOOLEANS) if (row[field] !== null) row[field] = row[field] === 1;
  return row;
}

function upsert(bubbleId, body) {
  const sent = columns(body);
  const names = Object.keys(sent);
  const updates = [...names.filter(name => name !== "createdAt"), "updatedAt"];
  const now = new Date().toISOString();
  const row = { id: randomUUID(), bubbleId, createdAt: now, updatedAt: now, ...sent };
  const all = Object.keys(row);
  return shown(sql(`
    INSERT INTO users (${all.join(", ")}) VALUES (${all.map(name => `@${name}`).join(", ")})
    ON CONFLICT (bubbleId) DO UPDATE SET ${[...new Set(updates)].map(name => `${name} = excluded.${name}`).join(", ")}
    RETURNING *`).get(row));
}

const patch = db.transaction((id, { grants, ...body }) => {
  const sent = { ...columns(body), updatedAt: new Date().toISOString() };
  const set = Object.keys(sent).map(name => `${name} = @${name}`).join(", ");
  const row = sql(`UPDATE users SET ${set} WHERE id = @id RETURNING *`).get({ ...sent, id });
  if (row === undefined) return undefined;
  if (grants !== undefined) {
    sql("DELETE FROM grants WHERE userId = ?").run(id);
    for (const { clientId, profileId } of grants) sql("INSERT INTO grants VALUES (?, ?, ?)").run(id, clientId, profileId);
  }
  return withGrants(row);
});

function withGrants(row) {
  return { ...shown(row), grants: sql("SELECT clientId, profileId FROM grants WHERE userId = ?").all(row.id) };
}

const app = express();
app.disable("x-powered-by");
app.use((request, response, next) => {
  if (request.get("authorization") === KEY) next();
  else response.status(401).json({ message: "Unauthorized" });
});
app.use(express.json());

const found = (response, user) => (user === undefined ? response.status(404).json({ message: "Not Found" }) : response.json(user));

app.post("/users/:bubbleId", (request, response) => response.json(upsert(request.params.bubbleId, request.body)));
app.patch("/users/by-id/:id", (request, response) => found(response, patch(request.params.id, request.body)));
app.get("/users/by-id/:id", (request, response) => {
  const row = sql("SELECT * FROM users WHERE id = ?").get(request.params.id);
  found(response, row && withGrants(row));
});
app.get("/users", ({ query }, response) => {
  const rows = query.email === undefined
    ? sql("SELECT * FROM users ORDER BY rowid LIMIT ? OFFSET ?").all(Number(query.limit), Number(query.offset))
    : sql("SELECT * FROM users WHERE email = ?").all(query.email);
  response.json({ users: rows.map(withGrants) });
});
app.use((error, _request, response, _next) => {
  const status = error instanceof Refused ? 400 : (error.status ?? 500);
  response.status(status).json({ message: error.message });
});

app.listen(Number(port), "127.0.0.1");
