package main

import (
	"html/template"
	"log/slog"
	"net/http"
)

// loginPage is what the login form shows.
type loginPage struct {
	ReturnTo string
	Again    bool // signed in already, but too long ago
	Wrong    bool
}

func (a *app) show(w http.ResponseWriter, r *http.Request, status int, page string, data any) {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	err := pages.ExecuteTemplate(w, page, struct {
		Theme string
		Data  any
	}{a.web.of(r).Theme, data})
	if err != nil {
		slog.WarnContext(r.Context(), "page not sent", "page", page, "error", err)
	}
}

var pages = template.Must(template.New("").Parse(`
{{define "head"}}<!doctype html><html lang="en" data-theme="{{.Theme}}"><meta charset="utf-8"><title>Existing app</title>
<style>body{font:16px sans-serif;max-width:32em;margin:3em auto}label,input,button{display:block;margin:.4em 0}.error{color:#b00020}.success{color:#06681b}
[data-theme=dark]{background:#222;color:#ddd}[data-theme=dark] a{color:#9cf}</style>
<form method="post" action="/theme"><button name="theme" value="{{if eq .Theme "dark"}}light{{else}}dark{{end}}">Light or dark</button></form>{{end}}

{{define "login"}}{{template "head" .}}{{with .Data}}<h1>Sign in</h1>{{if .Again}}<p>Please confirm that it is you.</p>{{end}}
{{if .Wrong}}<p class="error">That is not right.</p>{{end}}<form method="post" action="/login"><input type="hidden" name="return_to" value="{{.ReturnTo}}">
<label>E-mail <input name="email" type="email" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label><button>Sign in</button></form>{{end}}{{end}}

{{define "profile"}}{{template "head" .}}{{with .Data}}<h1>Hello, {{.Name}}</h1><p>You sign in as {{.Email}}.</p>
<form method="post" action="/profile"><label>Name <input name="name" value="{{.Name}}" required></label><button>Save</button></form>
<p><a href="/settings">Change the password</a> · <a href="/billing">Billing</a></p><form method="post" action="/logout"><button>Log out</button></form>{{end}}{{end}}

{{define "billing"}}{{template "head" .}}<h1>Billing</h1><p>Invoices go to {{.Data.Email}}.</p><p><a href="/">Home</a></p>{{end}}

{{define "settings"}}{{template "head" .}}{{with .Data}}<h1>Settings</h1>{{range .UI.Messages}}<p class="{{.Type}}" data-id="{{.ID}}">{{.Text}}</p>{{end}}
{{$action := .UI.Action}}{{range .UI.Groups}}<form method="post" action="{{$action}}">{{range .}}{{$label := .Label}}{{with .Input}}
{{if eq .Type "submit"}}<button name="{{.Name}}" value="{{.Value}}">{{$label.Text}}</button>
{{else if eq .Type "hidden"}}<input type="hidden" name="{{.Name}}" value="{{.Value}}">
{{else}}<label>{{$label.Text}} <input name="{{.Name}}" type="{{.Type}}"{{with .Value}} value="{{.}}"{{end}}{{if .Required}} required{{end}} autocomplete="{{.Autocomplete}}"></label>{{end}}
{{end}}{{range .Messages}}<p class="{{.Type}}" data-id="{{.ID}}">{{.Text}}</p>{{end}}{{end}}</form>{{end}}<p><a href="/">Home</a></p>{{end}}{{end}}`))
