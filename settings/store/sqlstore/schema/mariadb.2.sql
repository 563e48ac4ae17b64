ALTER TABLE amend_sessions ADD COLUMN IF NOT EXISTS extra mediumtext NOT NULL DEFAULT '';
