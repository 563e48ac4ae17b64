//go:build !race

package faults_test

const fewer = 1
