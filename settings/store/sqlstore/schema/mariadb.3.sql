ALTER TABLE amend_identities ADD COLUMN IF NOT EXISTS due_at bigint NOT NULL DEFAULT 0, ADD COLUMN IF NOT EXISTS signs_in_elsewhere tinyint NOT NULL DEFAULT 0;
CREATE INDEX IF NOT EXISTS amend_identities_due ON amend_identities (due_at);
