ALTER TABLE amend_sessions ADD COLUMN extra text NOT NULL DEFAULT '';
