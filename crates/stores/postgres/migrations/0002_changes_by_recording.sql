-- Which users changed since a moment is told by the journal. An index of the users would lose an entry somewhere in its
-- midst and gain one at its end with each change; the journal's grows at its end alone.
CREATE INDEX IF NOT EXISTS journal_by_recording ON journal (recorded_at_us, user_id);
