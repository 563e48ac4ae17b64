//go:build race

package faults_test

// The race detector makes a round several times as long. What it is to find
// shows in fewer of them; the run without it makes the others.
const fewer = 4
