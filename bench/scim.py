#!/usr/bin/env python3
"""Measures the SCIM dialect of a running, empty Roster: what does the size of a group cost, and what a look-up beside a get.

    roster key create bench --source bubble --scopes users:read,users:write,groups:write --data DIR    # prints KEY
    roster serve --data DIR --listen 127.0.0.1:8198 --log-requests none
    bench/scim.py 127.0.0.1:8198 KEY [USERS]

Everything that is compared is asked for in turn, on one connection; medians are shown. Python's standard library is all it needs.
"""

import http.client
import json
import random
import socket
import statistics
import sys
import threading
import time
import urllib.parse

HOST, KEY = sys.argv[1], sys.argv[2]
USERS = int(sys.argv[3]) if len(sys.argv) > 3 else 100_000
BASE = "/scim/v2"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
WRITERS, ADDED, ROUNDS = 32, 10_000, 1_500
ids = [None] * USERS


class Client:
    def __init__(self):
        self.connection = http.client.HTTPConnection(HOST, timeout=120)
        self.connection.connect()
        self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fetch(self, method, path, body=None, expected=200, kind="application/scim+json", credential="Bearer " + KEY):
        text = None if body is None else json.dumps(body)
        self.connection.request(method, path, text, {"Authorization": credential, "Content-Type": kind})
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != expected:
            sys.exit(f"{method} {path}: {response.status} {answer[:300]}")
        return answer

    # What Python takes to read the JSON is no part of what is timed.
    def ask(self, *request, **options):
        answer = self.fetch(*request, **options)
        return json.loads(answer) if answer else None

    def patch(self, group, *operations):
        body = {"schemas": [PATCH], "Operations": operations}
        self.fetch("PATCH", f"{BASE}/Groups/{group}?excludedAttributes=members", body)

    def add(self, group, users):
        self.patch(group, {"op": "add", "path": "members", "value": [{"value": user} for user in users]})


def in_threads(count, work):
    began = time.time()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.time() - began


def timed(work):
    began = time.perf_counter()
    answer = work()
    return time.perf_counter() - began, answer


def load(number):
    client = Client()
    for n in range(number, USERS, 16):
        body = {"email": f"user{n}@example.com", "lastName": f"L{n}", "firstName": f"F{n}"}
        ids[n] = client.ask("POST", f"/users/u{n}", body, kind="application/json", credential=KEY)["id"]


def groups(client):
    def new(name):
        return client.ask("POST", f"{BASE}/Groups", {"displayName": name}, 201)["id"]

    small, large = new("small"), new("large")
    client.add(small, ids[:10])
    for n in range(0, USERS, 10_000):
        client.add(large, ids[n : n + 10_000])
    times = {"10": [], str(USERS): []}
    for n in range(300):
        for size, group, user in (("10", small, ids[n % 10]), (str(USERS), large, random.choice(ids))):
            gone = {"op": "remove", "path": f'members[value eq "{user}"]'}
            times[size].append(timed(lambda: client.patch(group, gone))[0])
            client.add(group, [user])
    for size, taken in times.items():
        print(f"remove one member of {size:>7}: {statistics.median(taken) * 1e3:.2f} ms")

    written = new("written")

    def write(number):
        own = Client()
        for n in range(number, ADDED, WRITERS):
            own.add(written, [ids[n]])

    took = in_threads(WRITERS, write)
    members = client.ask("GET", f"{BASE}/Groups/{written}")["members"]
    lost = set(ids[:ADDED]) - {member["value"] for member in members}
    print(f"{WRITERS} writers added {ADDED} members in {took:.1f} s: {len(members)} are there, {len(lost)} lost")


def look_ups(client):
    def find(text):
        return f"{BASE}/Users?filter={urllib.parse.quote(text)}"

    # Behind every tenth user: no page is asked for often.
    cursors, page = [], client.ask("GET", f"{BASE}/Users?cursor=&count=10&attributes=id")
    while "nextCursor" in page:
        cursors.append(page["nextCursor"])
        page = client.ask("GET", f"{BASE}/Users?cursor={cursors[-1]}&count=10&attributes=id")
    # The last ones have fewer users behind them than a page.
    del cursors[-10:]
    paths = {
        "get": lambda n: f"{BASE}/Users/{ids[n]}",
        "userName eq": lambda n: find(f'userName eq "user{n}@example.com"'),
        "externalId eq": lambda n: find(f'externalId eq "u{n}"'),
        "emails.value eq": lambda n: find(f'emails.value eq "user{n}@example.com"'),
        "page of 1 by cursor": lambda n: f"{BASE}/Users?cursor={random.choice(cursors)}&count=1",
        "page of 10 by cursor": lambda n: f"{BASE}/Users?cursor={random.choice(cursors)}&count=10",
        "page of 50 (default)": lambda n: f"{BASE}/Users?cursor={random.choice(cursors)}",
        "page of 100 by cursor": lambda n: f"{BASE}/Users?cursor={random.choice(cursors)}&count=100",
    }
    times = {kind: [] for kind in paths}
    for _ in range(ROUNDS):
        for kind, path in paths.items():
            n = random.randrange(USERS)
            taken, answer = timed(lambda: client.fetch("GET", path(n)))
            times[kind].append(taken)
            if kind.endswith(" eq") and [user["id"] for user in json.loads(answer)["Resources"]] != [ids[n]]:
                sys.exit(f"{kind}: found {answer}")
    get = statistics.median(times["get"])
    for kind, taken in times.items():
        median = statistics.median(taken)
        print(f"{kind:<22} {median * 1e3:.2f} ms, {median / get:.2f} x a get")
    scan = find('name.familyName co "L9999"')
    for what, path in (("a filter without an index", scan), ("how many there are", f"{BASE}/Users?count=1")):
        print(f"{what}: {timed(lambda: client.fetch('GET', path))[0]:.3f} s")


print(f"{USERS} users loaded in {in_threads(16, load):.0f} s")
groups(Client())
look_ups(Client())
