package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// signUp makes somebody who is signed in. The SDK has no part in that: a login is
// the host's, and here the demo API of examples/server.
func signUp(ctx context.Context, publicURL, email, password string) (token string, err error) {
	who := map[string]any{"traits": map[string]string{"email": email}, "password": password}
	if err := post(ctx, publicURL+"/demo/identities", who, &struct{}{}); err != nil {
		return "", err
	}
	var session struct {
		Token string `json:"session_token"`
	}
	err = post(ctx, publicURL+"/demo/sessions", map[string]any{"identifier": email, "password": password}, &session)
	return session.Token, err
}

func post(ctx context.Context, url string, body, answer any) error {
	j, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(j))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusCreated {
		return fmt.Errorf("POST %s: %s; does examples/server run there, with -demo?", url, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(answer)
}
