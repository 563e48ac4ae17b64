package identity

import "github.com/amend-go/amend/settings/wire"

// About is what the JSON of an identity says that does not stand in its row.
type About struct {
	SchemaURL string    // where the schema of its traits is read
	Addresses []Address // see Address
}

// WriteJSON writes the identity as its owner may see it: never a credential, a
// hash or metadata of the administrators.
func (i Identity) WriteJSON(w *wire.Writer, about About) {
	w.BeginObject()
	w.Field("id", i.ID)
	w.Field("schema_id", i.Schema())
	w.Field("schema_url", about.SchemaURL)
	state := "inactive"
	if i.Active {
		state = "active"
	}
	w.Field("state", state)
	w.Key("traits")
	if len(i.Traits) == 0 {
		w.Raw([]byte("{}"))
	} else {
		w.Raw(i.Traits)
	}
	i.writeAddresses(w, about.Addresses)
	if len(i.MetadataPublic) > 0 {
		w.Key("metadata_public")
		w.Raw(i.MetadataPublic)
	}
	w.Key("created_at")
	w.Time(i.CreatedAt)
	w.Key("updated_at")
	w.Time(i.UpdatedAt)
	w.EndObject()
}

// Schema is the id of the schema of the traits.
func (r Record) Schema() string {
	if r.SchemaID == "" {
		return "default"
	}
	return r.SchemaID
}
