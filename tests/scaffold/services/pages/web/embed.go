// Package web holds the pages as Vite leaves them.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var built embed.FS

// Pages are the files that browsers ask for.
func Pages() fs.FS {
	pages, err := fs.Sub(built, "dist")
	if err != nil {
		panic(err)
	}
	return pages
}
