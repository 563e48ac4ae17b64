CREATE TABLE IF NOT EXISTS amend_identities (
	id              varbinary(255) NOT NULL PRIMARY KEY,
	active          tinyint NOT NULL,
	schema_id       varbinary(255) NOT NULL,
	traits          mediumtext NOT NULL,
	metadata_public mediumtext NOT NULL,
	password_hash   text NOT NULL,
	sealed_state    mediumblob NOT NULL,
	version         bigint NOT NULL,
	created_at      bigint NOT NULL,
	updated_at      bigint NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS amend_keys (
	kind        varbinary(64) NOT NULL,
	value       varbinary(2048) NOT NULL,
	identity_id varbinary(255) NOT NULL,
	PRIMARY KEY (kind, value),
	KEY amend_keys_identity (identity_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS amend_sessions (
	id               varbinary(255) NOT NULL PRIMARY KEY,
	identity_id      varbinary(255) NOT NULL,
	token_hash       varbinary(255) NOT NULL,
	superseded_hash  varbinary(255) NOT NULL,
	superseded_until bigint NOT NULL,
	successor        mediumblob NOT NULL,
	generation       bigint NOT NULL,
	change_id        varbinary(255) NOT NULL,
	methods          mediumtext NOT NULL,
	authenticated_at bigint NOT NULL,
	issued_at        bigint NOT NULL,
	expires_at       bigint NOT NULL,
	user_agent       mediumtext NOT NULL,
	ip               text NOT NULL,
	version          bigint NOT NULL,
	KEY amend_sessions_identity (identity_id),
	KEY amend_sessions_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS amend_tokens (
	hash       varbinary(255) NOT NULL PRIMARY KEY,
	session_id varbinary(255) NOT NULL,
	KEY amend_tokens_session (session_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE IF NOT EXISTS amend_flows (
	flow_key   varbinary(255) NOT NULL PRIMARY KEY,
	owner_id   varbinary(255) NOT NULL,
	version    bigint NOT NULL,
	expires_at bigint NOT NULL,
	data       mediumblob NOT NULL,
	KEY amend_flows_owner (owner_id),
	KEY amend_flows_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
