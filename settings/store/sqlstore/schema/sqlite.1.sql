CREATE TABLE IF NOT EXISTS amend_identities (
	id              text NOT NULL PRIMARY KEY,
	active          integer NOT NULL,
	schema_id       text NOT NULL,
	traits          text NOT NULL,
	metadata_public text NOT NULL,
	password_hash   text NOT NULL,
	sealed_state    blob NOT NULL,
	version         integer NOT NULL,
	created_at      integer NOT NULL,
	updated_at      integer NOT NULL
);
CREATE TABLE IF NOT EXISTS amend_keys (
	kind        text NOT NULL,
	value       text NOT NULL,
	identity_id text NOT NULL,
	PRIMARY KEY (kind, value)
);
CREATE INDEX IF NOT EXISTS amend_keys_identity ON amend_keys (identity_id);
CREATE TABLE IF NOT EXISTS amend_sessions (
	id               text NOT NULL PRIMARY KEY,
	identity_id      text NOT NULL,
	token_hash       text NOT NULL,
	superseded_hash  text NOT NULL,
	superseded_until integer NOT NULL,
	successor        blob NOT NULL,
	generation       integer NOT NULL,
	change_id        text NOT NULL,
	methods          text NOT NULL,
	authenticated_at integer NOT NULL,
	issued_at        integer NOT NULL,
	expires_at       integer NOT NULL,
	user_agent       text NOT NULL,
	ip               text NOT NULL,
	version          integer NOT NULL
);
CREATE INDEX IF NOT EXISTS amend_sessions_identity ON amend_sessions (identity_id);
CREATE INDEX IF NOT EXISTS amend_sessions_expiry ON amend_sessions (expires_at);
CREATE TABLE IF NOT EXISTS amend_tokens (
	hash       text NOT NULL PRIMARY KEY,
	session_id text NOT NULL
);
CREATE INDEX IF NOT EXISTS amend_tokens_session ON amend_tokens (session_id);
CREATE TABLE IF NOT EXISTS amend_flows (
	flow_key   text NOT NULL PRIMARY KEY,
	owner_id   text NOT NULL,
	version    integer NOT NULL,
	expires_at integer NOT NULL,
	data       blob NOT NULL
);
CREATE INDEX IF NOT EXISTS amend_flows_owner ON amend_flows (owner_id);
CREATE INDEX IF NOT EXISTS amend_flows_expiry ON amend_flows (expires_at);
