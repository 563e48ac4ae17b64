package releases_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readmes are the files whose blocks of Go are compiled.
var readmes = []string{"README.md", "settings/README.md", "settings/page/README.md", "settings/store/README.md", "aal/README.md", "respond/README.md", "examples/server/README.md"}

// frame is what stands around a block of Go in them, which is a piece of a program.
type frame struct {
	begins        string // how the block begins
	file          string
	imports       string
	before, after string
}

const core = "github.com/amend-go/amend/"

var frames = []frame{
	{"users := memory.New()", "main.go", "log net/http time core/session core/settings core/settings/method/password core/settings/store/memory",
		"var key []byte\nvar billing http.Handler\nfunc main() {", "}"},
	{"Methods: append(", "main.go", "core/settings core/settings/method/lookup core/settings/method/password core/settings/method/profile core/settings/method/totp core/settings/method/totp/qr core/settings/method/webauthn",
		"func main() { _ = settings.Config{", "} }"},
	{"login, err := page.Login", "main.go", "net/http core/settings core/settings/page",
		"func main() {}\nfunc mount(mux *http.ServeMux, amend *settings.Handler) error {", "return err }"},
	{"type login struct", "main.go", "cmp errors fmt html/template log math net/http time core/aal core/settings",
		"func main() { _ = login{} }", ""},
	{"After: []func(", "main.go", "context database/sql core/settings",
		"var db *sql.DB\nfunc main() { _ = settings.Config{", "} }"},
	{"Send: func(ctx", "main.go", "context core/settings",
		"type outbox struct{}\nfunc (outbox) Mail(context.Context, string, string, string, string) error { return nil }\nvar queue outbox\nfunc main() { _ = settings.Config{", "} }"},
	{"store, err := sqlstore.New", "main.go", "context database/sql core/settings/store/sqlstore",
		"func main() {}\nfunc open(ctx context.Context, db *sql.DB) error {", "return err }"},
	{"kept, err := redisstore.New", "main.go", "context github.com/redis/go-redis/v9 core/settings/store/redisstore",
		"func main() {}\nfunc open(ctx context.Context, client redis.UniversalClient) error {", "return err }"},
	{"type users struct {", "main.go", "context database/sql errors core/settings/identity core/settings/store",
		"var _ store.IdentityStore = users{}\nfunc main() {}", ""},
	{"type traits struct {", "main.go", "context database/sql encoding/json errors core/settings/identity",
		"type users struct{ db *sql.DB }\nfunc (users) GetIdentity(context.Context, string) (r identity.Record, err error) { return }\nfunc main() { _ = users{}.UpdateIdentity }", ""},
	{"if form := amend.Form(w, r)", "main.go", "html/template net/http core/settings",
		"func main() {}\nfunc show(w http.ResponseWriter, r *http.Request, amend *settings.Handler, page *template.Template) {", "}"},
	{"kit := settingstest.New(t)", "main_test.go", "testing core/respond core/settings/settingstest", "func Test(t *testing.T) {", "}"},
}

// programs are the blocks of Go in the readmes, each as a program in a folder of its own. A block that has no frame fails the test, and a frame without a block.
func programs(t *testing.T, repository string) map[string]string {
	t.Helper()
	var text strings.Builder
	for _, readme := range readmes {
		part, err := os.ReadFile(filepath.Join(repository, readme))
		require.NoError(t, err)
		text.Write(part)
	}
	files, used := map[string]string{}, map[string]bool{}
	for n, part := range strings.Split(text.String(), "\n```go\n")[1:] {
		block, _, closed := strings.Cut(part, "\n```")
		require.True(t, closed)
		var around *frame
		for i := range frames {
			if strings.HasPrefix(block, frames[i].begins) {
				around = &frames[i]
			}
		}
		require.NotNil(t, around, "a block of a README that is compiled by nobody:\n%s", block)
		used[around.begins] = true
		name := fmt.Sprintf("program%d/%s", n, around.file)
		files[name] = around.source(block)
	}
	require.Len(t, used, len(frames), "each frame is of a block")
	return files
}

func (f frame) source(block string) string {
	var s strings.Builder
	s.WriteString("package main\n")
	for path := range strings.FieldsSeq(f.imports) {
		fmt.Fprintf(&s, "import %q\n", strings.Replace(path, "core/", core, 1))
	}
	return s.String() + f.before + "\n" + block + "\n" + f.after + "\n"
}
