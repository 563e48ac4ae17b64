package settingstest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// What is new in every run, by what stands for it in a golden file.
var (
	anyUUID  = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anyToken = regexp.MustCompile(`amd_st_[A-Za-z0-9_-]+`)
	anyCSRF  = regexp.MustCompile(`("name": "csrf_token",\s+"node_type": "input",\s+"required": true,\s+"type": "hidden",\s+"value": ")[A-Za-z0-9_-]+"`)
)

// Golden compares an answer with the file testdata/golden/<name>.json: its
// status, its Location and its body, indented and with keys in order. UUIDs,
// session tokens and the form's token stand in it as names, numbered where they
// differ, and so does what else is given as pairs of a value and its name. With
// AMEND_GOLDEN=write in the environment the file is written instead.
func (a *Answer) Golden(name string, pairs ...string) {
	t := a.client.Kit.T
	t.Helper()
	got := a.golden(pairs)
	file := filepath.Join("testdata", "golden", name+".json")
	if os.Getenv("AMEND_GOLDEN") == "write" {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; write it by AMEND_GOLDEN=write, and read it", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what is answered:\n%s", file, got)
	}
}

func (a *Answer) golden(pairs []string) []byte {
	var body any
	if len(a.Body) > 0 && json.Unmarshal(a.Body, &body) != nil {
		body = string(a.Body)
	}
	shown := struct {
		Status   int    `json:"status"`
		Location string `json:"location,omitempty"`
		Body     any    `json:"body,omitempty"`
	}{a.Status, a.Location, body}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(shown); err != nil {
		a.client.Kit.T.Fatal(err)
	}
	text := out.Bytes()
	for i := 0; i+1 < len(pairs); i += 2 {
		text = bytes.ReplaceAll(text, []byte(pairs[i]), []byte(pairs[i+1]))
	}
	text = anyCSRF.ReplaceAll(text, []byte(`${1}CSRF"`))
	text = anyToken.ReplaceAll(text, []byte("TOKEN"))
	seen := map[string]string{}
	return anyUUID.ReplaceAllFunc(text, func(id []byte) []byte {
		if seen[string(id)] == "" {
			seen[string(id)] = fmt.Sprintf("UUID-%d", len(seen)+1)
		}
		return []byte(seen[string(id)])
	})
}
