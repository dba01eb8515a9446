// Reads a JSON list of strings and answers with what net/url.Parse makes of each, for the test of go-url.ts.
package main

import (
	"encoding/hex"
	"encoding/json"
	"log"
	"net/url"
	"os"
)

// Bytes are hex, because a decoded host or path need not be UTF-8.
type answer struct {
	OK       bool   `json:"ok"`
	Scheme   string `json:"scheme"`
	Host     string `json:"host"`
	Hostname string `json:"hostname"`
	Path     string `json:"path"`
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		log.Fatal(err)
	}
	answers := make([]answer, len(texts))
	for i, text := range texts {
		u, err := url.Parse(text)
		if err != nil {
			continue
		}
		answers[i] = answer{true, u.Scheme, bytes(u.Host), bytes(u.Hostname()), bytes(u.Path)}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}

func bytes(s string) string { return hex.EncodeToString([]byte(s)) }
