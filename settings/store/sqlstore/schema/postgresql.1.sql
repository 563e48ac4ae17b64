CREATE TABLE IF NOT EXISTS amend_identities (
	id              text COLLATE "C" PRIMARY KEY,
	active          boolean NOT NULL,
	schema_id       text NOT NULL,
	traits          text NOT NULL,
	metadata_public text NOT NULL,
	password_hash   text NOT NULL,
	sealed_state    bytea NOT NULL,
	version         bigint NOT NULL,
	created_at      bigint NOT NULL,
	updated_at      bigint NOT NULL
);
CREATE TABLE IF NOT EXISTS amend_keys (
	kind        text COLLATE "C" NOT NULL,
	value       text COLLATE "C" NOT NULL,
	identity_id text COLLATE "C" NOT NULL,
	PRIMARY KEY (kind, value)
);
CREATE INDEX IF NOT EXISTS amend_keys_identity ON amend_keys (identity_id);
CREATE TABLE IF NOT EXISTS amend_sessions (
	id               text COLLATE "C" PRIMARY KEY,
	identity_id      text COLLATE "C" NOT NULL,
	token_hash       text NOT NULL,
	superseded_hash  text NOT NULL,
	superseded_until bigint NOT NULL,
	successor        bytea NOT NULL,
	generation       bigint NOT NULL,
	change_id        text NOT NULL,
	methods          text NOT NULL,
	authenticated_at bigint NOT NULL,
	issued_at        bigint NOT NULL,
	expires_at       bigint NOT NULL,
	user_agent       text NOT NULL,
	ip               text NOT NULL,
	version          bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS amend_sessions_identity ON amend_sessions (identity_id);
CREATE INDEX IF NOT EXISTS amend_sessions_expiry ON amend_sessions (expires_at);
CREATE TABLE IF NOT EXISTS amend_tokens (
	hash       text COLLATE "C" PRIMARY KEY,
	session_id text COLLATE "C" NOT NULL
);
CREATE INDEX IF NOT EXISTS amend_tokens_session ON amend_tokens (session_id);
CREATE TABLE IF NOT EXISTS amend_flows (
	flow_key   text COLLATE "C" PRIMARY KEY,
	owner_id   text COLLATE "C" NOT NULL,
	version    bigint NOT NULL,
	expires_at bigint NOT NULL,
	data       bytea NOT NULL
);
CREATE INDEX IF NOT EXISTS amend_flows_owner ON amend_flows (owner_id);
CREATE INDEX IF NOT EXISTS amend_flows_expiry ON amend_flows (expires_at);
