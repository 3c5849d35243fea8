// SCIMMY on Express, over better-sqlite3: SCIMMY does the protocol, and leaves the storing to its user. Every change is
// synced before it is answered.
//
//     node server.mjs PORT DATABASE

import { randomUUID } from "node:crypto";

import Database from "better-sqlite3";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, file] = process.argv.slice(2);
const TOKEN = "Bearer bench";

const db = new Database(file);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");
db.exec(`
  CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    userName TEXT NOT NULL UNIQUE COLLATE NOCASE,
    resource TEXT NOT NULL
  );
`);
const insert = db.prepare("INSERT INTO users VALUES (@id, @userName, @resource)");
const update = db.prepare("UPDATE users SET userName = @userName, resource = @resource WHERE id = @id");
const byId = db.prepare("SELECT resource FROM users WHERE id = ?").pluck();
const byUserName = db.prepare("SELECT resource FROM users WHERE userName = ?").pluck();
const page = db.prepare("SELECT resource FROM users ORDER BY rowid LIMIT ? OFFSET ?").pluck();
const count = db.prepare("SELECT count(*) FROM users").pluck();

function write(resource, instance) {
  const now = new Date();
  const before = resource.id === undefined ? undefined : read(resource.id);
  const id = resource.id ?? randomUUID();
  const meta = { created: before?.meta.created ?? now, lastModified: now };
  const user = { ...JSON.parse(JSON.stringify(instance)), id, meta };
  const row = { id, userName: user.userName, resource: JSON.stringify(user) };
  try {
    (before === undefined ? insert : update).run(row);
  } catch (error) {
    if (error.code !== "SQLITE_CONSTRAINT_UNIQUE") throw error;
    throw new SCIMMY.Types.Error(409, "uniqueness", "userName is taken");
  }
  return user;
}

function read(id) {
  const resource = byId.get(id);
  if (resource === undefined) throw new SCIMMY.Types.Error(404, null, `Resource ${id} not found`);
  return JSON.parse(resource);
}

/** The two searches that are asked for: by user name, and a page of all. Any other would have to read every user. */
function search({ filter, constraints }) {
  if (filter === undefined) {
    const { startIndex = 1, count: limit = 20 } = constraints;
    constraints.totalResults = count.get();
    return page.all(limit, startIndex - 1).map(text => JSON.parse(text));
  }
  const [operator, value] = filter.length === 1 ? (filter[0].userName ?? []) : [];
  if (operator !== "eq") throw new SCIMMY.Types.Error(400, "invalidFilter", "userName eq alone");
  return byUserName.all(value).map(text => JSON.parse(text));
}

SCIMMY.Resources.declare(SCIMMY.Resources.User, {
  ingress: write,
  egress: resource => (resource.id === undefined ? search(resource) : read(resource.id)),
});

const app = express();
app.disable("x-powered-by");
app.use("/scim", new SCIMMYRouters({
  type: "bearer",
  handler: request => {
    if (request.header("Authorization") !== TOKEN) throw new Error("Authorization not detected!");
    return "bench";
  },
}));
app.listen(Number(port), "127.0.0.1");
