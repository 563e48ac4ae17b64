ALTER TABLE amend_identities ADD COLUMN IF NOT EXISTS due_at bigint NOT NULL DEFAULT 0;
ALTER TABLE amend_identities ADD COLUMN IF NOT EXISTS signs_in_elsewhere boolean NOT NULL DEFAULT false;
CREATE INDEX IF NOT EXISTS amend_identities_due ON amend_identities (due_at) WHERE due_at > 0;
