module github.com/amend-go/amend/examples/browser

go 1.26.0

require (
	github.com/amend-go/amend v0.0.0
	github.com/amend-go/amend/settings/method/oidc v0.0.0
	github.com/amend-go/amend/settings/method/totp/qr v0.0.0
	github.com/amend-go/amend/settings/method/webauthn v0.0.0
	github.com/amend-go/amend/settings/method/webauthn/aaguid v0.0.0
	github.com/amend-go/amend/settings/page/lang v0.0.0
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/coreos/go-oidc/v3 v3.21.0 // indirect
	github.com/fxamacker/cbor/v2 v2.10.0 // indirect
	github.com/go-jose/go-jose/v4 v4.1.4 // indirect
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/go-viper/mapstructure/v2 v2.5.0 // indirect
	github.com/go-webauthn/webauthn v0.18.2 // indirect
	github.com/go-webauthn/x v0.3.1 // indirect
	github.com/golang-jwt/jwt/v5 v5.3.1 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/philhofer/fwd v1.2.0 // indirect
	github.com/tinylib/msgp v1.6.4 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	rsc.io/qr v0.2.0 // indirect
)

replace github.com/amend-go/amend => ../..

replace github.com/amend-go/amend/settings/method/webauthn => ../../settings/method/webauthn

replace github.com/amend-go/amend/settings/method/oidc => ../../settings/method/oidc

replace github.com/amend-go/amend/settings/method/totp/qr => ../../settings/method/totp/qr

replace github.com/amend-go/amend/settings/page/lang => ../../settings/page/lang

replace github.com/amend-go/amend/settings/method/webauthn/aaguid => ../../settings/method/webauthn/aaguid
