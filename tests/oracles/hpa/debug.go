package main

import "os"

// With HPA_ORACLE_DEBUG set, replays tell every step in full on standard error.
var (
	debug  = os.Getenv("HPA_ORACLE_DEBUG") != ""
	stderr = os.Stderr
)
