package tests

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings"
	"github.com/amend-go/amend/settings/method/oidc"
)

const (
	contoso  = "11111111-2222-3333-4444-555555555555"
	fabrikam = "66666666-7777-8888-9999-000000000000"
	personal = "9188040d-6c67-4c5b-b112-36a304b66dad" // the tenant of personal accounts
)

// microsoft is the Microsoft identity platform, v2.0: metadata for each tenant, and for
// common, organizations and consumers; one set of keys, each with the issuer that it is
// for; tokens of the tenant of who signs in. A user is written tenant/subject.
func microsoft(p *idp) (all, personalOnly signingKey) {
	all = signingKey{"all", rsaKey(), p.URL + "/{tenantid}/v2.0"}
	personalOnly = signingKey{"personal", rsaKey(), p.URL + "/" + personal + "/v2.0"}
	for name, issuer := range map[string]string{
		"common": "{tenantid}", "organizations": "{tenantid}", "consumers": personal, contoso: contoso, "contoso.example": contoso,
	} {
		p.json("/"+name+"/v2.0/.well-known/openid-configuration", map[string]any{
			"issuer": p.URL + "/" + issuer + "/v2.0", "authorization_endpoint": p.URL + "/" + name + "/oauth2/v2.0/authorize",
			"token_endpoint": p.URL + "/" + name + "/oauth2/v2.0/token", "jwks_uri": p.URL + "/" + name + "/discovery/v2.0/keys",
			"token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic", "self_signed_tls_client_auth"},
			"response_modes_supported":              []string{"query", "fragment", "form_post"}, "subject_types_supported": []string{"pairwise"},
			"id_token_signing_alg_values_supported": []string{"RS256"}, "tenant_region_scope": nil, "cloud_instance_name": "microsoftonline.com",
		})
		p.keys("/"+name+"/discovery/v2.0/keys", all, personalOnly)
	}
	p.mux.HandleFunc("POST /{tenant}/oauth2/v2.0/token", func(w http.ResponseWriter, r *http.Request) {
		g, good := p.redeem(r)
		if !good || !held(r, g) || !inBody(r) && !byBasic(r) {
			writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_codes": []int{70000}})
			return
		}
		tenant, subject, _ := strings.Cut(g.user, "/")
		key, now := all, p.now()
		if tenant == personal {
			key = personalOnly
		}
		writeJSON(w, http.StatusOK, map[string]any{
			"token_type": "Bearer", "scope": "openid profile email", "expires_in": 3599, "ext_expires_in": 3599, "access_token": p.access(g.user),
			"id_token": p.sign(key, map[string]any{
				"ver": "2.0", "iss": p.URL + "/" + tenant + "/v2.0", "sub": subject, "aud": clientID, "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
				"nbf": now.Unix(), "name": "Ada", "preferred_username": "ada@example.com", "email": "ada@example.com", "oid": subject + "-oid", "tid": tenant,
				"nonce": g.query.Get("nonce"), "rh": "0.AA",
			}),
		})
	})
	return all, personalOnly
}

func ofTenants(at string, tenants ...string) func(*idp) oidc.Provider {
	return func(p *idp) oidc.Provider {
		microsoft(p)
		return oidc.Provider{
			ID: "microsoft", Label: "Microsoft", Issuer: p.URL + "/{tenantid}/v2.0", Discovery: p.URL + "/" + at + "/v2.0",
			Tenants: tenants, AllowAnyTenant: len(tenants) == 0, Scopes: []string{"email"},
		}
	}
}

func ofOne(at, issuer string) func(*idp) oidc.Provider {
	return func(p *idp) oidc.Provider {
		microsoft(p)
		return oidc.Provider{ID: "microsoft", Issuer: p.URL + "/" + issuer + "/v2.0", Discovery: p.URL + "/" + at + "/v2.0"}
	}
}

func TestMicrosoft(t *testing.T) {
	for name, row := range map[string]struct {
		serve func(*idp) oidc.Provider
		at    string // where the browser is sent
		user  string
		ada   bool   // else nobody has linked the login
		why   string // else it is refused
	}{
		"common, any tenant":                         {ofTenants("common"), "common", contoso + "/ada", true, ""},
		"common, a personal account":                 {ofTenants("common"), "common", personal + "/ada", false, ""},
		"common, the same subject of another tenant": {ofTenants("common"), "common", fabrikam + "/ada", false, ""},
		"common, a tenant that is allowed":           {ofTenants("common", fabrikam, contoso), "common", contoso + "/ada", true, ""},
		"common, a tenant that is not":               {ofTenants("common", contoso), "common", fabrikam + "/ada", false, "tenant is not one of Tenants"},
		"common, a personal account where not":       {ofTenants("common", contoso), "common", personal + "/ada", false, "tenant is not one of Tenants"},
		"organizations":                              {ofTenants("organizations", contoso), "organizations", contoso + "/ada", true, ""},
		"consumers":                                  {ofOne("consumers", personal), "consumers", personal + "/ada", false, ""},
		"consumers, an organization's account":       {ofOne("consumers", personal), "consumers", contoso + "/ada", false, "different provider"},
		"one tenant, by its id":                      {ofOne(contoso, contoso), contoso, contoso + "/ada", true, ""},
		"one tenant, by its name":                    {ofOne("contoso.example", contoso), "contoso.example", contoso + "/ada", true, ""},
		"one tenant, an account of another":          {ofOne(contoso, contoso), contoso, fabrikam + "/ada", false, "different provider"},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := newHostApp(t, row.serve)
			h.linked(p.URL+"/"+contoso+"/v2.0", "ada")
			h.signsIn(p, "/"+row.at+"/oauth2/v2.0/authorize", row.user)
			switch {
			case row.why != "":
				h.isRefused(row.why)
			case row.ada:
				h.isAda()
			default:
				h.isUnknown()
				tenant, _, _ := strings.Cut(row.user, "/")
				assert.Equal(t, p.URL+"/"+tenant+"/v2.0", h.came.Login.Issuer, "the tenant is part of whose it is")
			}
		})
	}
}

// What a tenant writes into tokens of its own is not believed of another one.
func TestMicrosoftsTokensOfAnotherTenant(t *testing.T) {
	for name, row := range map[string]struct {
		lie func(p *idp, c map[string]any)
		why string
	}{
		"the issuer of a tenant, and the tid of another": {func(p *idp, c map[string]any) { c["tid"] = contoso }, "iss is not that of the tenant"},
		"the tid of a tenant, and the issuer of another": {func(p *idp, c map[string]any) { c["iss"] = p.URL + "/" + contoso + "/v2.0" }, "iss is not that of the tenant"},
		"no tid":                             {func(_ *idp, c map[string]any) { delete(c, "tid") }, "not one of Tenants"},
		"a tid of no text":                   {func(_ *idp, c map[string]any) { c["tid"] = []string{fabrikam} }, "not one of Tenants"},
		"a tid in capitals":                  {func(p *idp, c map[string]any) { c["tid"] = strings.ToUpper("a" + fabrikam[1:]) }, "not one of Tenants"},
		"the template":                       {func(p *idp, c map[string]any) { c["tid"], c["iss"] = "{tenantid}", p.URL+"/{tenantid}/v2.0" }, "not one of Tenants"},
		"a tid that is a path":               {func(p *idp, c map[string]any) { c["tid"], c["iss"] = "x/..", p.URL+"/x/../v2.0" }, "not one of Tenants"},
		"an issuer elsewhere":                {func(_ *idp, c map[string]any) { c["iss"] = "https://evil.example/" + fabrikam + "/v2.0" }, "iss is not that of the tenant"},
		"the issuer of v1.0":                 {func(_ *idp, c map[string]any) { c["iss"] = "https://sts.windows.net/" + fabrikam + "/" }, "iss is not that of the tenant"},
		"no nonce":                           {func(_ *idp, c map[string]any) { delete(c, "nonce") }, "nonce"},
		"another client's":                   {func(_ *idp, c map[string]any) { c["aud"] = "another" }, "audience"},
		"signed by the key of one tenant":    {func(p *idp, _ map[string]any) { p.signer = &signingKey{id: "personal", private: rsaKey()} }, "its key is for another tenant"},
		"signed by a key without a name":     {func(p *idp, _ map[string]any) { p.signer = &signingKey{private: rsaKey()} }, "its key is for another tenant"},
		"signed by a key that nobody serves": {func(p *idp, _ map[string]any) { p.signer = &signingKey{id: "x", private: rsaKey()} }, "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := newHostApp(t, ofTenants("common"))
			h.linked(p.URL+"/"+contoso+"/v2.0", "ada")
			p.claims = func(c map[string]any) { row.lie(p, c) }
			h.signsIn(p, "/common/oauth2/v2.0/authorize", fabrikam+"/ada")
			h.isRefused(row.why)
		})
	}
}

// An answer that names its issuer names that of a tenant (RFC 9207).
func TestMicrosoftsNameInTheAnswer(t *testing.T) {
	for name, row := range map[string]struct {
		iss string
		ada bool
	}{
		"the tenant's":             {"/" + contoso + "/v2.0", true},
		"another tenant's":         {"/" + fabrikam + "/v2.0", false},
		"the template's":           {"/{tenantid}/v2.0", false},
		"with more behind":         {"/" + contoso + "/v2.0/", false},
		"of a tenant that may not": {"/" + personal + "/v2.0", false},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := newHostApp(t, ofTenants("common", contoso, fabrikam))
			h.linked(p.URL+"/"+contoso+"/v2.0", "ada")
			c := h.Anonymous(respond.Page)
			at, answer := p.signIn(h.leave(c), "/common/oauth2/v2.0/authorize", contoso+"/ada")
			answer.Set("iss", p.URL+row.iss)
			h.arrive(c, at, answer)
			if row.ada {
				h.isAda()
				return
			}
			h.isRefused("another issuer")
		})
	}
}

// b2c is Azure AD B2C: metadata and endpoints for each policy, and one issuer for all of
// them, with a slash at its end.
func b2c(p *idp) oidc.Provider {
	key := signingKey{"one", rsaKey(), ""}
	for _, policy := range []string{"B2C_1_signin", "B2C_1_reset"} {
		base := "/contoso.onmicrosoft.com/" + policy
		p.json(base+"/v2.0/.well-known/openid-configuration", map[string]any{
			"issuer": p.URL + "/" + contoso + "/v2.0/", "authorization_endpoint": p.URL + base + "/oauth2/v2.0/authorize",
			"token_endpoint": p.URL + base + "/oauth2/v2.0/token", "jwks_uri": p.URL + base + "/discovery/v2.0/keys",
			"response_modes_supported":              []string{"query", "fragment", "form_post"},
			"token_endpoint_auth_methods_supported": []string{"client_secret_post", "client_secret_basic"},
			"id_token_signing_alg_values_supported": []string{"RS256"}, "subject_types_supported": []string{"pairwise"},
		})
		p.keys(base+"/discovery/v2.0/keys", key)
		p.mux.HandleFunc("POST "+base+"/oauth2/v2.0/token", func(w http.ResponseWriter, r *http.Request) {
			g, good := p.redeem(r)
			if !good || !held(r, g) || !inBody(r) && !byBasic(r) {
				writeJSON(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "AADB2C90080"})
				return
			}
			now := p.now()
			answer := map[string]any{"token_type": "Bearer", "not_before": now.Unix(), "scope": g.query.Get("scope"), "id_token": p.sign(key, map[string]any{
				"ver": "1.0", "iss": p.URL + "/" + contoso + "/v2.0/", "sub": g.user, "aud": clientID, "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
				"nbf": now.Unix(), "auth_time": now.Unix(), "nonce": g.query.Get("nonce"), "tfp": policy, "emails": []string{"ada@example.com"},
			})}
			if slices.Contains(strings.Fields(g.query.Get("scope")), clientID) { // without it there is no access token
				answer["access_token"] = p.access(g.user)
			}
			writeJSON(w, http.StatusOK, answer)
		})
	}
	return oidc.Provider{
		ID: "b2c", Issuer: p.URL + "/" + contoso + "/v2.0/", Discovery: p.URL + "/contoso.onmicrosoft.com/B2C_1_signin/v2.0",
		RequireClaims: map[string]string{"tfp": "B2C_1_signin"}, Scopes: []string{clientID},
	}
}

func TestAzureADB2C(t *testing.T) {
	const authorize = "/contoso.onmicrosoft.com/B2C_1_signin/oauth2/v2.0/authorize"
	for name, row := range map[string]struct {
		claims func(p *idp, c map[string]any)
		why    string
	}{
		"by the policy":                {func(*idp, map[string]any) {}, ""},
		"by another policy":            {func(_ *idp, c map[string]any) { c["tfp"] = "B2C_1_reset" }, "the claim tfp"},
		"by no policy":                 {func(_ *idp, c map[string]any) { delete(c, "tfp") }, "the claim tfp"},
		"by two":                       {func(_ *idp, c map[string]any) { c["tfp"] = []string{"B2C_1_signin"} }, "the claim tfp"},
		"the issuer without its slash": {func(p *idp, c map[string]any) { c["iss"] = p.URL + "/" + contoso + "/v2.0" }, "different provider"},
		"the issuer of a policy":       {func(p *idp, c map[string]any) { c["iss"] = p.URL + "/tfp/" + contoso + "/b2c_1_signin/v2.0/" }, "different provider"},
		"another tenant":               {func(p *idp, c map[string]any) { c["iss"] = p.URL + "/" + fabrikam + "/v2.0/" }, "different provider"},
		"no nonce":                     {func(_ *idp, c map[string]any) { delete(c, "nonce") }, "nonce"},
	} {
		t.Run(name, func(t *testing.T) {
			h, p := newHostApp(t, b2c)
			h.linked(p.URL+"/"+contoso+"/v2.0/", "ada")
			p.claims = func(c map[string]any) { row.claims(p, c) }
			h.signsIn(p, authorize, "ada")
			if row.why != "" {
				h.isRefused(row.why)
				return
			}
			h.isAda()
		})
	}
	t.Run("its user goes back", func(t *testing.T) {
		h, p := newHostApp(t, b2c)
		c := h.Anonymous(respond.Page)
		at, answer := p.signIn(h.leave(c), authorize, "ada")
		h.arrive(c, at, url.Values{"state": answer["state"], "error": {"access_denied"}, "error_description": {"AADB2C90091: The user has cancelled"}})
		require.ErrorIs(t, h.err, settings.ErrCancelled)
	})
	t.Run("it says when they proved who they are, so it can be asked again", func(t *testing.T) {
		h, p := newHostApp(t, b2c)
		h.linked(p.URL+"/"+contoso+"/v2.0/", "ada")
		c := h.SignIn(h.ada, respond.Page)
		h.Clock.Advance(time.Hour)
		at, answer := p.signIn(h.leave(c), authorize, "ada")
		h.arrive(c, at, answer)
		h.isAda()
		assert.False(t, h.came.NotRefreshed)
	})
}
