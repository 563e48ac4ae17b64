package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// This file owns what an export of Kratos looks like.

// exported is an identity as Kratos' admin API has it.
type exported struct {
	ID             string                `json:"id"`
	SchemaID       string                `json:"schema_id"`
	State          string                `json:"state"`
	Traits         json.RawMessage       `json:"traits"`
	MetadataPublic json.RawMessage       `json:"metadata_public"`
	MetadataAdmin  json.RawMessage       `json:"metadata_admin"`
	Credentials    map[string]credential `json:"credentials"`
	Addresses      []address             `json:"verifiable_addresses"`
	CreatedAt      time.Time             `json:"created_at"`
	UpdatedAt      time.Time             `json:"updated_at"`
}

type credential struct {
	Identifiers []string        `json:"identifiers"`
	Config      json.RawMessage `json:"config"`
	CreatedAt   time.Time       `json:"created_at"`
}

type address struct {
	Value    string `json:"value"`
	Via      string `json:"via"`
	Verified bool   `json:"verified"`
}

// What stands in the config of a credential, by its type.
type (
	passwordConfig struct {
		Hash string `json:"hashed_password"`
		Hook bool   `json:"use_password_migration_hook"`
	}
	totpConfig struct {
		URL string `json:"totp_url"`
	}
	lookupConfig struct {
		Codes []struct {
			Code   string    `json:"code"`
			UsedAt time.Time `json:"used_at"`
		} `json:"recovery_codes"`
	}
	oidcConfig struct {
		Providers []struct {
			Provider string `json:"provider"`
			Subject  string `json:"subject"`
		} `json:"providers"`
	}
	webauthnConfig struct {
		UserHandle  []byte `json:"user_handle"`
		Credentials []struct {
			ID              []byte    `json:"id"`
			PublicKey       []byte    `json:"public_key"`
			AttestationType string    `json:"attestation_type"`
			DisplayName     string    `json:"display_name"`
			AddedAt         time.Time `json:"added_at"`
			Passwordless    bool      `json:"is_passwordless"`
			Flags           *struct {
				BackupEligible bool `json:"backup_eligible"`
				BackupState    bool `json:"backup_state"`
			} `json:"flags"`
			Authenticator struct {
				SignCount    uint32 `json:"sign_count"`
				CloneWarning bool   `json:"clone_warning"`
			} `json:"authenticator"`
		} `json:"credentials"`
	}
)

// eachIdentity reads identities: a JSON array of them, or one after the other.
func eachIdentity(r *bufio.Reader, take func(exported) error) error {
	d := json.NewDecoder(r)
	for first := true; ; first = false {
		var raw json.RawMessage
		if err := d.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("no JSON after byte %d: %w", d.InputOffset(), err)
		}
		if first && len(raw) > 0 && raw[0] == '[' {
			var all []exported
			if err := json.Unmarshal(raw, &all); err != nil {
				return err
			}
			for _, k := range all {
				if err := take(k); err != nil {
					return err
				}
			}
			continue
		}
		var k exported
		if err := json.Unmarshal(raw, &k); err != nil {
			return err
		}
		if err := take(k); err != nil {
			return err
		}
	}
}
