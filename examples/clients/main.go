package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	ory "github.com/ory/client-go"
)

func main() {
	publicURL := flag.String("url", "http://127.0.0.1:4455", "public `URL` of examples/server, which runs with -demo")
	flag.Parse()
	if err := run(context.Background(), *publicURL, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "clients:", err)
		os.Exit(1)
	}
}

// run is an app whose user changes a password. It prints each step.
func run(ctx context.Context, publicURL string, out io.Writer) error {
	email, password := "ada-"+rand.Text()+"@example.com", rand.Text()
	token, err := signUp(ctx, publicURL, email, password)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is signed in.\n", email)

	config := ory.NewConfiguration()
	config.Servers = ory.ServerConfigurations{{URL: publicURL}}
	api := ory.NewAPIClient(config).FrontendAPI

	form, _, err := api.CreateNativeSettingsFlow(ctx).XSessionToken(token).Execute()
	if err != nil {
		return fmt.Errorf("start a settings flow: %w", err)
	}
	fmt.Fprintf(out, "A form with %d nodes.\n", len(form.Ui.Nodes))

	// What is not valid comes back as the same flow, with messages on its nodes.
	_, err = change(ctx, api, token, form.Id, "short")
	again, err := refusedForm(err)
	if err != nil {
		return fmt.Errorf("a short password: %w", err)
	}
	for _, node := range again.Ui.Nodes {
		for _, message := range node.Messages {
			fmt.Fprintf(out, "Refused: %s (%d)\n", message.Text, message.Id)
		}
	}

	// An expired flow may be answered with a fresh one by a redirect, which the SDK
	// follows: only the state says that the change is made.
	done, err := change(ctx, api, token, form.Id, rand.Text())
	if err != nil {
		return fmt.Errorf("change the password: %w", err)
	}
	if done.State != ory.SETTINGSFLOWSTATE_SUCCESS {
		return fmt.Errorf("change the password: the state is %s", done.State)
	}
	fmt.Fprintf(out, "Changed: %s\n", done.Ui.Messages[0].Text)

	// A credential change ends every token that there was. Here is the one to go on
	// with.
	for _, next := range done.ContinueWith {
		if next.ContinueWithSetOrySessionToken != nil {
			token = next.ContinueWithSetOrySessionToken.OrySessionToken
		}
	}
	session, _, err := api.ToSession(ctx).XSessionToken(token).Execute()
	if err != nil {
		return fmt.Errorf("ask who is signed in: %w", err)
	}
	fmt.Fprintf(out, "The new token is of session %s.\n", session.Id)
	return nil
}

// refusedForm is the form of a submit that was not valid. Any other error is
// handed on.
func refusedForm(err error) (form ory.SettingsFlow, _ error) {
	var refused *ory.GenericOpenAPIError
	if err == nil {
		return form, errors.New("it was not refused")
	}
	if !errors.As(err, &refused) {
		return form, err
	}
	form, ok := refused.Model().(ory.SettingsFlow)
	if !ok {
		return form, fmt.Errorf("%w: %s", err, refused.Body())
	}
	return form, nil
}

func change(ctx context.Context, api ory.FrontendAPI, token, flowID, password string) (*ory.SettingsFlow, error) {
	body := ory.UpdateSettingsFlowWithPasswordMethodAsUpdateSettingsFlowBody(ory.NewUpdateSettingsFlowWithPasswordMethod("password", password))
	f, _, err := api.UpdateSettingsFlow(ctx).Flow(flowID).XSessionToken(token).UpdateSettingsFlowBody(body).Execute()
	return f, err
}
