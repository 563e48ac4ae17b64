package main

import (
	"html/template"
	"log/slog"
	"net/http"
)

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

{{define "profile"}}{{template "head" .}}{{with .Data}}<h1>Hello, {{.Name}}</h1><p>You sign in as {{.Email}}.</p>
<form method="post" action="/profile"><label>Name <input name="name" value="{{.Name}}" required></label><button>Save</button></form>
<p><a href="/settings">Settings</a> · <a href="/billing">Billing</a> · <a href="/logout">Sign out</a></p>{{end}}{{end}}

{{define "billing"}}{{template "head" .}}<h1>Billing</h1><p>Invoices go to {{.Data.Email}}.</p><p><a href="/">Home</a></p>{{end}}`))
