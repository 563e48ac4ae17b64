ALTER TABLE amend_identities ADD COLUMN due_at integer NOT NULL DEFAULT 0;
ALTER TABLE amend_identities ADD COLUMN signs_in_elsewhere integer NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS amend_identities_due ON amend_identities (due_at) WHERE due_at > 0;
