// Package store is the contract of what a host keeps: flows, sessions and identities. A host implements it, or takes
// memory or sqlstore, beside this package. Package storetest checks an implementation against it.
package store
