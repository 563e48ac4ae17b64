package settings

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/url"

	"github.com/amend-go/amend/respond"
	"github.com/amend-go/amend/settings/method"
)

// This file owns sites that have a browser come back by a form (OAuth 2.0 Form Post
// Response Mode). The form comes from another site, so it comes without the cookies of
// this one, which are SameSite=Lax and stay so. It changes nothing and reads no store: it
// is answered by a redirect to the callback, with what a callback has, and there the
// browser has its cookies again.

// maxHandedOver is the longest query that is made of a form, in bytes.
const maxHandedOver = 8 << 10

// postsForm reports whether a browser comes back to a callback by POST.
func (s *Service) postsForm(name, path string) bool {
	o := s.methods.byName[name]
	if o == nil {
		return false
	}
	at, ok := o.Method.(method.FormPoster)
	return ok && at.PostsForm(path)
}

// FormPost answers a site that sends the browser back by a form, POST
// /self-service/methods/<method>/callback/<path>, with a redirect to the Callback. Only the
// fields of a callback are passed on.
func (s *Service) FormPost(_ context.Context, req Request, name, path string) respond.Outcome {
	return s.answer(respond.Callback, req, func() *respond.Outcome {
		a := s.attempt(req, respond.Callback)
		query, err := s.callbackForm(req)
		if err != nil {
			o := s.refused(a, respond.Forged, strangeCallback)
			o.Err = errors.Join(o.Err, err)
			return o
		}
		o := s.outcome(a, respond.Redirect)
		o.Method, o.URL = name, s.c.PublicURL+"/self-service/methods/"+name+"/callback/"+path+"?"+query
		return o
	})
}

// callbackForm is the query that a form comes to.
func (s *Service) callbackForm(req Request) (string, error) {
	if kind, _, err := mime.ParseMediaType(req.ContentType); err != nil || kind != "application/x-www-form-urlencoded" || req.ContentEncoding != "" || req.Body == nil {
		return "", errors.New("a callback by POST is a form")
	}
	raw, err := io.ReadAll(io.LimitReader(req.Body, s.c.BodyLimit+1))
	if err != nil {
		return "", err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return "", err
	}
	query := url.Values{}
	handOver(query, form)
	encoded := query.Encode()
	if int64(len(raw)) > s.c.BodyLimit || len(encoded) > maxHandedOver {
		return "", errors.New("the form of a callback is too long")
	}
	return encoded, nil
}
